# The look of all pictures, once: theme, colours, axes, labels at the ends of lines.

# The name under which aesthetics find the columns of the data that are drawn; ggplot2 puts the data there.
.data = NULL

# Okabe and Ito's colours, which people who see few colours can tell apart. Training and validation also differ in their
# lines, so that a print in grey can be read.
picture_colours = list(
  blue = "#0072B2", vermillion = "#D55E00", green = "#009E73", orange = "#E69F00", sky = "#56B4E9", purple = "#CC79A7",
  ink = "grey20", soft = "grey45", line = "grey60"
)

set_colours = function() c(train = picture_colours$blue, valid = picture_colours$vermillion)

set_lines = c(train = "solid", valid = "42")

# The colours of lines that are named; more lines than colours are drawn as something else than lines.
line_colours = function() {
  unlist(picture_colours[c("blue", "vermillion", "green", "orange", "sky", "purple")], use.names = FALSE)
}

picture_theme = function() {
  text = ggplot2::element_text
  ggplot2::theme_minimal(base_size = 10) + ggplot2::theme(
    plot.background = ggplot2::element_rect(fill = "white", colour = NA),
    plot.title = text(face = "bold", size = 11), plot.title.position = "plot",
    plot.subtitle = text(colour = picture_colours$soft, size = 9),
    plot.caption = text(colour = picture_colours$soft, hjust = 0), plot.caption.position = "plot",
    panel.grid.minor = ggplot2::element_blank(),
    panel.spacing = grid::unit(12, "pt"), strip.text = text(hjust = 0, face = "bold"),
    strip.clip = "off",
    axis.title = text(colour = picture_colours$soft), legend.position = "top", legend.justification = "left",
    legend.key.size = grid::unit(10, "pt"), legend.margin = ggplot2::margin(0, 0, 0, 0)
  )
}

# Sentences below or above a picture, each of which may be absent, in lines that fit a page 5 inches wide.
picture_notes = function(..., width = 72L) {
  sentences = unlist(list(...))
  if (length(sentences)) str_collapse(strwrap(str_collapse(sentences, sep = " "), width), sep = "\n")
}

picture_subtitle = function(...) picture_notes(..., width = 64L)

# Whole numbers only: there is no epoch 2.5.
whole_breaks = function(range, n = 5L) {
  breaks = unique(round(pretty(range, n = n)))
  breaks = breaks[breaks >= range[[1L]] & breaks <= range[[2L]]]
  if (length(breaks)) breaks else range[[1L]]
}

# `x`: the epochs. An axis that asks for its own breaks would go on behind the last epoch.
epoch_scale = function(x, n = 5L) {
  ggplot2::scale_x_continuous(breaks = whole_breaks(range(x), n), expand = ggplot2::expansion(mult = 0.03))
}

# A line for each group, and points where there are so few that they matter; a group of one point has no line.
# `data`: a data.frame with `x`, `y`, `panel` and `line`, and with `cut`, what is only a line's way out of the panel.
lines_and_points = function(data, ...) {
  size = stats::ave(seq_row(data), data$panel, data$line, FUN = length)
  points = data[size <= 20L & !data$cut, ]
  list(
    ggplot2::geom_line(data = data[size > 1L, ], na.rm = TRUE, linewidth = 0.6, ...),
    if (nrow(points)) ggplot2::geom_point(data = points, na.rm = TRUE, size = 1.2, ...)
  )
}

# The names of lines beside their last points, moved apart where they would cover each other. `rows`: of panels, since
# the share of a panel that a line of text takes grows with their number.
line_ends = function(data, rows = 1) {
  data = data[is.finite(data$y), ]
  last = data[order(data$x), ]
  last = last[!duplicated(last[, c("panel", "line")], fromLast = TRUE), ]
  parts = map(split(last, last$panel, drop = TRUE), function(ends) {
    span = diff(range(data$y[data$panel == ends$panel[[1L]]]))
    ends$place = spread(ends$y, if (span > 0) 0.075 * rows * span else 0)
    ends
  })
  do.call(rbind, unname(parts))
}

# The values nearest to `y` that lie at least `gap` apart, in the same order.
spread = function(y, gap) {
  order = order(y)
  offset = (seq_along(y) - 1) * gap
  moved = stats::isoreg(y[order] - offset)$yf + offset
  replace(moved, order, moved)
}

# They lie to the right of the panels, where `room` leaves place for them whatever the size of the picture.
line_end_labels = function(ends, ...) {
  room = grid::unit(6 + 5 * max(nchar(as.character(ends$line))), "pt")
  list(
    ggplot2::geom_text(data = ends, ggplot2::aes(x = Inf, y = .data$place, label = paste0(" ", .data$line), ...),
      hjust = 0, size = 3, show.legend = FALSE, inherit.aes = FALSE),
    ggplot2::coord_cartesian(clip = "off"),
    ggplot2::theme(panel.spacing.x = room, plot.margin = grid::unit.c(grid::unit(5.5, "pt"), room,
      grid::unit(c(5.5, 5.5), "pt")))
  )
}

# What `plot()` does for everything that `autoplot()` draws.
show_picture = function(x, ...) {
  require_namespaces("ggplot2")
  print(ggplot2::autoplot(x, ...))
}

percent = function(share) {
  ifelse(share > 0 & share < 0.0005, "below 0.1 %", sprintf(ifelse(share < 0.0995, "%.1f %%", "%.0f %%"), 100 * share))
}

big_number = function(x) format(x, big.mark = ",", scientific = FALSE, trim = TRUE)

# The numbers of an axis, all in one form: 250,000, not 2.5e+05.
plain_numbers = function(x) {
  digits = range(abs(x[is.finite(x) & x != 0]), 1)
  if (digits[[2L]] >= 1e9 || digits[[1L]] < 1e-4) {
    return(format(x, scientific = TRUE, digits = 2L))
  }
  ifelse(is.na(x), NA, format(x, big.mark = ",", scientific = FALSE, trim = TRUE, drop0trailing = TRUE))
}

# Long names on the axis below, where they would cover each other.
slanted_labels = function() ggplot2::guide_axis(angle = 30)

short_number = function(x) format(x, digits = 3L, trim = TRUE)

# "3", "3 and 4", "3 to 7, 9".
number_ranges = function(x) {
  x = sort(unique(x))
  runs = unname(split(x, cumsum(c(TRUE, diff(x) != 1))))
  str_collapse(map_chr(runs, function(run) {
    if (length(run) == 1L) format(run) else paste(run[[1L]], if (length(run) == 2L) "and" else "to", run[[length(run)]])
  }))
}
