# Where the nodes of a network lie in a picture: in layers from the inputs down, each node below all that it reads. A
# connection that skips layers passes through them at places of its own, so that it does not run behind other nodes.
# Many layers are folded into columns that are read from left to right.

# How much of its row a box is high, and how wide a box and the place of a passing connection are.
box_height = 0.62
box_width = 1
pass_width = 0.16
box_gap = 0.12
column_gap = 0.5

# list(nodes, edges). nodes: `layout` with `layer`, `column`, `x`, `y`. edges: points of paths, `edge`, `x`, `y`.
# `per_column`: the number of layers in a column.
place_network = function(layout, per_column) {
  layers = node_layers(layout$reads, layout$id)
  places = with_passes(layout, layers)
  places = set_coordinates(order_layers(places))
  folded = fold_columns(places, per_column)
  nodes = folded$nodes[folded$nodes$is_node, ]
  nodes = cbind(layout[match(nodes$id, layout$id), ], nodes[, c("layer", "column", "x", "y")])
  list(nodes = nodes, edges = folded$paths)
}

# A node's layer is one below the lowest that it reads; what reads nothing lies right above its first reader.
node_layers = function(reads, ids) {
  layers = set_names(numeric(length(ids)), ids)
  for (i in seq_along(ids)) {
    if (length(reads[[i]])) layers[[i]] = 1 + max(layers[reads[[i]]])
  }
  for (i in which(lengths(reads) == 0L)) {
    readers = map_lgl(reads, function(read) ids[[i]] %in% read)
    if (any(readers)) layers[[i]] = min(layers[readers]) - 1
  }
  layers - min(layers)
}

# list(nodes, links). nodes: id, layer, is_node, with a row for each layer that a connection passes through; links: from
# and to, positions of nodes in neighbouring layers, and `edge`, the number of the connection that they belong to.
with_passes = function(layout, layers) {
  from = unlist(layout$reads)
  to = rep(layout$id, lengths(layout$reads))
  nodes = list(data.frame(id = layout$id, layer = unname(layers), is_node = TRUE))
  links = list()
  for (edge in seq_along(from)) {
    between = seq_len(layers[[to[[edge]]]] - layers[[from[[edge]]]] - 1)
    passes = sprintf("%i/%i", edge, between)
    nodes[[edge + 1L]] = data.frame(id = passes, layer = layers[[from[[edge]]]] + between,
      is_node = rep(FALSE, length(between)))
    stops = c(from[[edge]], passes, to[[edge]])
    links[[edge]] = data.frame(edge = edge, from = stops[-length(stops)], to = stops[-1L])
  }
  nodes = do.call(rbind, nodes)
  links = do.call(rbind, links) %??% data.frame(edge = integer(), from = character(), to = character())
  links$from = match(links$from, nodes$id)
  links$to = match(links$to, nodes$id)
  list(nodes = nodes, links = links)
}

# Adds `order`, the position in the layer: each layer is sorted by the mean position of its neighbours, down and up
# again a few times, which takes out most crossings.
order_layers = function(places) {
  nodes = places$nodes
  nodes$order = stats::ave(nodes$layer, nodes$layer, FUN = seq_along)
  layers = split(seq_row(nodes), nodes$layer)
  sweeps = rep(c(1, -1), 4L)
  for (sweep in sweeps) {
    for (layer in if (sweep > 0) layers else rev(layers)) {
      wanted = map_dbl(layer, function(i) mean_of_neighbours(nodes$order, places$links, i, sweep > 0, nodes$order[[i]]))
      nodes$order[layer] = rank(wanted, ties.method = "first")
    }
  }
  insert_named(places, list(nodes = nodes))
}

# Of the values of those that node `i` reads (`above`), or of those that read it.
mean_of_neighbours = function(values, links, i, above, otherwise) {
  neighbours = if (above) links$from[links$to == i] else links$to[links$from == i]
  if (length(neighbours)) mean(values[neighbours]) else otherwise
}

# Adds `x`: each place as near to its neighbours as its layer's others allow. Nodes are heavier than passing
# connections, so a chain of nodes stays straight and what skips it bends.
set_coordinates = function(places) {
  nodes = places$nodes
  nodes$x = 0
  layers = split(seq_row(nodes), nodes$layer)
  layers = map(layers, function(layer) layer[order(nodes$order[layer])])
  for (sweep in rep(c(1, -1), 6L)) {
    for (layer in if (sweep > 0) layers else rev(layers)) {
      wanted = map_dbl(layer, wanted_place, nodes = nodes, links = places$links)
      nodes$x[layer] = apart(wanted, nodes$is_node[layer])
    }
  }
  insert_named(places, list(nodes = straighten(nodes, places$links)))
}

