# Training on: `learner$continue(task, epochs)`.

#' @name LearnerTorch
#' @rdname LearnerTorch
#' @examples
#' learner = lrn("classif.mlp", neurons = 16, epochs = 5, batch_size = 32, validate = 0.3, seed = 1)
#' learner$train(tsk("iris"))
#' learner
#' learner$history
#' learner$network
#' learner$predict(tsk("iris"))$score()
#'
#' # five epochs more
#' learner$continue(tsk("iris"), epochs = 5)
NULL

# `private`: the learner's. `epochs`: how many more; NULL for those that an interrupted run has left.
continue_training = function(learner, private, task, epochs, row_ids) {
  model = private$.model()
  if (is.null(model)) {
    abort("argument", sprintf("Learner '%s' has not been trained, so there is nothing to continue; call `$train()`.",
      learner$id))
  }
  if (!is.null(epochs) && !test_count(epochs, positive = TRUE)) {
    abort("argument", sprintf("'epochs' must be the number of epochs to train further, not %s.",
      as_short_string(epochs)), fields = list(argument = "epochs"))
  }
  earlier = learner$param_set$values$epochs
  total = if (is.null(epochs)) earlier else model$epochs + epochs
  if (is.null(epochs) && !isTRUE(model$epochs < earlier)) {
    abort("argument", sprintf("Learner '%s' has trained all its epochs; say how many more as 'epochs'.", learner$id),
      fields = list(argument = "epochs"))
  }
  validate = learner$validate
  rows = same_rows(learner, task, model, row_ids)
  finished = FALSE
  private$.continued = model
  on.exit({
    private$.continued = NULL
    learner$validate = validate
    if (!finished) learner$param_set$values$epochs = earlier
  })
  learner$param_set$values$epochs = as.integer(total)
  if (rows$is_drawn) learner$validate = "predefined"
  learner$train(rows$task, rows$row_ids)
  learner$state$validate = validate
  finished = TRUE
  invisible(learner)
}

# The task with the validation rows that were drawn when the learner was trained: list(task, row_ids, is_drawn).
same_rows = function(learner, task, model, row_ids) {
  task = as_task(task)
  if (!is.numeric(learner$validate)) {
    return(list(task = task, row_ids = row_ids, is_drawn = FALSE))
  }
  drawn = model$valid_rows
  if (is.null(drawn) || !all(drawn %in% task$row_ids)) {
    abort("resume", sprintf("Learner '%s' cannot continue: %s", learner$id, paste(
      "the rows that it was validated on are not known, or not in the task. Choose them by",
      "`task$internal_valid_task = <row ids>` and `learner$validate = \"predefined\"`.")),
      fields = list(rows = "validation"))
  }
  task = task$clone()
  task$internal_valid_task = drawn
  list(task = task, row_ids = if (!is.null(row_ids)) setdiff(row_ids, drawn), is_drawn = TRUE)
}
