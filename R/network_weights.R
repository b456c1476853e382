#' @title Weights in a File
#'
#' @description
#' `save_weights()` writes the parameters and buffers of a network to a safetensors file, under the names that they have
#' in it; other programs can read it. `load_weights()` puts such weights, of this or another program, into a network of
#' the same names and shapes.
#'
#' A learner predicts with what was loaded, and training that goes on from it (hotstart) begins there, with the state of
#' the optimizer that the learner had.
#'
#' @param x ([LearnerTorch] or `torch_network`)\cr
#'   A trained learner, or a live network such as `ctx$network` in a callback.
#' @param path (`character(1)`)\cr
#'   The file; `save_weights()` replaces it in one step.
#' @return `x`, invisibly. `load_weights()` changes it.
#'
#' @section Errors:
#' A damaged file: `mlr3libtorch_error_file`. Weights that are missing, unknown, of another shape or kind of number
#' (whole or complex ones), or not finite are errors that name them, and nothing is changed. Numbers that float32 cannot
#' hold exactly are rounded, with a warning. A learner without a model: `mlr3libtorch_error_config`.
#'
#' @family Network
#' @export
#' @examples
#' learner = lrn("classif.mlp", epochs = 1, batch_size = 50)$train(tsk("iris"))
#' path = tempfile(fileext = ".safetensors")
#' save_weights(learner, path)
#' load_weights(learner, path)
save_weights = function(x, path) {
  write_tensors(path, map(live_network(x, "save_weights()")$state_dict(), core_tensor_to_plain), "weights")
  invisible(x)
}

#' @rdname save_weights
#' @export
load_weights = function(x, path) {
  network = live_network(x, "load_weights()")
  network$load_state_dict(usable_weights(read_tensors(path)$tensors, network$parameters, path))
  if (inherits(x, "LearnerTorch")) {
    x$state$model$network = with_state(x$model$network, network)
  }
  invisible(x)
}

# Weights of a file as the network can use them: numbers that are not finite, also because they are too large for its
# parameters, are refused; that others are rounded is worth a warning.
usable_weights = function(weights, parameters, path) {
  tensors = map(weights, core_plain_to_tensor)
  shared = keep(intersect(names(tensors), names(parameters)), function(name) tensors[[name]]$is_floating_point())
  narrowed = sapply(shared, function(name) tensors[[name]]$to(dtype = parameters[[name]]$dtype), simplify = FALSE)
  bad = weights_not_finite(narrowed)
  if (length(bad)) {
    abort("weights", sprintf("Weight '%s' in '%s' holds numbers that are not finite as %s.", bad[[1L]], path,
      format(parameters[[bad[[1L]]]]$dtype)), fields = list(weights = bad, path = path))
  }
  rounded = keep(shared, function(name) !narrowed[[name]]$to(dtype = tensors[[name]]$dtype)$equal(tensors[[name]]))
  if (length(rounded)) {
    warn("weights", sprintf("%i weights in '%s' were rounded, from %s to %s, among them '%s'.", length(rounded), path,
      format(tensors[[rounded[[1L]]]]$dtype), format(parameters[[rounded[[1L]]]]$dtype), rounded[[1L]]),
      fields = list(weights = rounded, path = path))
  }
  tensors
}

live_network = function(x, where) {
  if (inherits(x, "torch_network")) {
    return(x)
  }
  if (!inherits(x, "LearnerTorch")) {
    abort("argument", sprintf("%s: 'x' must be a learner of this package or a torch_network, not %s.", where,
      as_short_string(x)))
  }
  if (is.null(x$model)) {
    abort("config", sprintf("%s: learner '%s' has not been trained, so it has no network yet; call `$train()` first.",
      where, x$id))
  }
  x$unmarshal()
  x$network
}
