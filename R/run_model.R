# What a run leaves behind, at its end and in a checkpoint.

# What a run leaves behind: the trained model, also in the middle of a run for a checkpoint.
# `interrupted`: includes what a run that goes on is compared with.
run_model = function(context, interrupted = FALSE) {
  values = get_private(context)$.values
  core = core_run_state(get_private(context)$.run)
  model = list(
    network = new_network_data(values$network, values$spec, values$example),
    internal_valid_scores = context$last_scores_valid,
    loss_fn = loss_request(values$learner, values$loss, values$info),
    optimizer = structure(core$optimizer, class = "torch_optimizer_state"),
    epochs = core$epoch,
    callbacks = discard(imap(values$callbacks, callback_state), is.null),
    seed = values$seed,
    interrupted = interrupted,
    valid_rows = drawn_rows(context),
    stopped = if (core$epoch == context$epoch) stop_reason(context),
    history = run_history(context),
    plan = context$plan,
    run = list(
      core = core[names(core) != "optimizer"],
      r_seed = r_generator_state(),
      scores = list(train = context$last_scores_train, valid = context$last_scores_valid),
      filters = run_filters(context),
      settings = values$settings
    ),
    task_col_info = values$info
  )
  model$checksum = core_plain_checksum(model[continued_elements])
  if (interrupted) {
    model$identity = run_identity(context$task_train, context$task_valid)
  }
  structure(model, class = c("learner_torch_model", "list"))
}

# A trained model's optimizer has its groups as the live one shows them.
#' @export
`$.torch_optimizer_state` = function(x, name) {
  state = unclass(x)
  if (name != "param_groups") {
    return(state[[name]])
  }
  map(state$groups, function(group) c(list(params = state$parameters[group$ranges + 1L]), group$settings))
}

#' @export
`[[.torch_optimizer_state` = function(x, i, ...) {
  if (is.character(i)) `$.torch_optimizer_state`(x, i) else unclass(x)[[i]]
}

# The rows of a validation task that was drawn at random, which a run that goes on needs again.
drawn_rows = function(context) {
  learner = get_private(context)$.values$learner
  earlier = get_private(learner)$.continued$valid_rows
  earlier %??% if (is.numeric(learner$validate) && !is.null(context$task_valid)) context$task_valid$row_ids
}

callback_state = function(set, id) {
  state = set$state_dict()
  if (!is.null(state)) as_plain_data(state, where = sprintf("callback '%s': state_dict()", id))
}

# The stages of callbacks in R that are not called again, see `once()`.
run_filters = function(context) {
  run = get_private(context)$.run
  discard(imap(context$callbacks, function(set, id) get_private(set)$.done_stages(run, id)), is.null)
}

# The plain data that a checkpoint file holds.
run_state = function(context) run_model(context, interrupted = TRUE)

# What a checkpoint belongs to.
# The task's hash would cover its rows and its validation task, which have separate elements and messages.
run_identity = function(task, task_valid) {
  alone = task$clone()
  alone$internal_valid_task = NULL
  alone$row_roles$use = integer()
  list(
    task = alone$hash,
    train_rows = calculate_hash(task$row_ids),
    valid_rows = if (!is.null(task_valid)) calculate_hash(task_valid$row_ids)
  )
}
