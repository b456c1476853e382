# Rows that are read from a mapped file, beside the same in memory, and a task that is larger than memory.
# `Rscript bench/mapped.R [--quick]`: quick is the first part alone, on 100,000 rows instead of 1,000,000.
library(mlr3)
library(mlr3libtorch)
library(data.table)
lgr::get_logger("mlr3")$set_threshold("warn")

is_quick = "--quick" %in% commandArgs(trailingOnly = TRUE)
rows = if (is_quick) 1e5 else 1e6
columns = 20L

make_task = function(rows) {
  data = as.data.table(replicate(columns, rnorm(rows), simplify = FALSE))
  data[, y := V1 + sin(V2) + rnorm(rows)]
  as_task_regr(data, target = "y", id = "numbers")
}

new_learner = function(...) {
  lrn("regr.mlp", neurons = c(64, 64), epochs = 1L, batch_size = 256L, seed = 1L, ...)
}

seconds = function(code) system.time(code)[["elapsed"]]

# The median of several times, taken in turns, so that a busy machine meets all of them.
compare = function(runs, times = 5L) {
  measured = replicate(times, vapply(runs, function(run) seconds(run()), 0))
  apply(measured, 1L, median)
}

set.seed(1)
task = make_task(rows)
path = tempfile(fileext = ".safetensors")
wrote = seconds({
  in_file = map_task(task, path)
})
cat(sprintf("%.0f rows, %i columns: a file of %.0f MB, written in %.1f s\n", rows, columns, file.size(path) / 1e6,
  wrote))

took = compare(list(
  memory = function() new_learner(data = "memory")$train(task),
  mapped = function() new_learner()$train(in_file),
  ahead = function() new_learner(num_workers = 1L)$train(in_file)
))
print(round(took, 2))
cat(sprintf("mapped / memory: %.3f (target: at most 1.15); with a thread that reads ahead: %.3f\n",
  took[["mapped"]] / took[["memory"]], took[["ahead"]] / took[["memory"]]))

# A process that may use little memory of its own trains, validates and predicts on a file three times as large.
# What the system keeps of files is not its own; RLIMIT_DATA counts all that it allocates.
limited = function(megabytes, code) {
  script = tempfile(fileext = ".R")
  writeLines(code, script)
  system2("prlimit", c(sprintf("--data=%.0f", megabytes * 1e6), file.path(R.home("bin"), "Rscript"), script))
}

if (is_quick || !nzchar(Sys.which("prlimit"))) quit()
# R and LibTorch alone take more than half of it
allowed = 1000
columns = 200L
large_rows = ceiling(3 * allowed * 1e6 / (4 * (columns + 1)))
cat(sprintf("\n%.0f rows in a file of %.0f MB, for a process of %.0f MB\n", large_rows, 3 * allowed, allowed))
# written by this process, which is not limited, in blocks that no task holds at once
source("bench/mapped_backend.R")
large = as_task_regr(BlocksOfNumbers$new(large_rows, columns), target = "y", id = "large")
large_path = tempfile(fileext = ".safetensors")
invisible(map_task(large, large_path))
code = sprintf("
  library(mlr3)
  library(mlr3libtorch)
  source('bench/mapped_backend.R')
  task = map_task(as_task_regr(BlocksOfNumbers$new(%.0f, %iL), target = 'y', id = 'large'), '%s')
  train = seq_len(%.0f)
  task$internal_valid_task = seq(max(train) + 1, task$nrow)
  learner = lrn('regr.mlp', neurons = 32, epochs = 1, batch_size = 1024, seed = 1, validate = 'predefined')
  cat(sprintf('trained in %%.0f s\\n', system.time(learner$train(task))[['elapsed']]))
  cat(sprintf('validation loss %%.4f\\n', learner$history$valid.loss))
  rows = utils::head(train, 1e6)
  cat(sprintf('predicted %%i rows\\n', length(learner$predict(task, rows)$response)))
", large_rows, columns, large_path, floor(0.9 * large_rows))
status = limited(allowed, code)
cat(if (status == 0) "it worked\n" else sprintf("it failed with status %i\n", status), sep = "")
# the same without a file must fail, or the limit is none
code = sub("map_task\\((.*), '[^']*'\\)\n", "\\1\n", code)
code = sub("seed = 1,", "seed = 1, data = 'memory',", code)
status = limited(allowed, code)
cat(if (status == 0) "it also worked in memory: the limit is too large\n" else
  "in memory, it has too little, as it should\n")
