#' Call any operation of LibTorch
#'
#' @description
#' Every operation of LibTorch's namespace `aten` can be called by its name, as `torch_call("matmul", x, y)` or as a
#' method, `x$matmul(y)`.
#' Arguments have the names and defaults of the operation's schema, which `torch_schema()` shows; of several forms, the
#' one with the fewest arguments that takes what was given is called.
#' Operations whose names end in `_` change their first tensor and return it.
#'
#' Tensors are given as handles, `Scalar` as a number, `int[]` as a vector, `Tensor[]` as a list, `ScalarType` and
#' `Device` as strings.
#' Dimensions and positions (arguments such as `dim` and `index`, results such as those of `argmax`) count from 1.
#'
#' @param name (`character(1)`)\cr
#'   The operation.
#' @param ... (any)\cr
#'   Its arguments, by name or by place.
#' @return What the operation returns: a tensor, a number, or a list of several.
#'   `torch_schema()`: (`character()`) the schemas of all forms.
#'
#' @section Errors:
#' See [torch_tensor_class].
#'
#' @examples
#' x = torch_tensor(matrix(c(4, 1, 1, 3), nrow = 2))
#' torch_call("linalg_inv", x)
#' torch_call("cat", list(x, x), dim = 2)
#' torch_schema("cat")
#' @export
torch_call = function(name, ...) {
  core_tensor_call(name, NULL, list(...))
}

#' @rdname torch_call
#' @export
torch_schema = function(name) {
  core_operation_schemas(name)
}

#' Join tensors
#'
#' @param tensors (`list()` of `torch_tensor`)\cr
#'   Tensors of one type; for `torch_stack()` of one shape, for `torch_cat()` of one shape except along `dim`.
#' @param dim (`integer(1)`)\cr
#'   The dimension along which they are joined; `torch_stack()` makes a new one.
#' @return (`torch_tensor`).
#' @examples
#' torch_cat(list(torch_zeros(2, 3), torch_ones(2, 3)), dim = 1)$shape
#' @export
torch_cat = function(tensors, dim = 1L) core_tensor_call("cat", NULL, list(tensors, dim))

#' @rdname torch_cat
#' @export
torch_stack = function(tensors, dim = 1L) core_tensor_call("stack", NULL, list(tensors, dim))
