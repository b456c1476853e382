#' @title Check That a Run Goes On With the Same Bits
#'
#' @description
#' Goes on from a checkpoint for `k` steps, and lets a checkpoint callback write two checkpoints on the way: after half
#' of the steps, and at the first end of an epoch. Then it goes on from each of them: all runs must end with the same
#' bytes.
#'
#' The learner's callbacks are called as in training; its own checkpoint callbacks write elsewhere. What always differs
#' between runs, such as a measured time in a callback's state, is reported as different.
#' Validation rows are drawn as `$train()` would draw them, so set the seed that the run had.
#'
#' @param path (`character(1)`)\cr
#'   A checkpoint folder, or one of its files.
#' @param learner ([LearnerTorch], or a learner that has one inside, see [torch_learner()])\cr
#'   The learner as it was trained; it is not changed.
#' @param task ([mlr3::Task])\cr
#'   The task.
#' @param k (`integer(1)`)\cr
#'   The number of steps; choose more than an epoch has, so that they include the end of one. A run that ends earlier is
#'   compared at its end.
#' @return A [data.table::data.table()] with the columns `part` (weights, optimizer, the run's position, R's generator,
#'   the state of each callback) and `identical` (`logical()`).
#' @family Learner
#' @export
#' @examples
#' path = tempfile()
#' checkpoint = t_clbk("checkpoint", path = path)
#' learner = lrn("classif.mlp", epochs = 2, batch_size = 50, seed = 1, callbacks = checkpoint)
#' learner$train(tsk("iris"))
#' verify_resume(path, learner, tsk("iris"), k = 4)
verify_resume = function(path, learner, task, k = 10) {
  parts = inner_parts(learner, as_task(task))
  learner = parts$learner
  task = parts$task
  if (!test_count(k) || k < 2) {
    abort("argument", sprintf("'k' must be a whole number of steps, at least 2, not %s.", as_short_string(k)))
  }
  generator = r_generator_state()
  folder = tempfile("checkpoints")
  on.exit(unlink(folder, recursive = TRUE))
  train_on = function(state, steps, callbacks = list()) {
    set_r_generator_state(generator)
    train_steps(learner, task, state, steps, callbacks)
  }
  start = as_unfinished_model(read_checkpoint(path))
  writer = TorchCallback$new(CallbackSetVerifyingCheckpoint, id = "verify_resume_writer",
    additional_args = list(path = folder, half = k %/% 2))
  whole = train_on(start, k, list(writer))
  states = map(list_checkpoints(folder)$file, function(file) as_unfinished_model(read_checkpoint(file)))
  # after a checkpoint of the last step, there is nothing left to train
  states = keep(states, function(state) steps_between(start, state) < k)
  compared = map(if (length(states)) states else list(start), function(state) {
    compare_models(whole, train_on(state, k - steps_between(start, state)))
  })
  result = compared[[1L]]
  result$identical = Reduce(`&`, map(compared, "identical"))
  result
}

as_unfinished_model = function(state) structure(state, class = c("learner_torch_model", "list"))

steps_between = function(from, to) to$run$core$global_step - from$run$core$global_step

# Writes what `verify_resume()` goes on from.
CallbackSetVerifyingCheckpoint = R6Class("CallbackSetVerifyingCheckpoint",
  inherit = CallbackSetCheckpoint,
  lock_objects = FALSE,
  public = list(
    initialize = function(path, half) {
      super$initialize(path, freq = "1 batch", keep_last = Inf)
      private$.left = half
    },
    on_batch_end = function() {
      private$.left = private$.left - 1
      if (private$.left == 0) super$on_batch_end()
    },
    on_epoch_end = function() {
      if (!private$.has_epoch) private$.write(self$ctx$epoch)
      private$.has_epoch = TRUE
    },
    on_stop = function() invisible(NULL),
    state_dict = function() NULL,
    load_state_dict = function(state_dict) NULL
  ),
  private = list(
    .left = NULL,
    .has_epoch = FALSE
  ),
  parent_env = topenv()
)

# The model after a number of steps, or at the run's end.
train_steps = function(learner, task, state, steps, callbacks) {
  learner = learner$clone(deep = TRUE)
  folder = tempfile("checkpoints")
  on.exit(unlink(folder, recursive = TRUE))
  checkpoints = keep(learner$callbacks, is_checkpoint_callback)
  walk(checkpoints, function(callback) {
    callback$param_set$set_values(path = file.path(folder, callback$id))
  })
  learner$callbacks = c(learner$callbacks, list(stopper(steps)), callbacks)
  learner$param_set$set_values(resume = state, keep_on_interrupt = TRUE)
  suppress_log(learner$train(task))
  model = learner$model
  # their state names their folder
  model$callbacks[names(checkpoints)] = NULL
  # a run that has come to its end has none
  model$identity = state$identity
  model
}

stopper = function(steps) {
  torch_callback("verify_resume_stopper", weight = Inf, public = list(left = steps), on_batch_end = function() {
    self$left = self$left - 1
    if (self$left == 0) core_run_ask_to_stop(get_private(self$ctx)$.run)
  }, parent_env = topenv())
}

# The run is stopped on purpose, so no message is shown.
suppress_log = function(expression) {
  threshold = lg$threshold
  on.exit(lg$set_threshold(threshold))
  lg$set_threshold("error")
  expression
}

through_file = function(model) {
  file = tempfile(fileext = ".safetensors")
  on.exit(unlink(file))
  write_plain_file(file, unclass(model), content = "checkpoint")
  structure(read_plain_file(file, content = "checkpoint"), class = class(model))
}

compare_models = function(whole, resumed) {
  parts = function(model) {
    callbacks = model$callbacks[setdiff(names(model$callbacks), "checkpoint")]
    c(list(weights = model$network$state, optimizer = model$optimizer, run = model$run[c("core", "scores", "filters")],
      r_generator = model$run$r_seed), set_names(callbacks, sprintf("callback %s", names(callbacks))))
  }
  whole = parts(whole)
  resumed = parts(resumed)
  data.table(
    part = names(whole),
    identical = map_lgl(names(whole), function(part) identical(whole[[part]], resumed[[part]]))
  )
}
