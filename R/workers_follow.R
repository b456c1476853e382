# What the other workers of a run do: the same run, without the parts that only the first one has.

# A worker from its start to its end, in a process of its own. `meeting`: where the workers meet.
work_for_run = function(job, meeting) {
  file.create(file.path(dirname(meeting$path), sprintf("process-%i", Sys.getpid())))
  exchange = NULL
  tryCatch(
    {
      exchange = meet_workers(meeting)
      follow_run(job, exchange)
      core_workers_leave(exchange, "its run is over.")
      invisible()
    },
    error = function(cond) {
      reason = conditionMessage(cond)
      if (is.null(exchange)) core_workers_refuse(meeting, reason) else core_workers_leave(exchange, reason)
      stop(cond)
    }
  )
}

follow_run = function(job, exchange) {
  earlier = r_generator_state()
  on.exit(set_r_generator_state(earlier))
  set_r_generator_state(job$r_seed)
  run = make_following_run(job, exchange)
  finished = FALSE
  on.exit(close_run(run, finished), add = TRUE, after = FALSE)
  begin_run(run, NULL)
  iwalk(run$sets, function(set, id) load_callback_state(set, id, list(callbacks = job$states)))
  is_whole = withCallingHandlers(
    core_run_train(run$handle, wanted_scores(job$scores$train), wanted_scores(job$scores$valid)),
    error = function(cond) abort_in_stage(cond, core_run_running(run$handle))
  )
  if (!is_whole) run_stops(run)
  finished = TRUE
}

# With those callbacks that run in all workers.
make_following_run = function(job, exchange) {
  data = worker_rows(job$rows, job$origin, job$spec)
  generator = core_generator_create(job$seed)
  network = build_network(job$spec, data$train$x, generator)
  job$options["exchange"] = list(exchange)
  own = map(job$sets, function(set) get_private(set)$.request())
  handle = core_run_create(network_pointer(network), generator, data$train, data$valid, job$loss, job$optimizer,
    job$options, insert_named(job$callbacks, own))
  context = if (length(own)) {
    new_context(handle, network, job$sets, job$origin$learner, job$origin$task, job$origin$task$internal_valid_task,
      job$origin$param_vals)
  }
  list(handle = handle, context = context, sets = job$sets)
}

# `rows`: tensors, or NULL if they are read where `origin` says.
worker_rows = function(rows, origin, spec) {
  if (!is.null(rows)) {
    return(from_plain_data(rows))
  }
  data = training_rows(origin$learner, get_private(origin$learner), origin$task, origin$param_vals, origin$info)
  map(data, with_inputs, inputs = spec$inputs)
}

# Which scores the first worker computes.
wanted_scores = function(ids) if (length(ids)) list(ids = ids, board = NULL, fn = NULL)
