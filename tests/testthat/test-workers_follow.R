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
  expect_match(conditionMessage(run$error), "^Worker [23] has ended, hangs or cannot be reached")
  expect_nothing_left(run)
  whole = train_quietly(small_learner(epochs = 6, batch_size = 16))
  resumed = train_quietly(small_learner(epochs = 6, batch_size = 16, resume = folder))
  expect_lt(history_distance(resumed, whole), 1e-5)
})

test_that("a worker that hangs ends the run within the timeout", {
  run = run_with(function() tools::pskill(other_workers()[1L], tools::SIGSTOP))
  expect_s3_class(run$error, "mlr3libtorch_error_workers")
  expect_match(conditionMessage(run$error), "^Worker [23] has ended, hangs or cannot be reached")
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
