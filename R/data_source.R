# Rows that are read while the loop runs, instead of lying in memory: by a dataset of R code, or by the core.

# A `torch_dataset` whose x and y are an example of one row, with `source`: list(rows, read, is_random), where `read` is
# a function of positions, and of a number that their randomness follows from, that returns list(x, y).
# `target`: whether `y` is needed; `collate`: what makes a batch of what the dataset gives, see the learners' parameter
# `collate_fn`, or NULL.
new_read_dataset = function(dataset, task, target, collate = NULL) {
  if (!target && is.function(dataset$target_batchgetter)) {
    dataset = dataset$clone()
    dataset$target_batchgetter = NULL
  }
  rows = read_length(dataset, task)
  read = function(index, draw = 0) read_rows(dataset, index, target, collate, draw)
  example = read(1)
  result = new_torch_dataset(example$x, example$y, task$row_ids)
  result$source = list(rows = rows, read = read, is_random = isTRUE(dataset$is_random))
  if (inherits(dataset, "memory_dataset")) result$in_memory = dataset$rows
  result
}

# The rows of a loader's dataset. In training, the loader's settings take the place of the learner's.
new_loaded_dataset = function(loader, task, target) {
  if (is.null(loader$batch_sampler)) {
    abort("dataset", sprintf(
      "Learner: a dataloader() of '%s' gives no batches of positions; its dataset must have a length, and %s.",
      dataset_name(loader$dataset), "'batch_size' must not be NULL"))
  }
  result = new_read_dataset(loader$dataset, task, target, loader$collate_fn)
  result$settings = loader_settings(loader)
  result
}

# A loader's order and batches as parameters of a learner. Its own plain samplers are left to the core, so that they
# draw from the run's generator.
loader_settings = function(loader) {
  none = list(sampler = NULL, batch_sampler = NULL, shuffle = FALSE, drop_last = FALSE)
  if (is.null(loader$sampler)) {
    return(insert_named(none, list(batch_sampler = loader$batch_sampler)))
  }
  plain = inherits(loader$sampler, "utils_sampler_plain")
  settings = list(batch_size = as.integer(loader$batch_size), drop_last = loader$drop_last,
    shuffle = plain && loader$sampler$shuffle)
  if (!plain) settings$sampler = loader$sampler
  insert_named(none, settings)
}

# Rows in memory as a dataset in R.
memory_dataset = dataset("memory_dataset",
  initialize = function(rows) self$rows = rows,
  .getbatch = function(index) {
    index = torch_tensor(as.integer(index))
    list(
      x = map(self$rows$x, function(x) x$index_select(1L, index)),
      y = if (!is.null(self$rows$y)) self$rows$y$index_select(1L, index)
    )
  },
  .length = function() length(self$rows),
  parent_env = environment()
)

# A `torch_dataset` whose rows a source of the core reads, see src/core/data/source.h. `handle`: the external pointer to
# it; `inputs`: the names of what it reads, in its order. Its rows are those of the task, in their order.
# `target`: whether the source gives targets, and they are needed.
new_core_dataset = function(handle, inputs, row_ids, target = TRUE) {
  force(inputs)
  read = function(index) read_core_rows(handle, inputs, index, target)
  rows = core_source_rows(handle)
  if (rows == 0) abort("no_rows", "There are no rows to read.")
  example = read_core_rows(handle, inputs, 1, target, codes = TRUE)
  result = new_torch_dataset(example$x, example$y, row_ids)
  result$source = list(rows = rows, read = read, handle = handle, inputs = inputs)
  result
}

is_core_source = function(source) !is.null(source$handle)

# `codes`: whether factors of many levels stay in codes, if the source gives them so.
read_core_rows = function(handle, inputs, index, target, codes = FALSE) {
  rows = core_source_read(handle, length(inputs), index, 0, codes)
  x = map(rows$x, function(x) if (inherits(x, "torch_tensor")) x else new_torch_codes(x$values, x$levels))
  list(x = set_names(x, inputs), y = if (target) rows$y)
}

# How many rows there are, which must be those of the task.
read_length = function(dataset, task) {
  rows = length(dataset)
  if (is.na(rows) || rows != task$nrow) {
    abort("dataset", sprintf("Dataset '%s' has %s, but task '%s' has %i rows; it must have an item for each row.",
      dataset_name(dataset), if (is.na(rows)) "no length" else sprintf("%i items", rows), task$id, task$nrow),
      list(dataset = dataset_name(dataset)))
  }
  if (rows == 0L) abort("no_rows", sprintf("Task '%s' has no rows to read.", task$id))
  rows
}

