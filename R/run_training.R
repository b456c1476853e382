# One call of `$train()`: from the descriptors and tensors of a learner to its model.
# The C++ loop owns the context; this file does what must happen around it, however the loop is left.

# Trains a network and returns the model, a `learner_torch_model` of plain data.
# * callbacks: list of TorchCallback
# * info: the task's columns, see `column_info()`
# * state: a model to go on from, or NULL
train_network = function(learner, task, task_valid, dataset_train, dataset_valid, spec, param_vals, callbacks, info,
  state = NULL) {
  report_slow_blas()
  core_watch_stop_signal()
  on.exit(core_unwatch_stop_signal(), add = TRUE)
  sets = generate_callbacks(callbacks, param_vals)
  state = state %??% resume_state(param_vals$resume, sets, task, task_valid, learner$validate)
  assert_whole_state(state)
  spec = with_earlier_scale(spec, state)
  seed = if (is.null(state)) param_vals$seed else state$seed
  generator = r_generator_state()
  on.exit(set_r_generator_state(generator), add = TRUE)
  if (!is.null(state)) {
    set_r_generator_state(state$run$r_seed)
  }
  run = make_run(learner, task, task_valid, dataset_train, dataset_valid, spec, param_vals, sets, seed, info, state)
  finished = FALSE
  on.exit(close_run(run, finished), add = TRUE, after = FALSE)
  begin_run(run, state)
  iwalk(sets, function(set, id) load_callback_state(set, id, state))
  iwalk(state$run$filters[names(sets)], function(done, id) load_filters(run$handle, id, done))
  keep = param_vals$keep_on_interrupt %??% interactive()
  interrupted = !run_loop(run, param_vals$scoring, keep)
  if (interrupted) run_stops(run)
  model = run_model(run$context, interrupted = interrupted)
  model$timing = run_timing(run$context)
  report_slow_parts(model$timing)
  if (interrupted && !keep) {
    abort("interrupt", "Training was ended by SIGTERM.", fields = list(last_model = model))
  }
  warn_of_result(run, model, interrupted)
  finished = TRUE
  model
}

warn_of_result = function(run, model, interrupted) {
  if (has_diverged(run$context)) {
    return(warn_diverged(run$context))
  }
  warn_undefined_scores(run$context, model)
  warn_changed_modules(run$context$network, run$context$learner$id)
  if (!interrupted) warn_worse_than_constant(run, model)
}

# The run and its context. The process's settings are unchanged and no user code has been called yet, except the
# generators of callbacks, so an error needs no cleaning up.
make_run = function(learner, task, task_valid, dataset_train, dataset_valid, spec, param_vals, sets, seed, info,
  state) {
  settings = run_settings(learner, param_vals$optimizer, sets, spec, is_weighted = !is.null(dataset_train$weights))
  changed = assert_state_fits(state, sets, param_vals$epochs, settings)
  generator = core_generator_create(seed)
  network = build_network(spec, dataset_train$x, generator)
  if (!is.null(state)) {
    core_network_load(network_pointer(network), state$network$state)
  }
  loss = loss_request(learner, param_vals$objective, info)
  optimizer = optimizer_request(param_vals$optimizer, network)
  options = run_options(insert_named(param_vals, dataset_train$settings), task)
  options["lengths"] = list(if (isTRUE(param_vals$group_by_length)) row_lengths(dataset_train, spec$ingress))
  team = spread_run(as_torch_workers(param_vals$workers), sets, list(train = dataset_train, valid = dataset_valid),
    origin = list(learner = learner, task = task, param_vals = param_vals, info = info),
    request = list(spec = spec, seed = seed, loss = loss, optimizer = optimizer, options = options,
      states = state$callbacks))
  made = FALSE
  on.exit(if (!made) end_team(team))
  options["exchange"] = list(team$exchange)
  handle = core_run_create(network_pointer(network), generator, dataset_train, dataset_valid, loss, optimizer, options,
    map(sets, function(set) get_private(set)$.request()))
  context = new_context(handle, network, sets, learner, task, task_valid, param_vals, list(
    spec = spec, loss = param_vals$objective, example = dataset_train$x, seed = seed, info = info,
    settings = settings, history = state$history, epoch_seconds = attr(state$timing, "epoch_seconds")
  ))
  made = TRUE
  list(handle = handle, context = context, sets = sets, dataset_train = dataset_train, dataset_valid = dataset_valid,
    changed = changed, team = team)
}

