test_that("the model tells where its time went", {
  callbacks = list(t_clbk("history"), t_clbk("clip_grad_norm", max_norm = 1))
  learner = train_quietly(small_learner(callbacks, epochs = 3, batch_size = 45))
  timing = learner$model$timing
  expect_s3_class(timing, c("torch_timing", "data.table"))
  expect_named(timing, c("stage", "callback", "calls", "seconds", "share"))
  expect_equal(sum(timing$share), 1)
  expect_true(all(timing$seconds >= 0))
  loop = timing[is.na(timing$callback), ]
  expect_identical(loop$stage, c("data", "forward", "backward", "step", "validation", "scores"))
  expect_equal(loop$calls, c(6, 6, 6, 6, 3, 3))
  expect_equal(timing$calls[timing$callback %in% "clip_grad_norm"], 6)
  expect_equal(timing$calls[timing$callback %in% "history"], 3)
  expect_identical(timing$stage[timing$callback %in% "history"], "on_epoch_end")
})

test_that("it is plain data", {
  learner = train_quietly(small_learner(t_clbk("history")))
  path = withr::local_tempfile()
  saveRDS(learner, path)
  expect_identical(readRDS(path)$model$timing, learner$model$timing)
})

test_that("a step that is left out is not counted", {
  learner = small_learner(t_clbk("grad_accumulation", n_batches = 2), epochs = 1, batch_size = 30, validate = NULL)
  timing = train_quietly(learner)$model$timing
  expect_equal(timing$calls[timing$stage == "step"], 3)
})

# A timing of one callback, or of another part, with that share of `seconds`.
made_timing = function(share, seconds = 10, stage = "on_end", callback = "slow") {
  data.table(stage = c("data", stage), callback = c(NA, callback), calls = 1, seconds = seconds * c(1 - share, share),
    share = c(1 - share, share))
}

test_that("scores that take more than a fifth of a run are named", {
  scores = function(share) logged(report_slow_parts(made_timing(share, stage = "scores", callback = NA_character_)))
  expect_match(scores(0.4), "The computation of scores took 40% of the training's time")
  expect_length(scores(0.1), 0L)
})

test_that("a callback that takes more than a fifth of a run is named", {
  expect_match(logged(report_slow_parts(made_timing(0.25))), "Callback 'slow' took 25% of the training's time")
  expect_length(logged(report_slow_parts(made_timing(0.15))), 0L)
  expect_length(logged(report_slow_parts(made_timing(0.5, seconds = 0.1))), 0L)
})
