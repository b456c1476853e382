#' @title Show That a Run Goes On With the Same Bits
#'
#' @description
#' Trains `k` steps on from a checkpoint, then again, this time stopping halfway: the state goes through a file as
#' a checkpoint does, and the rest is trained from there. Both must end with the same bytes.
#'
#' The learner's callbacks are called as in training; its checkpoint callback writes elsewhere. What differs from run to
#' run by its nature, such as a measured time in a callback's state, is reported as different.
#' Validation rows are drawn as `$train()` would draw them, so set the seed that the run had.
#'
#' @param path (`character(1)`)\cr
#'   A checkpoint folder, or one of its files.
#' @param learner ([LearnerTorch])\cr
#'   The learner as it was trained; it is not changed.
#' @param task ([mlr3::Task])\cr
#'   The task.
#' @param k (`integer(1)`)\cr
#'   The number of steps. A run that ends earlier is compared at its end.
#' @return A [data.table::data.table()] with the columns `part` (weights, optimizer, the run's position, R's generator,
#'   the state of each callback) and `identical` (`logical()`).
#' @export
verify_resume = function(path, learner, task, k = 10) {
  assert_r6(learner, "LearnerTorch")
  if (!test_count(k) || k < 2) {
    abort("argument", sprintf("'k' must be a whole number of steps, at least 2, not %s.", as_short_string(k)))
  }
  generator = r_generator_state()
  train_on = function(state, steps) {
    set_r_generator_state(generator)
    train_steps(learner, task, state, steps)
  }
  start = structure(read_checkpoint(path), class = c("learner_torch_model", "list"))
  whole = train_on(start, k)
  half = train_on(start, k %/% 2)
  resumed = train_on(through_file(half), k - k %/% 2)
  compare_models(whole, resumed)
}

# The model after a number of steps, or at the run's end.
train_steps = function(learner, task, state, steps) {
  learner = learner$clone(deep = TRUE)
  learner$callbacks = c(learner$callbacks, list(stopper(steps)))
  learner$param_set$set_values(resume = state, keep_on_interrupt = TRUE)
  if ("checkpoint" %in% names(learner$callbacks)) {
    folder = tempfile("checkpoints")
    on.exit(unlink(folder, recursive = TRUE))
    learner$callbacks$checkpoint$param_set$set_values(path = folder)
  }
  suppress_log(learner$train(task))
  model = learner$model
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

# That the run is stopped on purpose is no news.
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
