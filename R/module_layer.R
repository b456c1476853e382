# Layers: modules whose forward is an operation of the registry.

# `example`: the shapes of its inputs, for which it is made at once; without one it is made when it is first called.
new_layer = function(operation, parameters = named_list(), example = NULL, id = paste0("nn_", operation)) {
  layer_module(new_node(id, operation, parameters, character()), example)
}

# `example`: shapes of inputs for one row; one with the attribute `is_class` is of class numbers.
layer_module = function(node, example = NULL) {
  handle = core_layer_create(node)
  if (is.null(example)) {
    return(layer_around(handle, node))
  }
  core_layer_build(handle, example)
  module = layer_around(handle, node)
  if (has_default_dtype()) module else module$to(dtype = torch_get_default_dtype())
}

# `handle`: of a layer, which may have been made.
layer_around = function(handle, node) {
  module = new_module(paste0("nn_", node$operation))
  core = module_core(module)
  core$layer = handle
  core$node = node
  core$forward = function(...) {
    # core_layer_call() without its wrapper
    value = .Call(`_mlr3libtorch_core_layer_call`, handle, list(...), core$training)
    if (!isTRUE(core$is_made)) list_layer_weights(core)
    value
  }
  if (grepl("^conv_transpose", node$operation)) core$forward = forward_to_size(core, core$forward)
  list_layer_weights(core)
  module
}

# Of a transposed convolution: several sizes of the output fit to an input, and PyTorch lets a call choose one.
forward_to_size = function(core, forward) {
  force(forward)
  function(input, output_size = NULL) {
    if (is.null(output_size)) {
      return(forward(input))
    }
    if (!isTRUE(core$is_made)) forward(input)
    convolve = get(paste0("nnf_", core$node$operation), envir = topenv())
    setting = function(name) layer_setting(core, name)
    convolve(input, core$members$weight, core$members$bias, stride = setting("stride"), padding = setting("padding"),
      output_padding = padding_for_size(core, dim(input), output_size), groups = setting("groups"),
      dilation = setting("dilation"))
  }
}

# What is added to the smallest output, by dimension.
padding_for_size = function(core, shape, output_size) {
  kernel = dim(core$members$weight)[-(1:2)]
  setting = function(name) as.numeric(layer_setting(core, name))
  smallest = (utils::tail(shape, length(kernel)) - 1) * setting("stride") - 2 * setting("padding") +
    setting("dilation") * (kernel - 1) + 1
  given = as.numeric(utils::tail(unlist(output_size), length(kernel)))
  largest = smallest + setting("stride") - 1
  if (length(given) != length(kernel) || anyNA(given) || any(given < smallest | given > largest)) {
    abort("shape", sprintf("nn_%s(): 'output_size' must be from %s to %s for this input, not %s.", core$node$operation,
      as_short_string(smallest), as_short_string(largest), as_short_string(output_size)),
      fields = list(given = output_size, expected = smallest))
  }
  given - smallest
}

# The weights become fields. They are the layer's tensors, so changes in place are the layer's.
list_layer_weights = function(core) {
  weights = core_layer_weights(core$layer)
  if (is.null(weights)) {
    return(invisible())
  }
  core$is_made = TRUE
  core$example = weights$example
  for (name in names(weights$parameters)) {
    add_member(core, name, as_weight(weights$parameters[[name]], "nn_parameter"))
  }
  for (name in names(weights$buffers)) {
    add_member(core, name, as_weight(weights$buffers[[name]], c("nn_buffer", "nn_persistent")))
  }
}

# A module from what describes a network whose sizes are not known yet.
module_of_spec = function(x) {
  spec = as_torch_spec(x)
  waiting = detect(spec$nodes, function(node) !is.null(node$pipeop))
  if (!is.null(waiting)) {
    abort("argument", sprintf("The pipeop '%s' makes its module when the shape of its input is known; %s.", waiting$id,
      "put a module in its place, as its generator makes it"), fields = list(node = waiting$id))
  }
  layers = map(spec$nodes, function(node) layer_module(insert_named(node, list(inputs = character()))))
  if (length(layers) == 1L) {
    return(layers[[1L]])
  }
  graph_module(set_names(layers, map_chr(spec$nodes, "id")), spec)
}

# `layers`: by the ids of the spec's nodes.
graph_module = function(layers, spec) {
  graph = container("nn_graph", layers)
  core = module_core(graph)
  core$spec = spec
  core$forward = function(...) call_graph(core, list(...))
  graph
}

# Computes the nodes in turn.
call_graph = function(core, inputs) {
  names = core$spec$inputs
  if (length(inputs) != length(names)) {
    abort("argument", sprintf("The network takes %i tensors, %s, not %i.", length(names),
      str_collapse(names, quote = "'"), length(inputs)))
  }
  values = if (setequal(names(inputs), names)) inputs[names] else set_names(inputs, names)
  for (node in core$spec$nodes) {
    values[[node$id]] = do.call(core$members[[node$id]], unname(values[node$inputs]))
  }
  values[[core$spec$outputs[1L] %??% node$id]]
}

#' @export
as_member.PipeOpTorch = function(value) module_of_spec(value)

#' @export
as_member.Graph = function(value) module_of_spec(value)

#' @export
as_member.torch_spec = function(value) module_of_spec(value)
