#' @title Draw a Network
#'
#' @description
#' Draws the nodes of a spec from its inputs down to its outputs, with their shapes if the inputs' shapes are known.
#' Needs ggplot2.
#'
#' @param object (`torch_spec`)\cr
#'   What [nn_sequential()] or [nn_graph()] returned.
#' @param ... (any)\cr
#'   Not used.
#' @return A ggplot.
#' @exportS3Method ggplot2::autoplot
autoplot.torch_spec = function(object, ...) {
  require_namespaces("ggplot2")
  .data = ggplot2::.data
  nodes = place_nodes(spec_layout(object))
  ggplot2::ggplot(nodes, ggplot2::aes(x = .data$x, y = .data$y)) +
    ggplot2::geom_segment(data = place_edges(nodes), colour = "grey60",
      ggplot2::aes(xend = .data$xend, yend = .data$yend)) +
    ggplot2::geom_label(ggplot2::aes(label = .data$label), size = 3) +
    ggplot2::scale_x_continuous(expand = ggplot2::expansion(add = 0.6)) +
    ggplot2::theme_void()
}

# A node lies one row below the lowest of those it reads; nodes of one row lie side by side.
place_nodes = function(layout) {
  depth = set_names(numeric(nrow(layout)), layout$id)
  for (i in seq_row(layout)) {
    reads = layout$reads[[i]]
    depth[[i]] = if (length(reads)) 1 + max(depth[reads]) else 0
  }
  side = stats::ave(depth, depth, FUN = function(row) seq_along(row) - (length(row) + 1) / 2)
  label = paste0(layout$id, ifelse(layout$operation %in% c("input", layout$id), "", paste0("\n", layout$operation)),
    ifelse(nzchar(layout$shape), paste0("\n", layout$shape), ""))
  data.table(id = layout$id, x = unname(side), y = -unname(depth), label = label, reads = layout$reads)
}

place_edges = function(nodes) {
  edges = data.table(to = rep(seq_row(nodes), lengths(nodes$reads)), from = match(unlist(nodes$reads), nodes$id))
  data.table(x = nodes$x[edges$from], y = nodes$y[edges$from], xend = nodes$x[edges$to], yend = nodes$y[edges$to])
}
