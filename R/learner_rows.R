# The rows of a task as a learner's network gets them: tensors in memory, or a dataset that reads them.

# What the learner's `.dataset()` makes. A subclass's own may take fewer arguments, and may return a dataset().
learner_rows = function(private, task, values, info, target = TRUE) {
  given = list(task = task, param_vals = values, info = info, target = target)
  data = invoke(private$.dataset, .args = given[intersect(names(given), names(formals(private$.dataset)))])
  if (inherits(data, "torch_dataset")) {
    return(data)
  }
  new_read_dataset(assert_dataset(data), task, target)
}

# The network's outputs, or a list of several draws of them. `x`: tensors of `rows` rows, or a source that reads them.
outputs_for_rows = function(model, x, rows, values) {
  batch_size = values$batch_size_predict %??% values$batch_size %??% rows
  network = last_network(model$network)
  predict = function(x, block) {
    if (is.null(values$mc_dropout)) {
      return(predict_network(network, x, batch_size, values$device))
    }
    # each block has its own dropout
    seed = (model$seed + block - 1) %% .Machine$integer.max
    predict_draws(network, x, batch_size, values$device, values$mc_dropout, seed)
  }
  if (is.function(x$read)) predict_in_blocks(x, batch_size, predict) else predict(x, 1)
}

# A learner whose rows are read by its own dataset needs a task.
assert_plain_rows = function(learner) {
  if (!get_private(learner)$.has_inherited(".dataset")) {
    abort("config", sprintf("Learner '%s' makes its network's inputs of a task; predict with $predict() or %s.",
      learner$id, "$predict_newdata()"))
  }
}
