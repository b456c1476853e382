# Shapes that follow from others; the help is that of `shape_helpers`.

#' @rdname shape_helpers
#' @export
broadcast_shapes = function(shapes, id) {
  assert_same_ndim(shapes, id)
  sizes = do.call(rbind, unname(shapes))
  map_int(seq_len(ncol(sizes)), function(i) {
    wide = setdiff(sizes[, i], c(NA, 1))
    if (length(wide) > 1L) {
      abort_shape(id, "cannot join the shapes %s: in dimension %i, sizes must be equal or 1.", shape_to_str(shapes), i)
    }
    # an open size may be more than 1, and then decides
    if (length(wide)) as.integer(wide) else if (anyNA(sizes[, i])) NA_integer_ else 1L
  })
}

#' @rdname shape_helpers
#' @export
reshape_output_shape = function(shape_in, shape, id) {
  wanted = if (is.function(shape)) shape(shape_in) else shape
  computed = which(!is.na(wanted) & wanted == -1)
  if (!test_integerish(wanted, lower = -1, min.len = 1L) || 0 %in% wanted || length(computed) > 1L) {
    abort_shape(id, "cannot make the shape %s: sizes are at least 1, and one of them may be -1.",
      as_short_string(wanted))
  }
  result = as.integer(replace(wanted, computed, NA))
  if (anyNA(shape_in) || anyNA(wanted)) {
    return(result)
  }
  numbers = prod(shape_in)
  rest = prod(result, na.rm = TRUE)
  if (if (length(computed)) numbers %% rest != 0 else numbers != rest) {
    abort_shape(id, "cannot make the shape %s from %s, which has %g numbers.", shape_to_str(wanted),
      shape_to_str(shape_in), numbers)
  }
  replace(result, computed, as.integer(numbers / rest))
}

#' @rdname shape_helpers
#' @export
infer_shapes = function(shapes_in, param_vals, output_names, fn, rowwise, id) {
  assert_shapes(shapes_in)
  arguments = param_vals[intersect(names(param_vals), names(formals(args(fn))))]
  call_on = function(shape, size) {
    sizes = replace(shape, is.na(shape), size)
    dim(invoke(fn, torch_zeros(if (rowwise) sizes[-1L] else sizes), .args = arguments))
  }
  set_names(map(unname(shapes_in), function(shape) {
    # a size that is the same for all of these does not depend on what is open
    tried = map(c(2L, 7L, 11L), function(size) tryCatch(call_on(shape, size), error = identity))
    found = discard(tried, inherits, what = "error")
    if (length(found) < 2L) {
      abort_shape(id, "has a function that fails on the shape %s: %s", shape_to_str(shape),
        condition_text(detect(tried, inherits, what = "error")))
    }
    assert_same_ndim(found, id)
    sizes = do.call(rbind, found)
    result = map_int(seq_len(ncol(sizes)), function(i) {
      if (length(unique(sizes[, i])) == 1L) as.integer(sizes[1L, i]) else NA_integer_
    })
    if (rowwise) c(as.integer(shape[[1L]]), result) else result
  }), output_names)
}
