# Cross-validation with the same folds for all learners.
library(mlr3)
library(mlr3learners)
library(mlr3pipelines)
library(mlr3libtorch)
lgr::get_logger("mlr3")$set_threshold("warn")

measure_of = c(classif = "classif.acc", regr = "regr.rsq")

# One row a fold. The folds depend on the task alone.
cross_validate = function(task, learner, folds) {
  set.seed(20261125)
  resampling = rsmp("cv", folds = folds)$instantiate(task)
  set.seed(1)
  seconds = system.time(result <- resample(task, learner, resampling))[["elapsed"]]
  scores = result$score(msr(measure_of[[task$task_type]]))
  data.table(task = task$id, fold = scores$iteration, score = scores[[measure_of[[task$task_type]]]],
    seconds = seconds / folds)
}
