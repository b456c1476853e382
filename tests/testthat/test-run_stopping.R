# Runs that are stopped and keep what was trained.

test_that("a run that was interrupted goes on with the very next batch", {
  whole = train_quietly(stoppable())$model
  for (stage in c("on_batch_begin", "on_batch_end")) {
    stopped = train_quietly(stoppable(list(interrupting(10, stage)), keep_on_interrupt = TRUE))
    expect_true(stopped$model$interrupted)
    expect_equal(stopped$model$epochs, 1)
    expect_equal(stopped$model$run$core$global_step, 10)
    resumed = train_quietly(stoppable(resume = stopped$model))$model
    expect_identical(comparable(resumed), comparable(whole))
  }
})

test_that("a hotstart from an interrupted learner does the same", {
  learner = small_learner(list(draws, interrupting(4)), epochs = 2, batch_size = 16, keep_on_interrupt = TRUE,
    validate = NULL)
  stopped = train_quietly(learner)
  whole = train_quietly(small_learner(list(draws), epochs = 2, batch_size = 16, validate = NULL))
  learner = small_learner(list(draws), epochs = 2, batch_size = 16, validate = NULL)
  learner$callbacks = stopped$callbacks
  learner$param_set$set_values(keep_on_interrupt = TRUE)
  learner$hotstart_stack = HotstartStack$new(list(stopped))
  train_quietly(learner)
  expect_false(learner$model$interrupted)
  expect_identical(comparable(learner$model), comparable(whole$model))
})

test_that("R code of a callback is finished first, unless there is a second interrupt", {
  slept = 0
  callback = function(interrupts) {
    stage_callback("sleeps", function(stage, ctx) {
      for (i in seq_len(interrupts)) {
        tools::pskill(Sys.getpid(), tools::SIGINT)
        Sys.sleep(0.2)
      }
      slept <<- slept + 1
    }, "on_batch_end")
  }
  train_quietly(stoppable(list(callback(1)), keep_on_interrupt = TRUE))
  expect_equal(slept, 1)
  learner = train_quietly(stoppable(list(callback(2)), keep_on_interrupt = TRUE))
  expect_equal(slept, 1)
  expect_true(learner$model$interrupted)
})

test_that("the weights of the last complete step are in the condition", {
  steps = c(on_batch_begin = 9, on_after_backward = 9, on_batch_end = 10)
  weights = list()
  watch = stage_callback("watch", function(stage, ctx) {
    weights[[ctx$global_step]] <<- as_array(ctx$network$parameters[[1L]])
  }, "on_batch_end")
  for (stage in names(steps)) {
    fails = stage_callback("fails", function(stage, ctx) if (ctx$global_step == 10) stop("boom"), stage)
    learner = stoppable(list(watch, fails))
    cond = expect_error(train_quietly(learner), class = "mlr3libtorch_error_callback")
    model = last_model(cond)
    expect_s3_class(model, "learner_torch_model")
    expect_equal(model$run$core$global_step, steps[[stage]])
    expect_null(learner$model)
    learner$model = model
    expect_identical(as_array(learner$network$parameters[[1L]]), weights[[steps[[stage]]]])
    expect_equal(train_quietly(stoppable(resume = model))$model$epochs, 3)
  }
})

test_that("the model is found in the condition's parents, and its absence is said", {
  fails = stage_callback("fails", function(stage, ctx) stop("boom"), "on_batch_end")
  cond = tryCatch(train_quietly(stoppable(list(fails))), error = identity)
  expect_s3_class(last_model(errorCondition("outer", parent = errorCondition("middle", parent = cond))),
    "learner_torch_model")
  expect_error(last_model(simpleError("other")), "holds no model", class = "mlr3libtorch_error_config")
  expect_error(last_model(1), "must be a condition", class = "mlr3libtorch_error_config")
})

test_that("an interrupt that is not kept carries the model", {
  learner = stoppable(list(interrupting(10)), keep_on_interrupt = FALSE)
  cond = tryCatch(train_quietly(learner), interrupt = identity)
  expect_s3_class(cond, "interrupt")
  expect_equal(last_model(cond)$run$core$global_step, 10)
})

test_that("an error between stages carries the model and stays what it is", {
  drawn = 0
  sampler = function(n) {
    drawn <<- drawn + 1
    if (drawn == 2) stop("no order") else seq_len(n)
  }
  cond = expect_error(train_quietly(stoppable(shuffle = FALSE, sampler = sampler)), "no order",
    class = "mlr3libtorch_error_sampler")
  expect_equal(last_model(cond)$epochs, 1)
})

