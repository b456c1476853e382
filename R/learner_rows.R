# The rows of a task as a learner's network gets them: tensors in memory, or a dataset that reads them.

# What the learner's `.dataset()` makes. A subclass's own may take fewer arguments, and may return a dataset() or a
# dataloader().
# `codes`: whether factors of many levels may be kept in codes, which subclasses do not know.
learner_rows = function(private, task, values, info, target = TRUE, codes = FALSE) {
  codes = codes && private$.has_inherited(".dataset")
  given = list(task = task, param_vals = values, info = info, target = target, codes = codes)
  taken = names(formals(private$.dataset))
  data = invoke(private$.dataset, .args = if ("..." %in% taken) given else given[intersect(names(given), taken)])
  if (inherits(data, "torch_dataset")) {
    return(data)
  }
  if (is_dataloader(data)) {
    return(new_loaded_dataset(data, task, target))
  }
  new_read_dataset(assert_dataset(data), task, target, values$collate_fn)
}

# Rows in memory, in a mapped file, or a dataset that reads them.
rows_of_task = function(task, inputs, values, info, target, codes) {
  if (!is.null(values$collate_fn)) {
    return(collatable_rows(task, inputs, info, target))
  }
  if (is_read(inputs)) {
    return(lazy_dataset(task, inputs, target))
  }
  mapped = mapped_file_for(task, values, inputs, codes)
  if (is.null(mapped)) rows_in_memory(task, inputs, info, target, codes) else
    rows_in_file(task, mapped, inputs, target, codes)
}

# A dataset whose batches R code may change.
collatable_rows = function(task, inputs, info, target) {
  if (is_read(inputs)) inputs_dataset(task, inputs, target) else
    memory_dataset(rows_in_memory(task, inputs, info, target, codes = FALSE))
}

# The rows of a run: list(train, valid), or without `valid` if there is no validation task.
training_rows = function(learner, private, task, values, info) {
  rows = function(task) assert_movable(learner_rows(private, task, values, info, codes = TRUE), learner, task, values)
  train = warn_of_ranges(rows(task), learner, task, private$.scales(values))
  if (!is_core_source(train$source)) mention_no_effect(values["num_workers"])
  valid = task$internal_valid_task
  c(list(train = weigh_rows(train, private$.get_weights(task))),
    if (!is.null(valid)) list(valid = rows(assert_same_features(valid, info))))
}

# How many steps each row of a dataset has. `ingress`: of the inputs, one of which is a text or a mask of sequences.
row_lengths = function(dataset, ingress) {
  x = (dataset$in_memory %??% dataset)$x
  name = names(keep(ingress, function(token) token$kind %in% c("text", "sequence_mask")))[[1L]]
  filled = if (ingress[[name]]$kind == "text") x[[name]]$ne(padding_number) else x[[name]]$eq(0)
  as.integer(as_array(filled$sum(2L)))
}

# Rows that are read batch by batch cannot be moved to the device as a whole.
assert_movable = function(data, learner, task, values) {
  if (is.null(data$source) || !identical(values$data, "device")) {
    return(data)
  }
  abort("config", sprintf(
    "Learner '%s': the rows of task '%s' are read batch by batch, so they cannot be moved to the device; set %s.",
    learner$id, task$id, "`data = \"auto\"`"), fields = list(argument = "data"))
}

# The network's outputs for the rows of a task, or a list of several draws of them.
outputs_for_task = function(learner, task) {
  private = get_private(learner)
  values = run_values(learner$param_set)
  model = private$.model()
  data = learner_rows(private, task, values, model$task_col_info, target = FALSE, codes = TRUE)
  data = with_inputs(data, model$network$spec$inputs)
  outputs_for_rows(model, data$source %??% data$x, task$nrow, values)
}

# The same for `x`: tensors of `rows` rows, or a source that reads them.
outputs_for_rows = function(model, x, rows, values) {
  batch_size = get_batch_size(values, "predict") %??% rows
  network = last_network(model$network)
  if (is_core_source(x)) {
    return(predict_source(network, x, batch_size, values, model$seed))
  }
  predict = function(x, block) {
    if (is.null(values$mc_dropout)) {
      return(predict_network(network, x, batch_size, values$device, values$precision))
    }
    # each block has its own dropout
    seed = (model$seed + block - 1) %% .Machine$integer.max
    predict_draws(network, x, batch_size, values, seed)
  }
  if (is.function(x$read)) predict_in_blocks(x, batch_size, predict) else predict(x, 1)
}

# A learner whose rows are read by its own dataset, or that makes its own predictions, needs a task.
assert_plain_rows = function(learner) {
  if (!is.null(learner$param_set$values$collate_fn)) {
    abort("config", sprintf("Learner '%s' has a 'collate_fn', which makes its network's inputs; predict with %s.",
      learner$id, "$predict() or $predict_newdata()"))
  }
  if (!get_private(learner)$.has_inherited(c(".dataset", ".encode_prediction"))) {
    abort("config", sprintf("Learner '%s' makes its network's inputs or predictions of a task; predict with %s.",
      learner$id, "$predict() or $predict_newdata()"))
  }
}

# All rows of a task in memory.
learner_dataset = function(learner, private, task) {
  assert_task(task, task_type = learner$task_type)
  info = private$.model()$task_col_info %??% column_info(task)
  private$.ingress = used_ingress(private, task, learner$param_set$values, learner$id, private$.model())
  dataset = learner_rows(private, assert_same_features(task, info), learner$param_set$values, info)
  weigh_rows(in_memory(dataset), private$.get_weights(task))
}
