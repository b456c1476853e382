# Networks of today, a training step of each and the prediction of a batch: this package's learner with the compiled
# step, in float32 and bfloat16, and by autograd, and PyTorch in Python, in turn on the same cells, on one thread.
# Writes the results as CSV and tables into bench/README.md.
# options: --repetitions=5, --quick (once, few batches; the README stays as it is), --report (measures nothing),
#   --cells=PATTERN (measures only cells that match, such as "tabm training" or "prediction", and keeps the stored
#   measurements of the others),
#   --fused=COMMAND (a Python with PyTorch 2, for instance "chroot /srv/trixie python3": takes part with its fused
#   optimizer, in float32 and under bfloat16 autocast)
source("bench/measure.R")
source("bench/report.R")

options = program_options(list(repetitions = "5", quick = FALSE, report = FALSE, fused = "", cells = ""))

# `epochs` of ten batches each.
networks = data.table(cell = c("ft_transformer", "tabm", "tab_resnet", "convolutional", "lstm", "gru", "encoder",
  "conv1d", "resnet18"), epochs = c(1L, 1L, 10L, 40L, 40L, 40L, 10L, 40L, 3L))
cells = rbind(data.table(networks, group = "modern"), data.table(networks, group = "modern_prediction"))
cells = cells[grepl(options$cells, paste(cell, ifelse(group == "modern", "training", "prediction")))]
cells[, threads := 1L]
if (options$quick) cells[, epochs := 1L]
cell_line = function(cell) trimws(sprintf("%s %i %s", cell$cell, n_batches(cell), sub("modern_?", "", cell$group)))
n_batches = function(cell) 10L * cell$epochs

contenders = list(
  compiled = new_contender("Rscript", "bench/contenders/modern.R"),
  bfloat16 = new_contender("Rscript", c("bench/contenders/modern.R", "bfloat16")),
  autograd = new_contender("Rscript", c("bench/contenders/modern.R", "off")),
  pytorch = new_contender("/usr/bin/python3", "bench/contenders/modern.py")
)

if (nzchar(options$fused)) {
  contenders$pytorch_fused = fused_contender(options$fused)
  contenders$pytorch_bfloat16 = fused_contender(options$fused, "bfloat16")
}

if (!options$report) {
  results = measure(cells, contenders, if (options$quick) 1L else as.integer(options$repetitions))
  if (nzchar(options$cells)) results = with_stored(results, "modern", by = c("group", "cell"))
  if (!options$quick) write_results(results, "modern")
} else {
  results = fread(file.path(results_folder, "modern.csv"))
}

section_lines = function(results) {
  wide = medians(results)[, group := NULL]
  names = setdiff(names(wide), "cell")
  table = wide[, c(list(network = as.character(cell)), lapply(.SD, function(time) time / 1e3)), .SDcols = names]
  for (other in setdiff(names, c("compiled", "bfloat16", "autograd"))) {
    own = if (other == "pytorch_bfloat16") "bfloat16" else "compiled"
    table[[paste(own, "/", other)]] = wide[[own]] / wide[[other]]
  }
  c(markdown_table(table), "", paste("Milliseconds a batch.", provenance(max(results$repetition))))
}

for (section in unique(if (options$report) results$group else cells$group)) {
  lines = section_lines(results[group == section])
  if (options$quick) writeLines(lines) else write_section(section, lines)
}
