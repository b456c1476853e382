# What the callback "dashboard" costs a run: the processor time that it adds for each second that the run takes, while
# no page, one page and three pages ask for data once a second. The same training with it and without it, in turn.
library(mlr3)
library(mlr3libtorch)

seconds = as.numeric(Sys.getenv("MLR3LIBTORCH_BENCH_SECONDS", "10"))

make_task = function(rows = 2000L, columns = 20L) {
  set.seed(1)
  data = as.data.frame(matrix(rnorm(rows * columns), rows))
  data$y = data$V1 + rnorm(rows)
  as_task_regr(data, target = "y")
}

make_learner = function(epochs, callbacks) {
  lrn("regr.mlp", epochs = epochs, batch_size = 32L, neurons = c(64L, 64L), seed = 1L, validate = 0.2,
    measures_valid = msr("regr.rmse"), callbacks = callbacks)
}

processor_seconds = function() sum(proc.time()[c("user.self", "sys.self")])

train = function(epochs, callbacks) {
  learner = make_learner(epochs, callbacks)
  start = processor_seconds()
  learner$train(task)
  list(seconds = processor_seconds() - start, timing = learner$model$timing)
}

# A process that asks for data once a second, as a page does.
start_viewer = function(address) {
  callr::r_bg(function(address) {
    repeat {
      tryCatch(suppressWarnings(readLines(paste0(address, "data"))), error = function(cond) NULL)
      Sys.sleep(1)
    }
  }, list(address))
}

task = make_task()
# the server is up, and everything is compiled
invisible(suppressMessages(train(5L, t_clbk("dashboard"))))
epochs = ceiling(seconds / train(20L, list())$seconds * 20)
for (viewers in c(0L, 1L, 3L)) {
  processes = lapply(seq_len(viewers), function(i) start_viewer(dashboard_url()))
  Sys.sleep(if (viewers) 2 else 0)
  without = train(epochs, list())
  with = train(epochs, t_clbk("dashboard"))
  invisible(lapply(processes, function(process) process$kill()))
  wall = sum(with$timing$seconds)
  cat(sprintf("%i pages: %.2f s of processor time, %.2f s without, in a run of %.1f s: %.2f%% (target: at most 1)\n",
    viewers, with$seconds, without$seconds, wall, 100 * (with$seconds - without$seconds) / wall))
}
dashboard_stop()
