#' @title Plot How Fast Epochs Were Trained
#'
#' @description
#' Draws what the callback `"throughput"` kept: the rows that each epoch trained in a second, from 0, with their median
#' as a dashed line. Needs ggplot2.
#'
#' @param object,x (`torch_throughput`)\cr
#'   `learner$model$callbacks$throughput`.
#' @param ... (any)\cr
#'   Not used.
#' @return A ggplot.
#' @family Picture
#' @exportS3Method ggplot2::autoplot
#' @examplesIf mlr3misc::require_namespaces("ggplot2", quietly = TRUE)
#' learner = lrn("classif.mlp", neurons = 16, epochs = 10, batch_size = 32, seed = 1,
#'   callbacks = t_clbk("throughput"))
#' learner$train(tsk("iris"))
#' plot(learner$model$callbacks$throughput)
autoplot.torch_throughput = function(object, ...) {
  require_namespaces("ggplot2")
  rates = as.data.frame(as.list(object))
  # a clock may not have moved within a tiny epoch
  is_measured = is.finite(rates$rows_per_second)
  rates = rates[is_measured, ]
  if (!nrow(rates)) {
    abort("config", "No epoch of this run was trained to its end in a time that could be measured.")
  }
  curve = data.frame(x = rates$epoch, y = rates$rows_per_second, panel = "", line = "", cut = FALSE)
  middle = stats::median(curve$y)
  ggplot2::ggplot(curve, ggplot2::aes(.data$x, .data$y)) +
    ggplot2::geom_hline(yintercept = middle, linetype = "22", colour = picture_colours$line) +
    lines_and_points(curve, colour = picture_colours$blue) +
    epoch_scale(curve$x) +
    ggplot2::scale_y_continuous(limits = c(0, NA), labels = big_number,
      expand = ggplot2::expansion(mult = c(0, 0.08))) +
    ggplot2::labs(x = "Epoch", y = "Rows per second",
      subtitle = sprintf("Dashed line: the median, %s rows per second", big_number(signif(middle, 3L))),
      caption = if (!all(is_measured)) sprintf("Left out: %i epochs too short for the clock.", sum(!is_measured))) +
    picture_theme()
}

#' @rdname autoplot.torch_throughput
#' @export
plot.torch_throughput = function(x, ...) show_picture(x, ...)
