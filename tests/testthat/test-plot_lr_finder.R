# The search for a learning rate.

made_search = function(suggestion = 0.01, smoothed = c(1, 1, 1, 0.9, 0.5, 0.2, 0.4, 5), ...) {
  n = length(smoothed)
  rows = data.table(step = seq_len(n), lr = 10^seq(-6, 1, length.out = n), loss = smoothed + 0.05 * (-1)^seq_len(n),
    smoothed = smoothed)
  structure(rows, suggestion = suggestion, ignored = 2L, class = c("lr_finder", "data.table", "data.frame"))
}

test_that("the suggested rate is marked, with its number on the side that has room", {
  plot = ggplot2::autoplot(made_search())
  expect_equal(10^layer_of(plot, "GeomVline")$xintercept, 0.01)
  texts = layer_of(plot, "GeomText")
  expect_match(texts$label, "suggested: 0.01")
  # the rates that are shown reach from 1e-4 to 10
  expect_equal(layer_of(ggplot2::autoplot(made_search(1e-3)), "GeomText")$hjust, 0)
  expect_equal(layer_of(ggplot2::autoplot(made_search(1)), "GeomText")$hjust, 1)
})

test_that("ignored batches are left out and an explosion is cut off", {
  plot = ggplot2::autoplot(made_search())
  expect_equal(nrow(layer_of(plot, "GeomLine")), 6L)
  limits = plot$coordinates$limits$y
  # as far above the first smoothed loss, 1, as the smallest, 0.2, lies below it
  expect_equal(limits, c(0.2 + 0.05, 1.8) - c(0, 0), tolerance = 0.2)
  expect_equal(limits[[2L]], 1.8)
})

test_that("a search without a suggestion says so", {
  plot = ggplot2::autoplot(made_search(NA_real_))
  expect_match(plot$labels$subtitle, "No suggestion")
  expect_false(has_layer(plot, "GeomVline"))
  expect_drawn(plot)
})

test_that("losses that are not finite are left out; without two others there is nothing to draw", {
  expect_drawn(ggplot2::autoplot(made_search(smoothed = c(1, 1, 1, 0.5, 0.4, NaN))))
  expect_config_error(ggplot2::autoplot(made_search(smoothed = c(1, 1, 1, NaN, Inf))), "config", "nothing to draw")
})

test_that("searches look as they did", {
  expect_picture("search", ggplot2::autoplot(made_search()))
  expect_picture("search without suggestion", ggplot2::autoplot(made_search(NA_real_)))
})
