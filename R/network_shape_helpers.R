# Helpers for those who write pipeops of networks, named as in mlr3torch. A shape is a vector of sizes, the first of
# which is the number of rows; NA stands for a size that is not known.

#' @title Work with Shapes
#'
#' @name shape_helpers
#'
#' @description
#' A shape is a vector of whole numbers, the first of which is the number of rows; `NA` stands for a size that is not
#' known. These functions compute with shapes, and those called `assert_*()` refuse one that does not fit, with an error
#' that names the pipeop `id`. Networks of this package do not need them: their shapes are found by running each node on
#' a tiny batch. They are here for code that was written for mlr3torch, and for `build` functions of [pipeop_torch()].
#'
#' * `assert_shape()`, `assert_shapes()`: a shape, a list of them.
#' * `assert_ndim()`, `assert_same_ndim()`: the number of dimensions.
#' * `assert_known_dims()`: sizes that must be known.
#' * `assert_dim_in_range()`, `assert_not_batch_dim()`: a dimension that exists, and one that is not that of the rows.
#' * `assert_positive_extent()`: computed sizes of at least 1.
#' * `assert_same_batch_size()`: the number of rows that the shapes have in common; `NA` if none is known.
#' * `broadcast_shapes()`: the shape of an elementwise result.
#' * `resolve_dim()`: dimensions that count from the last (-1) as those that count from the first.
#' * `reshape_output_shape()`: the shape after a reshape, in which one size may be -1.
#' * `infer_shapes()`: the shapes that a function of a tensor returns, found by calling it.
#' * `shape_to_str()`: a shape, or a list of them, as text.
#'
#' @param shape,shape_in,shapes,shapes_in (`integer()` or `list()` of it)\cr
#'   A shape, or several. For `reshape_output_shape()`, `shape` is the new shape, or a function of `shape_in` that
#'   returns it.
#' @param null_ok (`logical(1)`)\cr
#'   Whether `NULL` is a shape as well.
#' @param coerce (`logical(1)`)\cr
#'   Whether the result consists of integers.
#' @param unknown_batch (`logical(1)` or `NULL`)\cr
#'   Whether the number of rows must be unknown (`TRUE`), or known (`FALSE`).
#' @param len,ndim,min,max (`integer()`)\cr
#'   The number of dimensions; several if each of them will do; its bounds.
#' @param named (`logical(1)`)\cr
#'   Whether the shapes must have unique names.
#' @param dim,dims,true_dim (`integer()`)\cr
#'   Dimensions; `true_dim` is what `resolve_dim()` made of `dim`.
#' @param what (`character(1)`)\cr
#'   What the dimensions are, for the message.
#' @param insert (`logical(1)`)\cr
#'   Whether a dimension is added, so that there is one more place.
#' @param extent (`numeric()`)\cr
#'   Computed sizes.
#' @param id (`character(1)` or `NULL`)\cr
#'   The pipeop, for the message.
#' @param param_vals (named `list()`)\cr
#'   Further arguments of `fn`, as far as it has them.
#' @param output_names (`character()`)\cr
#'   The names of the results.
#' @param fn (`function`)\cr
#'   A function of a tensor, which returns a tensor.
#' @param rowwise (`logical(1)`)\cr
#'   Whether `fn` takes a single row.
#' @param x (`integer()`, `list()` or `NULL`)\cr
#'   What is shown.
#' @return `assert_*()` return their argument (`assert_same_batch_size()` the number of rows) invisibly, except for
#'   `assert_shape()` and `assert_shapes()`; the others what is listed above.
#'
#' @family Network
#' @examples
#' broadcast_shapes(list(c(NA, 1), c(NA, 6)), id = "mine")
#' resolve_dim(-1, c(NA, 3, 8))
#' reshape_output_shape(c(NA, 3, 4), c(-1, 12), id = "mine")
#' shape_to_str(c(NA, 3, 8))
#' try(assert_ndim(c(NA, 3), 4, id = "mine"))
NULL

#' @rdname shape_helpers
#' @export
assert_shape = function(shape, null_ok = FALSE, coerce = TRUE, unknown_batch = NULL, len = NULL) {
  if (is.null(shape) && null_ok) {
    return(NULL)
  }
  is_shape = test_integerish(shape, lower = 1, min.len = 1L, len = len) &&
    (is.null(unknown_batch) || is.na(shape[[1L]]) == unknown_batch)
  if (!is_shape) {
    wanted = c(sprintf("%i dimensions", len), if (isTRUE(unknown_batch)) "an open number of rows",
      if (isFALSE(unknown_batch)) "a known number of rows")
    abort("argument", sprintf("A shape must be a vector such as c(NA, 4)%s, where NA is a size that is open, not %s.",
      if (length(wanted)) paste(" with", str_collapse(wanted, sep = " and ")) else "", as_short_string(shape)))
  }
  if (coerce) as.integer(shape) else shape
}

