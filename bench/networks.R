# The benchmark of training: this package's learner, LibTorch in C++, PyTorch in Python and R's own packages, in turn on
# the same cells, on one thread. Writes the results as CSV, a table into bench/README.md and a plot.
# options: --build=FOLDER (of CMake), --repetitions=5, --quick (a few small cells; the README stays as it is),
#   --report (measures nothing, writes the report anew), --clock=processor ("wall" unless given),
#   --cells=PATTERN (measures only cells whose names match, and keeps the stored measurements of the others),
#   --fused=COMMAND (a Python with PyTorch 2, for instance "chroot /srv/trixie python3": takes part with its fused
#   optimizers)
source("bench/cells.R")
source("bench/measure.R")
source("bench/report.R")
source("bench/networks_report.R")

options = program_options(list(build = "build/core", repetitions = "5", quick = FALSE, report = FALSE,
  clock = "wall", fused = "", cells = ""))
repetitions = if (options$quick) 2L else as.integer(options$repetitions)
cells = if (options$quick) quick_cells() else all_cells()
cells = cells[grepl(options$cells, cell)]
name = if (options$quick) "networks_quick" else "networks"

r_script = function(name, ..., can, epochs = identity) {
  new_contender("Rscript", c(file.path("bench/contenders", paste0(name, ".R")), ...), can, epochs)
}
everything = function(cells) rep(TRUE, nrow(cells))
# The slow ones answer with few epochs what a batch takes; they are given no cell of which an epoch takes a minute.
few = function(epochs) max(1L, epochs %/% 10L)

contenders = list(
  mlr3libtorch = r_script("mlr3libtorch", can = everything),
  mlr3libtorch_loop = r_script("mlr3libtorch", "loop", can = everything),
  libtorch = new_contender(file.path(options$build, "bench/bench_libtorch"), character()),
  pytorch = new_contender("/usr/bin/python3", "bench/contenders/pytorch.py"),
  ann2 = r_script("ann2", epochs = few, can = function(cells) cells$optimizer != "adamw" & cells$layers > 0),
  rsnns = r_script("rsnns", epochs = few, can = function(cells) {
    cells$group == "tabular" & cells$width < 512L
  }),
  nnet = r_script("nnet", can = function(cells) {
    (cells$layers == 0 & cells$optimizer == "sgd") | (cells$layers == 1 & cells$group == "tabular")
  })
)

# The script is handed over as text, since another root would not have the file.
if (nzchar(options$fused)) {
  words = strsplit(options$fused, " ", fixed = TRUE)[[1]]
  script = paste(readLines("bench/contenders/pytorch.py"), collapse = "\n")
  contenders$pytorch_fused = new_contender(words[1], c(words[-1], "-c", script, "fused"))
}

if (!options$report) {
  results = measure(cells, contenders, repetitions)
  if (nzchar(options$cells)) results = with_stored(results, name)
  write_results(results, name)
}
results = fread(file.path(results_folder, paste0(name, ".csv")))
wide = medians(results, options$clock)
if (options$quick) {
  writeLines(c(targets_table(wide), "", cells_table(wide)))
} else {
  write_networks_report(wide, options$clock, max(results$repetition))
}
