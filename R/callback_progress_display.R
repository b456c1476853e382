# How progress is shown: a display for each style of the callback "progress". This one shows nothing.
# `batch_stages()` are the batch stages in which R is entered, `interval` the seconds from one such call to the next
# (NULL: each batch). `epoch_end()` returns the epoch as a line of text, which progressr gets as well.
# `best` is NULL or list(epoch, score, name), see `better_epoch()`.

ProgressDisplay = R6Class("ProgressDisplay",
  public = list(
    digits = NULL,
    interval = NULL,

    initialize = function(digits) {
      self$digits = digits
    },

    batch_stages = function() character(),
    begin = function(ctx) NULL,
    epoch_begin = function(ctx) NULL,
    batch_end = function(ctx) NULL,
    before_valid = function(ctx) NULL,
    batch_valid_end = function(ctx) NULL,
    epoch_end = function(ctx, best) sprintf("epoch %d/%d", ctx$epoch, ctx$total_epochs),
    end = function(ctx, best, seconds) NULL,
    stop = function(ctx, seconds) NULL,
    close = function() NULL
  )
)

progressr_has_handlers = function() {
  isNamespaceLoaded("progressr") && length(progressr::handlers()) > 0L && isTRUE(progressr::handlers(global = NA))
}

# The best epoch so far, list(epoch, score, name, is_new): by the first validation measure, or the validation loss if
# there is none. NULL if nothing can tell which epoch is better.
better_epoch = function(ctx, best) {
  decides = deciding_score(ctx)
  if (is.null(decides) || is.na(decides$score)) {
    best$is_new = if (!is.null(best)) FALSE
    return(best)
  }
  gain = if (is.null(best)) 1 else (best$score - decides$score) * if (decides$minimize) 1 else -1
  if (gain > 0) {
    return(list(epoch = as.integer(ctx$epoch), score = decides$score, name = decides$name, is_new = TRUE))
  }
  best$is_new = FALSE
  best
}

# list(name, score, minimize) of this epoch, or NULL.
deciding_score = function(ctx) {
  if (!ctx$evaluated) {
    return(NULL)
  }
  if (!length(ctx$measures_valid)) {
    loss = ctx$mean_loss_valid
    return(if (!is.null(loss)) list(name = "valid loss", score = loss, minimize = TRUE))
  }
  measure = ctx$measures_valid[[1L]]
  score = ctx$last_scores_valid[[measure$id]]
  if (test_flag(measure$minimize) && !is.null(score)) {
    list(name = score_label("valid", measure$id), score = score, minimize = measure$minimize)
  }
}

# "valid rmse" for "regr.rmse".
score_label = function(set, ids) sprintf("%s %s", set, sub("^(classif|regr)[.]", "", ids))
