# A network as plain data, class `torch_network_data`: what it is (spec), what it was built on (example) and what it
# knows (state, a named list of torch_tensor_data). It is what a trained learner is saved as.

new_network_data = function(network, spec, example) {
  structure(
    list(
      spec = spec,
      example = map(example, function(tensor) list(dtype = format(tensor$dtype), shape = tensor$shape)),
      state = map(network$state_dict(), core_tensor_to_plain)
    ),
    class = "torch_network_data"
  )
}

# Two rows of ones, which is also the first class, in the shape of each of a dataset's tensors: enough to infer the
# shapes of a network.
example_batch = function(x) {
  map(x, function(tensor) torch_ones(c(2, tensor$shape[-1L]), dtype = tensor$dtype))
}

build_network = function(spec, example, generator) {
  core_network_create(spec, example_batch(example), generator)
}

# The live network that plain data describes.
network_from_data = function(data) {
  network = build_network(data$spec, data$example, core_generator_create(1))
  core_network_load(network, data$state)
}

# The network's first output for every row of a dataset: a tensor of shape (rows, outputs), on the CPU.
# The network is moved to `device`.
predict_network = function(network, dataset, batch_size, device = "auto") {
  core_network_predict(network, dataset$x, batch_size, device, NULL, NULL)
}

# A list of `draws` such tensors, each with dropout of its own; the same for the same seed and batch size.
predict_draws = function(network, dataset, batch_size, device, draws, seed) {
  stacked = core_network_predict(network, dataset$x, batch_size, device, draws, core_generator_create(seed))
  map(seq_len(draws), function(draw) stacked$select(1L, draw))
}

#' @export
`$.torch_network_data` = function(x, name) {
  if (name %in% names(network_members)) {
    return(network_member(network_from_data(x), name))
  }
  unclass(x)[[name]]
}

#' @export
print.torch_network_data = function(x, ...) {
  nodes = map_chr(x$spec$nodes, format_node)
  cat(format_parameters("<torch_network_data>", x$state), "Nodes:", nodes, sep = "\n")
  invisible(x)
}

format_node = function(node) {
  parameters = if (length(node$parameters)) as_short_string(node$parameters, width = 60L) else ""
  sprintf("  %s: %s(%s)", node$id, node$operation, parameters)
}
