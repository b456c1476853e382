#' @title Columns of Tensors That Are Made When They Are Needed
#'
#' @description
#' A lazy tensor is a vector whose elements stand for tensors, such as pictures in files. It can be a column of a
#' data.table and a feature of a task; its type is `"lazy_tensor"`. The tensors are made batch by batch while a network
#' is trained or predicts, in C++ if the elements are files or an array, so they need not fit into memory together.
#'
#' [as_lazy_tensor()] makes one of paths, arrays and datasets; [preproc_torch] has the pipeops that
#' add transformations; [materialize()] makes the tensors.
#'
#' @param data_descriptor ([DataDescriptor] or `NULL`)\cr
#'   What the elements come from; `NULL` for a vector without elements.
#' @param ids (`integer()` or `NULL`)\cr
#'   Which elements of it; all unless given.
#' @param x (any)\cr
#'   A lazy tensor. For `is_lazy_tensor()`, anything.
#' @return `lazy_tensor()`: a vector of class `lazy_tensor`. `is_lazy_tensor()`: (`logical(1)`). `lazy_shape()`: the
#'   shape of the elements, such as `c(NA, 3, 32, 32)`, where `NA` stands for the rows. It is that of the first
#'   element, which is read for it. Of sequences and of a dataset whose items may differ, see [as_data_descriptor()],
#'   more elements of `x` are read, and another `NA` is a dimension in which they differ. `NULL` if there are no
#'   elements.
#'
#' @family Lazy
#' @export
#' @examples
#' x = as_lazy_tensor(array(1:24, c(4, 3, 2)))
#' x[2:3]
#' lazy_shape(x)
lazy_tensor = function(data_descriptor = NULL, ids = NULL) {
  if (is.null(data_descriptor)) {
    return(new_lazy_tensor(list()))
  }
  if (!inherits(data_descriptor, "DataDescriptor")) {
    abort("argument", sprintf("'data_descriptor' must be a DataDescriptor, see as_lazy_tensor(), not %s.",
      as_short_string(data_descriptor)), list(argument = "data_descriptor"))
  }
  ids = ids %??% seq_len(data_descriptor$length)
  if (!test_integerish(ids, lower = 1, upper = data_descriptor$length, any.missing = FALSE)) {
    abort("argument", sprintf("'ids' must be whole numbers from 1 to %i.", data_descriptor$length),
      list(argument = "ids"))
  }
  new_lazy_tensor(map(as.integer(ids), function(id) list(id, data_descriptor)))
}

# Each element has its own reference to the descriptor, so that rows of several vectors can be mixed by whoever binds
# tables.
new_lazy_tensor = function(elements) structure(elements, class = c("lazy_tensor", "list"))

#' @rdname lazy_tensor
#' @export
is_lazy_tensor = function(x) inherits(x, "lazy_tensor")

#' @rdname lazy_tensor
#' @export
lazy_shape = function(x) {
  if (!length(assert_lazy_tensor(x))) {
    return(NULL)
  }
  part = lazy_parts(if (varies_in_length(x)) x else x[1L])[[1L]]
  part$descriptor$shape_of(part$ids, part$at)
}

# Whether more than the first element has to be known to tell the shape.
varies_in_length = function(x) length(x) && !is.na(x[1L]) && is_of_different_lengths(unclass(x)[[1L]][[2L]]$source)

assert_lazy_tensor = function(x) {
  if (!is_lazy_tensor(x)) {
    abort("argument", sprintf("'x' must be a lazy tensor, see as_lazy_tensor(), not %s.", as_short_string(x)),
      list(argument = "x"))
  }
  x
}

# The elements by descriptor: a list of list(descriptor, at, ids), where `at` are positions in `x`.
lazy_parts = function(x) {
  if (!length(x)) {
    return(list())
  }
  if (anyNA(x)) {
    missing = which(is.na(x))
    abort("missing_values", sprintf("%i element(s) of a lazy_tensor are missing, the first at position %i.",
      length(missing), missing[[1L]]), fields = list(count = length(missing)))
  }
  x = unclass(x)
  ids = map_int(x, 1L)
  first = x[[1L]][[2L]]
  if (every(x, function(element) identical(element[[2L]], first))) {
    return(list(list(descriptor = first, at = seq_along(ids), ids = ids)))
  }
  keys = map_chr(x, function(element) descriptor_key(element[[2L]]))
  map(unname(split(seq_along(ids), factor(keys, unique(keys)))), function(at) {
    list(descriptor = x[[at[[1L]]]][[2L]], at = at, ids = ids[at])
  })
}

# What is the same for descriptors whose elements are the same. Two datasets, or two functions, may differ in what
# cannot be compared, so each stands for itself.
descriptor_key = function(descriptor) {
  if (is_read_by_core(descriptor$source, descriptor$steps)) descriptor$hash else data.table::address(descriptor)
}

# The vector with one more transformation of each element.
add_lazy_step = function(x, step) {
  result = unclass(x)
  for (part in lazy_parts(x)) {
    descriptor = part$descriptor$with_step(step)
    result[part$at] = map(part$ids, function(id) list(id, descriptor))
  }
  new_lazy_tensor(result)
}

# As a list; `NA` stands for missing elements.
lazy_elements = function(x) {
  if (is.logical(x) && allMissing(x)) vector("list", length(x)) else unclass(assert_lazy_tensor(x))
}

#' @export
as.data.frame.lazy_tensor = function(x, row.names = NULL, optional = FALSE, ..., nm = deparse1(substitute(x))) {
  columns = if (optional) list(x) else set_names(list(x), nm)
  structure(columns, row.names = row.names %??% seq_along(x), class = "data.frame")
}

#' @export
`[.lazy_tensor` = function(x, i) new_lazy_tensor(unclass(x)[i])

#' @export
`[<-.lazy_tensor` = function(x, i, value) {
  x = unclass(x)
  x[i] = lazy_elements(value)
  new_lazy_tensor(x)
}

#' @export
c.lazy_tensor = function(...) {
  new_lazy_tensor(do.call(c, map(unname(list(...)), lazy_elements)))
}

#' @export
rep.lazy_tensor = function(x, ...) new_lazy_tensor(rep(unclass(x), ...))

#' @export
unique.lazy_tensor = function(x, ...) x[!duplicated(format_lazy_ids(x))]

#' @export
is.na.lazy_tensor = function(x) map_lgl(unclass(x), is.null)

#' @export
anyNA.lazy_tensor = function(x, recursive = FALSE) any(is.na(x))

#' @export
format.lazy_tensor = function(x, ...) {
  texts = rep(NA_character_, length(x))
  present = which(!is.na(x))
  for (part in lazy_parts(x[present])) texts[present[part$at]] = format_lazy_part(part)
  texts
}

# The shape of the first element, which may be a file that cannot be read, stands for all.
format_lazy_part = function(part) {
  shape = tryCatch(part$descriptor$shape_of(part$ids)[-1L], mlr3libtorch_error = function(condition) "?")
  sprintf("<tnsr[%s]>", paste(shape, collapse = "x"))
}

#' @export
format_col.lazy_tensor = function(x, ...) format(x)

#' @export
print.lazy_tensor = function(x, ...) {
  catn(sprintf("<ltnsr[%i]>", length(x)))
  if (length(x)) print(format(x), quote = FALSE)
  invisible(x)
}

# What tells elements apart.
format_lazy_ids = function(x) map_chr(unclass(x), function(element) paste(element[[1L]], descriptor_key(element[[2L]])))

#' @export
hash_input.lazy_tensor = function(x) {
  map(lazy_parts(x), function(part) list(part$descriptor$hash, part$at, part$ids))
}
