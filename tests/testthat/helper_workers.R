# Runs that are spread over processes.

# Processes that wait for runs until the end of a test file: starting them takes longer than training.
local_daemons = function(n, env = parent.frame()) {
  compute = basename(tempfile("workers-"))
  mirai::daemons(n, .compute = compute)
  withr::defer(mirai::daemons(0L, .compute = compute), envir = env)
  compute
}

# The learner made by `make(workers)`, trained by one process, and by `n` of them.
train_alone_and_spread = function(make, task, compute, n = 3L) {
  map(list(one = 1L, spread = torch_workers(n, compute = compute, timeout = 60)), function(workers) {
    train_quietly(make(workers), task)
  })
}

# The largest relative difference of two histories, time left out.
history_distance = function(a, b) {
  columns = setdiff(names(b$history), "seconds")
  numbers = function(learner) as.matrix(learner$history[, columns, with = FALSE])
  max(abs(numbers(a) / numbers(b) - 1), na.rm = TRUE)
}

weight_distance = function(a, b) {
  numbers = function(learner) unlist(map(learner$network$parameters, function(p) as.numeric(as.array(p))))
  sqrt(sum((numbers(a) - numbers(b))^2) / sum(numbers(b)^2))
}

# The folders in which the workers of this session meet.
meeting_folders = function() list.files(tempdir(), "^mlr3libtorch-workers-", full.names = TRUE)

# The processes that the running training has started.
other_workers = function() as.integer(sub("^process-", "", list.files(meeting_folders(), "^process-")))

# Functions of the package that are other ones until the end of a test.
local_functions = function(..., env = parent.frame()) {
  iwalk(list(...), function(replacement, name) {
    original = getFromNamespace(name, "mlr3libtorch")
    utils::assignInNamespace(name, replacement, "mlr3libtorch")
    withr::defer(utils::assignInNamespace(name, original, "mlr3libtorch"), envir = env)
  })
}
