# TorchScript from functions and modules, for inputs like an example.

#' @rdname jit_save
#' @param func (`function` or `nn_module`)\cr
#'   A function of tensors that returns a tensor with as many rows, or a module.
#' @param ... (`torch_tensor`)\cr
#'   An example of each input; only shapes and types count, and the number of rows is free.
#'   For `jit_trace_module()`, a list of them for each function of the module, by its name, as in
#'   `forward = list(torch_randn(2, 4))`.
#' @param strict,respect_mode (`logical(1)`)\cr
#'   Accepted for scripts of the package torch; they have no effect. What is traced computes as outside of training.
#' @return `jit_trace()`: what `jit_load()` returns. `jit_trace_module()`: the same for the module's `forward`; other
#'   functions are its fields, as in `traced$encode(x)`. `jit_serialize()`: `raw()`.
#' @export
jit_trace = function(func, ..., strict = TRUE, respect_mode = TRUE) {
  example = list(...)
  assert_trace_example(example, "jit_trace()", "jit_trace(func, torch_randn(2, 4))")
  traced_script(func, unname(example))
}

assert_trace_example = function(example, where, usage) {
  is_fine = map_lgl(example, function(x) inherits(x, "torch_tensor") && length(x$shape) > 0L)
  if (!length(example) || !all(is_fine)) {
    abort("argument", sprintf("%s: the example must be a torch_tensor with rows for each input, as in `%s`.", where,
      usage))
  }
}

traced_script = function(func, example) {
  path = tempfile("traced", fileext = ".pt")
  core_network_export(network_pointer(network_to_trace(func, example)), path, NULL)
  jit_load(path)
}

#' @rdname jit_save
#' @param mod (`nn_module`)\cr
#'   A module.
#' @export
jit_trace_module = function(mod, ..., strict = TRUE, respect_mode = TRUE) {
  if (!is_nn_module(mod)) {
    abort("argument", sprintf("jit_trace_module(): 'mod' must be a module, not %s.", as_short_string(mod)))
  }
  examples = list(...)
  if (!test_list(examples, names = "unique") || is.null(examples$forward)) {
    abort("argument", paste("jit_trace_module(): each example needs the name of the module's function that takes it,",
      "and one is for `forward`, as in `jit_trace_module(module, forward = list(torch_randn(2, 4)))`."))
  }
  scripts = imap(examples, function(example, method) trace_method(mod, method, example))
  if (length(scripts) > 1L) structure(scripts$forward, methods = scripts) else scripts$forward
}

trace_method = function(mod, method, example) {
  if (inherits(example, "torch_tensor")) example = list(example)
  assert_list(example, .var.name = method)
  assert_trace_example(example, sprintf("jit_trace_module(): '%s'", method),
    sprintf("%s = list(torch_randn(2, 4))", method))
  if (method == "forward") {
    return(traced_script(mod, unname(example)))
  }
  methods = names(keep(module_core(mod)$methods, is.function))
  if (method %nin% methods) {
    abort_unknown("unknown_name", sprintf("jit_trace_module(): the module %s has no function '%s'.", module_label(mod),
      method), method, methods)
  }
  copy = mod$clone(deep = TRUE)
  copy$forward = module_core(copy)$methods[[method]]
  traced_script(copy, unname(example))
}

#' @export
`$.torch_script_module` = function(x, name) {
  methods = attr(x, "methods") %??% list(forward = x)
  methods[[name]] %??% abort_unknown_field("A traced module", name, names(methods))
}

#' @rdname jit_save
#' @export
jit_serialize = function(x) {
  assert_one_script(x, "jit_serialize")
  path = if (inherits(x, "torch_script_module")) attr(x, "path") else tempfile(fileext = ".pt")
  if (!inherits(x, "torch_script_module")) jit_save(x, path)
  readBin(path, "raw", file.size(path))
}

#' @rdname jit_save
#' @param obj (`raw()`)\cr
#'   What `jit_serialize()` has returned.
#' @export
jit_unserialize = function(obj) {
  if (!is.raw(obj) || !length(obj)) {
    abort("argument", sprintf("jit_unserialize(): 'obj' must be what jit_serialize() has returned, not %s.",
      as_short_string(obj)))
  }
  path = tempfile("script", fileext = ".pt")
  writeBin(obj, path)
  jit_load(path)
}