# What passes all layers at their borders becomes a straight line.
straighten = function(nodes, links) {
  passes = split(links$to[!nodes$is_node[links$to]], links$edge[!nodes$is_node[links$to]])
  for (way in passes) {
    for (outermost in list(max, min)) {
      edges = tapply(nodes$x, nodes$layer, outermost)[as.character(nodes$layer[way])]
      if (all(nodes$x[way] == edges)) nodes$x[way] = outermost(edges)
    }
  }
  nodes
}

# A node looks at nodes, if it has any for neighbours, and a passing connection at where it comes from and goes to.
wanted_place = function(i, nodes, links) {
  neighbours = c(links$from[links$to == i], links$to[links$from == i])
  alike = neighbours[nodes$is_node[neighbours] == nodes$is_node[[i]]]
  if (length(alike)) mean(nodes$x[alike]) else if (length(neighbours)) mean(nodes$x[neighbours]) else nodes$x[[i]]
}

# The places nearest to `wanted`, in this order, that leave room for each width.
apart = function(wanted, is_node) {
  width = ifelse(is_node, box_width, pass_width)
  offset = cumsum(c(0, (width[-1L] + width[-length(width)]) / 2 + box_gap))[seq_along(wanted)]
  weight = ifelse(is_node, 50L, 1L)
  # repeated values weigh more in an isotonic regression
  fit = stats::isoreg(rep(wanted - offset, weight))$yf
  fit[cumsum(weight)] + offset
}

# list(nodes, paths): moves layers into columns of `per_column`.
fold_columns = function(places, per_column) {
  nodes = places$nodes
  half = ifelse(nodes$is_node, box_width, pass_width) / 2
  nodes$column = nodes$layer %/% per_column
  nodes$y = -(nodes$layer %% per_column)
  left = tapply(nodes$x - half, nodes$column, min)
  right = tapply(nodes$x + half, nodes$column, max)
  starts = cumsum(c(0, utils::head(right - left, -1L) + column_gap))
  column = as.character(nodes$column)
  nodes$x = as.vector(nodes$x - left[column] + set_names(starts, names(left))[column])
  gutters = unname(starts + right - left + column_gap / 2)
  list(nodes = nodes, paths = edge_paths(nodes, places$links, gutters, per_column))
}

# The points of each connection, from the lower border of what it leaves to the upper border of what it enters.
edge_paths = function(nodes, links, gutters, per_column) {
  if (!nrow(links)) {
    return(data.frame(edge = integer(), x = numeric(), y = numeric()))
  }
  # connections between two columns lie beside each other
  folds = links$edge[nodes$column[links$from] != nodes$column[links$to]]
  lane = set_names(stats::ave(seq_along(folds), nodes$column[links$from][match(folds, links$edge)], FUN = seq_along),
    folds)
  parts = pmap(links, function(edge, from, to) {
    # what passes a layer is upright beside its boxes, so it bends only in the free space between two layers
    start = c(nodes$x[[from]], nodes$y[[from]] - box_height / 2)
    end = c(nodes$x[[to]], nodes$y[[to]] + box_height / 2)
    if (nodes$column[[from]] == nodes$column[[to]]) {
      points = bend(start, end)
    } else {
      shift = 0.06 * (lane[[as.character(edge)]] - 1)
      gutter = gutters[[nodes$column[[from]] + 1L]] - shift
      points = turn(start, end, gutter, 0.5 - per_column - 0.1 - shift, 0.5 + 0.1 + shift)
    }
    data.frame(edge = edge, x = points$x, y = points$y)
  })
  do.call(rbind, parts)
}

# An upright start and end with a soft bend between them.
bend = function(start, end) {
  if (abs(start[[1L]] - end[[1L]]) < 0.03) {
    return(list(x = c(start[[1L]], end[[1L]]), y = c(start[[2L]], end[[2L]])))
  }
  step = seq(0, 1, length.out = 13L)
  list(x = start[[1L]] + (end[[1L]] - start[[1L]]) * step^2 * (3 - 2 * step),
    y = start[[2L]] + (end[[2L]] - start[[2L]]) * step)
}

# Below the column, up in the gutter, and above the next column.
turn = function(start, end, gutter, below, above) {
  list(x = c(start[[1L]], start[[1L]], gutter, gutter, end[[1L]], end[[1L]]),
    y = c(start[[2L]], below, below, above, above, end[[2L]]))
}
