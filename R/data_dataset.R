# From a task to tensors. Features become one float32 tensor of shape (rows, columns); factors are one-hot inside it.

# x: named list of tensor handles, or of `torch_codes` for a learner's own use, y: tensor handle or NULL, row_ids: the
# task's row ids.
# A dataset may have an element `weights`, see `weigh_rows()`.
# Rows lie in the first dimension.
new_torch_dataset = function(x, y, row_ids) {
  structure(list(x = x, y = y, row_ids = row_ids), class = "torch_dataset")
}

#' @export
print.torch_dataset = function(x, ...) {
  shape = function(tensor) paste(tensor$shape, collapse = " x ")
  source = x$source
  read = if (is.null(source)) "" else if (is.null(source$handle)) ", read in R" else ", read"
  catn(sprintf("<torch_dataset>: %i rows%s", length(x$row_ids), read))
  catn(sprintf("  x$%s: %s", names(x$x), map_chr(x$x, shape)))
  if (!is.null(x$y)) {
    catn(sprintf("  y: %s", shape(x$y)))
  }
  if (!is.null(x$weights)) {
    catn(sprintf("  weights: %s", shape(x$weights)))
  }
  invisible(x)
}

#' @export
length.torch_dataset = function(x) length(x$row_ids)

# The rows of a task as tensors. `inputs`: the recipes of the network's inputs.
rows_in_memory = function(task, inputs, info, target, codes) {
  data = small_data(task, if (target) info else info[!info$target, ])
  x = map(inputs, input_from_task, task = task, data = data, codes = codes)
  new_torch_dataset(x, if (target) target_tensor(task, data), task$row_ids)
}

# The dataset with the weight of each row in the loss, a tensor of shape (rows); unchanged if `weights` is NULL.
weigh_rows = function(dataset, weights) {
  if (!is.null(weights)) {
    dataset$weights = core_weights_create(as.numeric(weights))
  }
  dataset
}

# What a model must remember of its task: id, type and levels of each feature, then of the target; for lazy tensors,
# their shape.
# A plain data.frame, because a data.table carries a pointer that differs between sessions.
column_info = function(task) {
  ids = c(task$feature_names, task$target_names)
  levels = unname(task$col_info$levels[match(ids, task$col_info$id)])
  if (has_classes(task$task_type)) {
    # the order matters: the first level is the positive class
    levels[[length(ids)]] = task$class_names
  }
  info = list(id = ids, type = unname(column_types(task, ids)), levels = levels, target = ids %in% task$target_names)
  is_lazy = info$type == "lazy_tensor"
  if (any(is_lazy)) {
    info$shape = vector("list", length(ids))
    info$shape[is_lazy] = map(ids[is_lazy], function(id) lazy_column_shape(task, id))
  }
  structure(info, row.names = seq_along(ids), class = "data.frame")
}

# Of a lazy tensor in a task, of which only as many rows are taken as tell it.
lazy_column_shape = function(task, id) {
  first = task$data(task$row_ids[1L], id)[[1L]]
  lazy_shape(if (varies_in_length(first)) task$data(cols = id)[[1L]] else first)
}

# Named by column. A plain look-up: `task$feature_types` makes a keyed data.table each time.
column_types = function(task, ids) {
  set_names(task$col_info$type[match(ids, task$col_info$id)], ids)
}

# `where`: how the message begins. `cols`: all of the task's unless given.
check_missings = function(task, where, cols = NULL) {
  cols = cols %??% c(task$target_names, task$feature_names)
  # mlr3 cannot count those of lazy tensors
  lazy = names(which(column_types(task, cols) == "lazy_tensor"))
  of_lazy = if (length(lazy)) map_int(task$data(cols = lazy), function(x) sum(is.na(x)))
  missings = c(task$missings(setdiff(cols, lazy)), of_lazy)
  missings = missings[missings > 0L]
  if (length(missings)) {
    counts = sprintf("'%s' (%i)", names(missings), missings)
    remedy = if (any(names(missings) %in% task$target_names)) {
      "leave out the rows without a target, for instance with `task$filter()`"
    } else {
      missing_remedy(names(missings) %in% lazy, column_types(task, names(missings)) == "character")
    }
    abort("missing_values", sprintf("%s: there are missing values in %s; %s.", where, str_collapse(counts, n = 10L),
      remedy),
      fields = list(features = names(missings), count = sum(missings)))
  }
}

# What helps against missing values, by the columns that have some.
missing_remedy = function(is_lazy, is_text) {
  if (any(is_lazy)) {
    return("leave these rows out, for instance with `task$filter()`")
  }
  remedies = c(if (!all(is_text)) c("po(\"imputemedian\")", "po(\"imputemode\")"),
    if (any(is_text)) "po(\"imputeconstant\")")
  sprintf("impute them, for instance with %s", str_collapse(remedies, sep = " and "))
}

# The columns of `info` if they are small enough to be fetched at once, else NULL.
small_data = function(task, info, block_bytes = 16e6) {
  if (8 * task$nrow * nrow(info) <= block_bytes) task$data(cols = info$id)
}

# The features that `who` was trained on must be there.
assert_features_present = function(task, features, who) {
  absent = setdiff(features, task$feature_names)
  if (length(absent)) {
    abort("features", sprintf("Task '%s' lacks features that %s was trained on: %s.", task$id, who,
      str_collapse(absent, quote = "'")), fields = list(features = absent))
  }
}

# They must also have the same types.
assert_same_features = function(task, info) {
  features = info[!info$target, ]
  assert_features_present(task, features$id, "the learner")
  given = column_types(task, features$id)
  changed = which(given != features$type)
  if (length(changed)) {
    first = changed[[1L]]
    abort("features", sprintf("Feature '%s' of task '%s' is %s, but was %s in training.", features$id[[first]], task$id,
      given[[first]], features$type[[first]]), fields = list(features = features$id[changed]))
  }
  invisible(task)
}

# The tensor of the truth. `data`: a table that has the target's columns, if they have been fetched.
target_tensor = function(task, data = NULL) {
  data = data %??% task$data(cols = task$target_names)
  get_target_batchgetter(task)(as.data.table(data)[, task$target_names, with = FALSE], "cpu")
}
