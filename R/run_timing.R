# Where the time of a run went: `learner$model$timing`.

# A table of class `torch_timing`, plain data. Parts of the loop have no callback.
run_timing = function(context) {
  rows = as.data.table(core_run_timing(get_private(context)$.run))
  total = sum(rows$seconds)
  rows$share = if (total > 0) rows$seconds / total else rep(0, nrow(rows))
  setattr(rows, "class", c("torch_timing", "data.table", "data.frame"))
  setattr(rows, "epoch_seconds", run_seconds(context))
  as_plain_data(rows, where = "timing")
}

# Training runs shorter than this many seconds are not mentioned.
long_enough = 1

# Names callbacks, and scores, that take more than a fifth of a run.
report_slow_parts = function(timing) {
  if (sum(timing$seconds) < long_enough) {
    return(invisible())
  }
  shares = tapply(timing$share, timing$callback, sum)
  names(shares) = sprintf("Callback '%s'", names(shares))
  shares = c(shares, "The computation of scores" = sum(timing$share[timing$stage == "scores"]))
  iwalk(shares[shares > 0.2], function(share, part) {
    lg$info("%s took %.0f%% of the training's time; see `learner$model$timing`.", part, 100 * share)
  })
}
