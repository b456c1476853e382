# How fast epochs were.

made_throughput = function(rows_per_second) {
  structure(data.table(epoch = seq_along(rows_per_second), rows = 100, seconds = 1, rows_per_second = rows_per_second),
    class = c("torch_throughput", "data.table", "data.frame"))
}

test_that("rates are drawn from 0, with their median", {
  plot = ggplot2::autoplot(made_throughput(c(100, 300, 200, 900)))
  expect_equal(layer_of(plot, "GeomLine")$y, c(100, 300, 200, 900))
  expect_equal(layer_of(plot, "GeomHline")$yintercept, 250)
  expect_equal(ggplot2::ggplot_build(plot)$layout$panel_params[[1L]]$y.range[[1L]], 0)
  expect_picture("throughput", plot)
})

test_that("epochs that no clock could measure are left out, and said to be", {
  plot = ggplot2::autoplot(made_throughput(c(100, Inf, NaN, 200)))
  expect_equal(layer_of(plot, "GeomPoint")$x, c(1, 4))
  expect_match(plot$labels$caption, "2 epochs")
  expect_config_error(ggplot2::autoplot(made_throughput(Inf)), "config", "No epoch of this run")
  expect_config_error(ggplot2::autoplot(CallbackSetThroughput$new()$state_dict()), "config", "No epoch of this run")
})

test_that("one epoch is a point", {
  expect_drawn(ggplot2::autoplot(made_throughput(1e6)))
})
