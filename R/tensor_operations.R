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
#' @eval versions_section()
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

# What one of the two versions of LibTorch that the tests are run with has, and the other has not. The help page is made
# with the earlier one and names all, so that R CMD check finds help for each export with the later one, too.
operations_by_version = list(
  "1.13" = "symeig",
  "2.6" = c("empty_permuted", "nonzero_static", "rms_norm", "slice_inverse", "sym_constrain_range",
    "sym_constrain_range_for_size", "sym_numel", "sym_size", "sym_storage_offset", "sym_stride")
)

# For roxygen2: the names that R finds help for.
operation_aliases = function() {
  of_versions = unlist(map(unlist(operations_by_version), function_names))
  named = union(ls(topenv(), pattern = "^(torch|linalg)_"), of_versions)
  by_hand = names(keep(as.list(topenv()), is_written_by_hand))
  paste("@aliases", sort(setdiff(named, by_hand), method = "radix"))
}

versions_section = function() {
  called = function(operations) str_collapse(sprintf("`torch_%s()`", operations), sep = ", ")
  paste(
    "@section Versions of LibTorch:",
    "Some operations exist in one version of LibTorch only.",
    sprintf("In 1.13, but not in 2.6: %s, and `torch_frobenius_norm()` without `dim`.",
      called(operations_by_version[["1.13"]])),
    sprintf("In 2.6, but not in 1.13: %s.", called(operations_by_version[["2.6"]])),
    sep = "\n"
  )
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
