# What scores cost in a whole run: $train() with measures on training and validation rows in each epoch, beside the same
# run that only goes forward over its validation rows. Both take turns; ratios of medians, one thread.
# usage: Rscript bench/whole_runs.R [--repetitions=7] [--quick]
library(mlr3)
library(mlr3libtorch)
source("bench/report.R")
for (name in c("mlr3", "mlr3libtorch")) lgr::get_logger(name)$set_threshold("warn")

bound = 1.15

make_features = function(n) as.data.frame(matrix(rnorm(20 * n), n))

# Classes, or a number, that depend on the features.
make_task = function(n, classes = 0L) {
  set.seed(n)
  data = make_features(n)
  signal = as.matrix(data) %*% matrix(rnorm(20 * max(classes, 1L)), 20) + rnorm(n * max(classes, 1L))
  if (classes == 0L) {
    return(as_task_regr(cbind(data, y = signal[, 1]), target = "y"))
  }
  data$y = factor(if (classes == 2L) signal[, 1] > 0 else max.col(signal))
  as_task_classif(data, target = "y")
}

runs = list(
  list(name = "10,000 x 20, rmse", task = make_task(1e4), measures = "regr.rmse", batch_size = 64, epochs = 20),
  list(name = "20,000 x 20, log loss and AUC", task = make_task(2e4, 2L),
    measures = c("classif.logloss", "classif.auc"), batch_size = 64, epochs = 10),
  list(name = "100,000 x 20, ten classes, log loss", task = make_task(1e5, 10L), measures = "classif.logloss",
    batch_size = 64, epochs = 3),
  list(name = "iris, log loss, accuracy, Brier score", task = tsk("iris"),
    measures = c("classif.logloss", "classif.acc", "classif.mbrier"), batch_size = 16, epochs = 200)
)

make_learner = function(run, measures) {
  learner = lrn(sprintf("%s.mlp", run$task$task_type), neurons = c(32L, 32L), epochs = run$epochs,
    batch_size = run$batch_size, batch_size_predict = 1024L, seed = 1L, validate = 1 / 3, num_threads = 1L,
    device = "cpu", measures_train = measures, measures_valid = measures)
  if (run$task$task_type == "classif") learner$predict_type = "prob"
  learner
}

# Seconds of $train(), from a fresh learner.
time_run = function(run, measures) {
  learner = make_learner(run, measures)
  set.seed(1)
  start = proc.time()[["elapsed"]]
  # that nothing is measured on the validation rows is what the other run is compared with
  suppressWarnings(learner$train(run$task), "mlr3libtorch_warning_unused_validation")
  proc.time()[["elapsed"]] - start
}

compare = function(run, repetitions) {
  invisible(run$task$hash)
  measures = msrs(run$measures)
  pairs = vapply(seq_len(repetitions + 1L), function(i) {
    c(with = time_run(run, measures), without = time_run(run, list()))
  }, numeric(2))[, -1L, drop = FALSE]
  milliseconds = 1e3 * apply(pairs, 1L, median) / run$epochs
  data.table(run = run$name, with = milliseconds[["with"]], without = milliseconds[["without"]],
    ratio = milliseconds[["with"]] / milliseconds[["without"]])
}

options = program_options(list(repetitions = "7", quick = FALSE))
repetitions = if (isTRUE(options$quick)) 1L else as.integer(options$repetitions)
results = rbindlist(lapply(runs, compare, repetitions = repetitions))
setnames(results, c("run", "with scores, ms an epoch", "without, ms an epoch", sprintf("ratio (at most %g)", bound)))
lines = c(markdown_table(results), "", provenance(repetitions))
if (isTRUE(options$quick)) cat(lines, sep = "\n") else write_section("whole runs", lines)
