# Networks that are made to be exported.

# Of a function or a module, for inputs like these.
network_to_trace = function(func, example) {
  if (inherits(func, "torch_network")) {
    return(func)
  }
  inputs = if (length(example) == 1L) "x" else paste0("x", seq_along(example))
  named = set_names(example, inputs)
  if (is_nn_module(func)) {
    return(build_network(as_torch_spec(func, inputs = inputs), named, core_generator_create(1)))
  }
  if (!is.function(func)) {
    abort("argument", sprintf("jit_trace(): 'func' must be a function or a module, not %s.", as_short_string(func)))
  }
  spec = nn_graph(traced = nn("fn", fn = func, reads = inputs), inputs = inputs)
  withCallingHandlers(build_network(spec, named, core_generator_create(1)),
    mlr3libtorch_error = function(condition) refuse_modules_of_function(func, condition))
}

# A function is copied, and cannot take along the layers that it calls.
refuse_modules_of_function = function(func, condition) {
  names = all.names(body(func))
  used = unique(keep(names, function(name) is_nn_module(get0(name, environment(func)))))
  if (length(used)) {
    abort("argument", sprintf("jit_trace(): the function calls the module '%s', which a function cannot take along; %s",
      used[[1L]], sprintf("trace a module instead: `nn_module(initialize = function() self$%s = %s, forward = ...)`.",
        used[[1L]], used[[1L]])), fields = list(argument = "func"), parent = condition)
  }
}

# What can be exported without an example: the first layer of a module knows what it takes.
network_of_module = function(module) {
  first = module_core(parts_in_series(module, "")[[1L]])
  if (length(first$example) != 1L) {
    abort("config", sprintf("jit_save(): the shape of the inputs of the module %s is not known; %s.",
      module_label(module), "save what `jit_trace(module, example)` returns"))
  }
  shape = first$example[[1L]]
  network_to_trace(module, list(torch_ones(c(2, shape$shape), dtype = if (shape$is_class) "int64" else "float32")))
}
