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
  is_layer = map_lgl(inside, function(part) !is.null(module_core(part)$layer))
  list(
    forward = function(inputs, training) {
      if (!identical(module_core(module)$training, training)) set_mode(module, training)
      naming_node(node, do.call(module, inputs))
    },
    module = module,
    layers = map(inside[is_layer], function(part) module_core(part)$layer),
    tensors = function() {
      own = inside[!is_layer]
      list(parameters = weights_at(own, "nn_parameter"), buffers = weights_at(own, "nn_buffer"))
    }
  )
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
