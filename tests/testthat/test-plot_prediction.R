# Predictions beside the truth.

made_numbers = function(n = 40, ...) {
  truth = seq(0, 10, length.out = n)
  mlr3::PredictionRegr$new(row_ids = seq_len(n), truth = truth, response = truth + sin(seq_len(n)), ...)
}

made_quantiles = function(n = 40) {
  middle = seq(0, 10, length.out = n) + sin(seq_len(n))
  quantiles = structure(cbind(middle - 1, middle, middle + 0.5), probs = c(0.1, 0.5, 0.9), response = 0.5)
  colnames(quantiles) = c("q0.1", "q0.5", "q0.9")
  mlr3::PredictionRegr$new(row_ids = seq_len(n), truth = seq(0, 10, length.out = n), quantiles = quantiles,
    response = middle)
}

made_classes = function(classes = c("a", "b", "c")) {
  truth = factor(rep(classes, 10), levels = classes)
  response = truth
  response[1:6] = classes[[2L]]
  mlr3::PredictionClassif$new(row_ids = seq_along(truth), truth = truth, response = response)
}

test_that("points are the predictions and the truth, with the line where both are equal", {
  prediction = made_numbers()
  plot = draw_prediction(prediction)
  points = layer_of(plot, "GeomPoint")
  expect_equal(points$x, prediction$response)
  expect_equal(points$y, prediction$truth)
  line = layer_of(plot, "GeomAbline")
  expect_equal(c(line$intercept, line$slope), c(0, 1))
  expect_false(has_layer(plot, "GeomErrorbar"))
})

test_that("standard errors are intervals of 95 %, and the picture says how many hold the truth", {
  prediction = made_numbers(se = rep(0.3, 40))
  plot = draw_prediction(prediction)
  bars = layer_of(plot, "GeomErrorbar")
  expect_equal(bars$xmax - bars$xmin, rep(2 * stats::qnorm(0.975) * 0.3, 40))
  held = mean(abs(prediction$truth - prediction$response) <= stats::qnorm(0.975) * 0.3)
  expect_match(gsub("\n", " ", plot$labels$subtitle),
    sprintf("hold %.0f %% of the truths, and should hold 95 %%", 100 * held))
})

test_that("quantiles are intervals from the lowest to the highest", {
  prediction = made_quantiles()
  plot = draw_prediction(prediction)
  bars = layer_of(plot, "GeomErrorbar")
  expect_equal(bars$xmin, unname(prediction$quantiles[, 1L]))
  expect_equal(bars$xmax, unname(prediction$quantiles[, 3L]))
  expect_match(gsub("\n", " ", plot$labels$subtitle), "from the 0.1 to the 0.9 quantile: they hold .* should hold 80 %")
})

test_that("classes are a table of counts, with the shares of the true class", {
  prediction = made_classes()
  plot = draw_prediction(prediction)
  counts = class_counts(prediction)
  expected = unclass(table(prediction$truth, prediction$response))
  expect_equal(counts$n, as.vector(expected))
  expect_equal(counts$share, as.vector(expected / rowSums(expected)))
  expect_match(plot$labels$subtitle, "26 of 30 rows are right")
  expect_drawn(plot)
})

test_that("many classes have colours and no numbers", {
  classes = sprintf("class%02i", 1:30)
  plot = draw_prediction(made_classes(classes))
  expect_false(has_layer(plot, "GeomText"))
  expect_drawn(plot)
})

test_that("one row, many rows and missing truths can be drawn; no truth at all says so", {
  expect_drawn(draw_prediction(made_numbers(1, se = 1)))
  expect_drawn(draw_prediction(made_numbers(5000, se = rep(1, 5000))))
  some = mlr3::PredictionRegr$new(row_ids = 1:3, truth = c(1, NA, 3), response = c(1, 2, 3), se = c(1, 1, 1))
  expect_drawn(draw_prediction(some))
  none = mlr3::PredictionRegr$new(row_ids = 1:3, truth = rep(NA_real_, 3), response = c(1, 2, 3))
  expect_config_error(draw_prediction(none), "config", "have no truth")
})

test_that("predictions look as they did", {
  expect_picture("prediction with errors", draw_prediction(made_numbers(se = rep(0.7, 40))))
  expect_picture("prediction of classes", draw_prediction(made_classes()))
})
