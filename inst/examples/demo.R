# Two real tasks: house values in California (a pipeline handles factors and missing values) and spam.
# A callback written in R and built-in ones watch the training; the learners are saved with plain saveRDS().
# demo_reload.R goes on in a second R process.
#
# usage: Rscript demo.R [folder]   (what is saved goes there; without one, to a temporary folder)

library(mlr3libtorch)
library(mlr3pipelines)
library(ggplot2)

folder = c(commandArgs(trailingOnly = TRUE), file.path(tempdir(), "demo"))[1]
unlink(folder, recursive = TRUE)
dir.create(folder, recursive = TRUE, showWarnings = FALSE)
lgr::get_logger("mlr3")$set_threshold("warn")
set.seed(1)

# ---- A callback of our own: how large are the gradients, epoch by epoch? -------------------------------------------
# Its state is kept in the trained learner and goes on when the learner is trained further.
gradient_size = torch_callback("gradient_size",
  initialize = function(digits = 3) {
    self$digits = digits
    self$means = numeric()
  },
  on_epoch_begin = function() {
    self$total = 0
  },
  on_after_backward = function() {
    norms = vapply(self$ctx$network$parameters, function(parameter) parameter$grad$norm()$item(), numeric(1))
    self$total = self$total + sqrt(sum(norms^2))
  },
  on_epoch_end = function() {
    self$means = c(self$means, round(self$total / self$ctx$step, self$digits))
  },
  state_dict = function() {
    list(means = self$means)
  },
  load_state_dict = function(state_dict) {
    self$means = state_dict$means
  }
)

show_scores = function(title, scores, measure) {
  cat(sprintf("\n%s, %s on rows that no model has seen\n", title, measure))
  cat(sprintf("  %-22s %.4f\n", names(scores), scores), sep = "")
}

# Validation scores by epoch, drawn from what the callback "history" kept.
draw_history = function(learner, name) {
  file = file.path(folder, paste0(name, ".png"))
  curve = autoplot(learner$model$callbacks$history) + ggtitle(name)
  ggsave(file, curve, width = 7, height = 4, dpi = 120)
  cat("  learning curve in", file, "\n")
}

# ---- Regression: California house values ---------------------------------------------------------------------------
houses = as.data.frame(tsk("california_housing")$data())
houses$median_house_value = houses$median_house_value / 1e5
task = as_task_regr(houses, target = "median_house_value", id = "houses")
test_rows = sample(task$row_ids, 4000)
train_rows = setdiff(task$row_ids, test_rows)

# One place for impute, encode and scale; what it learned on the training rows it does to the test rows.
prepare = po("imputehist") %>>% po("encode", method = "one-hot") %>>% po("scale")
task_train = prepare$train(task$clone()$filter(train_rows))[[1]]
task_test = prepare$predict(task$clone()$filter(test_rows))[[1]]
task_train$internal_valid_task = sample(task_train$row_ids, 3000)

learner = lrn("regr.mlp",
  callbacks = list(
    gradient_size, t_clbk("history"), t_clbk("progress"), t_clbk("clip_grad_norm", max_norm = 5),
    t_clbk("checkpoint", path = file.path(normalizePath(folder), "checkpoint"), freq = 5)
  ),
  neurons = c(128, 128), p = 0, epochs = 60, batch_size = 128, seed = 7, opt.lr = 0.003,
  measures_valid = msr("regr.rmse"), validate = "predefined", patience = 6
)
seconds = system.time(learner$train(task_train))[["elapsed"]]
prediction = learner$predict(task_test)

# What it must beat: always the mean, and a linear model on the same columns.
rmse = function(response) sqrt(mean((task_test$truth() - response)^2))
linear = stats::lm(median_house_value ~ ., data = task_train$data())
scores = c(
  "mean" = rmse(lrn("regr.featureless")$train(task_train)$predict(task_test)$response),
  "linear model" = rmse(suppressWarnings(stats::predict(linear, task_test$data()))),
  "regr.mlp" = prediction$score(msr("regr.rmse"))[[1]]
)
show_scores("Houses", scores, "root mean squared error in 100,000 dollars")
cat(sprintf("  trained %d epochs in %.1f s\n", learner$model$epochs, seconds))
draw_history(learner, "houses")
stopifnot(scores[["regr.mlp"]] < scores[["linear model"]], scores[["regr.mlp"]] < scores[["mean"]])

# ---- Classification: spam, everything in one graph -----------------------------------------------------------------
task_spam = tsk("spam")
split = partition(task_spam, ratio = 0.75)
graph = po("scale") %>>% lrn("classif.mlp",
  callbacks = list(gradient_size, t_clbk("history"), t_clbk("clip_grad_norm", max_norm = 1)),
  predict_type = "prob", neurons = c(64, 64), p = 0.3, epochs = 60, batch_size = 64, seed = 7,
  measures_valid = msr("classif.logloss"), patience = 10, restore_best_weights = TRUE
)
spam_learner = set_validate(as_learner(graph), validate = 0.2)
spam_learner$train(task_spam, split$train)
spam_prediction = spam_learner$predict(task_spam, split$test)

spam_data = task_spam$data()
logistic = suppressWarnings(stats::glm(type == "spam" ~ ., binomial(), spam_data[split$train, ]))
called_spam = stats::predict(logistic, spam_data[split$test, ]) > 0
featureless = lrn("classif.featureless")$train(task_spam, split$train)$predict(task_spam, split$test)
scores = c(
  "most frequent class" = featureless$score(msr("classif.acc"))[[1]],
  "logistic regression" = mean(called_spam == (spam_data$type[split$test] == "spam")),
  "classif.mlp" = spam_prediction$score(msr("classif.acc"))[[1]]
)
show_scores("Spam", scores, "accuracy")
trained_mlp = spam_learner$graph_model$pipeops$classif.mlp$learner_model
draw_history(trained_mlp, "spam")
stopifnot(scores[["classif.mlp"]] > scores[["logistic regression"]])

# ---- Saved as any R object -----------------------------------------------------------------------------------------
saveRDS(
  list(
    learner = learner, task_train = task_train, task_test = task_test, prediction = prediction,
    spam_learner = spam_learner, spam_rows = split$test, spam_prediction = spam_prediction
  ),
  file.path(folder, "trained.rds")
)
cat("\nSaved in", folder, "\n")
