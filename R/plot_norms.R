#' @title Plot the Norms of Weights and Gradients
#'
#' @description
#' Draws what the callback `"norms"` kept: a panel for weights and one for gradients. Up to six parameters are lines on
#' a logarithmic scale; more, or long names, are a heat map with a row for each. Needs ggplot2.
#'
#' @param object,x (`torch_norms`)\cr
#'   The norms: `learner$model$callbacks$norms`.
#' @param ... (any)\cr
#'   Not used.
#' @return A ggplot. Its data is a data.frame with the columns `x` (the epoch), `y` (the norm; `NA` for one that is 0
#'   or not finite), `panel` and `line` (the parameter).
#' @family Picture
#' @exportS3Method ggplot2::autoplot
#' @examplesIf mlr3misc::require_namespaces("ggplot2", quietly = TRUE)
#' learner = lrn("classif.mlp", neurons = 16, epochs = 10, batch_size = 32, seed = 1,
#'   callbacks = t_clbk("norms"))
#' learner$train(tsk("iris"))
#' plot(learner$model$callbacks$norms)
autoplot.torch_norms = function(object, ...) {
  require_namespaces("ggplot2")
  norms = norm_values(object)
  names = levels(norms$line)
  has_room = length(names) <= length(line_colours()) && max(nchar(names)) <= 20L
  if (has_room) norm_lines(norms) else norm_map(norms)
}

#' @rdname autoplot.torch_norms
#' @export
plot.torch_norms = function(x, ...) show_picture(x, ...)

norm_values = function(norms) {
  norms = as.list(norms)
  panels = c(weight = "Norm of the weights", gradient = "Norm of the gradient")
  values = do.call(rbind, unname(imap(panels, function(panel, name) {
    data.frame(x = norms$epoch, y = as.numeric(norms[[name]]), panel = rep(panel, length(norms$epoch)),
      line = norms$parameter)
  })))
  values$y[!is.finite(values$y) | values$y <= 0] = NA
  if (!any(!is.na(values$y))) {
    abort("config", paste("There are no norms to draw: nothing was measured, or every norm is 0 or not finite.",
      "Look at 'freq' of the callback \"norms\"."))
  }
  values$panel = factor(values$panel, panels)
  values$line = factor(values$line, unique(values$line))
  values
}

norm_lines = function(norms) {
  norms$cut = FALSE
  colours = set_names(line_colours()[seq_len(nlevels(norms$line))], levels(norms$line))
  types = set_names(rep_len(c("solid", "42"), length(colours)), names(colours))
  ends = line_ends(insert_named(norms, list(y = log10(norms$y))))
  ends$place = 10^ends$place
  ggplot2::ggplot(norms, ggplot2::aes(.data$x, .data$y, colour = .data$line, linetype = .data$line)) +
    lines_and_points(norms) +
    ggplot2::facet_wrap("panel", scales = "free_y") +
    epoch_scale(norms$x, n = 3L) +
    ggplot2::scale_y_log10(labels = function(y) sprintf("%g", y)) +
    ggplot2::scale_colour_manual(values = colours, guide = "none") +
    ggplot2::scale_linetype_manual(values = types, guide = "none") +
    ggplot2::labs(x = "Epoch", y = NULL, caption = if (anyNA(norms$y)) "Norms that are 0 or not finite are left out.") +
    picture_theme() +
    line_end_labels(ends, colour = .data$line)
}

# The first parameter lies at the top. Only as many names are written as there is room for.
norm_map = function(norms) {
  names = levels(norms$line)
  every = ceiling(length(names) / 24)
  notes = c(if (every > 1) sprintf("One of %i names of %i parameters is written.", every, length(names)),
    if (anyNA(norms$y)) "Grey: 0 or not finite.")
  epochs = sort(unique(norms$x))
  width = if (length(epochs) > 1L) min(diff(epochs)) else 1
  ggplot2::ggplot(norms, ggplot2::aes(.data$x, .data$line, fill = log10(.data$y))) +
    # borders of the same colour, or a page shows seams
    ggplot2::geom_tile(ggplot2::aes(colour = ggplot2::after_scale(.data$fill)), width = width, linewidth = 0.1) +
    ggplot2::facet_wrap("panel") +
    ggplot2::scale_x_continuous(breaks = whole_breaks(range(epochs)), expand = c(0, 0)) +
    ggplot2::scale_y_discrete(limits = rev(names), breaks = names[seq(1, length(names), by = every)],
      expand = c(0, 0)) +
    ggplot2::scale_fill_viridis_c(breaks = power_breaks, labels = function(y) sprintf("%.2g", 10^y), name = "Norm",
      na.value = "grey80", option = "cividis") +
    ggplot2::labs(x = "Epoch", y = NULL, caption = if (length(notes)) paste(notes, collapse = " ")) +
    picture_theme() +
    ggplot2::theme(legend.key.width = grid::unit(36, "pt"))
}

# Up to five powers of ten, or the ends of a range that holds fewer than two. `limits`: logarithms.
power_breaks = function(limits) {
  powers = seq(ceiling(limits[[1L]]), max(ceiling(limits[[1L]]), floor(limits[[2L]])))
  if (length(powers) < 2L) limits else powers[seq(1, length(powers), by = ceiling(length(powers) / 5))]
}
