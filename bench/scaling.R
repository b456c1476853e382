# What a run costs as the work grows: time a row, and the largest size of the process. Each run has a process of its
# own, so that its peak is its own.
# options: --rows=1e7 (up to how many), --quick
source("bench/report.R")

options = program_options(list(rows = "1e7", quick = FALSE))
most_rows = if (options$quick) 1e4 else as.numeric(options$rows)

# Runs in the child: trains, and tells the seconds and what Linux says about the process, in bytes.
train_once = function(rows, width, depth, callbacks) {
  library(mlr3)
  library(mlr3libtorch)
  lgr::get_logger("mlr3")$set_threshold("warn")
  memory = function(field) {
    line = grep(paste0("^", field, ":"), readLines("/proc/self/status"), value = TRUE)
    1024 * as.numeric(gsub("[^0-9]", "", line))
  }
  idle = lapply(sprintf("idle_%i", seq_len(callbacks)), torch_callback, on_batch_end = function() NULL)
  make_learner = function(callbacks = list()) {
    lrn("regr.mlp", neurons = rep(width, depth), p = 0, epochs = 1L, batch_size = 32L, seed = 1L, device = "cpu",
      callbacks = callbacks)
  }
  make_task = function(rows) {
    data = data.table::as.data.table(replicate(20, rnorm(rows), simplify = FALSE))
    data$y = rnorm(rows)
    as_task_regr(data, target = "y")
  }
  # What is loaded and allocated once and for all, is.
  make_learner(idle)$train(make_task(200L))
  task = make_task(rows)
  learner = make_learner(idle)
  gc(full = TRUE)
  before = memory("VmRSS")
  cat("5", file = "/proc/self/clear_refs")
  seconds = system.time(learner$train(task))[["elapsed"]]
  data.table::data.table(seconds = seconds, task = 21 * 8 * rows, before = before, peak = memory("VmHWM"))
}

powers = 10^seq(3, log10(most_rows))
some_rows = min(1e5, most_rows)
runs = rbind(
  data.table(varied = "rows", rows = powers, width = 64L, depth = 2L, callbacks = 0L),
  data.table(varied = "width", rows = some_rows, width = c(16L, 64L, 256L, 1024L), depth = 2L, callbacks = 0L),
  data.table(varied = "depth", rows = some_rows, width = 64L, depth = c(1L, 2L, 4L, 8L, 16L), callbacks = 0L),
  data.table(varied = "callbacks", rows = some_rows, width = 64L, depth = 2L, callbacks = c(0L, 1L, 10L, 100L))
)
if (options$quick) runs = runs[width <= 256L & depth <= 4L & callbacks <= 10L]
environment = c(OMP_NUM_THREADS = "1", OPENBLAS_NUM_THREADS = "1", MALLOC_MMAP_THRESHOLD_ = "100000")
measured = rbindlist(Map(function(rows, width, depth, callbacks) {
  message(sprintf("%.0f rows, width %i, depth %i, %i callbacks", rows, width, depth, callbacks))
  callr::r(train_once, list(rows, width, depth, callbacks), env = c(callr::rcmd_safe_env(), environment))
}, runs$rows, runs$width, runs$depth, runs$callbacks))

results = cbind(runs, measured)
results[, let(microseconds_a_row = 1e6 * seconds / rows, above_task = peak - before)]
shown = results[, .(varied, rows, width, depth, callbacks, `us a row` = microseconds_a_row, `the task, MB` = task / 1e6,
  `peak of the process, MB` = peak / 1e6, `of it in $train(), MB` = above_task / 1e6,
  `bytes a row in $train()` = above_task / rows)]
lines = markdown_table(shown)
if (options$quick) {
  writeLines(lines)
} else {
  write_results(results, "scaling")
  write_section("scaling", lines)
}
