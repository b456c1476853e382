# Schedules before training; what they do is tested with the callbacks.

test_that("rates are drawn from 0, with an axis of batches and one of epochs", {
  plot = ggplot2::autoplot(t_clbk("lr_exponential", gamma = 0.5), epochs = 4, steps = 10, lr = 2)
  expect_equal(layer_of(plot, "GeomStep")$y, rep(2 * 0.5^(0:3), each = 10))
  built = ggplot2::ggplot_build(plot)$layout$panel_params[[1L]]
  expect_lte(built$y.range[[1L]], 0)
  expect_equal(plot$scales$get_scales("x")$secondary.axis$breaks, 1:4)
})

test_that("one batch is a point", {
  expect_drawn(ggplot2::autoplot(t_clbk("lr_exponential", gamma = 0.5), epochs = 1, steps = 1))
  expect_drawn(ggplot2::autoplot(t_clbk("lr_one_cycle", max_lr = 0.1), epochs = 2, steps = 2))
})

test_that("schedules look as they did", {
  expect_picture("one cycle", ggplot2::autoplot(t_clbk("lr_one_cycle", max_lr = 0.1), epochs = 10, steps = 20))
})
