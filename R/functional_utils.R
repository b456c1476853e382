# What is done to gradients and parameters between two steps, and to sequences of different lengths.

#' @title Gradients and Parameters as a Whole
#'
#' @name torch_utils
#' @description
#' `nn_utils_clip_grad_norm_()` scales gradients down if the norm of all together is larger than `max_norm`;
#' `nn_utils_clip_grad_value_()` cuts each of their elements.
#' `nn_utils_parameters_to_vector()` writes parameters one after the other, `nn_utils_vector_to_parameters()` gives them
#' back the values.
#'
#' @param parameters (`torch_tensor` or `list()` of them)\cr
#'   The parameters; those without a gradient are left alone.
#' @param max_norm,norm_type (`numeric(1)`)\cr
#'   The largest norm; which norm, `Inf` for the largest absolute value.
#' @param clip_value (`numeric(1)`)\cr
#'   The largest absolute value.
#' @param vec (`torch_tensor`)\cr
#'   As many numbers as the parameters have.
#' @param ... (any)\cr
#'   Refused: an argument with another name is an error, which tells the nearest one.
#' @return `nn_utils_clip_grad_norm_()`: (`torch_tensor`) The norm before.
#'   `nn_utils_parameters_to_vector()`: (`torch_tensor`). The others: nothing.
#' @family Module
#' @examples
#' x = torch_ones(3, requires_grad = TRUE)
#' (10 * x)$sum()$backward()
#' nn_utils_clip_grad_norm_(x, max_norm = 1)
#' x$grad
NULL

# As a list; a `list()` of parameters may have names.
as_tensor_list = function(tensors, name) {
  tensors = if (inherits(tensors, "torch_tensor")) list(tensors) else tensors
  if (!is.list(tensors) || !all(map_lgl(tensors, inherits, "torch_tensor"))) {
    abort("argument", sprintf("'%s' must be a torch_tensor or a list of them.", name), list(argument = name))
  }
  unname(tensors)
}

gradients_of = function(parameters) {
  discard(map(as_tensor_list(parameters, "parameters"), function(parameter) parameter$grad), is.null)
}

#' @rdname torch_utils
#' @export
nn_utils_clip_grad_norm_ = function(parameters, max_norm, norm_type = 2) {
  gradients = gradients_of(parameters)
  if (length(gradients) == 0L) {
    return(torch_scalar_tensor(0))
  }
  with_no_grad({
    device = gradients[[1L]]$device
    norms = map(gradients, function(gradient) linalg_vector_norm(gradient, norm_type)$to(device = device))
    total = linalg_vector_norm(torch_stack(norms), norm_type)
    factor = max_norm / (total + 1e-6)
    if (factor$item() < 1) walk(gradients, function(gradient) gradient$mul_(factor$to(device = gradient$device)))
  })
  total
}

#' @rdname torch_utils
#' @export
nn_utils_clip_grad_value_ = function(parameters, clip_value) {
  with_no_grad(walk(gradients_of(parameters), function(gradient) gradient$clamp_(-clip_value, clip_value)))
  invisible(NULL)
}

#' @rdname torch_utils
#' @export
nn_utils_parameters_to_vector = function(parameters) {
  torch_cat(map(as_tensor_list(parameters, "parameters"), function(parameter) parameter$reshape(-1)))
}

#' @rdname torch_utils
#' @export
nn_utils_vector_to_parameters = function(vec, parameters) {
  parameters = as_tensor_list(parameters, "parameters")
  sizes = map_int(parameters, length)
  if (sum(sizes) != vec$numel()) {
    abort("shape", sprintf("'vec' has %i numbers, but the parameters have %i.", vec$numel(), sum(sizes)))
  }
  parts = vec$detach()$reshape(-1)$split_with_sizes(sizes)
  with_no_grad(pwalk(list(parameters, parts), function(parameter, part) parameter$copy_(part$reshape(dim(parameter)))))
  invisible(NULL)
}
