#' @title Weights in a File
#'
#' @description
#' `save_weights()` writes the parameters and buffers of a network, with their names, to a safetensors file;
#' other programs can read it. `load_weights()` puts such weights, of this or another program, into a network with
#' the same names and shapes; with `strict = FALSE` those that fit, with `select` those that are chosen.
#'
#' The learner then predicts with the loaded weights, and training that goes on from it (hotstart) starts with them and
#' with the learner's state of the optimizer.
#'
#' @param x ([LearnerTorch], `torch_network` or [module][nn_module])\cr
#'   A trained learner, a live network such as `ctx$network` in a callback, or a module. `save_weights()` also takes a
#'   learner that has one inside, see [torch_learner()]; `load_weights()` a learner that has not been trained, if `task`
#'   is given: the learner's network is built for it, and `model$epochs` is 0.
#' @param path (`character(1)`)\cr
#'   The file; `save_weights()` replaces it in one step.
#' @param strict (`logical(1)`)\cr
#'   Whether names and shapes must be those of the network. If not, weights that fit are loaded, and a message names the
#'   others; it is still an error if none fits.
#' @param select (`function` or `NULL`)\cr
#'   A [selector][torch_selector] of the network's weights that are loaded; the others stay as they are, and other
#'   weights in the file are ignored.
#' @param task ([mlr3::Task] or `NULL`)\cr
#'   For a learner that has not been trained.
#' @return `x`, invisibly. `load_weights()` changes it.
#'
#' @section Errors:
#' A damaged file: `mlr3libtorch_error_file`. Weights that are missing, unknown, of another shape or kind of number
#' (integer, complex), or not finite are errors that name them, and nothing is changed. Numbers that float32 cannot
#' hold exactly are rounded, with a warning. A learner without a model: `mlr3libtorch_error_config`.
#'
#' @family Network
#' @export
#' @examples
#' learner = lrn("classif.mlp", epochs = 1, batch_size = 50, neurons = 8)$train(tsk("iris"))
#' path = tempfile(fileext = ".safetensors")
#' save_weights(learner, path)
#' load_weights(learner, path)
#'
#' # all but the head, which would not fit another task
#' other = lrn("classif.mlp", epochs = 1, batch_size = 50, neurons = 8)
#' load_weights(other, path, select = select_invert(select_grep("^head")), task = tsk("iris"))
save_weights = function(x, path) {
  write_tensors(path, map(live_network(x, "save_weights()")$state_dict(), core_tensor_to_plain), "weights")
  invisible(x)
}

#' @rdname save_weights
#' @export
load_weights = function(x, path, strict = TRUE, select = NULL, task = NULL) {
  assert_flag(strict)
  assert_function(select, null.ok = TRUE)
  assert_changeable(x)
  holder = if (is.null(task)) x else untrained_network(x, task)
  network = live_network(holder, "load_weights()", "call `$train()` first, or give a `task`")
  weights = usable_weights(read_tensors(path)$tensors, network$parameters, path)
  network$load_state_dict(chosen_weights(network$state_dict(), weights, strict, select))
  if (inherits(x, "LearnerTorch")) {
    x$state = holder$state
    x$state$model$network = with_state(holder$model$network, network)
  }
  invisible(x)
}

# Weights of a file in the types of the network's parameters: numbers that are not finite, or become so because they are
# too large, are refused; a warning says that others are rounded.
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

# A copy of the learner with its initial network.
untrained_network = function(learner, task) {
  if (!inherits(learner, "LearnerTorch") || !is.null(learner$model)) {
    abort("argument", paste("load_weights(): 'task' is for a learner that has not been trained;",
      "a trained learner or a live network has its network already."))
  }
  bare_learner(learner, epochs = 0L)$train(task)
}

# All of the network's weights, those that are chosen taken from the file.
# The core names what is missing, unknown or of another shape when they are loaded.
chosen_weights = function(own, given, strict, select) {
  if (strict && is.null(select)) {
    return(given)
  }
  wanted = if (is.null(select)) names(own) else select_some(select, names(own), "load_weights()")
  kept = own[setdiff(names(own), wanted)]
  if (strict) c(kept, given[names(given) %in% wanted]) else insert_named(own, fitting_weights(own[wanted], given))
}

# Weights of the file that have the name and the shape of one of the network's.
fitting_weights = function(own, given) {
  shared = intersect(names(own), names(given))
  fits = keep(shared, function(name) identical(as.numeric(own[[name]]$shape), as.numeric(given[[name]]$shape)))
  if (!length(fits)) {
    abort("config", "load_weights(): no weight in the file has the name and the shape of one of the network's.")
  }
  left = list(
    "in another shape in the file" = setdiff(shared, fits),
    "not in the file" = setdiff(names(own), shared),
    "not in the network" = setdiff(names(given), shared)
  )
  iwalk(left, function(names, why) {
    if (length(names)) {
      lg$info("load_weights() leaves out weights that are %s: %s.", why, str_collapse(names, quote = "'", n = 10L))
    }
  })
  given[fits]
}

# What a graph has inside is a copy of its state.
assert_changeable = function(x) {
  if (inherits(x, "Learner") && !inherits(x, "LearnerTorch")) {
    abort("argument", sprintf("load_weights(): the network of learner '%s' cannot be changed from outside; %s.", x$id,
      "load the weights into `torch_learner(x)`, a copy of the learner inside"), fields = list(argument = "x"))
  }
}

live_network = function(x, where, remedy = "call `$train()` first") {
  if (inherits(x, "nn_module")) {
    return(x)
  }
  if (!inherits(x, "Learner")) {
    abort("argument", sprintf("%s: 'x' must be a learner of this package or a torch_network, not %s.", where,
      as_short_string(x)))
  }
  x = torch_learner(x)
  if (is.null(x$model)) {
    abort("config", sprintf("%s: learner '%s' has not been trained, so it has no network yet; %s.", where, x$id,
      remedy))
  }
  x$unmarshal()
  x$network
}
