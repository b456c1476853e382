# The first worker's part in a run that is spread over processes: starts the others, meets them, and ends them.

# The other workers of a run, for `end_team()`; NULL if it is not spread.
# `request`: what the run is made of in each process, list(spec, seed, loss, optimizer, options). `data`: its rows,
# list(train, valid).
spread_run = function(request, sets, data, learner, task, param_vals, info) {
  workers = as_torch_workers(param_vals$workers)
  if (is.null(workers)) {
    return(NULL)
  }
  check_spread(workers, param_vals$batch_size, length(data$train$row_ids), param_vals$device)
  request$options["sampler"] = list(if (!is.null(request$options$sampler)) never_called)
  start_team(workers, c(request, list(
    callbacks = map(sets, function(set) get_private(set)$.request_elsewhere()),
    scores = map(param_vals$scoring, function(plan) names(plan$measures)),
    rows = rows_for_workers(discard(data, is.null), learner, task, param_vals, info)
  )))
}

# Refuses what cannot go well, before any process is started. `rows`: of the training data.
check_spread = function(workers, batch_size, rows, device) {
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
  if (is.null(workers$compute)) {
    team$own = basename(team$folder)
    mirai::daemons(workers$n - 1L, .compute = team$own)
  }
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

# Ends the other workers, if they have not ended by themselves. `finished`: whether the run has come to its end, as
# theirs will at once.
end_team = function(team, finished = FALSE) {
  if (is.null(team)) {
    return(invisible())
  }
  reason = if (finished) "its run is over." else "its training has ended with an error or an interrupt."
  if (!is.null(team$exchange)) core_workers_leave(team$exchange, reason)
  seconds = if (finished) 10 else 1
  wait_until(function() !any(map_lgl(team$tasks, mirai::unresolved)), seconds)
  mirai::stop_mirai(team$tasks)
  if (!is.null(team$own)) end_own_workers(team)
  unlink(team$folder, recursive = TRUE)
}

# Their connection is closed, which ends them, unless they hang.
end_own_workers = function(team) {
  mirai::daemons(0L, .compute = team$own)
  are_gone = function() !any(map_lgl(worker_processes(team), is_process))
  wait_until(are_gone, seconds = 1)
  walk(keep(worker_processes(team), is_process), tools::pskill, signal = tools::SIGKILL)
  wait_until(are_gone, seconds = 2)
}

wait_until = function(is_so, seconds) {
  end = proc.time()[["elapsed"]] + seconds
  while (!is_so() && proc.time()[["elapsed"]] < end) Sys.sleep(0.01)
}

# Each worker writes its process's number beside the meeting's file.
worker_processes = function(team) as.integer(sub("^process-", "", list.files(team$folder, "^process-")))

# Not one that has ended and that nobody has asked about yet.
is_process = function(id) isTRUE(tools::pskill(id, 0L)) && !is_zombie(id)

is_zombie = function(id) {
  file = sprintf("/proc/%i/stat", id)
  file.exists(file) && grepl("^[0-9]+ \\(.*\\) Z", readLines(file, 1L))
}

# How other processes get the rows: the tensors themselves, or the learner and the task, from which they make their own
# source.
rows_for_workers = function(data, learner, task, param_vals, info) {
  if (is.null(data$train$source) && is.null(data$valid$source)) {
    return(list(data = as_plain_data(map(data, function(rows) rows[c("x", "y", "weights")]), "the rows of a run")))
  }
  learner = learner$clone(deep = TRUE)
  learner$state = NULL
  list(learner = learner, task = task, param_vals = param_vals, info = info)
}
