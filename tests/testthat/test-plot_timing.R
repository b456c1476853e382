# Where the time went.

made_timing = function(...) {
  structure(data.table(...), class = c("torch_timing", "data.table", "data.frame"))
}

some_timing = function() {
  made_timing(stage = c("data", "forward", "backward", "step", "validation", "scores", "on_epoch_end",
    "on_batch_begin"), callback = c(rep(NA, 6), "history", "mixup"), calls = 1,
    seconds = c(1, 4, 3, 1, 0, 0.0001, 0.5, 0.5))
}

test_that("parts lie in the order of the loop, with their percentages, and none is at zero", {
  plot = ggplot2::autoplot(some_timing())
  # the axis goes up
  expect_identical(rev(levels(plot$data$part)), c("data", "mixup: on_batch_begin", "forward", "backward", "step",
    "history: on_epoch_end"))
  texts = layer_of(plot, "GeomText")
  expect_identical(texts$label[order(-texts$y)], c(" 10 %", " 5.0 %", " 40 %", " 30 %", " 10 %", " 5.0 %"))
  expect_match(plot$labels$caption, "Left out: 1 part below 0.1 %", fixed = TRUE)
  expect_true(all(layer_of(plot, "GeomBar")$x >= 0.01))
})

test_that("bars begin at 0", {
  expect_true(all(layer_of(ggplot2::autoplot(some_timing()), "GeomBar")$xmin == 0))
})

test_that("every stage and every part of the loop has a place in the order", {
  timing = train_quietly(small_learner())$model$timing
  expect_setequal(loop_order, c(stage_names(), timing$stage[is.na(timing$callback)]))
})

test_that("a run without time says so", {
  expect_config_error(ggplot2::autoplot(made_timing(stage = "data", callback = NA_character_, calls = 0, seconds = 0)),
    "config", "The timing is empty")
  expect_config_error(ggplot2::autoplot(some_timing()[0]), "config", "The timing is empty")
})

test_that("a timing looks as it did, with and without callbacks", {
  expect_picture("timing", ggplot2::autoplot(some_timing()))
  expect_picture("timing without callbacks", ggplot2::autoplot(some_timing()[1:4]))
})
