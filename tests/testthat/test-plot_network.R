# Networks as pictures.

node_table = function(plot) as.data.frame(plot$data)[c("id", "x", "y", "layer", "column", "kind", "label")]

residual_network = function(blocks, shape = c(NA, 8)) {
  parts = list(stem = nn("linear", out_features = 16))
  for (i in seq_len(blocks)) {
    before = utils::tail(names(parts), 1L)
    block = list(nn("linear", out_features = 16), nn("relu"), nn("merge_sum", reads = c(sprintf("bend%i", i), before)))
    parts = c(parts, set_names(block, sprintf(c("hidden%i", "bend%i", "sum%i"), i)))
  }
  invoke(nn_graph, .args = c(parts, list(head = nn("linear", out_features = 2), inputs = list(x = shape))))
}

wide_network = function(n) {
  branches = map(set_names(paste0("b", seq_len(n))), function(name) nn("linear", out_features = 2, reads = "x"))
  all = nn("merge_cat", reads = names(branches))
  invoke(nn_graph, .args = c(branches, list(all = all, inputs = list(x = c(NA, 3)))))
}

test_that("a node lies below all that it reads, and what reads nothing right above its first reader", {
  spec = nn_graph(a = nn("relu"), b = nn("tanh"), c = nn("merge_sum", reads = c("x", "b")),
    d = nn("merge_sum", reads = c("c", "late")), inputs = list(x = c(NA, 4), late = c(NA, 4)))
  nodes = node_table(ggplot2::autoplot(spec))
  expect_equal(set_names(nodes$layer, nodes$id), c(x = 0, late = 3, a = 1, b = 2, c = 3, d = 4))
  expect_equal(nodes$y, -nodes$layer)
})

test_that("boxes do not cover each other and a chain is a straight line", {
  for (spec in list(residual_network(3), residual_network(8), wide_network(7))) {
    nodes = as.data.frame(ggplot2::autoplot(spec)$data)
    pairs = utils::combn(nrow(nodes), 2L)
    apart = function(low, high) {
      nodes[[low]][pairs[1L, ]] >= nodes[[high]][pairs[2L, ]] | nodes[[low]][pairs[2L, ]] >= nodes[[high]][pairs[1L, ]]
    }
    expect_true(all(apart("xmin", "xmax") | apart("ymin", "ymax")))
  }
  chain = node_table(ggplot2::autoplot(nn_sequential(nn("relu"), nn("tanh"), nn("relu"), shape = c(NA, 2))))
  expect_equal(chain$x, rep(chain$x[[1L]], 4))
})

# Whether points lie strictly inside a box.
inside = function(points, box) {
  points$x > box$xmin + 1e-6 & points$x < box$xmax - 1e-6 & points$y > box$ymin + 1e-6 & points$y < box$ymax - 1e-6
}

test_that("each connection has an arrow that begins and ends at its boxes and runs behind no other", {
  for (spec in list(residual_network(2), residual_network(9), wide_network(5))) {
    plot = ggplot2::autoplot(spec)
    nodes = as.data.frame(plot$data)
    paths = layer_of(plot, "GeomPath")
    expect_identical(uniqueN(paths$group), sum(lengths(nodes$reads)))
    for (path in split(paths, paths$group)) {
      steps = seq(0, 1, length.out = 9)
      dense = do.call(rbind, map(seq_len(nrow(path) - 1L), function(i) {
        data.frame(x = path$x[[i]] + steps * diff(path$x)[[i]], y = path$y[[i]] + steps * diff(path$y)[[i]])
      }))
      behind = map_lgl(seq_row(nodes), function(i) any(inside(dense, nodes[i, ])))
      expect_identical(nodes$id[behind], character())
      ends = path[c(1L, nrow(path)), ]
      expect_true(any(abs(nodes$x - ends$x[[1L]]) < 1e-6 & abs(nodes$ymin - ends$y[[1L]]) < 1e-6))
      expect_true(any(abs(nodes$x - ends$x[[2L]]) < 1e-6 & abs(nodes$ymax - ends$y[[2L]]) < 1e-6))
    }
  }
  arrows = map(ggplot2::autoplot(residual_network(1))$layers, function(layer) layer$geom_params$arrow)
  expect_true(any(map_lgl(arrows, inherits, "arrow")))
})

test_that("many layers are folded into columns, few are not", {
  expect_equal(max(ggplot2::autoplot(residual_network(1))$data$column), 0)
  expect_gt(max(ggplot2::autoplot(residual_network(10))$data$column), 0)
})

