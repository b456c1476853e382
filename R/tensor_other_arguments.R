# Operations for which R torch has arguments of its own.

#' @title Operations with Other Arguments
#'
#' @name torch_other_arguments
#' @description
#' Operations of LibTorch to which R torch gives arguments of its own.
#' * `torch_norm()`: the norm of all elements, or along dimensions.
#' * `torch_tensordot()`: the sum of products over the last `dims` dimensions of `a` and the first ones of `b`, or over
#'   those of `dims = list(of_a, of_b)`.
#' * `torch_nonzero()`: the positions of elements that are not zero, counted from 1.
#'
#' @param self,a,b (`torch_tensor`)\cr
#'   The tensors.
#' @param p (`numeric(1)` or `character(1)`)\cr
#'   The power; or `"fro"` for the Frobenius norm, which is that of `p = 2`, or `"nuc"` for the nuclear norm, the sum of
#'   a matrix's singular values.
#' @param dim (`integer()` or `NULL`)\cr
#'   The dimensions, all by default; the nuclear norm takes two.
#' @param keepdim (`logical(1)`)\cr
#'   Whether these dimensions stay, with size 1.
#' @param dtype (`torch_dtype` or `NULL`)\cr
#'   The type to compute in.
#' @param dims (`integer(1)` or `list(2)`)\cr
#'   The number of dimensions, or a list of two vectors of dimensions.
#' @param as_list (`logical(1)`)\cr
#'   Whether the positions are a list with one tensor for each dimension, instead of a matrix with one row for each
#'   element.
#' @return (`torch_tensor`), or a list of them for `as_list = TRUE`.
#' @family Tensor
#' @examples
#' x = torch_tensor(matrix(c(3, 0, 0, 4), 2))
#' torch_norm(x, p = "fro")
#' torch_nonzero(x)
#' torch_tensordot(x, x, dims = 1)
#' @export
torch_norm = function(self, p = 2, dim = NULL, keepdim = FALSE, dtype = NULL) {
  if (identical(p, "nuc")) {
    return(torch_call("linalg_matrix_norm", self, ord = "nuc", dim = dim %??% c(-2L, -1L), keepdim = keepdim,
      dtype = dtype))
  }
  power = if (identical(p, "fro")) 2 else p
  if (is.null(dim) && !keepdim && is.null(dtype)) {
    return(torch_call("norm", self, p = power))
  }
  torch_call("linalg_vector_norm", self, ord = power, dim = dim, keepdim = keepdim, dtype = dtype)
}

tensor_methods$norm = torch_norm

#' @rdname torch_other_arguments
#' @export
torch_tensordot = function(a, b, dims = 2) {
  if (!is.list(dims)) {
    dims = assert_int(dims, lower = 0, upper = min(length(a$shape), length(b$shape)), coerce = TRUE)
    dims = list(rev(-seq_len(dims)), seq_len(dims))
  }
  assert_list(dims, types = "integerish", len = 2L)
  torch_call("tensordot", a, b, dims_self = dims[[1L]], dims_other = dims[[2L]])
}

#' @rdname torch_other_arguments
#' @export
torch_nonzero = function(self, as_list = FALSE) {
  torch_call(if (assert_flag(as_list)) "nonzero_numpy" else "nonzero", self)
}
