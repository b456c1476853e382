# Learning curves.

history_plot = function(..., best_epoch = NULL) ggplot2::autoplot(made_history(...), best_epoch = best_epoch)

test_that("there is a panel for the loss and for each measure, first the loss", {
  plot = ggplot2::autoplot(falling_history())
  expect_match(levels(plot$data$panel), "^(loss|regr.rmse|regr.rsq)")
  expect_match(levels(plot$data$panel)[[1L]], "^loss")
  expect_setequal(plot$data$line, c("train", "valid"))
  expect_drawn(plot)
})

test_that("training and validation have their colours and lines whatever else is drawn", {
  both = layer_of(history_plot(epoch = 1:9, train.loss = 9:1, valid.loss = 9:1 + 1), "GeomLine")
  alone = layer_of(history_plot(epoch = 1:9, valid.loss = 9:1 + 1), "GeomLine")
  expect_setequal(both$colour, set_colours())
  expect_identical(unique(alone$colour), set_colours()[["valid"]])
  expect_identical(unique(alone$linetype), set_lines[["valid"]])
})

test_that("the epoch with the lowest validation loss is marked, or the one that is asked for", {
  marked = function(...) {
    plot = history_plot(epoch = 1:9, train.loss = 9:1, valid.loss = c(9:4, 5:7), valid.acc = 1:9 / 10, ...)
    list(epoch = layer_of(plot, "GeomVline")$xintercept[[1L]], titles = levels(plot$data$panel),
      text = plot$labels$subtitle)
  }
  lowest = marked()
  expect_equal(lowest$epoch, 6)
  expect_identical(lowest$titles, c("loss: 4", "acc: 0.6"))
  expect_match(lowest$text, "epoch 6")
  asked = marked(best_epoch = 9)
  expect_equal(asked$epoch, 9)
  expect_identical(asked$titles, c("loss: 7", "acc: 0.9"))
  expect_error(marked(best_epoch = 10), "best_epoch")
})

test_that("without validation nothing is marked", {
  plot = history_plot(epoch = 1:9, train.loss = 9:1)
  expect_false(has_layer(plot, "GeomVline"))
  expect_null(plot$labels$subtitle)
  expect_identical(levels(plot$data$panel), "loss")
})

test_that("first epochs far from the others leave the panel, at the place where the curve crosses the border", {
  loss = c(1000, 100, 12:1)
  plot = history_plot(epoch = 1:14, train.loss = loss)
  # the last three quarters, epochs 5 to 14, run from 1 to 10, and the panel goes as far again: to 19
  drawn = plot$data[!is.nan(plot$data$y), ]
  expect_equal(range(drawn$y), c(1, 19))
  cut = drawn[drawn$cut, ]
  # the line between the points (2, 100) and (3, 12)
  expect_equal(cut$x, 2 + (100 - 19) / (100 - 12))
  expect_match(plot$labels$caption, "loss up to 1000 (epoch 1 and 2)", fixed = TRUE)
  expect_drawn(plot)
})

test_that("a curve that comes from below says so", {
  plot = history_plot(epoch = 1:14, valid.rsq = c(-50, -5, 0.5 + 1:12 / 100))
  expect_match(plot$labels$caption, "rsq down to -50 (epoch 1 and 2)", fixed = TRUE)
})

test_that("nothing is cut off where the curve falls evenly, and in short runs", {
  for (loss in list(20:1, exp(-(1:20) / 10), c(1000, 1, 1, 1), rep(3, 20), c(9, rep(3, 19)))) {
    plot = history_plot(epoch = seq_along(loss), train.loss = loss)
    expect_equal(sort(plot$data$y), sort(loss))
    expect_null(plot$labels$caption)
  }
})

test_that("the marked epoch stays inside", {
  plot = history_plot(epoch = 1:14, valid.loss = c(-100, 100, 12:1))
  expect_true(-100 %in% plot$data$y)
})

test_that("the axis counts whole epochs that were trained", {
  breaks = function(epochs) epoch_breaks(history_plot(epoch = seq_len(epochs), train.loss = seq_len(epochs)))
  expect_identical(breaks(1), 1)
  expect_equal(breaks(3), 1:3)
  expect_true(all(breaks(36) %in% 1:36))
})

test_that("one epoch is a point without a line", {
  plot = history_plot(epoch = 1L, train.loss = 0.5, valid.loss = 0.6)
  expect_identical(nrow(layer_of(plot, "GeomPoint")), 2L)
  expect_drawn(plot)
})

test_that("values that are not finite leave a gap that is named; epochs that were not evaluated leave none", {
  plot = history_plot(epoch = 1:8, train.loss = c(4, 3, NaN, Inf, 2, 1, 1, 1),
    valid.loss = c(4, NA, 3, NA, 2, NA, 1, NA))
  expect_match(plot$labels$caption, "Not finite: train loss (epoch 3 and 4).", fixed = TRUE)
  lines = layer_of(plot, "GeomLine")
  expect_equal(lines$x[lines$colour == set_colours()[["valid"]]], c(1, 3, 5, 7))
  expect_identical(sum(is.na(lines$y)), 2L)
  expect_drawn(plot)
})

test_that("a measure without a finite value has an empty panel", {
  plot = history_plot(epoch = 1:3, train.loss = 3:1, train.auc = NaN)
  expect_match(plot$labels$caption, "Not finite: train auc (epoch 1 to 3).", fixed = TRUE)
  expect_drawn(plot)
})

test_that("what cannot be drawn says why", {
  expect_config_error(ggplot2::autoplot(CallbackSetHistory$new()), "config",
    "set 'measures_train', or 'measures_valid'")
  expect_config_error(history_plot(epoch = integer(), train.loss = numeric()), "config", "no scores to draw")
  expect_config_error(history_plot(epoch = 1:3, train.loss = NaN), "config", "is finite, so there is nothing to draw")
})

test_that("the names of lines lie beside their ends and apart from each other", {
  plot = history_plot(epoch = 1:10, train.loss = 10:1, valid.loss = 10:1)
  texts = layer_of(plot, "GeomText")
  expect_identical(sort(texts$label), c(" train", " valid"))
  expect_gte(diff(sort(texts$y)), 0.075 * 9 - 1e-9)
  expect_equal(mean(texts$y), 1)
})

test_that("the callback and plot() draw, too", {
  set = run_epochs(CallbackSetHistory$new(), fake_context(last_scores_train = list(a = 0, b = 1)),
    list(list(a = 1), list(a = 2)))
  expect_setequal(levels(ggplot2::autoplot(set)$data$panel), c("a", "b"))
  withr::local_pdf(withr::local_tempfile())
  expect_no_error(plot(set$history))
  expect_no_error(plot(set))
})

test_that("histories look as they did", {
  expect_picture("history", ggplot2::autoplot(falling_history()))
  expect_picture("history of few epochs", history_plot(epoch = 1:4, train.loss = c(4, 3, NaN, 2), valid.loss = 4:1 + 1))
})
