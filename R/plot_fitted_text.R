# Text in boxes, of one size: the largest, up to 11 points, with which all of it stays inside. It is found when the
# picture is drawn, since nothing before knows the size of the page.

largest_text = 11

# `mapping`: xmin, xmax, ymin, ymax and label.
fitted_text = function(mapping) {
  geom = ggplot2::ggproto("GeomFittedText", ggplot2::Geom,
    required_aes = c("xmin", "xmax", "ymin", "ymax", "label"),
    default_aes = ggplot2::aes(colour = "black"),
    draw_key = ggplot2::draw_key_blank,
    draw_panel = function(data, panel_params, coord) {
      grid::gTree(boxes = coord$transform(data, panel_params), cl = "torch_fitted_text")
    }
  )
  ggplot2::layer(geom = geom, stat = "identity", position = "identity", mapping = mapping, show.legend = FALSE)
}

#' @exportS3Method grid::makeContent
makeContent.torch_fitted_text = function(x) {
  boxes = x$boxes
  width = grid::convertWidth(grid::unit(boxes$xmax - boxes$xmin, "npc"), "points", valueOnly = TRUE)
  height = grid::convertHeight(grid::unit(boxes$ymax - boxes$ymin, "npc"), "points", valueOnly = TRUE)
  size = min(largest_text, 0.92 * width / text_width(boxes$label), 0.84 * height / text_height(boxes$label))
  text = grid::textGrob(boxes$label, (boxes$xmin + boxes$xmax) / 2, (boxes$ymin + boxes$ymax) / 2,
    gp = grid::gpar(fontsize = size, lineheight = 1, col = boxes$colour))
  grid::setChildren(x, grid::gList(text))
}

# In points, of text of one point; measured larger, since devices round.
text_width = function(label) {
  text = map(label, function(one) grid::textGrob(one, gp = grid::gpar(fontsize = 50)))
  map_dbl(text, function(one) grid::convertWidth(grid::grobWidth(one), "points", valueOnly = TRUE)) / 50
}

text_height = function(label) 1.1 * lengths(strsplit(label, "\n", fixed = TRUE))
