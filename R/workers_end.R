# The end of a run that is spread over processes, and of the processes.

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
