# A module in a file: what it consists of and its weights as plain data, and its functions, if it has any, as bytes.

module_file_data = function(module) {
  # a live network as a module
  module = as_member(module)
  data = module_data(module)
  list(
    tree = data$tree,
    weights = map(module_weights(module), core_tensor_to_plain),
    training = modules_training(module),
    functions = if (length(data$functions)) function_data(data$functions)
  )
}

module_from_file = function(data, path) {
  tryCatch({
    functions = if (!is.null(data$functions)) read_function_data(data$functions$data)$functions
    module = module_from_data(from_plain_data(data$tree), functions)
    fill_module(module, map(data$weights, core_plain_to_tensor), data$training)
  }, error = function(condition) {
    abort("file", sprintf("'%s' holds a module that cannot be made: %s", path, condition_text(condition)),
      list(path = path), parent = condition)
  })
}
