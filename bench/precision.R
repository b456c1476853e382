# What bfloat16 costs in quality: networks with their defaults in either precision, by cross-validation with the same
# folds and seeds on the tasks of quality.R. Writes a table into docs/decisions/bfloat16.md.
# options: --learners=PATTERN, --tasks=PATTERN (only what matches), --folds=5, --quick (one small task; writes nothing)
source("bench/report.R")
source("bench/quality_tasks.R")
source("bench/quality_learners.R")
source("bench/quality_folds.R")

options = program_options(list(learners = "mlp|tab_resnet|tabm|ft_transformer", tasks = "sonar|vehicle|german|concrete",
  folds = "5", quick = FALSE))

in_precision = function(learner, precision) {
  learner$param_set$set_values(precision = precision, device = "cpu")
  learner
}

# Scores in both precisions, and by how much the second ones are higher, fold by fold.
compare = function(make_task, make_learner, folds) {
  task = make_task()
  scores = lapply(c(float32 = "float32", bfloat16 = "bfloat16"), function(precision) {
    cross_validate(task, in_precision(make_learner(task), precision), folds)$score
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
