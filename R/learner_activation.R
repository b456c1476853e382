# The activation that a learner's parameter names.

# Its key: "relu" for "relu", "ReLU" and "nn_relu", as R torch, PyTorch and this package call it, and for the function
# nn_relu itself. Other values stay.
activation_key = function(x) {
  if (inherits(x, "torch_layer")) {
    return(layer_operation(x))
  }
  if (is_nn_module(x) && !is.null(module_core(x)$node)) {
    return(module_core(x)$node$operation)
  }
  if (is.function(x)) {
    return(functional_name(x) %??% x)
  }
  if (!test_string(x)) {
    return(x)
  }
  plain = function(name) gsub("_", "", tolower(sub("^nn_", "", name)), fixed = TRUE)
  keys = activation_keys()
  found = if (x %in% keys) x else keys[plain(keys) == plain(x)]
  if (length(found) == 1L) found else x
}

# "relu" for the function nnf_relu.
functional_name = function(fn) {
  detect(activation_keys(), function(key) identical(fn, get0(paste0("nnf_", key), envir = topenv(), mode = "function")))
}

activation_keys = function() {
  cached("activations", function() {
    names(keep(registry_entries("operation"), function(entry) "activation" %in% entry$tags))
  })
}

# TRUE, or what is wrong with the parameter.
check_activation = function(x) {
  key = activation_key(x)
  if (!test_string(key)) {
    return("must be an activation, such as 'relu', nn_relu or nnf_relu; your own can be a node of nn_sequential()")
  }
  if (key %in% activation_keys()) {
    return(TRUE)
  }
  with_suggestion(sprintf("names the activation '%s', which does not exist.", key), sub("^nn_", "", key),
    activation_keys())
}

activation_node = function(id, activation, arguments = named_list()) {
  own = if (is_nn_module(activation)) module_core(activation)$node$parameters
  spec_node(id, activation_key(activation), insert_named(as.list(own), with_effect(as.list(arguments))))
}
