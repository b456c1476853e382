# What R torch names by functions and LibTorch by numbers.

#' @title Layouts, Memory Formats and Reductions
#'
#' @name torch_constants
#' @description
#' Numbers that LibTorch's operations take for arguments `memory_format`, `layout` and `reduction`, by their names.
#' @param x (any)\cr
#'   What is looked at.
#' @return (`torch_layout`, `torch_memory_format` or `torch_reduction`): a whole number with a name.
#'   The functions `is_...()`: (`logical(1)`).
#' @family Tensor
#' @examples
#' x = torch_randn(1, 2, 3, 4)
#' x$contiguous(memory_format = torch_channels_last_format())$stride()
#' nnf_mse_loss(x, x, torch_reduction_sum())
NULL

new_constant = function(value, name, class) structure(value, name = name, class = c(class, "torch_constant"))

#' @export
print.torch_constant = function(x, ...) {
  cat("<", class(x)[[1L]], " ", attr(x, "name"), ">\n", sep = "")
  invisible(x)
}

#' @export
format.torch_constant = function(x, ...) attr(x, "name")

#' @rdname torch_constants
#' @export
torch_strided = function() new_constant(0L, "strided", "torch_layout")
#' @rdname torch_constants
#' @export
torch_sparse_coo = function() new_constant(1L, "sparse_coo", "torch_layout")
#' @rdname torch_constants
#' @export
torch_contiguous_format = function() new_constant(0L, "contiguous_format", "torch_memory_format")
#' @rdname torch_constants
#' @export
torch_preserve_format = function() new_constant(1L, "preserve_format", "torch_memory_format")
#' @rdname torch_constants
#' @export
torch_channels_last_format = function() new_constant(2L, "channels_last_format", "torch_memory_format")
#' @rdname torch_constants
#' @export
torch_reduction_none = function() new_constant(0L, "none", "torch_reduction")
#' @rdname torch_constants
#' @export
torch_reduction_mean = function() new_constant(1L, "mean", "torch_reduction")
#' @rdname torch_constants
#' @export
torch_reduction_sum = function() new_constant(2L, "sum", "torch_reduction")

#' @rdname torch_constants
#' @export
is_torch_layout = function(x) inherits(x, "torch_layout")

#' @rdname torch_constants
#' @export
is_torch_memory_format = function(x) inherits(x, "torch_memory_format")

#' @rdname torch_constants
#' @export
is_undefined_tensor = function(x) is.null(x)
