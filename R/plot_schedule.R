#' @title Preview a Learning Rate Schedule
#'
#' @description
#' Draws the learning rate, and the momentum if the schedule changes it, over the batches of a run, without training.
#' The axis above counts epochs. Needs ggplot2.
#'
#' @param object,x ([TorchCallback])\cr
#'   A schedule: `t_clbk("lr_one_cycle", ...)` and the other callbacks `lr_*`, except those that depend on scores.
#' @param epochs (`integer(1)`)\cr
#'   The number of epochs; 20 unless given.
#' @param steps (`integer(1)`)\cr
#'   The number of batches in an epoch; 10 unless given.
#' @param lr (`numeric(1)`)\cr
#'   The learning rate of the optimizer, which most schedules start from.
#' @param ... (any)\cr
#'   Not used; for `plot()` the other arguments.
#' @return A ggplot. Its data is a table with the columns `epoch`, `step` (the batch, from 1), `name` (`"lr"` or
#'   `"momentum"`) and `value`.
#' @family Picture
#' @exportS3Method ggplot2::autoplot
#' @examplesIf requireNamespace("ggplot2", quietly = TRUE)
#' ggplot2::autoplot(t_clbk("lr_one_cycle", max_lr = 0.1), epochs = 10, steps = 20)
autoplot.TorchCallback = function(object, epochs = 20, steps = 10, lr = 1, ...) {
  require_namespaces("ggplot2")
  preview = schedule_table(object, assert_count(epochs, positive = TRUE), assert_count(steps, positive = TRUE),
    assert_number(lr, lower = 0, finite = TRUE))
  names = c(lr = "Learning rate", momentum = "Momentum")
  # a rate is compared with no rate at all, so its panel begins at 0
  zero = data.frame(step = 1L, value = 0, name = "lr")
  ggplot2::ggplot(preview, ggplot2::aes(.data$step, .data$value)) +
    ggplot2::geom_blank(data = zero) +
    (if (nrow(preview) > uniqueN(preview$name)) ggplot2::geom_step(colour = picture_colours$blue, linewidth = 0.6)) +
    (if (epochs * steps <= 40) ggplot2::geom_point(colour = picture_colours$blue, size = 1.2)) +
    ggplot2::facet_wrap("name", scales = "free_y", ncol = 1L, labeller = ggplot2::as_labeller(names)) +
    ggplot2::scale_x_continuous(breaks = whole_breaks(c(1, epochs * steps)),
      expand = ggplot2::expansion(mult = c(0.02, 0.03)), sec.axis = ggplot2::sec_axis(function(step) {
        (step - 1) / steps + 1
      }, name = "Epoch", breaks = whole_breaks(c(1, epochs)))) +
    ggplot2::labs(title = object$label, x = "Batch", y = NULL) +
    picture_theme()
}

#' @rdname autoplot.TorchCallback
#' @export
plot.TorchCallback = function(x, ...) show_picture(x, ...)
