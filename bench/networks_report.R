# From the measurements of bench/networks.R to tables and a plot.
library(data.table)

geometric_mean = function(x) exp(mean(log(x)))

titles = c(mlr3libtorch = "mlr3libtorch, `$train()`", mlr3libtorch_loop = "its loop", libtorch = "LibTorch, C++",
  pytorch = "PyTorch", pytorch_fused = "PyTorch 2, fused", ann2 = "ANN2", rsnns = "RSNNS", nnet = "nnet")

# What was promised, and what was reached: ratios of this package's time to that of another.
targets_table = function(wide) {
  to_pytorch = wide[, mlr3libtorch / pytorch]
  to_libtorch = wide[, mlr3libtorch / libtorch]
  paper = wide$group == "paper"
  smallest = wide$cell == "20-16-16-2, batch 32"
  rows = list(
    list("PyTorch, the paper's cells, geometric mean", 0.19, geometric_mean(to_pytorch[paper])),
    list("PyTorch, the paper's cells, largest", 0.55, max(to_pytorch[paper])),
    list("PyTorch, 20-16-16-2 with batches of 32", 0.08, to_pytorch[smallest]),
    list("LibTorch in C++, the paper's cells, geometric mean", 0.25, geometric_mean(to_libtorch[paper])),
    list("LibTorch in C++, small tabular networks, geometric mean", NA_real_, geometric_mean(to_libtorch[!paper]))
  )
  if ("pytorch_fused" %in% names(wide)) {
    to_fused = wide[paper, geometric_mean(mlr3libtorch / pytorch_fused)]
    rows = c(rows, list(list("PyTorch 2 with `fused = True`, the paper's cells, geometric mean", 0.22, to_fused)))
  }
  table = rbindlist(lapply(rows, setNames, c("time of mlr3libtorch as a part of that of", "at most", "measured")))
  markdown_table(table)
}

cells_table = function(wide) {
  table = copy(wide)[, let(to_pytorch = mlr3libtorch / pytorch, to_libtorch = mlr3libtorch / libtorch)]
  known = intersect(names(titles), names(table))
  table = table[, c("cell", known, "to_pytorch", "to_libtorch"), with = FALSE]
  setnames(table, c(known, "to_pytorch", "to_libtorch"), c(titles[known], "/ PyTorch", "/ LibTorch"))
  markdown_table(table)
}

# Milliseconds a batch over the number of hidden layers (the paper's cells).
plot_networks = function(wide, cells, file) {
  library(ggplot2)
  shown = intersect(c("mlr3libtorch", "libtorch", "pytorch", "pytorch_fused", "ann2"), names(wide))
  data = melt(wide[group == "paper"], "cell", shown, "contender", "microseconds", na.rm = TRUE)
  data = merge(data, cells[, .(cell, optimizer, width, layers)], by = "cell")
  data[, let(contender = factor(titles[as.character(contender)], titles[shown]), width = sprintf("width %i", width))]
  data[, let(optimizer = factor(optimizer, c("sgd", "adamw"), c("SGD", "AdamW")))]
  plot = ggplot(data, aes(layers, microseconds / 1000, colour = contender)) +
    geom_line() +
    geom_point() +
    facet_grid(optimizer ~ width) +
    scale_y_log10() +
    scale_x_continuous(breaks = unique(data$layers)) +
    labs(x = "hidden layers", y = "milliseconds a batch", colour = NULL) +
    theme_minimal() +
    theme(legend.position = "bottom")
  ggsave(file, plot, width = 9, height = 6, dpi = 120, bg = "white")
}

write_networks_report = function(wide, clock, repetitions) {
  measured = sprintf("Microseconds a batch (%s time):", clock)
  write_section("networks", c(targets_table(wide), "", measured, "", cells_table(wide), "", provenance(repetitions), "",
    "![Milliseconds a batch over the number of hidden layers](results/networks.png)"))
  plot_networks(wide, all_cells(), file.path(results_folder, "networks.png"))
}
