test_that("each epoch's rows are counted", {
  learner = train_quietly(small_learner(t_clbk("throughput"), epochs = 3, validate = NULL))
  table = learner$model$callbacks$throughput
  expect_named(table, c("epoch", "rows", "seconds", "rows_per_second"))
  expect_identical(table$epoch, 1:3)
  expect_equal(table$rows, rep(150, 3))
})

test_that("an epoch that is stopped counts the rows it had, one that drops the last batch those it kept", {
  stopper = torch_callback("stopper", on_batch_end = function() if (self$ctx$step == 2) self$ctx$stop_epoch = TRUE)
  stopped = train_quietly(small_learner(list(t_clbk("throughput"), stopper), batch_size = 20, validate = NULL))
  expect_equal(stopped$model$callbacks$throughput$rows, c(40, 40))
  dropped = train_quietly(small_learner(t_clbk("throughput"), batch_size = 60, drop_last = TRUE, validate = NULL))
  expect_equal(dropped$model$callbacks$throughput$rows, c(120, 120))
})

test_that("an epoch that two runs have trained counts the rows and the seconds of both", {
  for (at in c(3, 7, 9)) {
    stops = torch_callback("stops", on_batch_end = function() {
      if (self$ctx$global_step == at) Sys.sleep(0.1)
    }, parent_env = environment())
    stopped = train_quietly(stoppable(list(t_clbk("throughput"), stops, interrupting(at)), keep_on_interrupt = TRUE))
    Sys.sleep(0.3)
    resumed = train_quietly(stoppable(list(t_clbk("throughput")), resume = stopped$model))
    table = resumed$model$callbacks$throughput
    expect_identical(table$epoch, 1:3)
    expect_equal(table$rows, rep(105, 3))
    expect_gte(table$seconds[ceiling(at / 7)], 0.1)
    expect_null(attr(table, "seconds"))
  }
})

test_that("a resumed run appends", {
  start = train_quietly(small_learner(t_clbk("throughput"), epochs = 1, validate = NULL))
  learner = small_learner(t_clbk("throughput"), epochs = 2, validate = NULL)
  learner$hotstart_stack = HotstartStack$new(list(start))
  train_quietly(learner)
  expect_identical(learner$model$callbacks$throughput$epoch, 1:2)
  expect_error(CallbackSetThroughput$new()$load_state_dict(1), class = "mlr3libtorch_error_state")
})
