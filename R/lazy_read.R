# Where the rows of a lazy tensor come from, and what is done to them, as plain data.
# A source is list(kind, ...), with
# * "files": paths, channels
# * "values": values, a `torch_tensor_data` of shape (rows, ...)
# * "sequences": values, a `torch_tensor_data` (steps, channels) of all sequences; lengths, how many steps each has
# * "dataset": dataset, the element of its items, and shapes, a list of the shape that was said, or empty
# A step is list(name, arguments), a transformation of the core, or list(fn, rowwise, arguments), a function in R.

files_source = function(paths, channels) list(kind = "files", paths = paths, channels = channels)

values_source = function(tensor) list(kind = "values", values = core_tensor_to_plain(tensor$to(torch_float())))

dataset_source = function(dataset, element, shapes = list()) {
  list(kind = "dataset", dataset = dataset, element = element, shapes = shapes)
}

source_length = function(source) {
  as.integer(switch(source$kind,
    files = length(source$paths),
    values = source$values$shape[[1L]],
    sequences = length(source$lengths),
    dataset = length(source$dataset)
  ))
}

# What tells sources apart, also in another session. Of a dataset(): its class, fields, length and first item.
source_identity = function(source) {
  if (source$kind != "dataset") {
    return(source)
  }
  # an item that cannot be read is no matter if no row is made of it
  first = tryCatch(if (source_length(source)) as.array(dataset_rows(source, 1L)$cpu()),
    mlr3libtorch_error = function(condition) NULL)
  list(class(source$dataset), source_length(source), source$element, first, dataset_fields(source$dataset))
}

dataset_fields = function(dataset) {
  names = sort(names(dataset))
  map(set_names(discard(mget(names, envir = dataset), is.function), NULL), lasting_value)
}

# What is the same in another session if the value is.
lasting_value = function(value) {
  if (inherits(value, "torch_tensor")) {
    return(core_tensor_to_plain(value$detach()$cpu()))
  }
  if (inherits(value, "Task")) {
    return(value$hash)
  }
  if (inherits(value, "dataset")) {
    return(dataset_fields(value))
  }
  if (is.list(value)) {
    return(map(unclass(value), lasting_value))
  }
  if (is.environment(value) || typeof(value) == "externalptr") class(value) else value
}

# Of a transformation: a function in R with the values that it uses and does not get.
step_identity = function(step) {
  if (is_core_step(step)) {
    return(step)
  }
  list(map(step, hashable), map(used_values(step$fn), function(value) {
    if (is.function(value)) hashable(value) else lasting_value(value)
  }))
}

is_core_step = function(step) is.null(step$fn)

is_random_step = function(step) is_core_step(step) && registry_entry("transformation", step$name)$random

# Whether C++ code alone can read the rows.
is_read_by_core = function(source, steps) source$kind %in% c("files", "values") && all(map_lgl(steps, is_core_step))

# How many steps the core can do before the first function in R.
leading_core_steps = function(steps) sum(cumprod(map_lgl(steps, is_core_step)))

# A handle of the rows after the leading steps; of sequences, each of their steps is a row.
native_column = function(source, steps) {
  if (source$kind == "sequences") {
    return(core_lazy_column(list(kind = "values", values = source$values), seq_len(sum(source$lengths)), list()))
  }
  core_lazy_column(source, seq_len(source_length(source)), steps[seq_len(leading_core_steps(steps))])
}

# The rest of the steps, for rows that are a tensor already. `draw`, `numbers`: see `core_lazy_read()`; the draw differs
# between parts.
apply_steps = function(rows, steps, draw, numbers) {
  while (length(steps)) {
    n = leading_core_steps(steps)
    if (n) {
      column = core_lazy_column(values_source(rows), seq_len(rows$shape[[1L]]), steps[seq_len(n)])
      draw = draw + 1
      rows = core_lazy_read(column, seq_along(numbers), draw, numbers)
      steps = steps[-seq_len(n)]
    } else {
      rows = apply_function(rows, steps[[1L]])
      steps = steps[-1L]
    }
  }
  rows
}

