#' @title Plot the History of a Training Run
#'
#' @description
#' Draws learning curves: a panel for the loss and one for each measure, training and validation over the epochs.
#' Where there is validation, a dashed line marks the best epoch, and the panels' titles have its values.
#' If the first epochs are far from the others, the curves leave the panel there, and a sentence below says how far
#' they go. Values that are not finite leave gaps. Needs ggplot2.
#'
#' @param object,x (`torch_history` or [CallbackSetHistory])\cr
#'   The history: `learner$history`, or `learner$model$callbacks$history`.
#' @param best_epoch (`integer(1)` or `NULL`)\cr
#'   The epoch to mark; the one with the lowest validation loss unless given.
#' @param ... (any)\cr
#'   Not used.
#' @return A ggplot. Its data is a data.frame with the columns `x` (the epoch), `y`, `panel` and `line` (`"train"` or
#'   `"valid"`).
#' @family Picture
#' @exportS3Method ggplot2::autoplot
#' @examplesIf requireNamespace("ggplot2", quietly = TRUE)
#' learner = lrn("classif.mlp", epochs = 20, batch_size = 32, validate = 0.3)
#' learner$train(tsk("iris"))
#' ggplot2::autoplot(learner$history)
autoplot.torch_history = function(object, best_epoch = NULL, ...) {
  require_namespaces("ggplot2")
  history = as.data.frame(as.list(object))
  curves = history_curves(history)
  best = marked_epoch(history, best_epoch)
  ranges = map(split(curves, curves$panel, drop = TRUE), panel_range, keep = best$epoch)
  notes = picture_notes(cut_note(curves, ranges), gap_note(curves))
  columns = if (length(ranges) > 4L) 3L else 2L
  titles = panel_titles(curves, best$epoch, if (columns == 3L) "\n" else ": ")
  curves = cut_curves(curves, ranges)
  curves$panel = factor(titles[as.character(curves$panel)], titles)
  ggplot2::ggplot(curves, ggplot2::aes(.data$x, .data$y, colour = .data$line, linetype = .data$line)) +
    best_layers(curves, best$epoch) +
    lines_and_points(curves) +
    way_out(curves) +
    ggplot2::facet_wrap("panel", scales = "free_y", ncol = columns) +
    epoch_scale(history$epoch, n = if (columns == 3L) 3L else 5L) +
    ggplot2::scale_colour_manual(values = set_colours(), guide = "none") +
    ggplot2::scale_linetype_manual(values = set_lines, guide = "none") +
    ggplot2::labs(x = "Epoch", y = NULL, subtitle = best$text, caption = notes) +
    picture_theme() +
    line_end_labels(line_ends(curves, rows = ceiling(length(ranges) / columns)), colour = .data$line)
}

#' @rdname autoplot.torch_history
#' @exportS3Method ggplot2::autoplot
autoplot.CallbackSetHistory = function(object, ...) {
  autoplot.torch_history(object$history, ...)
}

#' @rdname autoplot.torch_history
#' @export
plot.torch_history = function(x, ...) show_picture(x, ...)

#' @rdname autoplot.torch_history
#' @export
plot.CallbackSetHistory = function(x, ...) show_picture(x, ...)

# A row for each epoch, set ("train" or "valid") and panel (the loss or a measure) that was evaluated. What is not
# finite is NaN.
history_curves = function(history) {
  scores = grep("^(train|valid)\\.", names(history), value = TRUE)
  if (!length(scores) || !nrow(history)) {
    abort("config", paste("The history has no scores to draw; set 'measures_train', or 'measures_valid' and",
      "'validate', before training."))
  }
  curves = map(scores, function(score) {
    data.frame(x = history$epoch, y = as.numeric(history[[score]]), panel = sub("^[a-z]*\\.", "", score),
      line = sub("\\..*$", "", score))
  })
  curves = do.call(rbind, curves)
  curves = curves[!is.na(curves$y) | is.nan(curves$y), ]
  curves$y[!is.finite(curves$y)] = NaN
  if (!any(is.finite(curves$y))) {
    abort("config", "No loss and no score of this history is finite, so there is nothing to draw.")
  }
  curves$panel = factor(curves$panel, unique(c("loss", curves$panel)))
  curves
}

# list(epoch, text), or NULL if there is nothing to choose from.
marked_epoch = function(history, best_epoch) {
  if (!is.null(best_epoch)) {
    epoch = assert_choice(as.integer(best_epoch), history$epoch, .var.name = "best_epoch")
    return(list(epoch = epoch, text = sprintf("Numbers: validation in the best epoch, %i (dashed)", epoch)))
  }
  loss = history$valid.loss
  if (sum(is.finite(loss)) < 2L) {
    return(NULL)
  }
  epoch = history$epoch[[which.min(loss)]]
  list(epoch = epoch, text = sprintf("Numbers: validation in epoch %i (dashed), the lowest loss", epoch))
}

