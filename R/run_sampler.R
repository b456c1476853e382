# The learner's parameters `sampler` and `batch_sampler`: what decides in which order an epoch visits the rows, and
# where its batches end.

is_sampler = function(x) inherits(x, c("utils_sampler", "sampler_generator"))

check_order = function(x, returned) {
  if (is.null(x) || is_sampler(x) || (is.function(x) && length(setdiff(argument_names(x), "...")) %in% 1:2)) {
    return(TRUE)
  }
  sprintf("must be a function of the number of rows, or of that and the task, that returns %s, or %s, or NULL",
    returned, "what sampler() makes")
}

check_sampler = function(x) check_order(x, "the positions of an epoch's rows")

check_batch_sampler = function(x) check_order(x, "a list with the positions of each batch's rows")

# Two of them would decide in which order the rows are visited.
check_sampler_alone = function(learner, values) {
  given = names(discard(values[c("sampler", "batch_sampler")], is.null))
  if (!length(given)) {
    return(invisible())
  }
  others = c(setdiff(given, given[[1L]]), if (values$shuffle) "shuffle",
    if (values$drop_last && "batch_sampler" %in% given) "drop_last")
  if (length(others)) {
    abort("sampler", sprintf("Learner '%s': '%s' decides %s, so '%s' must not; set `%s = %s`.", learner$id, given[[1L]],
      if (others[[1L]] == "drop_last") "which batches there are" else "the order of the rows", others[[1L]],
      others[[1L]], if (others[[1L]] == "batch_sampler") "NULL" else "FALSE"))
  }
}

# The function that the run calls at the start of each epoch, or NULL: an error says where it came from. It returns
# positions, or a list of them for each batch.
run_sampler = function(values, task) {
  name = if (is.null(values$batch_sampler)) "sampler" else "batch_sampler"
  order = values[[name]]
  if (is.null(order)) {
    return(NULL)
  }
  draw = if (is_sampler(order)) sampled_order(order, task, name) else drawn_order(order, task)
  function(rows) {
    drawn = withCallingHandlers(draw(rows), error = function(condition) {
      abort("sampler", sprintf("The learner's '%s' failed: %s", name, condition_text(condition)), parent = condition)
    })
    assert_drawn(drawn, name)
  }
}

assert_drawn = function(positions, name) {
  if (name == "sampler" || (is.list(positions) && !is.data.frame(positions))) {
    return(positions)
  }
  abort("sampler", sprintf("The learner's 'batch_sampler' must return a list with the positions of each batch, not %s.",
    as_short_string(positions)))
}

drawn_order = function(order, task) {
  takes_task = length(setdiff(argument_names(order), "...")) == 2L
  function(rows) if (takes_task) order(rows, task) else order(rows)
}

# A generator makes its sampler of the task's rows, once a run.
sampled_order = function(order, task, name) {
  sampler = if (inherits(order, "sampler_generator")) order(task_rows(task)) else order
  is_fast = name == "sampler" && is.function(sampler$.iter_batch)
  function(rows) {
    positions = drain(sampler_iterator(sampler, if (is_fast) rows))
    if (name == "sampler") unlist(positions) else positions
  }
}

# All values of an iterator, as a list.
drain = function(iterator) {
  values = list()
  value = iterator()
  while (!is_exhausted(value)) {
    values[[length(values) + 1L]] = value
    value = iterator()
  }
  values
}

# What samplers are made of: as many items as there are rows.
task_rows = dataset("task_rows",
  initialize = function(task) self$task = task,
  .getitem = function(i) as.list(self$task$data(self$task$row_ids[i])),
  .length = function() self$task$nrow,
  parent_env = environment()
)
