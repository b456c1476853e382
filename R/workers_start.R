# The first worker's part in a run that is spread over processes: starts the others, meets them, and ends them.

# The other workers of a run, for `end_team()`; NULL if it is not spread.
# * data: the rows of the run, list(train, valid)
# * origin: what they were made from, list(learner, task, param_vals, info)
# * request: what the run is made of in each process, list(spec, seed, loss, optimizer, options, states)
spread_run = function(workers, sets, data, origin, request) {
  if (is.null(workers)) {
    return(NULL)
  }
  check_spread(workers, origin$param_vals$batch_size, length(data$train$row_ids), origin$param_vals$device,
    request$loss)
  request$options["sampler"] = list(if (!is.null(request$options$sampler)) never_called)
  everywhere = keep(sets, function(set) set$workers == "all")
  request$states = request$states[names(everywhere)]
  rows = rows_for_workers(discard(data, is.null))
  start_team(workers, c(request, list(
    callbacks = map(sets, function(set) get_private(set)$.request_elsewhere()),
    sets = everywhere,
    scores = map(origin$param_vals$scoring, function(plan) names(plan$measures)),
    rows = rows,
    origin = if (is.null(rows) || length(everywhere)) origin_for_workers(origin),
    r_seed = r_generator_state()
  )))
}

# Refuses what cannot go well, before any process is started. `rows`: of the training data.
check_spread = function(workers, batch_size, rows, device, loss) {
  refuse = function(why) abort("config", sprintf("A run cannot be spread over %i workers: %s.", workers$n, why))
  if (!core_workers_can_meet()) {
    refuse(paste("this package was built without Gloo; install its headers (Debian, Ubuntu: apt-get install",
      "libgloo-dev) and install mlr3libtorch again"))
  }
  if (!requireNamespace("mirai", quietly = TRUE)) refuse("the package 'mirai', which starts them, is not installed")
  smallest = min(batch_size, rows)
  if (smallest < workers$n) {
    refuse(sprintf("a batch has %i rows; take fewer workers or a larger 'batch_size'", smallest))
  }
  if (core_loss_outputs(loss)$compares_rows) {
    refuse(sprintf("the loss '%s' compares the rows of a batch, of which each would have only a share", loss$key))
  }
  if (device %nin% c("cpu", "auto")) refuse(sprintf("they compute on the CPU, not on '%s'", device))
  daemons = if (is.null(workers$compute)) Inf else daemons_of(workers$compute)
  if (daemons < workers$n - 1L) {
    refuse(sprintf("profile '%s' has %i daemons, and one process is this one", workers$compute, daemons))
  }
}

# Starts the other workers and returns when all have met. The team: an environment with `folder`, `tasks`, `exchange`
# and, if the processes are its own, their profile, `own`.
start_team = function(workers, job) {
  team = new.env()
  team$folder = meeting_folder(workers$folder)
  met = FALSE
  on.exit(if (!met) end_team(team))
  if (is.null(workers$compute)) team$own = own_daemons(workers$n - 1L)
  meeting = function(rank) {
    list(path = file.path(team$folder, "meeting"), address = workers$host, rank = rank, size = workers$n,
      arrival = max(workers$timeout, seconds_to_start), timeout = workers$timeout)
  }
  team$tasks = lapply(seq_len(workers$n - 1L), function(rank) {
    mirai::mirai(asNamespace("mlr3libtorch")$work_for_run(job, meeting), job = job, meeting = meeting(rank),
      .compute = workers$compute %??% team$own)
  })
  team$exchange = meet_workers(meeting(0L), function() check_team(team))
  met = TRUE
  lg$info("Training is spread over %i workers.", workers$n)
  team
}

# The profile of `n` processes of this machine.
own_daemons = function(n) {
  profile = basename(tempfile("mlr3libtorch-workers-"))
  mirai::daemons(n, .compute = profile)
  profile
}

# What a process may take to start and to load this package, on a busy machine.
seconds_to_start = 120

# Its name is long and random, so nobody finds it who cannot list the folder that it lies in.
meeting_folder = function(folder) {
  path = tempfile("mlr3libtorch-workers-", tmpdir = folder %??% tempdir())
  if (!dir.create(path, showWarnings = FALSE, mode = "0700")) {
    abort("config", sprintf("The workers cannot meet in '%s': the folder cannot be written.", dirname(path)))
  }
  path
}

# An error if one of the workers has ended before it has come.
check_team = function(team) {
  ended = discard(seq_along(team$tasks), function(i) mirai::unresolved(team$tasks[[i]]))
  if (!length(ended)) {
    return(invisible())
  }
  result = team$tasks[[ended[[1L]]]]$data
  abort("workers", sprintf("Worker %i has ended before the run began: %s", ended[[1L]] + 1L, worker_failure(result)),
    fields = list(workers = as.character(ended[[1L]] + 1L)))
}

worker_failure = function(result) {
  if (inherits(result, "miraiError")) as.character(result) else "its process is gone."
}

# Tensors in memory; NULL if each worker makes its own source.
rows_for_workers = function(data) {
  if (is.null(data$train$source) && is.null(data$valid$source)) {
    as_plain_data(map(data, function(rows) rows[c("x", "y", "weights")]), "the rows of a run")
  }
}

origin_for_workers = function(origin) {
  origin$learner = origin$learner$clone(deep = TRUE)
  origin$learner$state = NULL
  origin
}
