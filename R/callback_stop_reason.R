# Why a run has ended, for the model (`model$stopped`) and the callback "progress".

# list(reason, callback, text), plain data; NULL while the run goes on, or if it was interrupted.
# `reason`: "epochs", "early_stopping", "time_limit", "diverged" or "callback"; `callback`: the id of the one that has
# ended the run; `text`: a short phrase.
stop_reason = function(ctx) {
  if (ctx$terminate) {
    return(stopped_by(ctx$stopped_by, ctx$callbacks[[ctx$stopped_by %??% ""]]))
  }
  if (ctx$epoch >= ctx$total_epochs) {
    new_reason("epochs", NULL, sprintf("all %i epochs", as.integer(ctx$total_epochs)))
  }
}

new_reason = function(reason, callback, text) discard(list(reason = reason, callback = callback, text = text), is.null)

stopped_by = function(id, set) {
  if (is.null(id)) {
    # a run that goes on from a checkpoint of an earlier version of this package
    return(new_reason("callback", NULL, "stopped by a callback"))
  }
  # a run that was stopped may go on without the callback that has stopped it
  native = set$native %??% "none"
  if (inherits(set, "CallbackSetEarlyStopping")) {
    return(new_reason("early_stopping", id, early_stopping_text(set)))
  }
  switch(native,
    time_limit = new_reason("time_limit", id, sprintf("time limit of %s", duration_text(set$arguments$seconds))),
    terminate_on_nan = new_reason("diverged", id, sprintf("loss or gradients were not finite (callback '%s')", id)),
    new_reason("callback", id, sprintf("stopped by callback '%s'", id))
  )
}

early_stopping_text = function(set) {
  evaluations = if (set$stagnation == 1L) "evaluation" else "evaluations"
  best = if (is.null(set$best_epochs)) "no score was a number" else sprintf("best at epoch %i", set$best_epochs)
  sprintf("no improvement for %i %s; %s%s", set$stagnation, evaluations, best,
    if (set$restore_best_weights && !is.null(set$best_epochs)) ", restored" else "")
}

# A time as short text: "<1 ms", "12 ms", "0.4 s", "3 min", "1.5 h".
duration_text = function(seconds) {
  if (seconds < 0.001) {
    "<1 ms"
  } else if (seconds < 0.095) {
    sprintf("%.0f ms", 1000 * seconds)
  } else if (seconds < 9.95) {
    sprintf("%.1f s", seconds)
  } else if (seconds < 99.5) {
    sprintf("%.0f s", seconds)
  } else if (seconds < 99.5 * 60) {
    sprintf("%.0f min", seconds / 60)
  } else {
    sprintf("%.1f h", seconds / 3600)
  }
}
