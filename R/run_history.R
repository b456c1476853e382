# The results of a run's epochs, which the loop always keeps: `learner$history`.

# The epochs before this run, if it goes on from another, and its own. A table of class `torch_history`, plain data.
run_history = function(context) {
  own = map(core_run_history(get_private(context)$.run), function(row) {
    c(row[c("epoch", "train.loss", "valid.loss", "lr", "seconds")], prefix_names(row$train, "train."),
      prefix_names(row$valid, "valid."))
  })
  earlier = get_private(context)$.values$history
  rows = rbindlist(c(list(earlier %??% no_history()), own), fill = TRUE)
  if (allMissing(rows$valid.loss)) rows$valid.loss = NULL
  as_plain_data(as_history(rows), where = "history")
}

no_history = function() data.table(epoch = integer(), train.loss = numeric(), valid.loss = numeric())

as_history = function(rows) setattr(rows, "class", c("torch_history", "data.table", "data.frame"))[]
