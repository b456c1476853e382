# The results of a run's epochs, which the loop always keeps: `learner$history`.

# The epochs before this run, if it goes on from another, and its own. A table of class `torch_history`, plain data,
# without times: the same seed makes the same bytes.
run_history = function(context) {
  own = as.data.table(remove_named(core_run_history(get_private(context)$.run), "seconds"))
  earlier = get_private(context)$.values$history
  rows = rbindlist(list(earlier %??% no_history(), own), fill = TRUE)
  if (allMissing(rows$valid.loss)) rows$valid.loss = NULL
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
