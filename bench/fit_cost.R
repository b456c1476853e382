# What a whole fit of a small task costs beyond mlr3's own overhead, and what that is made of.
# 200 fits of iris with 5 epochs against classif.featureless, trained the same way, in turn; milliseconds a fit.
# Processor time, so that what else runs on the machine does not count; means, because a collection of garbage counts.
library(mlr3)
library(mlr3libtorch)
lgr::get_logger("mlr3")$set_threshold("warn")

fits = 200L
rounds = 10L
task = tsk("iris")

make_mlp = function(epochs = 5L) {
  lrn("classif.mlp", epochs = epochs, batch_size = 32L, neurons = c(16L, 16L), num_threads = 1L, device = "cpu")
}
make_featureless = function() lrn("classif.featureless")

mlp = make_mlp()
mlp_without_epochs = make_mlp(0L)
featureless = make_featureless()

work = list(
  make_mlp = make_mlp,
  make_featureless = make_featureless,
  train_mlp = function() mlp$train(task),
  train_without_epochs = function() mlp_without_epochs$train(task),
  train_featureless = function() featureless$train(task),
  both_mlp = function() make_mlp()$train(task),
  both_featureless = function() make_featureless()$train(task)
)

seconds = function() sum(proc.time()[c("user.self", "sys.self")])

time_fits = function(f) {
  start = seconds()
  for (i in seq_len(fits / rounds)) f()
  seconds() - start
}

invisible(lapply(work, function(f) for (i in 1:10) f()))
totals = 0
for (i in seq_len(rounds)) totals = totals + vapply(work, time_fits, numeric(1))
cost = as.list(1e3 * totals / fits)

cat(sprintf("a fit (lrn() and $train()): %.1f ms, of classif.featureless: %.1f ms, beyond it: %.1f ms (target: 15)\n",
  cost$both_mlp, cost$both_featureless, cost$both_mlp - cost$both_featureless))
cat(sprintf("  of these, beyond classif.featureless: lrn() %.1f ms, $train() %.1f ms\n",
  cost$make_mlp - cost$make_featureless, cost$train_mlp - cost$train_featureless))
cat(sprintf("  of $train(): 25 batches %.1f ms, all around the loop %.1f ms\n",
  cost$train_mlp - cost$train_without_epochs, cost$train_without_epochs - cost$train_featureless))
