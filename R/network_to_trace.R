# Networks that are made to be exported.

# Of a function or a module, for inputs like these.
network_to_trace = function(func, example) {
  if (inherits(func, "torch_network")) {
    return(func)
  }
  inputs = if (length(example) == 1L) "x" else paste0("x", seq_along(example))
  spec = if (is_nn_module(func)) {
    as_torch_spec(func, inputs = inputs)
  } else if (is.function(func)) {
    nn_graph(traced = nn("fn", fn = func, reads = inputs), inputs = inputs)
  } else {
    abort("argument", sprintf("jit_trace(): 'func' must be a function or a module, not %s.", as_short_string(func)))
  }
  build_network(spec, set_names(example, inputs), core_generator_create(1))
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
