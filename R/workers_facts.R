# Meeting the other workers of a run: what the first one and the others have in common.

# Returns when all are there. `meeting`: list(path, address, rank, size, arrival, timeout), see `workers_start.R`.
# `watch`: called meanwhile; an error ends the wait.
meet_workers = function(meeting, watch = function() NULL) core_workers_meet(meeting, worker_facts(), watch)

# What must be the same for all workers.
worker_facts = function() {
  list(
    `version of mlr3libtorch` = as.character(utils::packageVersion("mlr3libtorch")),
    `version of LibTorch` = libtorch_version(core_machine())
  )
}
