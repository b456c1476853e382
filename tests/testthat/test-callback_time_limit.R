# What the core's tests of the time limit cannot see: a limit over several runs of a learner.

limited = function(seconds, ..., epochs = 50) {
  waits = torch_callback("waits", on_batch_end = function() Sys.sleep(0.01))
  stoppable(list(waits, t_clbk("time_limit", seconds = seconds)), ..., epochs = epochs)
}

test_that("the seconds of the runs before a resume count, and what is left goes on", {
  folder = withr::local_tempfile()
  learner = limited(0.3)
  learner$callbacks = c(learner$callbacks, list(t_clbk("checkpoint", path = folder)))
  first = train_quietly(learner)$model
  expect_lt(first$epochs, 50)
  expect_gte(first$callbacks$time_limit$elapsed, 0.3)
  # a run that was ended goes on where more epochs are asked for; a longer limit leaves it what it is longer by
  second = train_quietly(limited(0.8, resume = folder, epochs = 60))$model
  expect_gt(second$run$core$global_step, first$run$core$global_step)
  expect_lt(second$epochs, 60)
  expect_gte(second$callbacks$time_limit$elapsed, 0.8)
  # 0.5 s of at least 10 ms a batch
  expect_lte(second$run$core$global_step - first$run$core$global_step, 51)
})

test_that("a run that a limit has ended in the middle of an epoch leaves a checkpoint that goes on as it stopped", {
  folder = withr::local_tempfile()
  learner = limited(0.2)
  learner$callbacks = c(learner$callbacks, list(t_clbk("checkpoint", path = folder, freq = 100)))
  stopped = train_quietly(learner)$model
  resumed = train_quietly(limited(0.2, resume = folder))$model
  parts = c("network", "optimizer", "epochs", "internal_valid_scores")
  expect_identical(resumed[parts], stopped[parts])
})
