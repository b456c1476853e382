#' @title Make a Callback from a Scheduler
#'
#' @description
#' Wraps a learning rate scheduler as a [TorchCallback]: one of your own, as from [lr_scheduler()], or one such as
#' [lr_step()].
#'
#' @param x (`function`, [R6::R6Class] or a schedule)\cr
#'   Makes a scheduler: an object with a method `step()`, for instance an R6 object. `step()` is called without
#'   arguments, so for [lr_reduce_on_plateau()] use the callback of the same name.
#'   The first argument takes the optimizer, whose `param_groups[[i]]$lr` can be read and written; the others become
#'   parameters of the callback.
#'   A scheduler with a state also has the methods `state_dict()` and `load_state_dict(state_dict)`.
#'
#'   A schedule, such as `lr_step(optimizer, step_size = 3)`, stands for the function that made it, and the arguments
#'   that it was made with are set as parameters. The learner makes a schedule of its own from them, which begins with
#'   its first step and changes the learner's optimizer.
#' @param step_on_epoch (`logical(1)`)\cr
#'   Whether `step()` is called after each epoch or after each batch.
#' @param id (`character(1)`)\cr
#'   The id of the callback.
#' @param label (`character(1)`)\cr
#'   Its label.
#'
#' @return A [TorchCallback].
#' @family Callback
#' @export
#' @examples
#' # divides the learning rate by the number of epochs
#' scheduler = function(optimizer, power = 1) {
#'   first = optimizer$param_groups[[1]]$lr
#'   epoch = 1
#'   list(step = function() {
#'     epoch <<- epoch + 1
#'     optimizer$param_groups[[1]]$lr = first / epoch^power
#'   })
#' }
#' as_lr_scheduler(scheduler, step_on_epoch = TRUE, id = "lr_reciprocal")
#'
#' callback = as_lr_scheduler(lr_step, step_on_epoch = TRUE, id = "step")
#' callback$param_set$set_values(step_size = 3)
#'
#' # the same, from a schedule
#' optimizer = optim_sgd(torch_zeros(1, requires_grad = TRUE), lr = 0.1)
#' as_lr_scheduler(lr_step(optimizer, step_size = 3), step_on_epoch = TRUE, id = "step")
as_lr_scheduler = function(x, step_on_epoch, id = "lr_custom", label = capitalize(id)) {
  if (inherits(x, "lr_reduce_on_plateau") || identical(x, lr_reduce_on_plateau)) {
    abort_callback("as_lr_scheduler()", "this schedule needs a score in each step; use %s.",
      "t_clbk(\"lr_reduce_on_plateau\"), which takes the first validation measure")
  }
  values = named_list()
  if (inherits(x, "LRScheduler")) {
    values = schedule_arguments(x)
    x = get_private(x)$.made_by$maker
  }
  make = if (inherits(x, "R6ClassGenerator")) x$new else x
  arguments = if (inherits(x, "R6ClassGenerator")) argument_names(x$public_methods$initialize) else argument_names(x)
  if (!is.function(make) || !length(arguments)) {
    abort_callback("as_lr_scheduler()",
      "'x' must be a function, or an R6 class, whose first argument is the optimizer, not %s.", as_short_string(x))
  }
  assert_callback_flag(step_on_epoch, "step_on_epoch", "as_lr_scheduler()")
  names = union(setdiff(arguments[-1L], "..."), names(values))
  param_set = do.call(ps, set_names(map(names, function(name) p_uty(tags = "train")), names))
  param_set$set_values(.values = values)
  TorchCallback$new(CallbackSetLrScheduler, param_set = param_set, id = id, label = label,
    man = "mlr3libtorch::as_lr_scheduler", additional_args = list(.make = make, .step_on_epoch = step_on_epoch))
}

# What a schedule was made with, by name.
schedule_arguments = function(schedule) {
  arguments = get_private(schedule)$.made_by$arguments
  if (!test_list(arguments, names = "unique")) {
    abort_callback("as_lr_scheduler()", "the schedule '%s' must have been made by %s.", class(schedule)[[1L]],
      "a function such as lr_step() or what lr_scheduler() returns, with all arguments that it passes on by name")
  }
  arguments
}

#' @title Callback: Your Own Scheduler
#'
#' @description
#' What [as_lr_scheduler()] makes: calls the scheduler's `step()` after each epoch or batch.
#'
#' @family Callback
#' @export
#' @examples
#' callback = as_lr_scheduler(lr_step, step_on_epoch = TRUE, id = "step")
#' callback$param_set$set_values(step_size = 3)
#' class(callback$generate())
CallbackSetLrScheduler = R6Class("CallbackSetLrScheduler",
  inherit = CallbackSet,
  lock_objects = FALSE,
  public = list(
    #' @field scheduler (any)\cr
    #'   The scheduler; `NULL` before the run.
    scheduler = NULL,

    #' @description Called by the generator.
    #' @param .make (`function`)\cr
    #'   Makes the scheduler.
    #' @param .step_on_epoch (`logical(1)`)\cr
    #'   Whether a step is an epoch or a batch.
    #' @param ... (any)\cr
    #'   Arguments of `.make`.
    initialize = function(.make, .step_on_epoch, ...) {
      private$.make = .make
      private$.step_on_epoch = .step_on_epoch
      private$.arguments = list(...)
    },

    #' @description Makes the scheduler.
    on_begin = function() {
      if (is.null(self$scheduler)) private$.make_scheduler()
    },

    #' @description Makes a step, if batches are counted.
    on_batch_end = function() {
      self$scheduler$step()
    },

    #' @description Makes a step, if epochs are counted.
    on_epoch_end = function() {
      self$scheduler$step()
    },

    #' @description The scheduler's state, if it has one.
    state_dict = function() {
      if (is.function(self$scheduler$state_dict)) self$scheduler$state_dict()
    },

    #' @description Restores the state.
    #' @param state_dict (any)\cr
    #'   What `state_dict()` returned.
    load_state_dict = function(state_dict) {
      private$.make_scheduler()
      if (is.function(self$scheduler$load_state_dict)) self$scheduler$load_state_dict(state_dict)
    }
  ),

  private = list(
    .make = NULL,
    .step_on_epoch = NULL,
    .arguments = NULL,

    .make_scheduler = function() {
      self$scheduler = do.call(private$.make, c(list(self$ctx$optimizer), private$.arguments), quote = TRUE)
      if (!is.function(self$scheduler$step)) {
        abort_callback("as_lr_scheduler()", "'x' must make an object with a method `step()`, not %s.",
          as_short_string(self$scheduler))
      }
    },

    # R is entered only if a step is due.
    .find_stages = function() {
      setdiff(super$.find_stages(), if (private$.step_on_epoch) "on_batch_end" else "on_epoch_end")
    }
  )
)
