# Progress in the long form: a header and a summary for each epoch, and bars for its batches.

ProgressEpochs = R6Class("ProgressEpochs",
  inherit = ProgressDisplay,
  public = list(
    bars = FALSE,

    initialize = function(digits) {
      super$initialize(digits)
      # bars need a terminal that redraws a line; if progressr has handlers, they show the progress
      self$bars = cli::is_dynamic_tty() && !progressr_has_handlers()
    },

    batch_stages = function() if (self$bars) c("on_batch_end", "on_batch_valid_end") else character(),

    epoch_begin = function(ctx) {
      catn(sprintf("Epoch %d/%d started (%s)", ctx$epoch, ctx$total_epochs, format(Sys.time())))
    },

    # The bar is opened here because a run may go on in the middle of an epoch.
    batch_end = function(ctx) {
      if (is.null(private$.bar)) private$.open_bar("Training", ctx$loader_train)
      private$.move_bar()
    },

    before_valid = function(ctx) {
      self$close()
      if (ctx$evaluated && !is.null(ctx$task_valid)) {
        catn(sprintf("Validation for epoch %d started (%s)", ctx$epoch, format(Sys.time())))
        private$.open_bar("Validation", ctx$loader_valid)
      }
    },

    batch_valid_end = function(ctx) private$.move_bar(),

    epoch_end = function(ctx, best) {
      self$close()
      if (ctx$evaluated) print_epoch_summary(ctx$epoch, ctx$last_scores_train, ctx$last_scores_valid, self$digits)
      invisible(sprintf("epoch %d/%d", ctx$epoch, ctx$total_epochs))
    },

    end = function(ctx, best, seconds) {
      catn(sprintf("Finished training for %d epochs in %s", ctx$epoch, format_seconds(seconds)))
    },

    close = function() {
      if (!is.null(private$.bar)) cli::cli_progress_done(id = private$.bar)
      private$.bar = NULL
    }
  ),

  private = list(
    .bar = NULL,

    .open_bar = function(name, loader) {
      if (self$bars) {
        private$.bar = cli::cli_progress_bar(name, total = loader$batches, clear = TRUE, .auto_close = FALSE,
          format = "{cli::pb_name} {cli::pb_bar} {cli::pb_percent} | time left: {cli::pb_eta}", .envir = globalenv())
      }
    },

    .move_bar = function() {
      if (!is.null(private$.bar)) cli::cli_progress_update(id = private$.bar)
    }
  )
)

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
