# Parts of tensors by R's brackets: x[1, ], x[2:3], x[x > 0]. Places may be empty and `..` is a name that has no value,
# so C++ gets what was written and evaluates the rest.

#' @export
`[.torch_tensor` = function(x, ..., drop = TRUE) {
  core_tensor_part(x, substitute(list(...)), environment(), drop)
}

#' @export
`[<-.torch_tensor` = function(x, ..., value) {
  core_tensor_set_part(x, substitute(list(...)), environment(), value)
}

#' A range of positions in a tensor
#'
#' `x[slc(1, 10, 2)]` is `x[1:10:2]`, for bounds that are computed.
#'
#' @param start,end (`numeric(1)`)\cr
#'   The first and the last position, from 1; negative ones count from the end, `Inf` is the end. A range that ends
#'   right before its first position is empty.
#' @param step (`numeric(1)`)\cr
#'   The distance of two positions, at least 1.
#' @return A function of a dimension's size, for the brackets of a [tensor][torch_tensor_class].
#' @family Tensor
#' @export
#' @examples
#' x = torch_arange(1, 10)
#' x[slc(2, Inf, 3)]
#' x[2:N:3]
slc = function(start, end, step = 1) {
  assert_number(start)
  assert_number(end)
  assert_number(step, lower = 1)
  last = if (end == Inf) -1 else end
  function(N) list(start, last, step)
}