#' @rdname shape_helpers
#' @export
assert_shapes = function(shapes, coerce = TRUE, named = FALSE, null_ok = FALSE, unknown_batch = NULL) {
  if (!test_list(shapes, min.len = 1L)) {
    abort("argument", sprintf("Shapes must be a list with at least one, not %s.", as_short_string(shapes)))
  }
  if (named && !test_names(setdiff(names2(shapes, ""), "..."), type = "unique")) {
    abort("argument", "Shapes must have unique names.")
  }
  map(shapes, assert_shape, null_ok = null_ok, coerce = coerce, unknown_batch = unknown_batch)
}

abort_shape = function(id, message, ...) {
  where = if (is.null(id)) "The operation" else sprintf("Pipeop '%s'", id)
  abort("shape", paste(where, sprintf(message, ...)))
}

#' @rdname shape_helpers
#' @export
assert_known_dims = function(shape, dims, what, id = NULL) {
  if (anyNA(shape[dims])) {
    abort_shape(id, "needs to know %s, but the input has the shape %s.", what, shape_to_str(shape))
  }
  invisible(shape)
}

#' @rdname shape_helpers
#' @export
assert_ndim = function(shape, ndim = NULL, id, min = NULL, max = NULL) {
  n = length(shape)
  if ((is.null(ndim) || n %in% ndim) && n >= (min %??% 0) && n <= (max %??% Inf)) {
    return(invisible(shape))
  }
  wanted = c(if (length(ndim)) str_collapse(ndim, sep = " or "),
    if (!is.null(min)) sprintf("at least %i", as.integer(min)),
    if (!is.null(max)) sprintf("at most %i", as.integer(max)))
  abort_shape(id, "takes an input of %s dimensions, the rows included, but the input has the shape %s, with %i.",
    str_collapse(wanted, sep = " and "), shape_to_str(shape), n)
}

#' @rdname shape_helpers
#' @export
assert_same_ndim = function(shapes, id) {
  if (length(unique(lengths(shapes))) > 1L) {
    abort_shape(id, "takes inputs with the same number of dimensions, but they have the shapes %s.",
      shape_to_str(shapes))
  }
  invisible(shapes)
}

#' @rdname shape_helpers
#' @export
assert_dim_in_range = function(dim, true_dim, shape, id) {
  if (!test_int(true_dim, lower = 1, upper = length(shape))) {
    abort_shape(id, "has no dimension %s: the input has the shape %s, with %i.", format(dim), shape_to_str(shape),
      length(shape))
  }
  invisible(true_dim)
}

#' @rdname shape_helpers
#' @export
assert_not_batch_dim = function(dim, shape, id) {
  if (dim == 1L) {
    abort_shape(id, "cannot change the first dimension of the shape %s, which is that of the rows; choose a later one.",
      shape_to_str(shape))
  }
  invisible(dim)
}

#' @rdname shape_helpers
#' @export
assert_positive_extent = function(extent, shape_in, id) {
  if (any(!is.na(extent) & !(is.finite(extent) & extent >= 1))) {
    abort_shape(id, "would make sizes of %s from the shape %s; choose a smaller window, or more padding.",
      str_collapse(extent), shape_to_str(shape_in))
  }
  invisible(extent)
}

#' @rdname shape_helpers
#' @export
assert_same_batch_size = function(shapes, id) {
  rows = map_int(unname(shapes), function(shape) as.integer(shape[[1L]]))
  known = unique(rows[!is.na(rows)])
  if (length(known) > 1L) {
    abort_shape(id, "takes inputs with the same number of rows, but they have the shapes %s.", shape_to_str(shapes))
  }
  invisible(if (length(known)) known else NA_integer_)
}

#' @rdname shape_helpers
#' @export
resolve_dim = function(dim, shape, insert = FALSE) {
  as.integer(ifelse(dim < 0, length(shape) + insert + 1L + dim, dim))
}

#' @rdname shape_helpers
#' @export
shape_to_str = function(x) {
  if (is.null(x)) {
    return("unknown")
  }
  if (is.list(x)) {
    return(str_collapse(map_chr(unname(x), shape_to_str), sep = ", "))
  }
  sprintf("(%s)", str_collapse(x))
}
