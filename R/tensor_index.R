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
