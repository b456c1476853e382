#' @title Plot a Search for a Learning Rate
#'
#' @description
#' Draws the losses that [lr_finder()] found, smoothed and unsmoothed, and the suggested rate. Ignored batches are left
#' out, and losses far above the first one are cut off. Needs ggplot2.
#'
#' @param object,x (`lr_finder`)\cr
#'   What [lr_finder()] returned.
#' @param ... (any)\cr
#'   Not used.
#' @return A ggplot.
#' @family Picture
#' @exportS3Method ggplot2::autoplot
#' @examplesIf mlr3misc::require_namespaces("ggplot2", quietly = TRUE)
#' learner = lrn("classif.mlp", neurons = 16, epochs = 1, batch_size = 16, seed = 1)
#' plot(lr_finder(learner, tsk("iris")))
autoplot.lr_finder = function(object, ...) {
  require_namespaces("ggplot2")
  suggestion = attr(object, "suggestion")
  shown = as.data.frame(object)[seq_row(object) > attr(object, "ignored") & is.finite(object$smoothed), ]
  if (nrow(shown) < 2L) {
    abort("config", paste("The search has fewer than two losses that are finite and not ignored, so there is nothing",
      "to draw; search from a smaller 'lr_min', or in more batches ('n_batches')."))
  }
  ggplot2::ggplot(shown, ggplot2::aes(.data$lr)) +
    ggplot2::geom_line(ggplot2::aes(y = .data$loss), colour = picture_colours$line, linewidth = 0.3, na.rm = TRUE) +
    ggplot2::geom_line(ggplot2::aes(y = .data$smoothed), colour = picture_colours$blue, linewidth = 0.8, na.rm = TRUE) +
    suggestion_layers(suggestion, range(shown$lr)) +
    ggplot2::scale_x_log10(labels = function(x) sprintf("%g", x)) +
    ggplot2::coord_cartesian(ylim = loss_limits(shown$loss, shown$smoothed)) +
    ggplot2::labs(x = "Learning rate", y = "Loss", caption = "Blue: the smoothed loss. Grey: the loss of each batch.",
      subtitle = if (is.na(suggestion)) "No suggestion: the loss did not clearly fall at any rate") +
    picture_theme()
}

#' @rdname autoplot.lr_finder
#' @export
plot.lr_finder = function(x, ...) show_picture(x, ...)

# The label lies on the side of the line where there is more room.
suggestion_layers = function(suggestion, range) {
  if (is.na(suggestion)) {
    return(NULL)
  }
  is_right = log(suggestion) > mean(log(range))
  text = sprintf("suggested: %s", format(suggestion, digits = 2L))
  list(
    ggplot2::geom_vline(xintercept = suggestion, linetype = "22", colour = picture_colours$vermillion),
    ggplot2::annotate("text", x = suggestion, y = Inf, label = if (is_right) paste0(text, " ") else paste0(" ", text),
      hjust = if (is_right) 1 else 0, vjust = 1.4, size = 3.2, colour = picture_colours$vermillion)
  )
}

# From the smallest loss to as far above the first smoothed one as the smoothed ones fall below it, if losses get there.
loss_limits = function(loss, smoothed) {
  fall = max(smoothed[[1L]] - min(smoothed), 0.1 * abs(smoothed[[1L]]))
  all = range(loss, smoothed, finite = TRUE)
  c(all[[1L]], min(all[[2L]], smoothed[[1L]] + fall))
}