# Runs the loop; FALSE if it was stopped early, by SIGTERM or by an interrupt that is to be kept.
run_loop = function(run, scoring, keep_on_interrupt) {
  score_train = score_request(run$context, scoring$train, run$context$task_train, run$dataset_train)
  score_valid = score_request(run$context, scoring$valid, run$context$task_valid, run$dataset_valid)
  train = function() {
    withCallingHandlers(
      core_run_train(run$handle, score_train, score_valid),
      error = function(cond) abort_with_model(cond, run),
      interrupt = function(cond) if (keep_on_interrupt) put_off(run) else signal_with_model(cond, run)
    )
  }
  if (!keep_on_interrupt) {
    return(train())
  }
  finished = tryCatch(train(), interrupt = function(cond) FALSE)
  if (!finished) {
    lg$warn("Training was interrupted in epoch %i; the model so far is kept.", run$context$epoch)
  }
  finished
}

# The loop, or R code of a callback, goes on, and the run ends after the batch.
# A second interrupt is not deferred.
put_off = function(run) {
  if (core_run_ask_to_stop(run$handle)) tryInvokeRestart("resume")
}

# What was trained until the last complete step; NULL if a callback's state cannot be saved any more.
trained_so_far = function(run) tryCatch(run_model(run$context, interrupted = TRUE), error = function(cond) NULL)

# Errors of stages say where they came from; others stay as they are.
abort_with_model = function(cond, run) {
  model = trained_so_far(run)
  abort_in_stage(cond, core_run_running(run$handle), list(last_model = model), hint_at_empty(cond, run$context))
  cond$last_model = model
  stop(cond)
}

# For code that catches the interrupt; otherwise it goes on unchanged.
signal_with_model = function(cond, run) {
  cond$last_model = trained_so_far(run)
  signalCondition(cond)
}

# Live callbacks, named by id, in the order in which they are called. Checkpoints come last, whatever the weights, so
# that they hold the state of every callback after the stage.
generate_callbacks = function(callbacks, param_vals) {
  sets = set_names(map(callbacks, function(callback) callback$generate()), ids(callbacks))
  if (param_vals$patience > 0) {
    sets$early_stopping = CallbackSetEarlyStopping$new(
      patience = param_vals$patience, min_delta = param_vals$min_delta,
      restore_best_weights = param_vals$restore_best_weights, min_epochs = param_vals$min_epochs
    )
  }
  comes_last = map_lgl(sets, function(set) get_private(set)$.comes_last)
  sets[order(comes_last, map_dbl(sets, function(set) as.numeric(set$weight)))]
}

run_options = function(param_vals, task) {
  list(
    epochs = param_vals$epochs,
    batch_size = param_vals$batch_size,
    batch_size_predict = param_vals$batch_size_predict %??% param_vals$batch_size,
    shuffle = param_vals$shuffle,
    sampler = run_sampler(param_vals, task),
    lengths = NULL,
    drop_last = param_vals$drop_last,
    num_workers = param_vals$num_workers,
    eval_freq = param_vals$eval_freq,
    exchange = NULL,
    sync_batch_norm = param_vals$sync_batch_norm,
    classes = if (has_classes(task$task_type)) length(task$class_names) else 0L,
    num_threads = param_vals$num_threads,
    device = param_vals$device,
    data_on_device = identical(param_vals$data, "device"),
    plan = param_vals$plan,
    precision = param_vals$precision
  )
}

training_seed = function(seed) {
  if (identical(seed, "random")) sample.int(.Machine$integer.max, 1L) else seed
}
