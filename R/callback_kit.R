#' @title Test a Callback
#'
#' @description
#' For packages and scripts that define callbacks: runs a callback in small trainings and checks the rules below,
#' each an expectation of testthat.
#' A failure says which rule was broken, where, and how to fix it.
#'
#' @section Rules:
#' * runs: training succeeds, the callback has a stage, and it uses only fields that the context has.
#' * state: what `state_dict()` returns is plain data and is the same after `saveRDS()` and `readRDS()`.
#' * resume: a run that is stopped in the middle of an epoch, or goes on from a checkpoint of an epoch's end, ends
#'   with the same bits as one that never stopped: weights, optimizer, R's generator and the callback's state. Parts
#'   that also differ between two whole runs, such as measured times, are not compared.
#' * epochs: an epoch may end after any of its batches, by `ctx$stop_epoch` in each stage of a batch.
#' * learner: the learner has the same settings after training, callbacks included.
#' * errors: an error in any stage leaves the learner as it was, `on_exit` works even if `on_begin` was
#'   not called, and the next training is not affected.
#' * clones: the callback and its sets can be cloned, but not during a run; clones share nothing that can change.
#' * memory: memory does not grow. Up to 1000 bytes an epoch are allowed, so that a history can grow.
#'
#' @param cb (any)\cr
#'   The callback: what [t_clbk()] and [as_torch_callback()] take.
#'   Or a function without arguments that makes one and is called for each training: for callbacks that write files,
#'   which need a new path each time.
#' @param ... (any)\cr
#'   Further arguments of [t_clbk()] or [as_torch_callback()].
#' @param learner ([LearnerTorch] or `NULL`)\cr
#'   The learner to train, for callbacks that need one with certain settings. It trains for at least two epochs of at
#'   least two batches. `NULL` makes a small classifier with dropout and validation.
#' @param task ([mlr3::Task])\cr
#'   The task.
#' @return The [TorchCallback], invisibly.
#' @family Callback
#' @export
#' @examplesIf mlr3misc::require_namespaces("testthat", quietly = TRUE)
#' expect_callback(torch_callback("counter",
#'   public = list(n = 0),
#'   on_batch_end = function() self$n = self$n + 1,
#'   state_dict = function() self$n,
#'   load_state_dict = function(state_dict) self$n = state_dict
#' ))
#' # of a key, with arguments: expect_callback("clip_grad_norm", max_norm = 1)
#' # made anew for each training: expect_callback(function() t_clbk("csv_logger", path = tempfile(fileext = ".csv")))
expect_callback = function(cb, ..., learner = NULL, task = mlr3::tsk("iris")) {
  require_namespaces("testthat")
  kit = new_callback_kit(cb, list(...), learner, task)
  generator = r_generator_state()
  on.exit(set_r_generator_state(generator))
  for (rule in names(callback_rules)) {
    problems = suppress_log(callback_rules[[rule]](kit))
    testthat::expect(length(problems) == 0L, sprintf("Callback '%s' breaks the rule '%s':\n%s", kit$id, rule,
      paste("*", problems, collapse = "\n")))
    # the other rules would only repeat it
    if (length(problems) && rule == "runs") break
  }
  invisible(kit$make())
}

# What the rules need to know, as an environment; `make()` gives the callback for the next training.
new_callback_kit = function(cb, arguments, learner, task) {
  make = function() {
    x = if (is.function(cb)) cb() else cb
    invoke(as_torch_callback, x, clone = TRUE, .args = arguments)
  }
  if (!is.null(learner)) {
    learner = torch_learner(learner)$clone(deep = TRUE)
  }
  callback = make()
  list2env(list(id = callback$id, callback = callback, make = make, learner = learner %??% kit_learner(),
    task = as_task(task), whole = NULL))
}

kit_learner = function() {
  learner = mlr3::lrn("classif.mlp", epochs = 3, batch_size = 16, neurons = 4, p = 0.1, seed = 1,
    measures_train = mlr3::msr("classif.ce"), measures_valid = mlr3::msr("classif.ce"))
  learner$validate = 0.3
  learner
}
