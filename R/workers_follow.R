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
  data = worker_rows(job$rows, job$spec)
  generator = core_generator_create(job$seed)
  network = build_network(job$spec, data$train$x, generator)
  job$options["exchange"] = list(exchange)
  run = core_run_create(network_pointer(network), generator, data$train, data$valid, job$loss, job$optimizer,
    job$options, job$callbacks)
  on.exit(core_run_end(run))
  core_run_begin(run)
  core_run_train(run, wanted_scores(job$scores$train), wanted_scores(job$scores$valid))
}

worker_rows = function(rows, spec) {
  if (!is.null(rows$data)) {
    return(from_plain_data(rows$data))
  }
  private = get_private(rows$learner)
  data = training_rows(rows$learner, private, rows$task, rows$param_vals, rows$info)
  map(data, with_inputs, inputs = spec$inputs)
}

# Which scores the first worker computes.
wanted_scores = function(ids) if (length(ids)) list(ids = ids, board = NULL, fn = NULL)
