# R's own operators and functions on tensors; each names the operation of LibTorch that does the work.

operator_table = list2env(list(
  "+" = "add", "-" = "sub", "*" = "mul", "/" = "div", "^" = "pow", "%%" = "remainder", "%/%" = "floor_divide",
  "==" = "eq", "!=" = "ne", "<" = "lt", "<=" = "le", ">" = "gt", ">=" = "ge", "&" = "logical_and", "|" = "logical_or"
))

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
  # core_tensor_operator() without the wrapper around it, for loops over small tensors
  .Call(`_mlr3libtorch_core_tensor_operator`, operator_table[[.Generic]], e1, e2)
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
    abort("unknown_operation", sprintf("%s() is not defined for a torch_tensor.", .Generic))
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
    abort("unknown_operation", sprintf("%s() is not defined for a torch_tensor.", .Generic))
  }
  if (na.rm) {
    abort("argument", sprintf("%s(): 'na.rm' is not known for a torch_tensor; choose its elements first, %s.", .Generic,
      "for instance by `x[!x$isnan()]`"), fields = list(argument = "na.rm"))
  }
  core_tensor_call(summary_table[[.Generic]], arguments[[1L]], arguments[-1L])
}

#' @export
mean.torch_tensor = function(x, ...) core_tensor_call("mean", x, list(...))

#' @export
t.torch_tensor = function(x) core_tensor_call("t", x, list())
