# What becomes of a run in which `fault()` is called after some batches, list(error, processes).
run_with = function(fault, ..., n = 3L) {
  processes = integer()
  acts = torch_callback("acts", on_batch_end = function() {
    if (self$ctx$global_step != 5) {
      return()
    }
    processes <<- other_workers()
    fault()
  })
  error = tryCatch(train_quietly(small_learner(c(acts, list(...)), epochs = 6, batch_size = 16,
    workers = torch_workers(n, timeout = 3))), error = identity, interrupt = identity)
  list(error = error, processes = processes)
}

# On a machine with too much to do, another one may not answer in time.
names_silent_workers = "^Worker(s 2, 3 have ended, hang| [23] has ended, hangs) or cannot be reached"

expect_nothing_left = function(run) {
  expect_length(run$processes, 2L)
  for (process in run$processes) expect_false(is_process(process))
  expect_length(meeting_folders(), 0L)
}

test_that("a worker that is killed ends the run with its name, and the run goes on with fewer", {
  folder = withr::local_tempdir()
  run = run_with(function() tools::pskill(other_workers()[1L], tools::SIGKILL),
    t_clbk("checkpoint", path = folder, freq = "2 batches"))
  expect_s3_class(run$error, "mlr3libtorch_error_workers")
  expect_match(conditionMessage(run$error), names_silent_workers)
  expect_nothing_left(run)
  whole = train_quietly(small_learner(epochs = 6, batch_size = 16))
  resumed = train_quietly(small_learner(epochs = 6, batch_size = 16, resume = folder))
  expect_lt(history_distance(resumed, whole), 1e-5)
})

test_that("a worker that hangs ends the run within the timeout", {
  run = run_with(function() tools::pskill(other_workers()[1L], tools::SIGSTOP))
  expect_s3_class(run$error, "mlr3libtorch_error_workers")
  expect_match(conditionMessage(run$error), names_silent_workers)
  expect_nothing_left(run)
})

test_that("an interrupt and an error of the first worker end all of them", {
  run = run_with(function() tools::pskill(Sys.getpid(), tools::SIGINT))
  expect_s3_class(run$error, "interrupt")
  expect_nothing_left(run)
  run = run_with(function() stop("no disk"))
  expect_match(conditionMessage(run$error), "no disk")
  expect_nothing_left(run)
})

test_that("a worker with another version, or one that cannot make the network, is named with its reason", {
  compute = local_daemons(1L)
  workers = torch_workers(2, compute = compute)
  mirai::everywhere({
    assignInNamespace("worker_facts", function() list(`version of mlr3libtorch` = "0.0.1", `version of LibTorch` = "9"),
      "mlr3libtorch")
  }, .compute = compute)
  expect_error(train_quietly(small_learner(workers = workers)), "of worker 2 is (0.0.1|9)",
    class = "mlr3libtorch_error_workers")
  mirai::everywhere(assignInNamespace("worker_rows", function(...) stop("its disk is gone"), "mlr3libtorch"),
    .compute = compute)
  expect_error(train_quietly(small_learner(workers = workers)), class = "mlr3libtorch_error_workers")
})

# The addresses at which processes listen, as in /proc/net/tcp: bytes of the address backwards, port, both hexadecimal.
listening_addresses = function(processes) {
  files = unlist(map(processes, function(process) {
    Sys.readlink(list.files(sprintf("/proc/%i/fd", process), full.names = TRUE))
  }))
  sockets = sub("socket:\\[(\\d+)\\]", "\\1", grep("^socket:", files, value = TRUE))
  lines = strsplit(trimws(c(readLines("/proc/net/tcp"), readLines("/proc/net/tcp6"))), " +")
  listens = keep(lines, function(line) line[[4L]] == "0A" && line[[10L]] %in% sockets)
  map_chr(listens, 2L)
}

