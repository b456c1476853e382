# What the core is told about a learner's loss and optimizer.

# `...`: see the descriptor's private method `.arguments()`.
descriptor_request = function(descriptor, ...) {
  arguments = get_private(descriptor)$.arguments(...)
  list(key = descriptor$key, arguments = map(plain_elements_of(arguments), plain_setting))
}

# A loss may be a function, or the bytes of a file.
plain_setting = function(value) {
  if (is.function(value)) {
    return(function_bytes(value, "fn"))
  }
  if (is.raw(value)) core_tensor_to_plain(torch_tensor(value)) else value
}

# The loss for a task with these columns, with one element for each class in the order of the levels.
loss_request = function(learner, loss, info) {
  request = descriptor_request(loss)
  classes = if (sum(info$target) == 1L) info$levels[[which(info$target)]]
  request$arguments = order_elements(request$arguments, list(class = classes),
    sprintf("Learner '%s'", learner$id), "loss.")
  request
}

# With the groups that the optimizer's parameter `param_groups` forms from the network's parameters.
optimizer_request = function(optimizer, network) {
  request = descriptor_request(optimizer)
  param_groups = optimizer$param_set$values$param_groups
  if (!is.null(param_groups)) {
    request$groups = resolve_param_groups(param_groups, network$parameters)
  }
  request
}
