# The activation that a learner's parameter names.

# Its key: "relu" for "relu", "ReLU" and "nn_relu", as R torch, PyTorch and this package call it, and for the function
# nn_relu itself. Other values stay.
activation_key = function(x) {
  if (inherits(x, "torch_layer")) {
    return(layer_operation(x))
  }
  if (!test_string(x)) {
    return(x)
  }
  plain = function(name) gsub("_", "", tolower(sub("^nn_", "", name)), fixed = TRUE)
  keys = activation_keys()
  found = if (x %in% keys) x else keys[plain(keys) == plain(x)]
  if (length(found) == 1L) found else x
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
    return("must be an activation, such as 'relu' or nn_relu")
  }
  if (key %in% activation_keys()) {
    return(TRUE)
  }
  with_suggestion(sprintf("names the activation '%s', which does not exist.", key), sub("^nn_", "", key),
    activation_keys())
}

activation_node = function(id, activation, arguments = named_list()) {
  spec_node(id, activation_key(activation), with_effect(as.list(arguments)))
}
