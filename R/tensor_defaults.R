# What tensors are made with when the caller does not say: read by the functions that make them.

creation_defaults = new.env(parent = emptyenv())

# Calls `restore` when the function whose frame is `frame` ends, before what was to be done at its end already.
at_exit = function(frame, restore) {
  do.call(on.exit, list(as.call(list(restore)), add = TRUE, after = FALSE), envir = frame)
}

#' @title The Default Type of Numbers
#'
#' @name torch_default_dtype
#' @description
#' Which type [torch_tensor()] gives numeric data, and [torch_zeros()] and the like give their results, when no `dtype`
#' is named: float32 unless it is set. It holds for this session's functions that make tensors, not for training, which
#' is float32 always.
#' @param d (`torch_dtype` or `character(1)`)\cr
#'   A type of floating point numbers.
#' @return `torch_get_default_dtype()`: (`torch_dtype`). `torch_set_default_dtype()`: nothing.
#' @family Tensor
#' @examples
#' torch_get_default_dtype()
#' @export
torch_set_default_dtype = function(d) {
  name = format(d)
  known = c("float32", "float64", "float16", "bfloat16")
  if (!test_choice(name, known)) {
    abort_unknown("argument", sprintf("'%s' is not a type of floating point numbers.", name), name, known,
      fields = list(argument = "d"))
  }
  creation_defaults$dtype = if (name != "float32") new_dtype(name)
  invisible(NULL)
}

#' @rdname torch_default_dtype
#' @export
torch_get_default_dtype = function() creation_defaults$dtype %??% torch_float32()

has_default_dtype = function() is.null(creation_defaults$dtype)
