#' @title The Model of a Run That Failed
#'
#' @description
#' If `$train()` ends with an error of a callback, an interrupt or another condition, the learner stays as it was.
#' The condition holds the model with the weights of the last complete step.
#'
#' @param cond (`condition`, or a [mlr3::Learner])\cr
#'   What `tryCatch()` caught; its parents are searched as well. Or a learner, for its model: that of the learner
#'   inside, if it is a graph or the like, see [torch_learner()].
#' @return A model, of class `learner_torch_model`, as in `learner$model`: assign it there to predict with it, or
#'   set the learner's parameter `resume` to it to go on training. What a callback had begun in the batch that failed is
#'   not undone, so only a run that ended by `keep_on_interrupt` or SIGTERM goes on with the same bits.
#' @family Learner
#' @export
#' @examplesIf mlr3misc::require_namespaces("mlr3", quietly = TRUE)
#' learner = mlr3::lrn("classif.mlp", epochs = 10, batch_size = 50)
#' learner$callbacks = torch_callback("fails", on_epoch_end = function() {
#'   if (self$ctx$epoch == 3) stop("on purpose")
#' })
#' cond = tryCatch(learner$train(mlr3::tsk("iris")), error = identity)
#' model = last_model(cond)
#' model$epochs
last_model = function(cond) {
  if (inherits(cond, "Learner")) {
    return(model_of(torch_learner(cond)))
  }
  if (!inherits(cond, "condition")) {
    abort("argument", sprintf("'cond' must be a condition, as caught by tryCatch(), or a learner, not %s.",
      as_short_string(cond)))
  }
  while (!is.null(cond)) {
    if (inherits(cond$last_model, "learner_torch_model")) {
      return(cond$last_model)
    }
    cond = cond$parent
  }
  abort("argument", paste("The condition holds no model: it does not come from a training that had begun,",
    "or the state of a callback could not be saved."))
}

model_of = function(learner) {
  if (is.null(learner$model)) {
    abort("argument", sprintf("Learner '%s' has not been trained, so it has no model.", learner$id))
  }
  assert_model(unmarshal_model(learner$model))
}
