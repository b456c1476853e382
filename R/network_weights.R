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
#' A damaged file: `mlr3libtorch_error_file`. Weights that are missing, unknown or of another shape are errors that name
#' them, and nothing is changed. A learner without a model: `mlr3libtorch_error_config`.
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
  network$load_state_dict(read_tensors(path)$tensors)
  if (inherits(x, "LearnerTorch")) {
    x$state$model$network = with_state(x$model$network, network)
  }
  invisible(x)
}

# The same network as plain data, with the weights that the live one has now.
with_state = function(data, network) {
  structure(replace_named(unclass(data), state = map(network$state_dict(), core_tensor_to_plain)), class = class(data))
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
