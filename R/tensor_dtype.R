#' Types of tensor elements
#'
#' @name torch_dtype
#' @description
#' The type of a tensor's elements, for arguments `dtype`.
#' A plain string (`"float32"`, `"long"`) works as well.
#' @return (`torch_dtype`).
#' @family Tensor
#' @examples
#' torch_zeros(2, dtype = torch_float64())
#' torch_zeros(2)$dtype == "float32"
NULL

new_dtype = function(name) structure(name, class = "torch_dtype")

#' @export
print.torch_dtype = function(x, ...) {
  cat("<torch_dtype ", unclass(x), ">\n", sep = "")
  invisible(x)
}

#' @export
format.torch_dtype = function(x, ...) unclass(x)

#' @rdname torch_dtype
#' @export
torch_float32 = function() new_dtype("float32")
#' @rdname torch_dtype
#' @export
torch_float = torch_float32
#' @rdname torch_dtype
#' @export
torch_float64 = function() new_dtype("float64")
#' @rdname torch_dtype
#' @export
torch_double = torch_float64
#' @rdname torch_dtype
#' @export
torch_float16 = function() new_dtype("float16")
#' @rdname torch_dtype
#' @export
torch_half = torch_float16
#' @rdname torch_dtype
#' @export
torch_bfloat16 = function() new_dtype("bfloat16")
#' @rdname torch_dtype
#' @export
torch_int64 = function() new_dtype("int64")
#' @rdname torch_dtype
#' @export
torch_long = torch_int64
#' @rdname torch_dtype
#' @export
torch_int32 = function() new_dtype("int32")
#' @rdname torch_dtype
#' @export
torch_int = torch_int32
#' @rdname torch_dtype
#' @export
torch_int16 = function() new_dtype("int16")
#' @rdname torch_dtype
#' @export
torch_short = torch_int16
#' @rdname torch_dtype
#' @export
torch_int8 = function() new_dtype("int8")
#' @rdname torch_dtype
#' @export
torch_uint8 = function() new_dtype("uint8")
#' @rdname torch_dtype
#' @export
torch_bool = function() new_dtype("bool")
#' @rdname torch_dtype
#' @export
torch_cfloat = function() new_dtype("complex64")
#' @rdname torch_dtype
#' @export
torch_cfloat64 = torch_cfloat
#' @rdname torch_dtype
#' @export
torch_cdouble = function() new_dtype("complex128")
#' @rdname torch_dtype
#' @export
torch_cfloat128 = torch_cdouble

#' @rdname torch_dtype
#' @param x (any)\cr
#'   What is looked at.
#' @export
is_torch_dtype = function(x) inherits(x, "torch_dtype")

#' @export
as.character.torch_dtype = function(x, ...) unclass(x)

#' @export
`$.torch_dtype` = function(x, name) {
  if (name != "is_floating_point") abort_unknown_field("A torch_dtype", name, "is_floating_point")
  unclass(x) %in% names(float_formats)
}

# Bits of the mantissa, smallest and largest exponent.
float_formats = list(
  float16 = c(10, -14, 15), bfloat16 = c(7, -126, 127), float32 = c(23, -126, 127), float64 = c(52, -1022, 1023)
)

integer_formats = list(uint8 = c(0, 8), int8 = c(1, 8), int16 = c(1, 16), int32 = c(1, 32), int64 = c(1, 64))

format_of = function(dtype, formats, what) {
  name = format(dtype)
  if (!test_choice(name, names(formats))) {
    abort_unknown("argument", sprintf("'%s' is not a type of %s.", name, what), name, names(formats),
      fields = list(argument = "dtype"))
  }
  formats[[name]]
}

#' @title Limits of Numbers
#'
#' @name torch_limits
#' @description
#' What numbers a type can hold. The limits of int64 are rounded, since R's numbers cannot hold them.
#' @param dtype (`torch_dtype` or `character(1)`)\cr
#'   The type.
#' @return (`list()`) `bits`, `max`, `min`; for floating point numbers also `eps`, the distance from 1 to the next, and
#'   `tiny` and `smallest_normal`, the smallest positive number of full precision.
#' @family Tensor
#' @examples
#' torch_finfo(torch_float32())$eps
#' torch_iinfo("int8")$max
#' @export
torch_finfo = function(dtype) {
  format = format_of(dtype, float_formats, "floating point numbers")
  eps = 2^-format[[1L]]
  # 2^1024 is not a number, but twice a bit less than 2^1023 is
  max = (2 - eps) * 2^format[[3L]]
  tiny = 2^format[[2L]]
  list(bits = 1L + as.integer(format[[1L]] + log2(format[[3L]] + 1) + 1), max = max, min = -max, eps = eps, tiny = tiny,
    smallest_normal = tiny)
}

#' @rdname torch_limits
#' @export
torch_iinfo = function(dtype) {
  format = format_of(dtype, integer_formats, "whole numbers")
  values = format[[2L]] - format[[1L]]
  list(bits = as.integer(format[[2L]]), max = 2^values - 1, min = if (format[[1L]]) -2^values else 0)
}