test_that("workers listen at the address that was asked for, and strangers do not disturb them", {
  addresses = character()
  calls = torch_callback("calls", on_batch_end = function() {
    if (self$ctx$global_step != 5) {
      return()
    }
    addresses <<- listening_addresses(c(Sys.getpid(), other_workers()))
    for (port in strtoi(sub(".*:", "", addresses), 16L)) {
      stranger = socketConnection("127.0.0.1", port, open = "w+b", blocking = TRUE, timeout = 2)
      writeBin(as.raw(sample(0:255, 4096, replace = TRUE)), stranger)
      close(stranger)
    }
  })
  one = train_quietly(small_learner(epochs = 6, batch_size = 16))
  spread = train_quietly(small_learner(calls, epochs = 6, batch_size = 16, workers = torch_workers(3)))
  # a newer Gloo listens on
  expect_true(all(startsWith(addresses, "0100007F:")))
  expect_lt(history_distance(spread, one), 1e-5)
})

# Writes what it sees in each worker, and halves the gradients there.
everywhere_callback = function(folder, ...) {
  torch_callback("everywhere", workers = "all", initialize = function(folder) {
      self$folder = folder
      self$losses = numeric()
    },
    on_after_backward = function() {
      for (parameter in self$ctx$network$parameters) parameter$grad$mul_(0.5)
    },
    on_batch_end = function() self$losses = c(self$losses, self$ctx$last_loss),
    on_epoch_end = function() {
      ctx = self$ctx
      sum_of = function(tensor) tensor$sum()$item()
      saveRDS(list(
        losses = self$losses, score = ctx$last_scores_valid, workers = ctx$workers, process = Sys.getpid(),
        weights = vapply(ctx$network$parameters, sum_of, numeric(1)), rows = ctx$task_train$nrow, draw = runif(1)
      ), file.path(self$folder, paste0("worker-", ctx$worker)))
    },
    state_dict = function() self$losses,
    load_state_dict = function(state_dict) self$losses = state_dict,
    on_exit = function() file.create(file.path(self$folder, paste0("exit-", self$ctx$worker))), ...
  )
}

test_that("a callback that asks for it runs in all workers, with the same numbers, state and random numbers", {
  compute = local_daemons(2L)
  folder = withr::local_tempdir()
  learner = function(epochs, workers, ...) {
    small_learner(everywhere_callback(folder), epochs = epochs, batch_size = 16, optimizer = t_opt("sgd"),
      opt.lr = 0.1, cb.everywhere.folder = folder, workers = workers, ...)
  }
  spread = torch_workers(3, compute = compute, timeout = 60)
  one = train_quietly(learner(4, 1))
  expect_setequal(list.files(folder), c("worker-1", "exit-1"))
  first = train_quietly(learner(2, spread))
  continued = withr::with_seed(1, first$continue(tsk("iris"), epochs = 2))
  expect_lt(history_distance(continued, one), 1e-5)
  expect_lt(weight_distance(continued, one), 1e-5)
  expect_setequal(list.files(folder), paste0(c("worker-", "exit-"), rep(1:3, each = 2)))
  seen = lapply(file.path(folder, paste0("worker-", 1:3)), readRDS)
  expect_length(seen[[1]]$losses, length(one$model$callbacks$everywhere))
  expect_length(unique(vapply(seen, function(worker) worker$process, integer(1))), 3L)
  without_process = lapply(seen, function(worker) worker[names(worker) != "process"])
  expect_identical(without_process[[2]], without_process[[1]])
  expect_identical(without_process[[3]], without_process[[1]])
  expect_identical(seen[[1]]$workers, 3L)
  expect_identical(seen[[1]]$losses, continued$model$callbacks$everywhere)
})

test_that("an error of such a callback names its worker, and the daemons keep their random numbers", {
  compute = local_daemons(1L)
  draw = function() mirai::mirai(runif(1), .compute = compute)[]
  seed = function() mirai::everywhere(set.seed(1), .compute = compute)
  seed()
  expected = c(draw(), draw())
  seed()
  expect_identical(draw(), expected[1])
  fails = torch_callback("fails", workers = "all", on_epoch_end = function() {
    if (self$ctx$worker == 2L) stop("no disk here")
  })
  expect_error(train_quietly(small_learner(fails, workers = torch_workers(2, compute = compute, timeout = 30))),
    "worker 2 has left it: Callback 'fails' failed in stage 'on_epoch_end' \\(epoch 1.*no disk here",
    class = "mlr3libtorch_error_workers")
  expect_identical(draw(), expected[2])
  expect_config_error(torch_callback("where", workers = "both"), "invalid_callback",
    "'workers' must be \"first\" or \"all\", not both")
})
