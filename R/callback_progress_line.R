# Progress as one line for each epoch, such as
#   12/60  0.4 s  loss 0.51  valid rmse 0.5512 *  3 min left
# In a terminal that can redraw a line, there is only one, which is overwritten. Elsewhere at most about
# `most_lines` are printed: each epoch of a short run, each second, fifth, tenth and so on of a longer one.

most_lines = 50
# Seconds from one redrawing to the next: a terminal takes longer to draw a line than a small network to train an epoch.
redraw_interval = 0.1

ProgressLine = R6Class("ProgressLine",
  inherit = ProgressDisplay,
  public = list(
    interval = 2 * redraw_interval,

    # `dynamic`: whether a line can be overwritten.
    initialize = function(digits, dynamic = cli::is_dynamic_tty(stdout()), silent = progressr_has_handlers()) {
      super$initialize(digits)
      private$.dynamic = dynamic && !silent
      private$.silent = silent
      private$.numbers = list()
    },

    batch_stages = function() if (private$.dynamic) c("on_batch_end", "on_batch_valid_end") else character(),

    begin = function(ctx) {
      private$.started = clock()
      # a run may go on in the middle of an epoch
      private$.epoch_started = private$.started
      private$.first = ctx$epoch
      private$.every = epochs_between_lines(ctx$total_epochs - ctx$epoch)
    },

    epoch_begin = function(ctx) {
      private$.epoch_started = clock()
    },

    batch_end = function(ctx) {
      share = ctx$step / ctx$loader_train$batches
      results = if (nzchar(private$.results)) private$.results else private$.columns(list(loss = ctx$last_loss))
      private$.draw(line_text(ctx, percent_text(share), results, private$.left(ctx, share - 1)))
    },

    batch_valid_end = function(ctx) {
      share = ctx$step_valid / ctx$loader_valid$batches
      private$.draw(line_text(ctx, paste("validation", percent_text(share)), private$.results, private$.left(ctx)))
    },

    epoch_end = function(ctx, best) {
      seconds = clock() - private$.epoch_started
      private$.results = private$.columns(epoch_results(ctx), if (isTRUE(best$is_new)) best$name)
      private$.waiting = line_text(ctx, duration_text(seconds), private$.results, private$.left(ctx))
      is_last = ctx$epoch >= ctx$total_epochs || ctx$terminate
      if (private$.dynamic) {
        if (clock() - private$.drawn >= redraw_interval) private$.draw(private$.waiting)
      } else if (is_last || private$.is_due(ctx$epoch)) {
        private$.print_waiting()
      }
      invisible(sprintf("epoch %s", line_text(ctx, NULL, private$.results, NULL)))
    },

    end = function(ctx, best, seconds) {
      if (!is.null(private$.waiting)) private$.print_waiting()
      catn(end_text(ctx, best, seconds, private$.number))
    },

    stop = function(ctx, seconds) {
      self$close()
      catn(sprintf("Interrupted in epoch %i of %i, after %s", as.integer(ctx$epoch), as.integer(ctx$total_epochs),
        duration_text(seconds)))
    },

    # Ends a line that can still be overwritten.
    close = function() {
      if (private$.width > 0L) catn("")
      private$.width = 0L
    }
  ),

  private = list(
    .dynamic = FALSE,
    .silent = FALSE,
    .started = NULL,
    .first = 0,
    .every = 1,
    .epoch_started = 0,
    .drawn = -Inf,
    .width = 0L,
    .results = "",
    .waiting = NULL,
    .numbers = NULL,

    .is_due = function(epoch) !private$.silent && (epoch == private$.first + 1 || epoch %% private$.every == 0),

    # The results as text; `best`: the name of the one that gets the star.
    .columns = function(results, best = NULL) {
      texts = imap_chr(results, function(value, name) {
        star = if (identical(name, best)) " *" else ""
        paste0(name, " ", private$.number(name, value, is_new = TRUE), star)
      })
      paste(texts, collapse = "  ")
    },

    # A number with the digits that its changes so far need. `is_new`: whether it counts as a change.
    .number = function(name, value, is_new = FALSE) {
      shown = private$.numbers[[name]]
      decimals = shown$decimals
      if (is_new || is.null(shown)) {
        decimals = needed_decimals(value, shown$value, shown$decimals %??% 0, self$digits)
        private$.numbers[[name]] = list(value = value, decimals = decimals)
      }
      number_text(value, decimals, self$digits)
    },

    # Seconds until all epochs are trained; `share`: of an epoch that has been trained besides whole ones.
    .left = function(ctx, share = 0) {
      done = ctx$epoch - private$.first + share
      left = ctx$total_epochs - ctx$epoch - share
      if (done > 0 && left > 0 && !ctx$terminate) (clock() - private$.started) / done * left
    },

    .draw = function(text) {
      text = strtrim(text, cli::console_width() - 1L)
      cat("\r", text, strrep(" ", max(0L, private$.width - nchar(text))), sep = "")
      utils::flush.console()
      private$.width = nchar(text)
      private$.drawn = clock()
    },

    .print_waiting = function() {
      if (private$.dynamic) {
        private$.draw(private$.waiting)
        self$close()
      } else {
        catn(private$.waiting)
        utils::flush.console()
      }
      private$.waiting = NULL
    }
  )
)

