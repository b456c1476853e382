# Embeddings of numeric features: the nodes between the network's inputs and its first layer.

# The size of an embedding unless it is given, as its authors recommend.
embedding_sizes = c(none = NA, linear_relu = 32L, periodic = 24L, piecewise_linear = 16L)

is_number_type = function(type) type %in% c("integer", "numeric")

# A task without numeric features has nothing to embed.
is_embedded = function(param_vals, info) {
  param_vals$num_embeddings != "none" && any(is_number_type(info$type[!info$target]))
}

# The network's inputs: all features as `x`, or the numeric ones as `x_num` and the others, if there are any, as `x`.
embedding_inputs = function(param_vals, info) {
  if (!is_embedded(param_vals, info)) {
    return("x")
  }
  c("x_num", if (!all(is_number_type(info$type[!info$target]))) "x")
}

# Nodes that end with one row of numbers for each row of the task.
embedding_nodes = function(task, param_vals, info) {
  size = param_vals$d_embedding %??% embedding_sizes[[param_vals$num_embeddings]]
  nodes = switch(param_vals$num_embeddings,
    linear_relu = linear_relu_nodes(size),
    periodic = periodic_nodes(size, param_vals),
    piecewise_linear = c(piecewise_linear_nodes(size, task, param_vals, info), last_relu(param_vals))
  )
  nodes = c(nodes, list(spec_node("embedding", "flatten", inputs = nodes[[length(nodes)]]$id)))
  if (identical(embedding_inputs(param_vals, info), "x_num")) {
    return(nodes)
  }
  c(nodes, list(spec_node("features", "merge_cat", inputs = c("embedding", "x"))))
}

linear_relu_nodes = function(size) {
  chain_nodes(list(
    spec_node("embed_number", "tokenizer_num", list(d_token = size)),
    spec_node("embed_activation", "relu")
  ), "x_num")
}

periodic_nodes = function(size, param_vals) {
  is_shared = isTRUE(param_vals$lite)
  ends_with_relu = param_vals$embedding_activation %??% TRUE
  if (is_shared && !ends_with_relu) {
    abort("parameter", "'lite' needs an activation after the layer that it shares; leave 'embedding_activation' out.")
  }
  chain_nodes(c(list(
    spec_node("encode", "periodic_encoding", param_vals[c("n_frequencies", "frequency_init_scale")]),
    spec_node("embed", if (is_shared) "linear" else "separate_linear", list(out_features = size))
  ), if (ends_with_relu) list(spec_node("embed_activation", "relu"))), "x_num")
}

# After a piecewise linear embedding, if it is wanted.
last_relu = function(param_vals) {
  if (isTRUE(param_vals$embedding_activation)) list(spec_node("embed_activation", "relu", inputs = "embed"))
}

# The linear layer after the bins starts with zeros, so that at first a feature is embedded by a linear map.
piecewise_linear_nodes = function(size, task, param_vals, info) {
  numbers = info[!info$target & is_number_type(info$type), ]
  # of a large task, one column at a time
  data = small_data(task, numbers)
  edges = map(numbers$id, function(id) {
    bin_edges((data %??% task$data(cols = id))[[id]], n_bins = param_vals$n_bins)
  })
  bins = list(edges = unlist(edges), bins = lengths(edges) - 1L)
  list(
    spec_node("embed_number", "tokenizer_num", list(d_token = size), "x_num"),
    spec_node("encode", "piecewise_linear_encoding", bins, "x_num"),
    spec_node("embed_bins", "separate_linear", list(out_features = size, bias = FALSE, initialization = "zeros"),
      "encode"),
    spec_node("embed", "merge_sum", inputs = c("embed_number", "embed_bins"))
  )
}

# Unique quantiles; a constant feature has one bin of width 1.
bin_edges = function(x, n_bins) {
  edges = unique(stats::quantile(as.numeric(x), seq(0, 1, length.out = n_bins + 1L), names = FALSE))
  if (length(edges) == 1L) edges + c(0, 1) else edges
}
