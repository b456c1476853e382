# Called by the core when it builds a node that R computes; the other half of `module_nodes()` and of nn("fn").
# Returns the function that computes the node from a list of tensors; the module; its layers by path; and a function
# that lists its own weights once they are all made.
start_module = function(bytes, node) {
  data = naming_node(node, read_function_data(bytes))
  if (is.null(data$tree) || !is.null(data$weights)) {
    fn = function_from_data(data)
    return(list(forward = function(inputs, training) naming_node(node, do.call(fn, inputs)), module = NULL,
      layers = list(), tensors = function() list(parameters = list(), buffers = list())))
  }
  module = naming_node(node, module_from_data(data$tree, data$functions))
  inside = modules_inside(module)
  watched = new_watched(module)
  # the core cannot compute a weight from others
  is_layer = map_lgl(inside, function(part) is_layer_of_core(module_core(part)))
  list(
    forward = function(inputs, training) {
      if (!identical(module_core(module)$training, training)) set_mode(module, training)
      is_watched = training && length(watched$waiting) && is_grad_enabled()
      naming_node(node, if (is_watched) watched_forward(watched, node, inputs) else do.call(module, inputs))
    },
    module = module,
    layers = map(inside[is_layer], function(part) module_core(part)$layer),
    tensors = function() {
      own = inside[!is_layer]
      list(parameters = weights_at(own, "nn_parameter"), buffers = weights_at(own, "nn_buffer"))
    }
  )
}

is_layer_of_core = function(core) !is.null(core$layer) && !length(core$weight_norms)

# A module that leaves its weights untrained without a word is refused in the first step: its parts that are called one
# after the other, each of which must depend on its weights. `waiting`: positions of those that have not been seen to do
# so.
new_watched = function(module) {
  parts = parts_in_series(module, "")
  list2env(list(parts = parts, waiting = seq_along(parts)), parent = emptyenv())
}

parts_in_series = function(module, path) {
  if (!inherits(module, "nn_sequential") || !length(module)) {
    return(set_names(list(module), path))
  }
  parts = imap(own_children(module), function(child, name) parts_in_series(child, path_to(path, name)))
  unlist(unname(parts), recursive = FALSE)
}

watched_forward = function(watched, node, inputs) {
  for (i in seq_along(watched$parts)) {
    output = do.call(watched$parts[[i]], inputs)
    path = names(watched$parts)[[i]]
    where = if (nzchar(path)) path_to(node, path) else node
    if (i %in% watched$waiting && is_trained_by(watched$parts[[i]], where, inputs, output)) {
      watched$waiting = setdiff(watched$waiting, i)
    }
    inputs = list(output)
  }
  output
}

# A part that returns its input may have been left out by chance: the next step will tell.
is_trained_by = function(module, path, inputs, output) {
  weights = keep(weights_inside(module, "nn_parameter"), function(parameter) parameter$requires_grad)
  is_tensor = function(x) inherits(x, "torch_tensor")
  tensors = keep(rapply(list(output), list, how = "unlist"), is_tensor)
  if (!length(weights) || core_depends_on(tensors, weights, keep(inputs, is_tensor))) {
    return(TRUE)
  }
  if (any(map_lgl(inputs, identical, y = output))) {
    return(FALSE)
  }
  abort("function", sprintf("Node '%s': what its R function returns does not depend on its weights; %s.", path, paste(
    "compute it from them as tensors, without with_no_grad(), `$detach()` and R numbers,",
    "or freeze them by `$requires_grad_(FALSE)`")), fields = list(node = path))
}

# An error inside names the node.
naming_node = function(node, code) {
  withCallingHandlers(code, error = function(condition) {
    if (!inherits(condition, "mlr3libtorch_error_function")) {
      abort("function", sprintf("Node '%s': its R function failed: %s", node, condition_text(condition)),
        fields = list(node = node), parent = condition)
    }
  })
}

# A module that stands where a function may: its weights are kept with it and are not trained.
#' @export
function_bytes.nn_module = function(x, name) {
  data = module_data(x)
  function_data(data$functions, tree = data$tree, weights = map(module_weights(x), core_tensor_to_plain))
}

function_from_data = function(data) {
  if (is.null(data$tree)) {
    return(data$functions[[1L]])
  }
  module = module_from_data(data$tree, data$functions)
  own = module_weights(module)
  with_no_grad(iwalk(data$weights, function(values, name) own[[name]]$copy_(core_plain_to_tensor(values))))
  module
}