# 1, 2, 5, 10, 20, 50, ... so that there are at most `most_lines` lines.
epochs_between_lines = function(epochs) {
  steps = c(1, 2, 5) * rep(10^(0:12), each = 3L)
  steps[[which(epochs / steps <= most_lines)[[1L]]]]
}

# `state`: how long the epoch took, or how far it is; `left`: seconds.
line_text = function(ctx, state, results, left) {
  total = format(ctx$total_epochs, scientific = FALSE)
  epoch = sprintf("%s/%s", format(ctx$epoch, width = nchar(total), scientific = FALSE), total)
  paste(c(epoch, state, if (nzchar(results)) results, if (!is.null(left)) left_text(left)), collapse = "  ")
}

left_text = function(seconds) {
  if (seconds < 1) "under 1 s left" else paste(sub("^([0-9]+)[.][0-9] s", "\\1 s", duration_text(seconds)), "left")
}

percent_text = function(share) sprintf("%2.0f%%", 100 * min(share, 1))

# What is known of an epoch: losses and scores by name.
epoch_results = function(ctx) {
  results = list(loss = ctx$mean_loss_train)
  if (ctx$evaluated) {
    if (!length(ctx$last_scores_valid)) results$`valid loss` = ctx$mean_loss_valid
    train = as.list(ctx$last_scores_train)
    valid = as.list(ctx$last_scores_valid)
    results = c(results, set_names(train, score_label(rep("train", length(train)), names(train))),
      set_names(valid, score_label(rep("valid", length(valid)), names(valid))))
  }
  discard(results, is.null)
}

# Decimals that show the first digit in which a number differs from the one before: at least `digits` significant
# ones, at most `most_digits`, and no fewer than before, so that columns stay in line.
most_digits = 5

needed_decimals = function(value, before, decimals, digits) {
  if (!is.finite(value) || value == 0) {
    return(decimals)
  }
  decimals_of = function(x, significant) max(0, significant - 1 - floor(log10(abs(x))))
  change = if (is.null(before) || !is.finite(before)) 0 else abs(value - before)
  wanted = max(decimals, decimals_of(value, digits), if (change > 0) decimals_of(change, 1))
  min(wanted, decimals_of(value, max(most_digits, digits)))
}

number_text = function(value, decimals, digits) {
  if (!is.finite(value)) {
    return(format(value))
  }
  is_far = value != 0 && (abs(value) >= 1e7 || abs(value) < 1e-4)
  if (is_far) sprintf("%.*e", as.integer(digits), value) else sprintf("%.*f", as.integer(decimals), value)
}

# The last line: how long it took, why it ended, and which epoch was the best.
end_text = function(ctx, best, seconds, number) {
  reason = stop_reason(ctx)
  time = duration_text(seconds)
  text = if (reason$reason == "epochs") {
    sprintf("Trained %s in %s", reason$text, time)
  } else {
    sprintf("Stopped after %i of %i epochs in %s: %s", as.integer(ctx$epoch), as.integer(ctx$total_epochs), time,
      reason$text)
  }
  if (is.null(best)) {
    return(text)
  }
  # early stopping has named its best epoch, which may be another one if small improvements do not count
  is_named = reason$reason == "early_stopping"
  if (is_named && !identical(best$epoch, ctx$callbacks[[reason$callback]]$best_epochs)) {
    return(text)
  }
  place = if (is_named) "" else sprintf("; best at epoch %i", best$epoch)
  sprintf("%s%s (%s %s)", text, place, best$name, number(best$name, best$score))
}