# In a process of its own: trains until it is told to end. Returns the process.
endless_training = function(folder, freq) {
  callr::r_bg(function(folder, freq) {
    library("mlr3libtorch")
    exits = torch_callback("exits", on_begin = function() file.create(file.path(dirname(folder), "begun")),
      on_exit = function() file.create(file.path(dirname(folder), "exit")))
    learner = lrn("classif.mlp", epochs = 1e6, batch_size = 16, seed = 1, p = 0.1,
      callbacks = list(exits, t_clbk("checkpoint", path = folder, freq = freq)))
    learner$train(tsk("iris"))
  }, list(folder, freq), supervise = TRUE)
}

# Ends it by SIGTERM a moment after it has begun.
terminate = function(process, folder) {
  while (process$is_alive() && !file.exists(file.path(dirname(folder), "begun"))) Sys.sleep(0.05)
  Sys.sleep(0.2)
  process$signal(tools::SIGTERM)
  process$wait(20000)
}

test_that("SIGTERM runs exit, leaves whole checkpoints and ends the process as it would have", {
  directory = withr::local_tempdir()
  folder = file.path(directory, "checkpoints")
  process = endless_training(folder, "3 batches")
  terminate(process, folder)
  expect_false(process$is_alive())
  expect_identical(process$get_exit_status(), -tools::SIGTERM)
  expect_true(file.exists(file.path(directory, "exit")))
  expect_gt(nrow(list_checkpoints(folder)), 0L)
  for (file in list_checkpoints(folder)$file) expect_type(read_checkpoint(file), "list")
})

test_that("SIGTERM loses no batch", {
  folder = file.path(withr::local_tempdir(), "checkpoints")
  terminate(endless_training(folder, 1e6), folder)
  expect_identical(nrow(list_checkpoints(folder)), 1L)
  learner = lrn("classif.mlp", epochs = read_checkpoint(folder)$epochs + 1, batch_size = 16, seed = 1, p = 0.1)
  whole = learner$clone(deep = TRUE)$train(tsk("iris"))$model
  resumed = learner$clone(deep = TRUE)
  resumed$param_set$set_values(resume = folder)
  parts = c("network", "optimizer", "epochs")
  expect_identical(resumed$train(tsk("iris"))$model[parts], whole[parts])
})

test_that("`on_stop` is called when a run is stopped, before `on_exit`, and nowhere else", {
  stages = character()
  notes = torch_callback("notes",
    on_end = function() stages <<- c(stages, "on_end"),
    on_exit = function() stages <<- c(stages, "on_exit"),
    on_stop = function() stages <<- c(stages, sprintf("on_stop at %i", self$ctx$global_step))
  )
  train_quietly(stoppable(list(notes, interrupting(10)), keep_on_interrupt = TRUE))
  expect_equal(stages, c("on_stop at 10", "on_exit"))
  stages = character()
  train_quietly(stoppable(list(notes)))
  expect_equal(stages, c("on_end", "on_exit"))
  stages = character()
  fails = stage_callback("fails", function(stage, ctx) stop("boom"), "on_batch_end")
  expect_error(train_quietly(stoppable(list(notes, fails))), "boom")
  expect_equal(stages, "on_exit")
})

test_that("an error in `on_stop` is a warning that names the callback; the others are called and the model is kept", {
  called = FALSE
  fails = torch_callback("fails", on_stop = function() stop("the disk is full"))
  follows = torch_callback("follows", on_stop = function() called <<- TRUE)
  learner = stoppable(list(fails, follows, interrupting(10)), keep_on_interrupt = TRUE)
  expect_warning(train_quietly(learner), "'on_stop' of callback 'fails' failed: the disk is full",
    class = "mlr3libtorch_warning_stop")
  expect_true(called)
  expect_equal(learner$model$run$core$global_step, 10)
})

test_that("what `on_stop` makes of the state is in the model", {
  counts = torch_callback("counts", initialize = function() self$count = 0, on_stop = function() self$count = 7,
    state_dict = function() self$count, load_state_dict = function(state_dict) self$count = state_dict)
  learner = train_quietly(stoppable(list(counts, interrupting(10)), keep_on_interrupt = TRUE))
  expect_equal(learner$model$callbacks$counts, 7)
})