test_that("boxes say name, operation, shape and the number of parameters", {
  nodes = node_table(ggplot2::autoplot(residual_network(1, c(NA, 99))))
  text = set_names(gsub("[[:space:]]+", " ", nodes$label), nodes$id)
  expect_identical(text[["x"]], "x (NA, 99)")
  expect_identical(text[["stem"]], "stem: linear (NA, 16) 1,600")
  expect_identical(text[["bend1"]], "bend1: relu (NA, 16)")
  expect_identical(as.character(nodes$kind[match(c("x", "stem", "bend1"), nodes$id)]),
    c("input", "with parameters", "without parameters"))
  caption = ggplot2::autoplot(residual_network(1, c(NA, 99)))$labels$caption
  expect_match(caption, sprintf("5 nodes, %s parameters", format(1600 + 16 * 17 + 34, big.mark = ",")))
})

test_that("without shapes there are names alone", {
  plot = ggplot2::autoplot(nn_sequential(nn("linear", out_features = 3), nn("relu")))
  expect_identical(plot$data$label, c("x", "linear", "relu"))
  expect_identical(as.character(plot$data$kind), c("input", "node", "node"))
  expect_drawn(plot)
})

test_that("outputs have thick borders", {
  spec = nn_graph(a = nn("relu"), b = nn("tanh"), inputs = list(x = c(NA, 2)), outputs = "a")
  widths = layer_of(ggplot2::autoplot(spec), "GeomRect")$linewidth
  expect_identical(which(widths == max(widths)), 2L)
})

expect_within_boxes = function(text, plot) {
  grid::seekViewport(sub(".*(panel[.][0-9-]+).*", "\\1", as.character(grid::current.vpTree())))
  points = function(size, convert) convert(size, "points", valueOnly = TRUE)
  extent = function(side, convert) {
    range = ggplot2::ggplot_build(plot)$layout$panel_params[[1L]][[paste0(side, ".range")]]
    points(grid::unit(1, "npc"), convert) / diff(range)
  }
  alone = map(as.character(text$label), function(label) grid::textGrob(label, gp = text$gp))
  widths = map_dbl(alone, function(one) points(grid::grobWidth(one), grid::convertWidth))
  heights = map_dbl(alone, function(one) points(grid::grobHeight(one), grid::convertHeight))
  expect_lt(max(widths), box_width * extent("x", grid::convertWidth))
  expect_lt(max(heights), box_height * extent("y", grid::convertHeight))
}

# The size of the text in a picture of that size, in inches; all of it must lie inside its box.
drawn_text = function(plot, width, height) {
  withr::local_pdf(withr::local_tempfile(), width = width, height = height)
  print(plot)
  grid::grid.force()
  texts = grid::grid.get("GRID.text", grep = TRUE, global = TRUE)
  fitted = keep(texts, function(text) identical(as.character(text$label), as.character(plot$data$label)))
  expect_within_boxes(fitted[[1L]], plot)
  fitted[[1L]]$gp$fontsize
}

test_that("text grows and shrinks with the picture", {
  plot = ggplot2::autoplot(residual_network(6))
  sizes = map_dbl(c(3, 5, 9), function(width) drawn_text(plot, width, width * 2 / 3))
  expect_true(all(diff(sizes) > 0))
  expect_lte(drawn_text(plot, 40, 30), largest_text)
})

test_that("twenty nodes can be read on a page", {
  expect_gte(drawn_text(ggplot2::autoplot(residual_network(6)), 5, 3.5), 6)
})

test_that("any node can be drawn, also many, one, and unconnected inputs", {
  expect_drawn(ggplot2::autoplot(residual_network(60)))
  expect_drawn(ggplot2::autoplot(nn_sequential(nn("relu"), shape = c(NA, 2))))
  expect_drawn(ggplot2::autoplot(wide_network(30)))
  expect_drawn(ggplot2::autoplot(nn_graph(a = nn("relu", reads = "x"), inputs = c("x", "unused"))))
  layout = data.frame(id = c("x", "unheard_of"), operation = c("input", "standardize"), shape = c("(NA, 2)", "(NA, 2)"),
    parameters = c(0, 0), reads = I(list(character(), "x")))
  expect_drawn(draw_network(layout))
})

test_that("networks look as they did", {
  expect_picture("network of twenty nodes", ggplot2::autoplot(residual_network(6)))
  expect_picture("wide network", ggplot2::autoplot(wide_network(4)))
})
