# What a second thread gains, and that it never costs much: each cell with one thread and with two, in turn, on a quiet
# machine and beside a program that keeps a core busy. What counts is the fastest of many short runs, beside another
# program the median, since there the bad moments are the point.
# options: --repetitions=9, --quick,
#   --cells=PATTERN (measures only cells whose names match, and keeps the stored measurements of the others)
source("bench/cells.R")
source("bench/measure.R")
source("bench/report.R")

options = program_options(list(repetitions = "9", quick = FALSE, cells = ""))
repetitions = if (options$quick) 2L else as.integer(options$repetitions)

# Ten batches of 256 rows, by the other contender, whose cells have other lines.
modern_cells = data.table(group = "modern", cell = c("ft_transformer", "tabm"), epochs = 1L)
perceptron_line = cell_line
cell_line = function(cell) {
  if (cell$group == "modern") sprintf("%s %i %i", cell$cell, 10L * cell$epochs, cell$threads) else perceptron_line(cell)
}
perceptron_batches = n_batches
n_batches = function(cells) if (cells$group[1] == "modern") 10L * cells$epochs else perceptron_batches(cells)

# Without hidden layers the width means nothing; once is enough here.
threads_cells = function() {
  cells = rbind(paper_cells(5L), tabular_cells(2L), use.names = TRUE)
  cells = cells[!(group == "paper" & layers == 0L & width > 100L)]
  large = copy(cells[cell == "SGD, W 400, L 8"])[, let(cell = paste0(cell, ", batch 128"), batch = 128L)]
  rbind(cells, large, modern_cells, fill = TRUE)
}

# A program that has nothing to do with ours, while `code` is evaluated.
beside_another = function(code) {
  other = processx::process$new("Rscript", c("-e", "repeat sqrt(runif(1e5))"))
  on.exit(other$kill())
  Sys.sleep(1)
  force(code)
}

measure_both = function(cells) {
  both = rbindlist(lapply(1:2, function(n) copy(cells)[, threads := n]))
  both = both[order(rep(seq_len(nrow(cells)), times = 2L))]
  is_modern = function(cells) cells$group == "modern"
  measure(both, list(
    mlr3libtorch = new_contender("Rscript", "bench/contenders/mlr3libtorch.R", can = Negate(is_modern)),
    modern = new_contender("Rscript", "bench/contenders/modern.R", can = is_modern)
  ), repetitions)
}

# One row a cell: microseconds of one thread and of two.
wide_times = function(results, summary) {
  dcast(results, factor(cell, unique(cell)) ~ threads, value.var = "microseconds", fun.aggregate = summary)
}

cells = if (options$quick) quick_cells() else threads_cells()
cells = cells[grepl(options$cells, cell)]
results = rbind(measure_both(cells)[, machine := "quiet"], beside_another(measure_both(cells))[, machine := "busy"])
if (nzchar(options$cells)) results = with_stored(results, "threads")

quiet = wide_times(results[machine == "quiet"], min)
busy = wide_times(results[machine == "busy"], median)
setnames(quiet, c("cell", "one thread, us", "two threads, us"))
quiet[, gain := `one thread, us` / `two threads, us`]
quiet[, `time beside another program, two / one` := busy[["2"]] / busy[["1"]]]
lines = c(
  sprintf("Two threads cost %.2f of one at most (1.05 is the target), beside another program %.2f (1.1).",
    max(1 / quiet$gain), max(quiet[[5L]])), "",
  markdown_table(quiet), "", sub("medians", "the fastest", provenance(repetitions)))
if (options$quick) {
  writeLines(lines)
} else {
  write_results(results, "threads")
  write_section("threads", lines)
}
