# Does training with the rate that lr_finder() suggests come near the best of ten fixed rates?
# Ten epochs of an mlp with 32-32 neurons on scaled features, Adam, batches of 32; two thirds of the rows are trained
# on, the others predicted. Prints, for each task, the mean error (classification error, root mean squared error) over
# seeds: of the suggestions, of the best fixed rate, and their ratio, which is to be at most 1.1.
# Usage: Rscript bench/lr_finder.R [seeds, 20] [dropout, 0.5]

suppressPackageStartupMessages({
  library(mlr3)
  library(mlr3libtorch)
})
lgr::get_logger("mlr3")$set_threshold("error")

arguments = as.numeric(commandArgs(trailingOnly = TRUE))
seeds = if (length(arguments)) arguments[[1L]] else 20
dropout = if (length(arguments) > 1L) arguments[[2L]] else 0.5
rates = 10^seq(-4, 0.5, by = 0.5)

tasks = list(
  tsk("spam"), tsk("sonar"), tsk("german_credit"), tsk("iris"),
  as_task_classif(rbind(MASS::Pima.tr, MASS::Pima.te), target = "type", id = "pima"),
  as_task_regr(MASS::Boston, target = "medv", id = "boston")
)

# Numeric columns with the mean and the deviation of the training rows; so a target of regression, in whose deviations
# the error is then told.
scaled = function(task, rows) {
  data = as.data.frame(task$data())
  is_number = vapply(data, is.numeric, logical(1))
  data[is_number] = lapply(data[is_number], function(x) {
    spread = stats::sd(x[rows])
    (x - mean(x[rows])) / if (spread > 0) spread else 1
  })
  convert = if (task$task_type == "regr") as_task_regr else as_task_classif
  convert(data, target = task$target_names, id = task$id)
}

make_learner = function(task, seed, ...) {
  lrn(paste0(task$task_type, ".mlp"), neurons = c(32, 32), p = dropout, batch_size = 32, epochs = 10, seed = seed,
    scale = FALSE, ...)
}

# A network that has diverged predicts as badly as the most frequent class or the mean.
error_with = function(task, split, seed, rate) {
  learner = make_learner(task, seed, opt.lr = rate)
  measure = msr(if (task$task_type == "regr") "regr.rmse" else "classif.ce")
  suppressWarnings(learner$train(task, split$train),
    c("mlr3libtorch_warning_diverged", "mlr3libtorch_warning_worse_than_constant"))
  prediction = tryCatch(learner$predict(task, split$test), mlr3libtorch_error_diverged = function(condition) {
    lrn(paste0(task$task_type, ".featureless"))$train(task, split$train)$predict(task, split$test)
  })
  unname(prediction$score(measure))
}

one_seed = function(task, seed) {
  set.seed(seed)
  split = partition(task)
  task = scaled(task, split$train)
  found = lr_finder(make_learner(task, seed), task$clone()$filter(split$train))
  suggestion = attr(found, "suggestion")
  with_suggestion = if (is.na(suggestion)) NA_real_ else error_with(task, split, seed, suggestion)
  c(suggestion, with_suggestion, vapply(rates, function(rate) error_with(task, split, seed, rate), numeric(1)))
}

report = function(task) {
  results = vapply(seq_len(seeds), function(seed) one_seed(task, seed), numeric(length(rates) + 2L))
  fixed = rowMeans(results[-(1:2), , drop = FALSE])
  found = mean(results[2L, ], na.rm = TRUE)
  bounds = format(signif(stats::quantile(results[1L, ], c(0, 0.5, 1), na.rm = TRUE), 2))
  cat(sprintf("| %s | %s to %s, median %s | %.3f | %.3f (%s) | %.2f | %i |\n", task$id, trimws(bounds[[1L]]),
    trimws(bounds[[3L]]), trimws(bounds[[2L]]), found, min(fixed), format(signif(rates[[which.min(fixed)]], 2)),
    found / min(fixed), sum(is.na(results[1L, ]))))
}

cat(sprintf("Dropout %s, %i seeds\n\n", dropout, as.integer(seeds)))
cat("| task | suggestions | error with them | of the best fixed rate | ratio | without suggestion |\n")
cat("|---|---|---|---|---|---|\n")
for (task in tasks) report(task)
