# A network as plain data, class `torch_network_data`: its spec, the example that it was built on, and its state, a
# named list of torch_tensor_data, with a checksum. A trained learner is saved in this form.

new_network_data = function(network, spec, example) {
  example = map(example, function(tensor) list(dtype = format(tensor$dtype), shape = tensor$shape))
  # what they were at the beginning is in the state no longer
  spec[c("weights", "start")] = NULL
  with_state(structure(list(spec = spec, example = example), class = "torch_network_data"), network)
}

# The same with the current weights of a live network.
with_state = function(data, network) {
  state = map(network$state_dict(), core_tensor_to_plain)
  new = list(state = state, checksum = core_plain_checksum(state))
  structure(insert_named(network_parts(data), new), class = "torch_network_data")
}

# The data as a function that computes what the live network does. The function is the same for all networks, and the
# data are its attribute, so two of them are identical if their data are.
callable_data = function(data) structure(call_data, class = "torch_network_data", data = network_parts(data))

call_data = function(...) network_handle(sys.function())(...)

# As they lie in a model.
stored_data = function(data) structure(network_parts(data), class = "torch_network_data")

network_parts = function(data) if (is.function(data)) attr(data, "data") else unclass(data)

is_network_data = function(x) {
  is_example = function(tensor) is.list(tensor) && test_string(tensor$dtype) && is.numeric(tensor$shape)
  parts = network_parts(x)
  is.list(parts) && is.list(parts$spec) && is.list(parts$example) && is.list(parts$state) &&
    all(map_lgl(parts$example, is_example)) && all(map_lgl(parts$state, is_tensor_data))
}

# Two rows of ones (also the number of the first class) in the shape of each of a dataset's tensors: enough to infer the
# shapes of a network.
example_batch = function(x) {
  map(x, function(tensor) torch_ones(c(2, tensor$shape[-1L]), dtype = tensor$dtype))
}

# With the weights that the spec brings, and `start`, what some of them are set to whatever their shape: it is repeated.
build_network = function(spec, example, generator) {
  network = new_network(core_network_create(spec, example_batch(example), generator), spec)
  if (length(spec$weights)) {
    known = names(network$state_dict())
    network$load_state_dict(insert_named(network$state_dict(), spec$weights[names(spec$weights) %in% known]))
  }
  iwalk(spec$start, function(values, name) network$parameters[[name]]$copy_(torch_tensor(values)))
  if (length(spec$frozen)) core_network_freeze(network_pointer(network), spec$frozen)
  network
}

# The live network that plain data describe.
network_from_data = function(data) {
  assert_intact(data$state, data$checksum, "The network's weights were")
  network = build_network(data$spec, data$example, core_generator_create(1))
  core_network_load(network_pointer(network), data$state)
  network
}

# The same, whose parameters are tracked by autograd, as in a run, except those that were frozen from the beginning.
network_handle = function(data) {
  network = network_from_data(data)
  parameters = network$parameters
  walk(parameters[setdiff(names(parameters), data$spec$frozen)], function(x) x$requires_grad_(TRUE))
  network
}

# The network that was used last, so that many small predictions do not each build it again. Nobody else can change it,
# so its weights are those of the data.
last_predicted = new.env(parent = emptyenv())

last_network = function(data) {
  if (!identical(last_predicted$data, data)) {
    last_predicted$network = network_from_data(data)
    last_predicted$data = data
  }
  last_predicted$network
}

# The network's first output for every row of its inputs `x`: a tensor of shape (rows, outputs), on the CPU.
# The network is moved to `device`. `precision`: of matrix products, as the learners' parameter.
predict_network = function(network, x, batch_size, device = "auto", precision = "float32") {
  core_network_predict(network_pointer(network), x, batch_size, device, precision, NULL, NULL)
}

# A list of `draws` such tensors, each with its own dropout; the same for the same seed and batch size.
predict_draws = function(network, x, batch_size, values, seed) {
  list_draws(core_network_predict(network_pointer(network), x, batch_size, values$device, values$precision,
    values$mc_dropout, core_generator_create(seed)))
}

list_draws = function(stacked) map(seq_len(stacked$shape[[1L]]), function(draw) stacked$select(1L, draw))

# Either of these for the rows of a source of the core, with the same bits. `values`: of a learner's parameters.
predict_source = function(network, source, batch_size, values, seed) {
  draws = values$mc_dropout
  y_hat = core_source_predict(network_pointer(network), source, batch_size, values$device, values$precision,
    values$num_workers, draws, if (!is.null(draws)) core_generator_create(seed))
  if (is.null(draws)) y_hat else list_draws(y_hat)
}

#' @export
as_member.torch_network_data = function(value) as_member(network_handle(value))

# Models of earlier versions have no checksum.
#' @export
`$.torch_network_data` = function(x, name) {
  if (name %in% c("spec", "example", "state", "checksum")) {
    return(network_parts(x)[[name]])
  }
  network_member(network_handle(x), name)
}

#' @export
`[[.torch_network_data` = function(x, i, ...) {
  if (is.character(i)) `$.torch_network_data`(x, i) else network_parts(x)[[i]]
}

#' @export
`$<-.torch_network_data` = function(x, name, value) {
  parts = network_parts(x)
  parts[[name]] = value
  stored = structure(parts, class = "torch_network_data")
  if (is.function(x)) callable_data(stored) else stored
}

#' @export
names.torch_network_data = function(x) names(network_parts(x))

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

assert_intact = function(data, checksum, what) {
  if (!is.null(checksum) && !identical(checksum, core_plain_checksum(data))) {
    abort("model", sprintf(paste(
      "%s changed or damaged after training: the checksum does not match. Train the learner again, or use",
      "load_weights() to give it other weights."
    ), what))
  }
}
