#' @title Callback: Progress
#'
#' @description
#' Prints a header for each epoch and a summary of its scores.
#' On a terminal that can redraw a line, bars show the batches and the time left.
#' Elsewhere, R is not entered for a batch.
#' If progressr is used, it is told about each epoch and draws the bars.
#'
#' @section Parameters:
#' * `digits` (`integer(1)`, 2): the number of significant digits of the scores.
#'
#' @family Callback
#' @export
#' @examples
#' t_clbk("progress", digits = 3)
CallbackSetProgress = R6Class("CallbackSetProgress",
  inherit = CallbackSet,
  lock_objects = FALSE,
  public = list(
    #' @field digits (`integer(1)`)\cr
    #'   See *Parameters*.
    digits = NULL,

    #' @description Makes the callback.
    #' @param digits (`integer(1)`)\cr
    #'   See *Parameters*.
    initialize = function(digits = 2L) {
      assert_callback_count(digits, "digits", "callback 'progress'")
      self$digits = digits
      private$.bars = progress_bars_wanted()
    },

    #' @description Starts the clock.
    on_begin = function() {
      private$.started = proc.time()[["elapsed"]]
      private$.progressor = epoch_progressor(self$ctx$total_epochs - self$ctx$epoch)
    },

    #' @description Prints the header.
    on_epoch_begin = function() {
      catn(sprintf("Epoch %d/%d started (%s)", self$ctx$epoch, self$ctx$total_epochs, format(Sys.time())))
    },

    #' @description Moves the bar. It is opened here because a run may go on in the middle of an epoch.
    on_batch_end = function() {
      if (is.null(private$.bar)) private$.open_bar("Training", self$ctx$loader_train)
      private$.move_bar()
    },

    #' @description Prints a line before a validation.
    on_before_valid = function() {
      private$.close_bar()
      if (self$ctx$evaluated && !is.null(self$ctx$task_valid)) {
        catn(sprintf("Validation for epoch %d started (%s)", self$ctx$epoch, format(Sys.time())))
        private$.open_bar("Validation", self$ctx$loader_valid)
      }
    },

    #' @description Moves the bar.
    on_batch_valid_end = function() {
      private$.move_bar()
    },

    #' @description Prints the summary.
    on_epoch_end = function() {
      private$.close_bar()
      if (self$ctx$evaluated) {
        print_epoch_summary(self$ctx$epoch, self$ctx$last_scores_train, self$ctx$last_scores_valid, self$digits)
      }
      if (!is.null(private$.progressor)) {
        private$.progressor(message = sprintf("epoch %d/%d", self$ctx$epoch, self$ctx$total_epochs))
      }
    },

    #' @description Prints the time that training took.
    on_end = function() {
      catn(sprintf("Finished training for %d epochs in %s", self$ctx$epoch, format_seconds(private$.seconds())))
    },

    #' @description Removes an open bar.
    on_exit = function() {
      private$.close_bar()
      if (!is.null(private$.progressor)) {
        private$.progressor(type = "finish")
      }
    },

    #' @description The state: `elapsed`, the seconds of training so far.
    state_dict = function() {
      list(elapsed = private$.seconds())
    },

    #' @description Restores the state.
    #' @param state_dict (`list()`)\cr
    #'   What `state_dict()` returned.
    load_state_dict = function(state_dict) {
      check_state_names(state_dict, "elapsed", "progress")
      private$.elapsed = state_dict$elapsed
    }
  ),

  private = list(
    .bars = FALSE,
    .bar = NULL,
    .progressor = NULL,
    .started = NULL,
    .elapsed = 0,

    .seconds = function() {
      private$.elapsed + if (is.null(private$.started)) 0 else proc.time()[["elapsed"]] - private$.started
    },

    # Without bars there is nothing to do for a batch, so R need not be entered.
    .find_stages = function() {
      stages = super$.find_stages()
      if (private$.bars) stages else setdiff(stages, c("on_batch_end", "on_batch_valid_end"))
    },

    .open_bar = function(name, loader) {
      if (private$.bars) {
        private$.bar = cli::cli_progress_bar(name, total = loader$batches, clear = TRUE, .auto_close = FALSE,
          format = "{cli::pb_name} {cli::pb_bar} {cli::pb_percent} | time left: {cli::pb_eta}", .envir = globalenv())
      }
    },

    .move_bar = function() {
      if (!is.null(private$.bar)) cli::cli_progress_update(id = private$.bar)
    },

    .close_bar = function() {
      if (!is.null(private$.bar)) cli::cli_progress_done(id = private$.bar)
      private$.bar = NULL
    }
  )
)

# Bars need a terminal that redraws a line; if progressr has handlers, they show the progress.
progress_bars_wanted = function() {
  cli::is_dynamic_tty() && !progressr_has_handlers()
}

progressr_has_handlers = function() {
  isNamespaceLoaded("progressr") && length(progressr::handlers()) > 0L && isTRUE(progressr::handlers(global = NA))
}

# Tells progressr about each epoch, if it is loaded; without handlers its signals have no effect.
epoch_progressor = function(epochs) {
  if (isNamespaceLoaded("progressr") && epochs > 0) {
    progressr::progressor(steps = epochs, on_exit = FALSE, envir = environment())
  }
}

print_epoch_summary = function(epoch, scores_train, scores_valid, digits) {
  if (!length(scores_train) && !length(scores_valid)) {
    return(invisible(NULL))
  }
  title = sprintf("[Summary epoch %d]", epoch)
  catn("\n", title, "\n", strrep("-", nchar(title)))
  print_scores("Train", scores_train, digits)
  print_scores("Valid", scores_valid, digits)
}

print_scores = function(set, scores, digits) {
  if (length(scores)) {
    catn(sprintf("Measures (%s):", set))
    catn(sprintf(" * %s = %s", names(scores), map_chr(as.list(scores), format, digits = digits)))
  }
}

format_seconds = function(seconds) {
  if (seconds < 60) sprintf("%.1f seconds", seconds) else sprintf("%.1f minutes", seconds / 60)
}

progress_callback = function() {
  parameters = constructor_params(CallbackSetProgress, digits = function(...) p_whole(lower = 1L, ...))
  TorchCallback$new(CallbackSetProgress, param_set = parameters,
    id = "progress", label = "Progress", man = "mlr3libtorch::CallbackSetProgress")
}
