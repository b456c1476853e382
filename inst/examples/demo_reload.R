# The second half of demo.R, in an R process of its own: reload, predict the same bits, look at the callback's state,
# train on.
#
# usage: Rscript demo_reload.R folder

library(mlr3libtorch)
library(mlr3pipelines)

folder = c(commandArgs(trailingOnly = TRUE), file.path(tempdir(), "demo"))[1]
lgr::get_logger("mlr3")$set_threshold("warn")
saved = readRDS(file.path(folder, "trained.rds"))

# ---- The same bits -------------------------------------------------------------------------------------------------
houses_again = saved$learner$predict(saved$task_test)
spam_again = saved$spam_learner$predict(tsk("spam"), saved$spam_rows)
stopifnot(
  identical(houses_again$response, saved$prediction$response),
  identical(spam_again$prob, saved$spam_prediction$prob)
)
cat("Both reloaded learners predict the same bits as before.\n")

# ---- The callback's state ------------------------------------------------------------------------------------------
state = saved$learner$model$callbacks$gradient_size
cat("\nMean size of the gradients, epoch by epoch, as the callback kept it:\n")
print(state$means)

# ---- Trained further: five more epochs, from the last checkpoint ---------------------------------------------------
longer = saved$learner$clone(deep = TRUE)
epochs = saved$learner$model$epochs + 5
longer$param_set$set_values(epochs = epochs, patience = 0, resume = TRUE)
longer$train(saved$task_train)
state_longer = longer$model$callbacks$gradient_size
stopifnot(
  longer$model$epochs == epochs,
  identical(head(state_longer$means, length(state$means)), state$means)
)
cat("\nTrained on, the callback's state went on too:\n")
print(tail(state_longer$means, 7))
cat(sprintf(
  "\nRoot mean squared error: %.4f before, %.4f after five more epochs\n",
  saved$prediction$score(msr("regr.rmse")), longer$predict(saved$task_test)$score(msr("regr.rmse"))
))