# Named by the panels: their names, with the validation's value in the marked epoch.
panel_titles = function(curves, epoch, separator) {
  panels = levels(droplevels(curves$panel))
  marked = curves[curves$line == "valid" & curves$x %in% epoch & is.finite(curves$y), ]
  value = marked$y[match(panels, marked$panel)]
  set_names(ifelse(is.na(value), panels, paste(panels, map_chr(value, short_number), sep = separator)), panels)
}

# The range of a panel: that of all values, unless the first quarter of the epochs makes most of it.
panel_range = function(curve, keep) {
  curve = curve[is.finite(curve$y), ]
  if (!nrow(curve)) {
    return(c(0, 0))
  }
  all = range(curve$y)
  epochs = sort(unique(curve$x))
  later = range(curve$y[curve$x > epochs[[ceiling(length(epochs) / 4)]] | curve$x == epochs[[length(epochs)]]])
  if (length(epochs) < 5L || diff(all) <= 4 * diff(later) || diff(later) == 0) {
    return(all)
  }
  settled = later + c(-1, 1) * diff(later)
  range(pmin(pmax(all, settled[[1L]]), settled[[2L]]), curve$y[curve$x %in% keep])
}

# The curves inside the ranges of their panels; where one leaves, a point on the border with `cut = TRUE` ends it.
cut_curves = function(curves, ranges) {
  parts = split(curves, list(curves$panel, curves$line), drop = TRUE)
  do.call(rbind, unname(map(parts, function(curve) {
    cut_curve(curve[order(curve$x), ], ranges[[as.character(curve$panel[[1L]])]])
  })))
}

cut_curve = function(curve, range) {
  curve$cut = FALSE
  inner = pmin(pmax(curve$y, range[[1L]]), range[[2L]])
  outside = is.finite(curve$y) & inner != curve$y
  before = which(outside[-1L] != outside[-nrow(curve)] & is.finite(diff(curve$y)))
  borders = curve[before, ]
  level = ifelse(outside[before], inner[before], inner[before + 1L])
  borders$x = curve$x[before] + diff(curve$x)[before] * (level - curve$y[before]) / diff(curve$y)[before]
  borders$y = level
  borders$cut = rep(TRUE, length(before))
  curve$y[outside] = NaN
  rbind(curve, borders)
}

# "Outside the panel: loss up to 609 (epoch 1 to 8)."
cut_note = function(curves, ranges) {
  border = ranges[as.character(curves$panel)]
  curves$above = curves$y > map_dbl(border, 2L)
  outside = curves[which(curves$above | curves$y < map_dbl(border, 1L)), ]
  texts = map_chr(split(outside, list(outside$above, outside$panel), drop = TRUE), function(part) {
    is_above = part$above[[1L]]
    sprintf("%s %s to %s (epoch %s)", part$panel[[1L]], if (is_above) "up" else "down",
      short_number(if (is_above) max(part$y) else min(part$y)), number_ranges(part$x))
  })
  if (length(texts)) sprintf("Outside the panel: %s.", str_collapse(texts))
}

gap_note = function(curves) {
  gaps = curves[is.nan(curves$y), ]
  texts = map_chr(split(gaps, list(gaps$line, gaps$panel), drop = TRUE), function(part) {
    sprintf("%s %s (epoch %s)", part$line[[1L]], part$panel[[1L]], number_ranges(part$x))
  })
  if (length(texts)) sprintf("Not finite: %s.", str_collapse(texts))
}

best_layers = function(curves, epoch) {
  if (is.null(epoch)) {
    return(NULL)
  }
  marked = curves[curves$line == "valid" & curves$x == epoch & !curves$cut, ]
  list(
    ggplot2::geom_vline(xintercept = epoch, linetype = "22", colour = picture_colours$line),
    ggplot2::geom_point(data = marked, shape = 21, size = 2.6, fill = "white", na.rm = TRUE)
  )
}

# Triangles where curves leave their panels, up or down.
way_out = function(curves) {
  ends = curves[curves$cut, ]
  if (nrow(ends)) {
    top = tapply(curves$y, curves$panel, max, na.rm = TRUE)[as.character(ends$panel)]
    ggplot2::geom_point(data = ends, shape = ifelse(ends$y == top, 24, 25), fill = set_colours()[ends$line], size = 1.6)
  }
}
