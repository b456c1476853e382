# R's own operators and functions on tensors; each names the operation of LibTorch that does the work.

ops_table = c(
  "+" = "add", "-" = "sub", "*" = "mul", "/" = "div", "^" = "pow", "%%" = "remainder", "%/%" = "floor_divide",
  "==" = "eq", "!=" = "ne", "<" = "lt", "<=" = "le", ">" = "gt", ">=" = "ge", "&" = "logical_and", "|" = "logical_or"
)

math_table = c(
  abs = "abs", sign = "sign", sqrt = "sqrt", floor = "floor", ceiling = "ceil", trunc = "trunc",
  exp = "exp", expm1 = "expm1", log1p = "log1p", log2 = "log2", log10 = "log10",
  cos = "cos", sin = "sin", tan = "tan", acos = "acos", asin = "asin", atan = "atan",
  cosh = "cosh", sinh = "sinh", tanh = "tanh", acosh = "acosh", asinh = "asinh", atanh = "atanh",
  lgamma = "lgamma", digamma = "digamma"
)

summary_table = c(sum = "sum", prod = "prod", min = "min", max = "max", any = "any", all = "all")

#' @export
Ops.torch_tensor = function(e1, e2) {
  if (nargs() == 1L) {
    return(switch(.Generic,
      "+" = e1,
      "-" = core_tensor_call("neg", e1, list()),
      "!" = core_tensor_call("logical_not", e1, list())
    ))
  }
  operation = ops_table[[.Generic]]
  if (!inherits(e1, "torch_tensor")) {
    return(core_tensor_call(operation, as_operand(e1, e2), list(e2)))
  }
  # A plain number goes as it is: LibTorch has forms that take one, except of `&` and `|`.
  if (typeof(e2) != "externalptr" && (!is_r_scalar(e2) || .Generic == "&" || .Generic == "|")) {
    e2 = as_operand(e2, e1)
  }
  core_tensor_call(operation, e1, list(e2))
}

is_r_scalar = function(x) is.atomic(x) && length(x) == 1L && is.null(attributes(x))

# R data as a tensor beside `other`; a scalar has no dimension, so that it does not decide the type of the result.
as_operand = function(x, other) {
  dtype = core_tensor_get(other, "dtype")
  floating = startsWith(dtype, "float") || dtype == "bfloat16" || startsWith(dtype, "complex")
  tensor = core_tensor_from_r(x, if (is.double(x) && floating) dtype, core_tensor_get(other, "device"), FALSE)
  if (is_r_scalar(x)) core_tensor_call("reshape", tensor, list(integer())) else tensor
}

#' @export
Math.torch_tensor = function(x, ...) {
  operation = math_table[.Generic]
  if (!is.na(operation)) {
    return(core_tensor_call(operation[[1L]], x, list()))
  }
  switch(.Generic,
    log = tensor_log(x, ...),
    round = tensor_round(x, ...),
    cumsum = core_tensor_call("cumsum", x, list(dim = 1L)),
    cumprod = core_tensor_call("cumprod", x, list(dim = 1L)),
    abort(c("unknown_operation", "config"), sprintf("%s() is not defined for a torch_tensor.", .Generic))
  )
}

tensor_log = function(x, base = NULL) {
  logarithm = core_tensor_call("log", x, list())
  if (is.null(base)) logarithm else logarithm / log(base)
}

tensor_round = function(x, digits = 0L) {
  core_tensor_call("round", x, list(decimals = digits))
}

#' @export
Summary.torch_tensor = function(..., na.rm = FALSE) {
  arguments = list(...)
  if (!.Generic %in% names(summary_table)) {
    abort(c("unknown_operation", "config"), sprintf("%s() is not defined for a torch_tensor.", .Generic))
  }
  core_tensor_call(summary_table[[.Generic]], arguments[[1L]], arguments[-1L])
}

#' @export
mean.torch_tensor = function(x, ...) core_tensor_call("mean", x, list(...))

#' @export
t.torch_tensor = function(x) core_tensor_call("t", x, list())
