# Norms of weights and gradients.

made_norms = function(parameters, epochs = 1:5) {
  norms = CJ(epoch = epochs, position = seq_len(parameters))
  norms[, let(step = epoch, parameter = sprintf("layer%i.weight", position), weight = position + epoch / 10,
    gradient = 10^(-position / parameters * 4) / epoch)]
  structure(norms[, !"position"], class = c("torch_norms", "data.table", "data.frame"))
}

test_that("few parameters are lines on a logarithmic scale, with their names at the ends", {
  plot = ggplot2::autoplot(made_norms(3))
  expect_identical(levels(plot$data$panel), c("Norm of the weights", "Norm of the gradient"))
  lines = layer_of(plot, "GeomLine")
  expect_equal(sort(10^lines$y[lines$PANEL == 1]), sort(made_norms(3)$weight))
  expect_setequal(layer_of(plot, "GeomText")$label, c(" layer1.weight", " layer2.weight", " layer3.weight"))
  expect_picture("norms of few", plot)
})

test_that("many parameters are a heat map, the first at the top, of which as many are named as there is room for", {
  plot = ggplot2::autoplot(made_norms(300))
  tiles = layer_of(plot, "GeomTile")
  expect_identical(nrow(tiles), 300L * 5L * 2L)
  built = ggplot2::ggplot_build(plot)$layout$panel_params[[1L]]$y
  named = built$breaks[!is.na(built$breaks)]
  expect_lte(length(named), 24L)
  expect_identical(utils::tail(built$limits, 1L), "layer1.weight")
  expect_match(plot$labels$caption, "One of 13 names of 300 parameters")
  expect_drawn(plot)
  expect_picture("norms of many", ggplot2::autoplot(made_norms(30)))
})

test_that("norms without a logarithm are left out of lines and grey in a map", {
  for (n in c(3, 10)) {
    norms = made_norms(n)
    norms$gradient[[2L]] = 0
    norms$gradient[[3L]] = NaN
    plot = ggplot2::autoplot(norms)
    expect_match(plot$labels$caption, "0 or not finite")
    expect_identical(sum(is.na(plot$data$y)), 2L)
    expect_drawn(plot)
  }
})

test_that("one epoch, every third epoch and equal norms can be drawn", {
  for (n in c(2, 20)) {
    expect_drawn(ggplot2::autoplot(made_norms(n, 1)))
    expect_drawn(ggplot2::autoplot(made_norms(n, c(1, 4, 7))))
    equal = made_norms(n)
    equal$weight = 1
    equal$gradient = 1
    expect_drawn(ggplot2::autoplot(equal))
  }
})

test_that("frozen parameters have weights and no gradients; nothing at all says so", {
  norms = made_norms(2)
  norms$gradient = NA_real_
  expect_drawn(ggplot2::autoplot(norms))
  norms$weight = 0
  expect_config_error(ggplot2::autoplot(norms), "config", "There are no norms to draw")
  expect_config_error(ggplot2::autoplot(norms[0]), "config", "There are no norms to draw")
})

test_that("those of a run can be drawn", {
  expect_drawn(ggplot2::autoplot(train_quietly(small_learner(t_clbk("norms")))$model$callbacks$norms))
})