apply_function = function(rows, step) {
  n = rows$shape[[1L]]
  call = function(x) invoke(step$fn, x, .args = step$arguments)
  result = withCallingHandlers(
    if (step$rowwise) torch_stack(map(seq_len(n), function(i) call(rows$select(1L, i))), 1L) else call(rows),
    error = function(condition) {
      abort("dataset", sprintf("The function of preproc_torch() failed: %s", condition_text(condition)),
        parent = condition)
    })
  fits = inherits(result, "torch_tensor") && result$ndim > 0L && result$shape[[1L]] == n
  if (!fits) {
    abort("dataset", sprintf("The function of preproc_torch() must return a tensor with %i rows, not %s.", n,
      if (inherits(result, "torch_tensor")) sprintf("one of shape (%s)", toString(result$shape)) else
        as_short_string(result)))
  }
  result$to(torch_float())
}

# Rows that a dataset() gives.
dataset_rows = function(source, ids) {
  dataset = source$dataset
  batch = if (is.function(dataset$.getbatch)) read_batch(dataset, ids) else
    collate_items(lapply(ids, read_item, dataset = dataset))
  rows = if (inherits(batch, "torch_tensor")) batch else batch[[source$element]]
  if (!inherits(rows, "torch_tensor")) {
    abort("dataset", sprintf("Dataset '%s': its items must have an element '%s' that is a tensor, not %s.",
      dataset_name(dataset), source$element, as_short_string(rows)), list(dataset = dataset_name(dataset)))
  }
  rows$to(torch_float())
}

# Which steps of the array are those of sequences of the same length, one after the other.
steps_of_sequences = function(source, ids) {
  lengths = source$lengths[ids]
  if (length(unique(lengths)) > 1L) {
    abort("shape", sprintf("The sequences have different lengths, such as %i and %i, so they are not one tensor; %s.",
      min(lengths), max(lengths), "`lrn(\"classif.sequence\")` and ingress_sequence() take them as they are"))
  }
  ends = cumsum(source$lengths)[ids]
  rep(ends - lengths, each = lengths[[1L]]) + rep(seq_len(lengths[[1L]]), length(ids))
}

# Whether elements may differ in their shapes: sequences, and those of a dataset that was said to.
is_of_different_lengths = function(source) {
  !is.null(source$lengths) || (length(source$shapes) == 1L && (is.null(source$shapes[[1L]]) ||
    anyNA(source$shapes[[1L]][-1L])))
}

# The positions of elements whose shapes tell those of all.
elements_to_probe = function(source, ids) {
  if (!is.null(source$lengths)) {
    lengths = source$lengths[ids]
    return(unique(c(which.min(lengths), which.max(lengths))))
  }
  if (is_of_different_lengths(source)) utils::head(seq_along(ids), 10L) else 1L
}

# Of the shapes of two elements.
common_shape = function(shape, other) {
  if (length(shape) == length(other)) {
    return(replace(shape, is.na(shape) | is.na(other) | shape != other, NA))
  }
  abort("shape", sprintf("The elements have different numbers of dimensions, %s and %s.", shape_text(shape[-1L]),
    shape_text(other[-1L])))
}

# The shape that was said of a dataset's elements, which those that were found must fit; else what was found.
declared_shape = function(source, found) {
  declared = unlist(source$shapes)
  if (is.null(declared)) {
    return(found)
  }
  fits = length(declared) == length(found) && all(is.na(declared) | declared == found, na.rm = FALSE)
  if (!isTRUE(fits)) {
    abort("shape", sprintf("'dataset_shapes' says %s, but the dataset gives %s.", shape_text(declared[-1L]),
      shape_text(found[-1L])))
  }
  as.integer(declared)
}
