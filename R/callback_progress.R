#' @title Callback: Progress
#'
#' @aliases mlr_callback_set.progress mlr_callbacks_progress progress
#'
#' @description
#' Says how the training goes, one line for each epoch: its number, how long it took, the mean loss of its batches, the
#' scores, a star if it is the best so far, and the time that is left if all epochs are trained. At the end, why it
#' stopped:
#' ```
#' 12/60  0.4 s  loss 0.51  valid rmse 0.5512 *  19 s left
#' ...
#' Stopped after 22 of 60 epochs in 9.3 s: no improvement for 5 evaluations; best at epoch 17, restored
#' ```
#' The star follows the first validation measure, which also decides early stopping, or the validation loss if there
#' is no such measure. Numbers have the digits in which they change.
#'
#' @section Where it is shown:
#' * In a terminal that can redraw a line, and in the console of RStudio, there is one line, which is overwritten and
#'   also says how far an epoch is. R is entered at most five times a second.
#' * Elsewhere (a file, knitr, a notebook), lines stay. There are at most about fifty: of a run of more epochs, those
#'   of each second, fifth, tenth and so on, the first and the last. R is not entered for a batch.
#' * If \pkg{progressr} has global handlers, they show the progress, and only the end is printed. It is always told of
#'   each epoch.
#' * With `options(mlr3libtorch.progress = FALSE)`, nothing is printed; see [mlr3libtorch_options].
#'
#' @section Parameters:
#' * `digits` (`integer(1)`, 2): the number of significant digits of the scores; with `style = "line"` at least so many.
#' * `style` (`character(1)`, `"line"`): `"line"`, as above, or `"epochs"`: a header and a summary of the scores for
#'   each epoch, and in a terminal bars for the batches.
#'
#' @family Callback
#' @export
#' @examples
#' learner = lrn("regr.mlp", epochs = 5, batch_size = 16,
#'   measures_valid = msr("regr.rmse"), validate = 0.3,
#'   callbacks = t_clbk("progress"))
#' learner$train(tsk("mtcars"))
#' t_clbk("progress", digits = 3, style = "epochs")
CallbackSetProgress = R6Class("CallbackSetProgress",
  inherit = CallbackSet,
  lock_objects = FALSE,
  public = list(
    #' @field digits (`integer(1)`)\cr
    #'   See *Parameters*.
    digits = NULL,
    #' @field style (`character(1)`)\cr
    #'   See *Parameters*.
    style = NULL,

    #' @description Makes the callback.
    #' @param digits (`integer(1)`)\cr
    #'   See *Parameters*.
    #' @param style (`character(1)`)\cr
    #'   See *Parameters*.
    initialize = function(digits = 2L, style = "line") {
      assert_callback_count(digits, "digits", "callback 'progress'")
      assert_progress_style(style)
      self$digits = digits
      self$style = style
      private$.display = progress_display(style, digits)
    },

    #' @description Starts the clock.
    on_begin = function() {
      private$.started = clock()
      private$.progressor = epoch_progressor(self$ctx$total_epochs - self$ctx$epoch)
      private$.display$begin(self$ctx)
    },

    #' @description Prints the header of the long form.
    on_epoch_begin = function() {
      private$.display$epoch_begin(self$ctx)
    },

    #' @description Shows how far the epoch is.
    on_batch_end = function() {
      private$.display$batch_end(self$ctx)
    },

    #' @description In the long form, prints a line before a validation.
    on_before_valid = function() {
      private$.display$before_valid(self$ctx)
    },

    #' @description Shows how far the validation is.
    on_batch_valid_end = function() {
      private$.display$batch_valid_end(self$ctx)
    },

    #' @description Prints the epoch.
    on_epoch_end = function() {
      private$.best = better_epoch(self$ctx, private$.best)
      line = private$.display$epoch_end(self$ctx, private$.best)
      if (!is.null(private$.progressor)) private$.progressor(message = line)
    },

    #' @description Prints how long training took and why it ended.
    on_end = function() {
      private$.display$end(self$ctx, private$.best, private$.seconds())
    },

    #' @description Says that the run was interrupted.
    on_stop = function() {
      private$.display$stop(self$ctx, private$.seconds())
    },

    #' @description Ends an open line or bar.
    on_exit = function() {
      private$.display$close()
      if (!is.null(private$.progressor)) private$.progressor(type = "finish")
    },

    #' @description The state: `elapsed`, the seconds of training so far, and `best`, the best epoch.
    state_dict = function() {
      list(elapsed = private$.seconds(), best = private$.best)
    },

    #' @description Restores the state.
    #' @param state_dict (`list()`)\cr
    #'   What `state_dict()` returned.
    load_state_dict = function(state_dict) {
      check_state_names(state_dict, "elapsed", "progress")
      private$.elapsed = state_dict$elapsed
      private$.best = state_dict$best
    }
  ),

  private = list(
    .display = NULL,
    .progressor = NULL,
    .started = NULL,
    .elapsed = 0,
    .best = NULL,

    .seconds = function() {
      private$.elapsed + if (is.null(private$.started)) 0 else clock() - private$.started
    },

    # If nothing is shown for a batch, R need not be entered.
    .find_stages = function() {
      unused = setdiff(c("on_batch_end", "on_batch_valid_end"), private$.display$batch_stages())
      setdiff(super$.find_stages(), unused)
    },

    .stage_function = function(stage) {
      f = super$.stage_function(stage)
      interval = private$.display$interval
      is_seldom = !is.null(interval) && stage %in% private$.display$batch_stages()
      if (is_seldom) filtered_stage(f, "second", interval, "callback 'progress'") else f
    }
  )
)

progress_styles = c("line", "epochs")

assert_progress_style = function(style) {
  if (!test_choice(style, progress_styles)) {
    abort_callback("callback 'progress'", "'style' must be %s, not %s.",
      str_collapse(progress_styles, quote = "\"", sep = " or "), as_short_string(style))
  }
}

progress_display = function(style, digits) {
  display = if (!package_option("progress")) ProgressDisplay else if (style == "line") ProgressLine else ProgressEpochs
  display$new(digits)
}

# Tells progressr about each epoch, if it is loaded; without handlers its signals have no effect.
epoch_progressor = function(epochs) {
  if (isNamespaceLoaded("progressr") && epochs > 0) {
    progressr::progressor(steps = epochs, on_exit = FALSE, envir = environment())
  }
}

progress_callback = function() {
  parameters = constructor_params(CallbackSetProgress,
    digits = function(...) p_whole(lower = 1L, ...),
    style = function(...) p_fct(progress_styles, ...)
  )
  TorchCallback$new(CallbackSetProgress, param_set = parameters,
    id = "progress", label = "Progress", man = "mlr3libtorch::CallbackSetProgress")
}
