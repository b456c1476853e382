# Where the seconds of three typical runs go: the parts of the loop, and what R and mlr3 do around it. One thread.
# usage: Rscript bench/where_time_goes.R [--repetitions=5] [--quick]
library(mlr3)
library(mlr3libtorch)
source("bench/report.R")
for (name in c("mlr3", "mlr3libtorch")) lgr::get_logger(name)$set_threshold("warn")

options = program_options(list(repetitions = "5", quick = FALSE))
repetitions = if (isTRUE(options$quick)) 1L else as.integer(options$repetitions)
scale = if (isTRUE(options$quick)) 100 else 1

make_data = function(n, p) {
  set.seed(1)
  as.data.table(matrix(rnorm(n * p), n))
}

classification = function(n) {
  data = make_data(n, 30L)
  data$y = factor(rowSums(data[, 1:5]) + rnorm(n) > 0)
  as_task_classif(data, target = "y")
}

regression = function(n) {
  data = make_data(n, 100L)
  data$y = rnorm(n)
  as_task_regr(data, target = "y")
}

runs = list(
  list(name = "iris, log loss of a third of the rows, 200 epochs", task = tsk("iris"), make = function() {
    lrn("classif.mlp", predict_type = "prob", neurons = c(32L, 32L), epochs = 200L, batch_size = 16L, validate = 1 / 3,
      measures_valid = msr("classif.logloss"), seed = 1L)
  }),
  list(name = "50,000 x 30, AUC of a third, early stopping", task = classification(5e4 / scale), make = function() {
    lrn("classif.mlp", predict_type = "prob", neurons = c(64L, 64L), epochs = 30L, patience = 5L, batch_size = 128L,
      validate = 1 / 3, measures_valid = msr("classif.auc"), seed = 1L)
  }),
  list(name = "1,000,000 x 100, regression, 2 epochs", task = regression(1e6 / scale), make = function() {
    lrn("regr.mlp", neurons = c(64L, 64L), epochs = 2L, batch_size = 256L, seed = 1L)
  })
)

# Seconds of one $train(): all, the parts of its loop, and the rest.
time_parts = function(run) {
  learner = run$make()
  total = system.time(learner$train(run$task))[["elapsed"]]
  timing = learner$model$timing
  parts = timing[is.na(timing$callback), ]
  seconds = c(data = 0, forward = 0, backward = 0, step = 0, validation = 0, scores = 0)
  for (part in names(seconds)) seconds[[part]] = sum(parts$seconds[parts$stage == part])
  c(total = total, seconds, `outside of the loop` = total - sum(parts$seconds))
}

profile_run = function(run) {
  invisible(run$task$hash)
  time_parts(run)
  seconds = apply(vapply(seq_len(repetitions), function(i) time_parts(run), numeric(8L)), 1L, median)
  shares = sprintf("%.0f %%", 100 * seconds[-1L] / seconds[["total"]])
  as.data.table(c(list(run = run$name, seconds = seconds[["total"]]), setNames(as.list(shares), names(seconds)[-1L])))
}

lines = c(markdown_table(rbindlist(lapply(runs, profile_run))), "", provenance(repetitions))
if (isTRUE(options$quick)) cat(lines, sep = "\n") else write_section("where time goes", lines)
