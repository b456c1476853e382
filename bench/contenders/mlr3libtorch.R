# This package: a learner's `$train()`, all of it. With the argument `loop`: only what lies between the beginning and
# the end of its loop, told by a callback that has no stage in between.
source("bench/contenders/serve.R")
suppressMessages({
  library(mlr3)
  library(mlr3libtorch)
})
lgr::get_logger("mlr3")$set_threshold("warn")

task_of = remember_data(function(cell) {
  data = make_data(cell)
  data = data.table(data$x, y = data$y)
  task = if (cell$task == "regression") as_task_regr(data, target = "y") else as_task_classif(data, target = "y")
  # mlr3 makes a task's hash the first time any learner is trained on it; no cell shall pay for the others.
  task$hash
  task
})

# Without the nodes that standardise, which the others do not have.
learner_of = function(cell, callbacks = list()) {
  id = if (cell$task == "regression") "regr.mlp" else "classif.mlp"
  lrn(id, optimizer = t_opt(cell$optimizer, lr = cell$rate), callbacks = callbacks,
    neurons = rep(cell$width, cell$layers), p = 0, epochs = cell$epochs, batch_size = cell$batch,
    shuffle = cell$shuffle == 1, seed = 1L, device = "cpu", num_threads = cell$threads, scale = FALSE)
}

prepare_train = function(cell) {
  task = task_of(cell)
  learner = learner_of(cell)
  function() learner$train(task)
}

now = function() c(as.numeric(Sys.time()), sum(proc.time()[c("user.self", "sys.self")]))

prepare_loop = function(cell) {
  task = task_of(cell)
  clock = new.env()
  watch = torch_callback("watch",
    on_begin = function() clock$begin = now(),
    on_end = function() clock$end = now()
  )
  learner = learner_of(cell, list(watch))
  function() {
    learner$train(task)
    clock$end - clock$begin
  }
}

if (identical(commandArgs(trailingOnly = TRUE), "loop")) {
  serve(prepare_loop, function(run) run())
} else {
  serve(prepare_train)
}
