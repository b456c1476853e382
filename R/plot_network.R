#' @title Draw a Network
#'
#' @description
#' Draws the nodes of a network from its inputs down to its outputs. Many layers are folded into columns, which are read
#' from left to right. A box has the node's name, its operation where the name does not say it, and, if the
#' inputs' shapes are known, the shape of its output and the number of its parameters. Outputs have a thick border.
#' The text is as large as the boxes allow at the size of the picture. Needs ggplot2.
#'
#' @param object,x (`torch_spec`)\cr
#'   What [nn_sequential()] or [nn_graph()] returned.
#' @param ... (any)\cr
#'   Not used.
#' @return A ggplot. Its data is a data.frame with a row for each node: `id`, `operation`, `shape`, `parameters`, `kind`
#'   and `label` among others.
#' @family Picture
#' @exportS3Method ggplot2::autoplot
#' @examplesIf requireNamespace("ggplot2", quietly = TRUE)
#' network = nn_graph(
#'   hidden = nn("linear", out_features = 4),
#'   bend = nn("tanh"),
#'   both = nn("merge_sum", reads = c("bend", "x")),
#'   inputs = list(x = c(NA, 4))
#' )
#' ggplot2::autoplot(network)
autoplot.torch_spec = function(object, ...) {
  require_namespaces("ggplot2")
  draw_network(spec_layout(object), object$outputs)
}

#' @rdname autoplot.torch_spec
#' @export
plot.torch_spec = function(x, ...) show_picture(x, ...)

# `layout`: see `spec_layout()`. `outputs`: ids; `hinders`: ids of nodes that the compiled step cannot take.
draw_network = function(layout, outputs = NULL, hinders = character(), subtitle = NULL) {
  layout = as.data.frame(layout)
  is_output = layout$id %in% (outputs %??% layout$id[[nrow(layout)]])
  layout$kind = drawn_kinds(layout, hinders)
  best = best_fold(layout)
  layout$label = best$label
  placed = place_network(layout, best$per_column)
  nodes = with_corners(placed$nodes)
  border = is_output[match(nodes$id, layout$id)]
  corners = ggplot2::aes(xmin = .data$xmin, xmax = .data$xmax, ymin = .data$ymin, ymax = .data$ymax)
  ggplot2::ggplot(nodes) +
    edge_layer(placed$edges) +
    ggplot2::geom_rect(utils::modifyList(corners, ggplot2::aes(fill = .data$kind)), colour = picture_colours$ink,
      linewidth = ifelse(border, 0.9, 0.25)) +
    fitted_text(utils::modifyList(corners, ggplot2::aes(label = .data$label))) +
    ggplot2::scale_fill_manual(values = kind_colours, name = NULL) +
    ggplot2::scale_x_continuous(expand = ggplot2::expansion(add = side_margin(diff(range(nodes$xmin, nodes$xmax))))) +
    ggplot2::scale_y_continuous(expand = ggplot2::expansion(add = 0.1)) +
    ggplot2::labs(subtitle = subtitle, caption = network_note(layout)) +
    picture_theme() +
    ggplot2::theme(axis.text = ggplot2::element_blank(), axis.title = ggplot2::element_blank(),
      panel.grid = ggplot2::element_blank())
}

with_corners = function(nodes) {
  insert_named(nodes, list(xmin = nodes$x - box_width / 2, xmax = nodes$x + box_width / 2,
    ymin = nodes$y - box_height / 2, ymax = nodes$y + box_height / 2))
}

kind_colours = c(input = "#CBE7F8", "with parameters" = "#FBE0B0", "without parameters" = "#EFEFEF", node = "#EFEFEF",
  "not compiled" = "#F4C6DC")

drawn_kinds = function(layout, hinders) {
  known = ifelse(is.na(layout$parameters), "node", ifelse(layout$parameters > 0, "with parameters",
    "without parameters"))
  kinds = ifelse(layout$operation == "input", "input", ifelse(layout$id %in% hinders, "not compiled", known))
  factor(kinds, intersect(names(kind_colours), kinds))
}

edge_layer = function(edges) {
  if (nrow(edges)) {
    ggplot2::geom_path(data = edges, ggplot2::aes(.data$x, .data$y, group = .data$edge), colour = picture_colours$soft,
      linewidth = 0.4, arrow = grid::arrow(length = grid::unit(4, "pt"), angle = 25, type = "closed"),
      linejoin = "mitre")
  }
}

network_note = function(layout) {
  nodes = sum(layout$operation != "input")
  if (anyNA(layout$parameters)) {
    return(sprintf("%i nodes", nodes))
  }
  picture_notes(sprintf("%i nodes, %s parameters.", nodes, big_number(sum(layout$parameters))),
    "In a box: the node, the shape of its output, the number of its parameters.")
}

# One or two lines a box.
node_labels = function(layout, lines) {
  says_it = startsWith(layout$id, layout$operation) | layout$operation == "input"
  name = ifelse(says_it, layout$id, sprintf("%s: %s", layout$id, layout$operation))
  count = ifelse(is.na(layout$parameters) | layout$parameters == 0, "", map_chr(layout$parameters, big_number))
  facts = trimws(paste(layout$shape, count, sep = "   "))
  sub("[[:space:]]+$", "", paste(name, facts, sep = if (lines == 1L) "   " else "\n"))
}

# A narrow network is not drawn wide.
side_margin = function(width) max(0.1, (2.2 - width) / 2)

# list(label, per_column): the number of columns and of lines a box with which the text is largest in a picture that is
# 6 inches wide and 4 high; fewer columns if they give at least 10 points.
best_fold = function(layout) {
  layers = max(node_layers(layout$reads, layout$id)) + 1
  options = expand.grid(lines = 2:1, columns = seq_len(max(1, min(5, layers %/% 4))))
  labels = map(options$lines, node_labels, layout = layout)
  options$size = pmap_dbl(list(labels, options$columns), function(label, columns) {
    nodes = place_network(layout, ceiling(layers / columns))$nodes
    width = diff(range(nodes$x)) + box_width
    size = c(6 / (width + 2 * side_margin(width)), 4 / (diff(range(nodes$y)) + 1.2))
    lines = strsplit(label, "\n", fixed = TRUE)
    min(72 * size[[1L]] * box_width * 0.92 / (0.52 * max(nchar(unlist(lines)))),
      72 * size[[2L]] * box_height * 0.84 / (1.15 * max(lengths(lines))))
  })
  best = which.max(pmin(options$size, 10))
  list(label = labels[[best]], per_column = ceiling(layers / options$columns[[best]]))
}
