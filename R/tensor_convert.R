# From tensors to R's vectors and arrays.

#' Tensors as R data
#'
#' @name as_array
#' @description
#' `as_array()` and [as.array()] copy a tensor's elements: a vector for at most one dimension, else an array.
#' Floating point elements become numeric, whole numbers integer (numeric if they do not fit), bool logical.
#' @param x (`torch_tensor` or `torch_tensor_data`)\cr
#'   The tensor, on any device.
#' @return (`numeric()`, `integer()`, `logical()` or `complex()`).
#' @section Errors:
#' `mlr3libtorch_error_tensor` for whole numbers beyond 2^53.
#' @family Tensor
#' @examples
#' as_array(torch_ones(2, 3))
#' @export
as_array = function(x) UseMethod("as_array")

#' @export
as_array.default = function(x) {
  abort("argument", sprintf("as_array() takes a torch_tensor, not %s.", as_short_string(x)))
}

#' @export
as_array.torch_tensor = function(x) core_tensor_to_r(x)

#' @export
as_array.torch_tensor_data = function(x) core_tensor_to_r(core_plain_to_tensor(x))

#' @export
as.array.torch_tensor = function(x, ...) as_array(x)

#' @export
as.matrix.torch_tensor = function(x, ...) as.matrix(as_array(x))

#' @export
as.double.torch_tensor = function(x, ...) as.double(as_array(x))

#' @export
as.integer.torch_tensor = function(x, ...) as.integer(as_array(x))

#' @export
as.logical.torch_tensor = function(x, ...) as.logical(as_array(x))

#' @export
as.array.torch_tensor_data = function(x, ...) as_array(x)

#' @export
as.double.torch_tensor_data = function(x, ...) as.double(as_array(x))

#' @export
format.torch_tensor_data = function(x, ...) {
  sprintf("<torch_tensor_data %s [%s]>", x$dtype, paste(x$shape, collapse = ", "))
}

#' @export
print.torch_tensor_data = function(x, n = 30L, ...) {
  cat("torch_tensor_data\n", core_tensor_text(core_plain_to_tensor(x), n), "\n", sep = "")
  invisible(x)
}
