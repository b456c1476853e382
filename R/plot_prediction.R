# Predictions beside the truth: numbers as points with their intervals, classes as a table of counts.

# `prediction`: a mlr3 Prediction with truth.
draw_prediction = function(prediction) {
  if (all(is.na(prediction$truth))) {
    abort("config", "The rows have no truth, so predictions cannot be compared with it.")
  }
  if (!task_kind(prediction$task_type)$plain_rows) {
    abort("config", sprintf("There is no picture of predictions of the type '%s', only of classes and of numbers.",
      prediction$task_type))
  }
  if (has_classes(prediction$task_type)) draw_classes(prediction) else draw_numbers(prediction)
}

# How many standard errors an interval of 95 % reaches to each side, for a normal distribution.
interval_factor = stats::qnorm(0.975)

# A data.frame: truth, response, and low and high if there are intervals. The attribute `interval` says what they are.
prediction_intervals = function(prediction) {
  rows = data.frame(truth = prediction$truth, response = prediction$response)
  if ("quantiles" %in% prediction$predict_types) {
    quantiles = prediction$quantiles
    probabilities = attr(quantiles, "probs")
    ends = c(which.min(probabilities), which.max(probabilities))
    rows$low = quantiles[, ends[[1L]]]
    rows$high = quantiles[, ends[[2L]]]
    attr(rows, "interval") = sprintf("from the %g to the %g quantile", probabilities[[ends[[1L]]]],
      probabilities[[ends[[2L]]]])
    attr(rows, "promised") = diff(probabilities[ends])
  } else if ("se" %in% prediction$predict_types) {
    rows$low = rows$response - interval_factor * prediction$se
    rows$high = rows$response + interval_factor * prediction$se
    attr(rows, "interval") = "of 1.96 standard errors to each side"
    attr(rows, "promised") = 0.95
  }
  rows
}

draw_numbers = function(prediction) {
  rows = prediction_intervals(prediction)
  is_held = rows$truth >= rows$low & rows$truth <= rows$high
  # many points would cover each other
  strength = max(0.08, min(0.8, 100 / nrow(rows)))
  ggplot2::ggplot(rows, ggplot2::aes(.data$response, .data$truth)) +
    (if (!is.null(rows$low)) ggplot2::geom_errorbar(ggplot2::aes(xmin = .data$low, xmax = .data$high), width = 0,
      orientation = "y", colour = picture_colours$sky, linewidth = 0.4, alpha = min(1, 2 * strength), na.rm = TRUE)) +
    ggplot2::geom_abline(slope = 1, intercept = 0, linetype = "22", colour = picture_colours$soft) +
    ggplot2::geom_point(colour = picture_colours$blue, size = 1.2, alpha = strength, na.rm = TRUE) +
    ggplot2::scale_x_continuous(labels = plain_numbers) +
    ggplot2::scale_y_continuous(labels = plain_numbers) +
    ggplot2::labs(x = "Prediction", y = "Truth", subtitle = if (!is.null(rows$low)) interval_note(rows, mean(is_held,
      na.rm = TRUE)), caption = "Dashed line: where prediction and truth are equal.") +
    picture_theme()
}

interval_note = function(rows, held) {
  picture_subtitle(sprintf("Intervals %s: they hold %.0f %% of the truths, and should hold %.0f %%.",
    attr(rows, "interval"), 100 * held, 100 * attr(rows, "promised")))
}

# A data.frame with a row for each pair of classes: truth, response, n and share, which is that of the true class.
class_counts = function(prediction) {
  counts = as.data.frame(table(truth = prediction$truth, response = prediction$response), responseName = "n")
  totals = stats::ave(counts$n, counts$truth, FUN = sum)
  counts$share = ifelse(totals > 0, counts$n / totals, 0)
  counts
}

draw_classes = function(prediction) {
  counts = class_counts(prediction)
  classes = levels(counts$truth)
  right = sum(counts$n[counts$truth == counts$response])
  counts$label = ifelse(counts$n == 0, "", sprintf("%s\n%s", map_chr(counts$n, big_number), percent(counts$share)))
  ggplot2::ggplot(counts, ggplot2::aes(.data$response, .data$truth, fill = .data$share)) +
    ggplot2::geom_tile(colour = "white", linewidth = 0.8) +
    (if (length(classes) <= 12L) ggplot2::geom_text(ggplot2::aes(label = .data$label,
      colour = .data$share > 0.55), size = 3.2, show.legend = FALSE)) +
    ggplot2::scale_y_discrete(limits = rev(classes), expand = c(0, 0)) +
    ggplot2::scale_x_discrete(expand = c(0, 0), guide = if (sum(nchar(classes)) > 36L) slanted_labels()) +
    ggplot2::scale_fill_gradient(low = "#F2F6FA", high = picture_colours$blue, limits = c(0, 1), labels = percent,
      name = NULL, guide = if (length(classes) <= 12L) "none" else "colourbar") +
    ggplot2::scale_colour_manual(values = c("FALSE" = picture_colours$ink, "TRUE" = "white"), guide = "none") +
    ggplot2::labs(x = "Prediction", y = "Truth", caption = "Percentages and colours: the share of the true class.",
      subtitle = sprintf("%s of %s rows are right.", big_number(right), big_number(sum(counts$n)))) +
    picture_theme() +
    ggplot2::theme(panel.grid = ggplot2::element_blank())
}
