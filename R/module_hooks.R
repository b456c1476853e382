# Functions that see what a module computes.

# Adds a function to those that run before or after the forward; returns one that takes it out again.
add_hook = function(module, kind, hook) {
  core = module_core(module)
  assert_function(hook)
  if (!is.null(core$network)) {
    return(add_node_hook(module, core, kind, hook))
  }
  core$plain_forward = core$plain_forward %??% core$forward
  key = sprintf("%i", length(core[[kind]]) + 1L)
  core[[kind]] = c(core[[kind]], set_names(list(hook), key))
  core$forward = function(...) hooked_forward(module, core, list(...))
  invisible(list(remove = function() core[[kind]][key] = list(NULL)))
}

hooked_forward = function(module, core, inputs) {
  for (hook in discard(core$pre_hooks, is.null)) {
    inputs = as_inputs(hook(module, inputs), inputs)
  }
  output = do.call(core$plain_forward, inputs)
  for (hook in discard(core$hooks, is.null)) {
    output = hook(module, inputs, output) %??% output
  }
  output
}

# What a hook before the forward returns: new inputs, a single one, or NULL for none.
as_inputs = function(changed, inputs) {
  if (is.null(changed)) inputs else if (inherits(changed, "torch_tensor")) list(changed) else changed
}

# Of a node of a live network, which the core computes.
add_node_hook = function(module, core, kind, hook) {
  if (kind == "pre_hooks") refuse_pre_hook()
  if (is.null(core$network_node)) {
    abort("config", sprintf("The part %s of a live network is not called itself; %s.", module_label(module),
      "set the hook on one of its layers"))
  }
  hook_network(core$network, core$network_node, module, hook)
}

refuse_pre_hook = function() {
  abort("config", paste("A live network calls hooks on outputs only; use `register_forward_hook()` of the node before,",
    "or change the batch in a callback's `on_batch_begin`."))
}

# `node`: an id, or "" for the network, which is `module` then.
hook_network = function(pointer, node, module, hook) {
  assert_function(hook)
  key = core_network_hook(pointer, node, called_by_core(module, node, hook))
  invisible(list(remove = function() invisible(core_network_unhook(pointer, key))))
}

called_by_core = function(module, node, hook) {
  force(module)
  force(hook)
  where = if (nzchar(node)) sprintf("Node '%s'", node) else "The network"
  function(inputs, outputs) {
    answer = withCallingHandlers(hook(module, inputs, if (length(outputs) == 1L) outputs[[1L]] else outputs),
      error = function(condition) {
        abort("function", sprintf("%s: a hook on its output failed: %s", where, condition_text(condition)),
          fields = list(node = node), parent = condition)
      })
    if (inherits(answer, "torch_tensor")) answer = list(answer)
    if (!is.null(answer) && !test_list(answer, types = "torch_tensor", len = length(outputs))) {
      abort("function", sprintf("%s: a hook on its output must return NULL or a tensor, not %s.", where,
        as_short_string(answer)), fields = list(node = node))
    }
    answer %??% outputs
  }
}
