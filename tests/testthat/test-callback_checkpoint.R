# The callback, writing a small list in place of the state of a run.
TestCheckpoint = R6::R6Class("CallbackSetTestCheckpoint", inherit = CallbackSetCheckpoint,
  private = list(.run_state = function() list(epoch = self$ctx$epoch)))

# Trains for `epochs` epochs and returns the epochs that are in the folder.
epochs_written = function(set, epochs, folder) {
  run_epochs(set, fake_context(total_epochs = epochs), rep(list(NULL), epochs))
  list_checkpoints(folder)$epoch
}

test_that("every epoch is written, and can be read", {
  folder = withr::local_tempdir()
  expect_identical(epochs_written(TestCheckpoint$new(folder), 3L, folder), 1:3)
  expect_identical(read_checkpoint(folder)$epoch, 3L)
})

test_that("freq counts epochs, and the last one is always written", {
  folder = withr::local_tempdir()
  expect_identical(epochs_written(TestCheckpoint$new(folder, freq = 2), 5L, folder), c(2L, 4L, 5L))
  folder = withr::local_tempdir()
  expect_identical(epochs_written(TestCheckpoint$new(folder, freq = 2), 4L, folder), c(2L, 4L))
  folder = withr::local_tempdir()
  expect_identical(epochs_written(TestCheckpoint$new(folder, freq = 100), 2L, folder), 2L)
})

test_that("the last checkpoint is written before `end`, where early stopping puts older weights back", {
  folder = withr::local_tempdir()
  set = TestCheckpoint$new(folder, freq = 100)
  for (context in list(fake_context(epoch = 3L, total_epochs = 3L), fake_context(epoch = 4L, terminate = TRUE))) {
    set$ctx = context
    set$on_epoch_end()
    expect_identical(max(list_checkpoints(folder)$epoch), context$epoch)
  }
})

test_that("a run without an epoch writes nothing", {
  folder = withr::local_tempdir()
  expect_identical(epochs_written(TestCheckpoint$new(folder), 0L, folder), integer())
})

test_that("path may be a function, called once for a training", {
  calls = 0
  folder = withr::local_tempdir()
  path = function() {
    calls <<- calls + 1
    folder
  }
  set = TestCheckpoint$new(path)
  expect_identical(epochs_written(set, 2L, folder), 1:2)
  expect_identical(calls, 1)
  expect_identical(set$state_dict(), list(path = folder))
})

test_that("a resumed run stays in its folder where path is a function", {
  folder = withr::local_tempdir()
  set = TestCheckpoint$new(function() "elsewhere")
  set$load_state_dict(list(path = folder))
  expect_identical(epochs_written(set, 1L, folder), 1L)
})

test_that("a path that is written down counts more than the state's", {
  folder = withr::local_tempdir()
  set = TestCheckpoint$new(folder)
  set$load_state_dict(list(path = "elsewhere"))
  expect_identical(epochs_written(set, 1L, folder), 1L)
  expect_identical(set$path, folder)
})

test_that("it runs last", {
  expect_identical(t_clbk("checkpoint", path = "a")$generate()$weight, Inf)
})

test_that("bad arguments are named", {
  expect_config_error(CallbackSetCheckpoint$new(1), "invalid_callback", "'path' must be the path of a folder")
  expect_config_error(CallbackSetCheckpoint$new(function(x) "a"), "invalid_callback", "a function without arguments")
  expect_config_error(CallbackSetCheckpoint$new("a", freq = 0.5), "invalid_callback",
    "'freq' must be a whole number of epochs, at least 1, not 0.5")
  expect_config_error(CallbackSetCheckpoint$new(function() 1), "invalid_callback",
    "the function 'path' must return the path of a folder, not 1")
  expect_config_error(CallbackSetCheckpoint$new("a")$load_state_dict(list()), "state", "it lacks 'path'")
})
