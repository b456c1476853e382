# What is known about a type of tasks where there is no task. What depends on a task is a method of its class, see
# R/task_type.R.

# * classes: whether the target is a class
# * loss: the key of the default loss
# * meanings: predict types that need outputs of a meaning, see `core_loss_outputs()`; always: those that do not
# * draws_se: whether Monte Carlo dropout gives standard errors
# * plain_rows: whether rows can be predicted that do not belong to a task
task_kinds = list(
  classif = list(classes = TRUE, loss = "cross_entropy", always = c("response", "prob"), plain_rows = TRUE),
  regr = list(loss = "mse", always = "response", meanings = c(se = "mean_and_log_variance", quantiles = "quantiles"),
    draws_se = TRUE, plain_rows = TRUE),
  multiregr = list(loss = "mse", always = "response"),
  surv = list(loss = "cox_ph", always = "crank", meanings = c(lp = "value", distr = "hazards"))
)

# Of a type that this package does not know, mlr3 knows the predict types.
task_kind = function(task_type) {
  known = task_kinds[[task_type]] %??% list(always = names(mlr_reflections$learner_predict_types[[task_type]]))
  insert_named(list(classes = FALSE, meanings = character(), draws_se = FALSE, plain_rows = FALSE), known)
}

has_classes = function(task_type) task_kind(task_type)$classes

default_loss = function(task_type) {
  task_kind(task_type)$loss %??% abort("loss", sprintf("There is no default loss for tasks of type '%s'; %s.",
    task_type, "give one, as in `loss = t_loss(\"fn\", fn = ...)`"), fields = list(task_type = task_type))
}

check_task_type = function(task_type) {
  known = setdiff(names(mlr_reflections$learner_predict_types), "unsupervised")
  if (!test_choice(task_type, known)) {
    abort("argument", sprintf("'task_type' must be %s, not %s.", str_collapse(known, quote = "'", sep = " or "),
      as_short_string(task_type)))
  }
  invisible(task_type)
}
