# The results of a run's epochs, which the loop always keeps: `learner$history`.

# The epochs before this run, if it goes on from another, and its own. A table of class `torch_history`, plain data,
# without times: the same seed makes the same bytes.
run_history = function(context) {
  own = as.data.table(remove_named(core_run_history(get_private(context)$.run), "seconds"))
  earlier = get_private(context)$.values$history
  rows = rbindlist(list(earlier %??% no_history(), own), fill = TRUE)
  if (allMissing(rows$valid.loss)) rows$valid.loss = NULL
  # a run that goes on from its first epoch meets its columns in another order
  setcolorder(rows, intersect(c("epoch", "train.loss", "valid.loss", "lr"), names(rows)))
  as_plain_data(as_history(rows), where = "history")
}

# How long each of these epochs took, named by epoch.
run_seconds = function(context) {
  columns = core_run_history(get_private(context)$.run)
  c(get_private(context)$.values$epoch_seconds, set_names(columns$seconds, columns$epoch))
}

# The history of a model with the seconds that are known of its epochs.
history_with_seconds = function(model) {
  if (is.null(model$history)) {
    return(NULL)
  }
  known = attr(model$timing, "epoch_seconds") %??% numeric()
  rows = as.list(model$history)
  seconds = list(seconds = unname(known[as.character(rows$epoch)]))
  as_history(as.data.table(append(rows, seconds, after = match("lr", names(rows), nomatch = length(rows)))))
}

no_history = function() data.table(epoch = integer(), train.loss = numeric(), valid.loss = numeric())

as_history = function(rows) setattr(rows, "class", c("torch_history", "data.table", "data.frame"))[]

# The epoch with the best first validation measure, or else validation loss: list(epoch, name, score); `epoch`, if it is
# in the history, instead of the best one. NULL if there are no scores, or none is better than another.
best_of_history = function(history, measures, epoch = NULL) {
  name = if (length(measures)) paste0("valid.", measures[[1L]]$id) else "valid.loss"
  minimize = if (length(measures)) measures[[1L]]$minimize else TRUE
  scores = history[[name]]
  if (!test_flag(minimize) || is.null(scores) || allMissing(scores)) {
    return(NULL)
  }
  own = match(epoch, history$epoch)
  row = if (test_int(own)) own else if (minimize) which.min(scores) else which.max(scores)
  list(epoch = as.integer(history$epoch[[row]]), name = name, score = scores[[row]])
}