read_rows = function(dataset, index, target, collate, draw) {
  if (isTRUE(dataset$is_random)) dataset$draw = draw
  batch = if (is.function(dataset$.getbatch)) read_batch(dataset, index) else
    lapply(index, read_item, dataset = dataset)
  if (!is.null(collate)) {
    return(collated_rows(collate, batch, index, target))
  }
  if (!is.function(dataset$.getbatch)) batch = collate_items(batch)
  usable_batch(batch, target, sprintf("Dataset '%s'", dataset_name(dataset)))
}

# `where`: what made the batch.
usable_batch = function(batch, target, where) {
  x = if (is.list(batch)) batch$x
  if (inherits(x, "torch_tensor")) x = list(x = x)
  if (!is.list(x) || !length(x) || !all(map_lgl(x, inherits, what = "torch_tensor"))) {
    abort_unusable_batch(where, "x", "a list of tensors, named like the network's inputs", x)
  }
  if (target && !inherits(batch$y, "torch_tensor")) {
    abort_unusable_batch(where, "y", "a tensor with the truth, see the section on encodings of LearnerTorch", batch$y)
  }
  list(x = x, y = if (target) batch$y)
}

abort_unusable_batch = function(where, element, expected, given) {
  abort("dataset", sprintf("%s: a batch must have `%s`, %s; it is %s.", where, element, expected,
    as_short_string(given)))
}

# What a `collate_fn` makes of a batch, or of a list of items.
collated_rows = function(collate, given, index, target) {
  batch = usable_batch(collated(collate, given), target, "'collate_fn'")
  for (name in names(batch$x)) {
    x = batch$x[[name]]
    if (x$ndim == 0L || x$shape[[1L]] != length(index)) {
      abort("dataset", sprintf("'collate_fn' made a tensor of shape %s for '%s' of a batch of %i rows; %s.",
        sizes_text(x), name, length(index), "it must keep the rows, and their order"))
    }
  }
  if (target) assert_same_target(batch$y, given$y)
  batch
}

# `before`: the encoded truth, which the loss needs as it is; NULL if the user's dataset makes items.
assert_same_target = function(y, before) {
  same = !inherits(before, "torch_tensor") || (identical(y$shape, before$shape) && y$dtype == before$dtype)
  if (!same) {
    kind = function(tensor) sprintf("%s of shape %s", format(tensor$dtype), sizes_text(tensor))
    abort("dataset", sprintf("'collate_fn' changed `y` from %s to %s; only its values may change.", kind(before),
      kind(y)))
  }
}

sizes_text = function(tensor) sprintf("(%s)", toString(tensor$shape))

# The dataset with the network's inputs, in their order; the name of a single one does not matter.
with_inputs = function(data, inputs) {
  if (is.null(data$source)) {
    return(data)
  }
  is_single = length(inputs) == 1L && length(data$x) == 1L
  absent = if (!is_single) setdiff(inputs, names(data$x))
  if (length(absent)) {
    abort("dataset", sprintf("The network reads '%s', but the dataset's batches have `x` with %s.", absent[[1L]],
      str_collapse(names(data$x) %??% "no names", quote = "'")))
  }
  arrange = function(x) if (is_single) set_names(x, inputs) else x[inputs]
  read = data$source$read
  # a source of the core finds its inputs by name, see `to_source()` in C++
  if (is_single && is_core_source(data$source)) data$source$inputs = inputs
  data$x = arrange(data$x)
  data$source$read = function(index, draw = 0) {
    batch = read(index, draw)
    batch$x = arrange(batch$x)
    batch
  }
  data
}

# The dataset with all rows in memory.
in_memory = function(data) {
  source = data$source
  if (!is.null(source)) {
    data[c("x", "y")] = source$read(seq_len(source$rows))[c("x", "y")]
    data$source = NULL
  }
  data
}

# What `predict` returns for blocks of `batch_size` rows, together. It is a function of x and the number of the block
# that returns a tensor, or a list of several draws of it.
# For rows that R code reads.
predict_in_blocks = function(source, batch_size, predict) {
  starts = seq(1, source$rows, by = batch_size)
  outputs = imap(starts, function(start, block) {
    predict(source$read(seq(start, min(start + batch_size - 1, source$rows)))$x, block)
  })
  if (inherits(outputs[[1L]], "torch_tensor")) {
    return(torch_cat(outputs, 1L))
  }
  map(seq_along(outputs[[1L]]), function(draw) torch_cat(map(outputs, draw), 1L))
}
