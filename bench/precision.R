# What bfloat16 costs in quality: networks with their defaults in either precision, by cross-validation with the same folds
# and seeds on the tasks of quality.R. Writes a table into docs/decisions/bfloat16.md.
# options: --learners=PATTERN, --tasks=PATTERN (only what matches), --folds=5, --quick (one small task; writes nothing)
library(mlr3)
library(mlr3learners)
library(mlr3pipelines)
library(mlr3libtorch)
source("bench/report.R")
source("bench/quality_tasks.R")
source("bench/quality_learners.R")

options = program_options(list(learners = "mlp|tab_resnet|tabm|ft_transformer", tasks = "sonar|vehicle|german|concrete",
  folds = "5", quick = FALSE))
lgr::get_logger("mlr3")$set_threshold("warn")
measure_of = c(classif = "classif.acc", regr = "regr.rsq")

in_precision = function(learner, precision) {
  learner$param_set$set_values(precision = precision, device = "cpu")
  learner
}

# The scores of the folds, which depend on the task alone.
fold_scores = function(task, learner, folds) {
  set.seed(20261125)
  resampling = rsmp("cv", folds = folds)$instantiate(task)
  set.seed(1)
  measure = measure_of[[task$task_type]]
  resample(task, learner, resampling)$score(msr(measure))[[measure]]
}

# Scores in both precisions, and by how much the second ones are higher, fold by fold.
compare = function(make_task, make_learner, folds) {
  task = make_task()
  scores = lapply(c(float32 = "float32", bfloat16 = "bfloat16"), function(precision) {
    fold_scores(task, in_precision(make_learner(task), precision), folds)
  })
  text = function(x) sprintf("%.3f \u00b1 %.3f", mean(x), sd(x))
  data.table(float32 = text(scores$float32), bfloat16 = text(scores$bfloat16),
    difference = text(scores$bfloat16 - scores$float32))
}

tasks = quality_tasks[grepl(if (options$quick) "sonar" else options$tasks, names(quality_tasks))]
learners = quality_learners[grepl(if (options$quick) "2 x 128" else options$learners, names(quality_learners))]
folds = if (options$quick) 3L else as.integer(options$folds)
table = rbindlist(lapply(names(tasks), function(task) {
  rbindlist(lapply(names(learners), function(name) {
    row = cbind(task = task, learner = name, compare(tasks[[task]], learners[[name]], folds))
    message(paste(unlist(row), collapse = "  "))
    row
  }))
}))
if (options$quick) writeLines(markdown_table(table)) else
  write_section("precision", markdown_table(table), "docs/decisions/bfloat16.md")
