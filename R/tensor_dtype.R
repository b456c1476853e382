#' Types of tensor elements
#'
#' @name torch_dtype
#' @description
#' The type of a tensor's elements, for arguments `dtype`.
#' A plain string (`"float32"`, `"long"`) works as well.
#' @return (`torch_dtype`).
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
