#' Call any operation of LibTorch
#'
#' @description
#' Every operation of LibTorch's namespace `aten` can be called by its name, as `torch_matmul(x, y)`, as
#' `torch_call("matmul", x, y)` or as a method, `x$matmul(y)`; [torch_operations] lists them.
#' Arguments have the names and defaults of the operation's schema, which `torch_schema()` shows; of several forms, the
#' one with the fewest arguments that fits the call is used.
#' Operations whose names end in `_` change their first tensor and return it.
#'
#' Tensors are given as handles, `Scalar` as a number, `int[]` as a vector, `Tensor[]` as a list, `ScalarType` and
#' `Device` as strings.
#'
#' Every index counts from 1, in arguments and results: dimensions (`dim`, `axis`), positions (`index`,
#' `indices`, results such as those of `argmax`, `where` and `max_pool2d_with_indices`), classes (`target`,
#' `ignore_index`, what `one_hot` and `bincount` take) and the buckets that `searchsorted` and `bucketize` find.
#' Negative indexes count from the end. The `end` of `slice` belongs to the slice. A single number is a number, even if
#' the operation also takes several: `torch_tensor_split(x, 3)` makes three parts, `torch_tensor_split(x, indices = 3)`
#' two, the second of which begins at the third element.
#' Distances (`offset` of a diagonal), sizes and numbers of repetitions are not indexes; nor are the numbers that
#' `torch_randperm()` draws, which count from 0.
#'
#' @param .operation,name (`character(1)`)\cr
#'   The operation.
#' @param ... (any)\cr
#'   Its arguments, by name or by position.
#' @return What the operation returns: a tensor, a number, or a list of several.
#'   `torch_schema()`: (`character()`) the schemas of all forms.
#'
#' @section Errors:
#' See [torch_tensor_class].
#'
#' @family Tensor
#' @examples
#' x = torch_tensor(matrix(c(4, 1, 1, 3), nrow = 2))
#' torch_call("linalg_inv", x)
#' torch_call("cat", list(x, x), dim = 2)
#' torch_schema("cat")
#' @export
torch_call = function(.operation, ...) {
  core_tensor_call(.operation, NULL, list(...))
}

#' @rdname torch_call
#' @export
torch_schema = function(name) {
  core_operation_schemas(name)
}

# Called by the core for each warning of LibTorch.
warn_torch = function(message) warn("torch", message)
