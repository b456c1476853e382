# Parts of tensors by R's brackets: x[1, ], x[2:3], x[x > 0].
# Positions count from 1; negative ones count from the end, as in the R package torch.

# One element for each place between the brackets; TRUE where it is empty.
bracket_indexes = function(...) {
  written = as.list(substitute(list(...)))[-1L]
  lapply(seq_along(written), function(i) if (identical(written[[i]], substitute())) TRUE else ...elt(i))
}

#' @export
`[.torch_tensor` = function(x, ..., drop = TRUE) {
  indexes = bracket_indexes(...)
  if (is_mask(indexes, x)) {
    return(core_tensor_call("masked_select", x, list(indexes[[1L]])))
  }
  positions = tensor_positions(indexes, core_tensor_get(x, "shape"))
  # From the last dimension, since taking one position removes its dimension.
  for (dim in rev(seq_along(positions))) {
    x = take_positions(x, dim, positions[[dim]], drop)
  }
  x
}

#' @export
`[<-.torch_tensor` = function(x, ..., value) {
  indexes = bracket_indexes(...)
  if (!inherits(value, "torch_tensor")) {
    value = core_tensor_operand(value, x)
  }
  if (is_mask(indexes, x)) {
    value = without_leading(core_tensor_call("to", value, list(core_tensor_get(x, "dtype"))), 1L)
    core_tensor_call("index_put_", x, list(indexes, value))
    return(x)
  }
  positions = tensor_positions(indexes, core_tensor_get(x, "shape"))
  view = x
  scattered = list()
  for (dim in rev(seq_along(positions))) {
    position = positions[[dim]]
    if (is_range(position)) {
      view = take_positions(view, dim, position, drop = TRUE)
      if (length(position) == 1L) scattered = map(scattered, shift_dimension, after = dim)
    } else {
      scattered = c(scattered, list(list(dim = dim, positions = position)))
    }
  }
  write_positions(view, scattered, without_leading(value, core_tensor_get(view, "ndim")))
  x
}

# `value` without the dimensions that it has more than what it is written to, if they have one element: a row that is
# taken out of a matrix has one dimension, the matrix that is written there has two.
without_leading = function(value, ndim) {
  shape = core_tensor_get(value, "shape")
  leading = seq_len(max(length(shape) - ndim, 0L))
  if (!length(leading) || any(shape[leading] != 1L)) {
    return(value)
  }
  core_tensor_call("reshape", value, list(shape[-leading]))
}

is_mask = function(indexes, x) {
  length(indexes) == 1L && inherits(indexes[[1L]], "torch_tensor") &&
    core_tensor_get(indexes[[1L]], "dtype") == "bool" &&
    core_tensor_get(indexes[[1L]], "ndim") == core_tensor_get(x, "ndim")
}

shift_dimension = function(x, after) {
  if (x$dim > after) x$dim = x$dim - 1L
  x
}

# For each dimension that was indexed, whole positive positions, or NULL for all of them.
tensor_positions = function(indexes, shape) {
  if (length(indexes) > length(shape)) {
    abort(c("argument", "config"),
      sprintf("A tensor of %i dimensions cannot take %i indexes.", length(shape), length(indexes))
    )
  }
  lapply(seq_along(indexes), function(dim) {
    index = indexes[[dim]]
    if (inherits(index, "torch_tensor")) index = core_tensor_to_r(index)
    if (isTRUE(index)) NULL else checked_positions(index, shape[[dim]], sprintf("index %i", dim))
  })
}

checked_positions = function(index, size, what) {
  if (is.logical(index)) {
    if (length(index) != size || anyNA(index)) {
      abort(c("argument", "config"), sprintf("A logical '%s' must have %i values without NA.", what, size))
    }
    return(which(index))
  }
  if (!is.numeric(index) || anyNA(index) || any(index != trunc(index)) || any(index == 0) || any(abs(index) > size)) {
    abort(c("argument", "config"),
      sprintf("'%s' must hold whole numbers from 1 to %i (or from -1 to -%i, counted from the end).", what, size, size),
      list(argument = what)
    )
  }
  if (any(index < 0)) ifelse(index < 0, size + 1 + index, index) else index
}

checked_position = function(index, size, what) {
  if (length(index) != 1L || is.logical(index)) {
    abort(c("argument", "config"), sprintf("'%s' must be a single whole number.", what), list(argument = what))
  }
  checked_positions(index, size, what)
}

is_range = function(position) {
  is.null(position) || length(position) == 1L || (length(position) > 0L && all(diff(position) == 1))
}

take_positions = function(x, dim, position, drop) {
  if (is.null(position)) {
    return(x)
  }
  if (drop && length(position) == 1L) {
    return(core_tensor_call("select", x, list(dim, position)))
  }
  if (is_range(position)) {
    return(core_tensor_call("narrow", x, list(dim, position[[1L]], length(position))))
  }
  device = core_tensor_get(x, "device")
  core_tensor_call("index_select", x, list(dim, core_tensor_from_r(position, "int64", device, FALSE)))
}

# Writes to `view`, a view of the whole tensor, at the positions along some of its dimensions.
write_positions = function(view, scattered, value) {
  if (length(scattered) == 0L) {
    return(core_tensor_call("copy_", view, list(value)))
  }
  shape = core_tensor_get(view, "shape")
  every = lapply(shape, seq_len)
  for (entry in scattered) every[[entry$dim]] = entry$positions
  device = core_tensor_get(view, "device")
  # One index for each dimension, shaped so that together they span the block.
  indexes = lapply(seq_along(every), function(dim) {
    size = rep(1L, length(every))
    size[[dim]] = length(every[[dim]])
    core_tensor_call("reshape", core_tensor_from_r(every[[dim]], "int64", device, FALSE), list(size))
  })
  value = core_tensor_call("to", value, list(core_tensor_get(view, "dtype")))
  core_tensor_call("index_put_", view, list(indexes, value))
}
