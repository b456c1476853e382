# TorchScript from functions and modules, for inputs like an example.

#' @rdname jit_save
#' @param func (`function` or `nn_module`)\cr
#'   A function of tensors that returns a tensor with as many rows, or a module.
#' @param ... (`torch_tensor`)\cr
#'   An example of each input; only shapes and types count, and the number of rows is free.
#' @param strict (`logical(1)`)\cr
#'   Accepted for scripts of the package torch; it has no effect.
#' @return `jit_trace()`: what `jit_load()` returns. `jit_serialize()`: `raw()`.
#' @export
jit_trace = function(func, ..., strict = TRUE) {
  example = list(...)
  is_fine = map_lgl(example, function(x) inherits(x, "torch_tensor") && length(x$shape) > 0L)
  if (!length(example) || !all(is_fine)) {
    abort("argument", paste("jit_trace(): the example must be a torch_tensor with rows for each input,",
      "as in `jit_trace(func, torch_randn(2, 4))`."))
  }
  path = tempfile("traced", fileext = ".pt")
  core_network_export(network_pointer(network_to_trace(func, unname(example))), path, NULL)
  jit_load(path)
}

#' @rdname jit_save
#' @export
jit_serialize = function(x) {
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
