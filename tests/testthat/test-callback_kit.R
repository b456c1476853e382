# The kit for callback authors: what it is content with, and what it finds.

test_that("every built-in callback passes", {
  for (key in mlr3libtorch_callbacks$keys()) {
    expect_callback(function() invoke(t_clbk, key, .args = built_in_arguments(key)))
  }
})

# What the kit says of a callback.
findings = function(...) {
  messages = character()
  withCallingHandlers(expect_callback(...),
    expectation = function(cond) {
      if (inherits(cond, "expectation_failure")) messages <<- c(messages, conditionMessage(cond))
      invokeRestart("continue_test")
    })
  messages
}

expect_finding = function(callback, rule, words) {
  found = findings(callback)
  expect_match(found, sprintf("breaks the rule '%s'", rule), fixed = TRUE, all = FALSE)
  expect_match(found, words, fixed = TRUE, all = FALSE)
}

test_that("a callback that fails, has no stage or uses a field that is not there breaks the first rule", {
  expect_finding(torch_callback("fails", on_epoch_end = function() stop("boom")), "runs", "boom")
  expect_finding(torch_callback("nothing"), "runs", "has no stage")
  expect_length(findings(torch_callback("fails", on_epoch_end = function() stop("boom"))), 1L)
  suppressWarnings({
    misspelled = torch_callback("misspelled", on_end = function() if (FALSE) self$ctx$epohc)
  })
  expect_finding(misspelled, "runs", "reads 'ctx$epohc', which does not exist")
})

test_that("a state that is not plain data is found", {
  pointer = torch_callback("pointer", on_begin = function() NULL,
    state_dict = function() list(handle = get_private(self$ctx)$.run), load_state_dict = function(state_dict) NULL)
  expect_finding(pointer, "runs", "state_dict()$handle")
})

test_that("a state that is not put back is found, in the state and in the weights", {
  forgets = torch_callback("forgets", public = list(n = 0), on_batch_end = function() self$n = self$n + 1,
    state_dict = function() list(n = self$n), load_state_dict = function(state_dict) NULL)
  expect_finding(forgets, "resume", "'state$n' differs after a resume")
  slower = torch_callback("slower", public = list(n = 0), on_batch_end = function() {
    self$n = self$n + 1
    self$ctx$optimizer$param_groups[[1]]$lr = 0.1 / self$n
  })
  expect_finding(slower, "resume", "another value of 'weights'")
})

test_that("a state that is put back in the middle of an epoch only is found", {
  late = torch_callback("late", public = list(n = 0), on_epoch_end = function() self$n = self$n + 1,
    on_end = function() self$ctx$optimizer$param_groups[[1]]$lr = self$n, state_dict = function() list(n = self$n),
    load_state_dict = function(state_dict) if (self$ctx$step > 0) self$n = state_dict$n)
  expect_finding(late, "resume", "'state$n' differs after a resume")
})

test_that("a callback that counts on all batches of an epoch is found", {
  counts = torch_callback("counts", on_epoch_end = function() {
    if (self$ctx$step < self$ctx$loader_train$batches) stop("where are the others?")
  })
  expect_finding(counts, "epochs", "fails if `ctx$stop_epoch` ends an epoch")
})

test_that("a callback that changes the learner is found", {
  changes = torch_callback("changes", on_epoch_end = function() self$ctx$learner$param_set$set_values(batch_size = 7))
  expect_finding(changes, "learner", "the learner's 'batch_size' has changed")
})

test_that("an exit that relies on begin, and an error that is caught, are found", {
  relies = torch_callback("relies", public = list(file = NULL), on_begin = function() self$file = tempfile(),
    on_exit = function() if (startsWith(self$file, "/")) self$file = NULL)
  expect_finding(relies, "errors", "failed in stage 'on_exit'")
})

test_that("what is shared between runs and clones is found", {
  shared = torch_callback("shared", public = list(store = new.env()), on_batch_end = function() self$store$n = 1)
  expect_finding(shared, "clones", "The field 'store' is the same object in each run")
  own = torch_callback("own", public = list(store = NULL), initialize = function() self$store = new.env(),
    on_batch_end = function() self$store$n = 1)
  expect_finding(own, "clones", "The field 'store' is the same object in a set and its clone")
  given = torch_callback("given", initialize = function(store) self$store = store, on_batch_end = function() NULL)
  given$param_set$set_values(store = new.env())
  expect_length(findings(given), 0L)
})

test_that("what keeps more and more is found", {
  numbers = torch_callback("numbers", public = list(kept = list()), on_batch_end = function() {
    self$kept = c(self$kept, list(runif(100)))
  })
  expect_finding(numbers, "memory", "bytes more after each epoch")
  tensors = torch_callback("tensors", public = list(kept = list()), on_batch_end = function() {
    self$kept = c(self$kept, self$ctx$y_hat)
  })
  expect_finding(tensors, "memory", "bytes more after each epoch")
})

test_that("it takes a learner and a task, and leaves R's generator alone", {
  learner = lrn("regr.mlp", epochs = 2, batch_size = 16, seed = 1)
  set.seed(1)
  seed = .Random.seed
  callback = expect_callback("history", learner = learner, task = tsk("mtcars"))
  expect_s3_class(callback, "TorchCallback")
  expect_identical(.Random.seed, seed)
  expect_null(learner$model)
})
