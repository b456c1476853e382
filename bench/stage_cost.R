# What a callback stage in R costs beyond the R function itself.
# The same training without and with callbacks whose three batch stages do nothing, in turn; medians of the epochs.
# Processor time, so that what else runs on the machine does not count.
library(mlr3)
library(mlr3libtorch)

rows = 5000L
repetitions = 7L

make_task = function() {
  set.seed(1)
  data = data.frame(x = rnorm(rows))
  data$y = data$x + rnorm(rows)
  as_task_regr(data, target = "y")
}

nothing = function() NULL
idle = lapply(sprintf("idle_%i", 1:10), torch_callback,
  on_batch_begin = nothing, on_after_backward = nothing, on_batch_end = nothing)
stages = 3L * length(idle)

seconds = function() sum(proc.time()[c("user.self", "sys.self")])

# Seconds of the loop alone, measured from inside: from the first epoch's beginning to the last one's end.
time_loop = function(task, callbacks) {
  clock = new.env()
  watch = torch_callback("watch",
    on_epoch_begin = function() clock$start = seconds(),
    on_epoch_end = function() clock$end = seconds()
  )
  learner = lrn("regr.mlp", epochs = 1L, batch_size = 1L, neurons = integer(), seed = 1L, device = "cpu",
    callbacks = c(callbacks, list(watch)))
  learner$train(task)
  clock$end - clock$start
}

time_function = function(calls = 1e6) {
  start = seconds()
  for (i in seq_len(calls)) nothing()
  empty = seconds()
  for (i in seq_len(calls)) NULL
  end = seconds()
  ((empty - start) - (end - empty)) / calls
}

task = make_task()
without = numeric(repetitions)
with = numeric(repetitions)
invisible(time_loop(task, list()))
for (i in seq_len(repetitions)) {
  without[i] = time_loop(task, list())
  with[i] = time_loop(task, idle)
}
per_call = 1e6 * median(with - without) / (rows * stages)
own = 1e6 * time_function()
cat(sprintf("a batch without the callbacks: %.1f us, with %i stages: %.1f us\n",
  1e6 * median(without) / rows, stages, 1e6 * median(with) / rows))
cat(sprintf("a stage: %.2f us, the R function itself: %.2f us, above it: %.2f us (target: at most 10)\n",
  per_call, own, per_call - own))
