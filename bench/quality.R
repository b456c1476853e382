# How good the models are: each learner with its defaults, and what R users pick today, by cross-validation with the
# same folds on real data that come with CRAN packages.
# options: --learners=PATTERN (fits only learners whose names match, and keeps the stored results of the others),
#   --tasks=PATTERN (the same for tasks), --folds=5, --report (fits nothing, writes the report anew), --quick
source("bench/report.R")
source("bench/quality_tasks.R")
source("bench/quality_learners.R")
source("bench/quality_folds.R")

options = program_options(list(learners = "", tasks = "", folds = "5", report = FALSE, quick = FALSE))

fit_all = function(tasks, learners, folds) {
  rbindlist(lapply(names(tasks), function(task_name) {
    task = tasks[[task_name]]()
    rbindlist(lapply(names(learners), function(name) {
      scores = cross_validate(task, learners[[name]](task), folds)
      message(sprintf("%-14s %-16s %.3f  %.1f s", task_name, name, mean(scores$score), scores$seconds[1]))
      cbind(learner = name, scores)
    }))
  }))
}

# Learners by tasks, in the order of their definition; `summarise` makes one cell of the folds' values of `column`.
by_learner_and_task = function(results, column, summarise) {
  wide = dcast(results, factor(learner, intersect(learner_names, learner)) ~
    factor(task, intersect(names(quality_tasks), task)), value.var = column, fun.aggregate = summarise)
  setnames(wide, "learner", "")
}

score_table = function(results) {
  markdown_table(by_learner_and_task(results, "score", function(x) {
    if (length(x)) sprintf("%.3f \u00b1 %.3f", mean(x), sd(x)) else "\u2013"
  }))
}

# How far each network is from the linear model, fold by fold: what the folds have in common drops out.
compared_table = function(results) {
  scores = dcast(results[learner %in% c(network_names, "linear")], task + fold ~ learner, value.var = "score")
  scores = melt(scores, id.vars = c("task", "fold", "linear"), variable.name = "learner", value.name = "score",
    variable.factor = FALSE, na.rm = TRUE)
  markdown_table(by_learner_and_task(scores[, score := score - linear], "score", function(x) {
    if (length(x)) sprintf("%+.3f \u00b1 %.3f", mean(x), sd(x) / sqrt(length(x))) else "\u2013"
  }))
}

tasks = quality_tasks[grepl(options$tasks, names(quality_tasks))]
learners = quality_learners[grepl(options$learners, names(quality_learners))]
if (options$quick) {
  quick = fit_all(tasks["sonar"], learners[c("mlp, 2 x 128", "tab_resnet", "ranger")], 3L)
  writeLines(score_table(quick))
} else {
  if (!options$report) {
    results = fit_all(tasks, learners, as.integer(options$folds))
    write_results(with_stored(results, "quality", by = c("task", "learner")), "quality")
  }
  results = fread(file.path(results_folder, "quality.csv"))
  write_section("quality", c(
    "Accuracy (classification) and R\u00b2 (regression), mean and standard deviation over the folds:", "",
    score_table(results), "",
    "Networks minus linear model, mean and standard error of the folds' differences:", "",
    compared_table(results), "",
    "Seconds a fold:", "",
    markdown_table(by_learner_and_task(results, "seconds", mean)), "",
    sprintf("R %s, mlr3libtorch %s.", getRversion(), packageVersion("mlr3libtorch"))))
}
