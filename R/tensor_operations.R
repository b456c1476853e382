# LibTorch's operations as functions. There is no list of them here and no wrapper for each: they are made when the
# package is loaded, from the names that LibTorch has, before R evaluates what the package exports.

#' @title Operations of LibTorch
#'
#' @name torch_operations
#' @description
#' Each operation of LibTorch's namespace `aten` is a function `torch_<name>()`, those for linear algebra also
#' `linalg_<name>()`, and a method `x$<name>()` of a tensor. Arguments have the names, types and defaults of the schema;
#' printing a function shows it, as [torch_schema()] does. [torch_call()] explains how R values are passed.
#'
#' The schemas of this page are those of LibTorch 1.13, in which indexes count from 0; in R they count from 1, see
#' [torch_call()].
#'
#' @eval operation_aliases()
#' @evalRd schemas_as_rd()
#' @family Tensor
#' @examples
#' x = torch_tensor(matrix(c(4, 1, 1, 3), nrow = 2))
#' torch_matmul(x, x)
#' linalg_inv(x)
#' torch_cat(list(x, x), dim = 1)
#' torch_cumsum
#' @rawNamespace exportPattern("^torch_")
#' @rawNamespace exportPattern("^linalg_")
NULL

define_operations = function(env = topenv()) {
  for (operation in core_operation_names()) {
    for (name in function_names(operation)) {
      if (!exists(name, envir = env, inherits = FALSE)) assign(name, operation_function(operation, env), envir = env)
    }
  }
}

function_names = function(operation) {
  c(paste0("torch_", operation), if (startsWith(operation, "linalg_")) operation)
}

operation_function = function(operation, env) {
  body = bquote(.Call(`_mlr3libtorch_core_tensor_call`, .(operation), NULL, list(...)))
  arguments = formals(function(...) NULL)
  structure(eval(call("function", arguments, body), env), class = c("torch_operation", "function"))
}

#' @export
print.torch_operation = function(x, ...) {
  operation = body(unclass(x))[[3L]]
  catn(sprintf("<torch_operation> torch_%s", operation))
  catn(str_indent("", torch_schema(operation)))
  invisible(x)
}

# For roxygen2: the names that R finds help for.
operation_aliases = function() {
  documented = setdiff(ls(topenv(), pattern = "^(torch|linalg)_"), names(keep(as.list(topenv()), is_written_by_hand)))
  paste("@aliases", documented)
}

is_written_by_hand = function(x) !inherits(x, "torch_operation")

# For the help page: all operations of this LibTorch. (If the page asked LibTorch when it is shown, `R CMD build` would
# make a manual, for which it needs LaTeX.)
schemas_as_rd = function() {
  escaped = function(text) gsub("([\\\\%{}])", "\\\\\\1", text)
  items = map_chr(core_operation_names(), function(operation) {
    sprintf("\\item{\\code{torch_%s}}{%s}", operation,
      str_collapse(sprintf("\\code{%s}", escaped(torch_schema(operation))), sep = "\\cr\n"))
  })
  str_collapse(c("\\section{Schemas}{\\describe{", items, "}}"), sep = "\n")
}
