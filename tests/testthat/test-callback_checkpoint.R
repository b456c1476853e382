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
  expect_identical(epochs_written(TestCheckpoint$new(folder, keep_last = Inf), 3L, folder), 1:3)
  expect_identical(read_checkpoint(folder)$epoch, 3L)
})

test_that("freq counts epochs, and the last one is always written", {
  folder = withr::local_tempdir()
  expect_identical(epochs_written(TestCheckpoint$new(folder, freq = 2, keep_last = 3), 5L, folder), c(2L, 4L, 5L))
  folder = withr::local_tempdir()
  expect_identical(epochs_written(TestCheckpoint$new(folder, freq = 2), 4L, folder), c(2L, 4L))
  folder = withr::local_tempdir()
  expect_identical(epochs_written(TestCheckpoint$new(folder, freq = 100), 2L, folder), 2L)
})

test_that("the last checkpoint is written before `end`, in which early stopping restores older weights", {
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
  expect_identical(set$state_dict()$path, folder)
})

test_that("a resumed run stays in its folder where path is a function", {
  folder = withr::local_tempdir()
  set = TestCheckpoint$new(function() "elsewhere")
  set$load_state_dict(list(path = folder, scores = numeric()))
  expect_identical(epochs_written(set, 1L, folder), 1L)
})

test_that("a path that is written down counts more than the state's", {
  folder = withr::local_tempdir()
  set = TestCheckpoint$new(folder)
  set$load_state_dict(list(path = "elsewhere", scores = numeric()))
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
    "'freq' must be a whole number of epochs, at least 1, or a string such as \"500 batches\"")
  for (freq in list("500", "0 min", "1.5 batches", "10 days", "ten min", NA, c("1 h", "2 h"))) {
    expect_config_error(CallbackSetCheckpoint$new("a", freq = freq), "invalid_callback", "'freq' must be")
  }
  expect_config_error(CallbackSetCheckpoint$new("a", keep_last = 0), "invalid_callback",
    "'keep_last' must be a whole number, at least 1, or Inf, not 0")
  expect_config_error(CallbackSetCheckpoint$new("a", keep_best = -1), "invalid_callback", "'keep_best' must be")
  expect_config_error(CallbackSetCheckpoint$new(function() 1), "invalid_callback",
    "the function 'path' must return the path of a folder, not 1")
  expect_config_error(CallbackSetCheckpoint$new("a")$load_state_dict(list()), "state", "it lacks 'path'")
})

test_that("freq has units, which tell how often R is entered", {
  expect_identical(parse_freq(3), list(unit = "epochs", count = 3))
  expect_identical(parse_freq("500 batches"), list(unit = "batch", count = 500))
  expect_identical(parse_freq("10 min"), list(unit = "second", count = 600))
  expect_identical(parse_freq("0.5h"), list(unit = "second", count = 1800))
  expect_identical(parse_freq("30 s"), list(unit = "second", count = 30))
  expect_false("on_batch_end" %in% CallbackSetCheckpoint$new("a")$stages)
  expect_true("on_batch_end" %in% CallbackSetCheckpoint$new("a", freq = "10 min")$stages)
})

test_that("freq counts batches and time", {
  folder = withr::local_tempfile()
  by_batch = t_clbk("checkpoint", path = folder, freq = "3 batches", keep_last = Inf)
  train_quietly(small_learner(by_batch, validate = NULL))
  expect_identical(basename(list_checkpoints(folder)$file),
    c("checkpoint_000000_000003.safetensors", "checkpoint_000001_000003.safetensors", "checkpoint_000002.safetensors"))
  folder = withr::local_tempfile()
  always = t_clbk("checkpoint", path = folder, freq = "0.001 s", keep_last = Inf)
  takes_time = stage_callback("takes_time", function(stage, ctx) Sys.sleep(0.005), "on_batch_begin")
  train_quietly(small_learner(list(takes_time, always), validate = NULL))
  expect_length(list_checkpoints(folder)$file, 7L)
  folder = withr::local_tempfile()
  train_quietly(small_learner(t_clbk("checkpoint", path = folder, freq = "1 h"), validate = NULL))
  expect_identical(basename(list_checkpoints(folder)$file), "checkpoint_000002.safetensors")
})

# A context whose validation scores are given by `measure`.
best_written = function(set, measure, scores) {
  folder = set$path
  context = fake_context(total_epochs = length(scores), measures_valid = list(measure), global_step = 1)
  run_epochs(set, context, map(scores, function(score) set_names(list(score), measure$id)))
  list_checkpoints(folder)$epoch
}

test_that("the last and the best are kept, by the measure's direction", {
  scores = c(0.5, 0.1, 0.3, 0.2, NaN, 0.4)
  local = function(...) TestCheckpoint$new(withr::local_tempfile(.local_envir = parent.frame(2L)), ...)
  expect_identical(best_written(local(keep_last = 1, keep_best = 2), msr("classif.ce"), scores), c(2L, 4L, 6L))
  expect_identical(best_written(local(keep_last = 2, keep_best = 1), msr("classif.acc"), scores), c(1L, 5L, 6L))
  set = local(keep_last = 1, keep_best = 2, freq = 100)
  expect_identical(best_written(set, msr("classif.ce"), scores), c(2L, 4L, 6L))
  expect_identical(set$state_dict()$scores,
    c(checkpoint_000002.safetensors = 0.1, checkpoint_000004.safetensors = 0.2))
})

test_that("keep_best needs a measure with a direction", {
  set = TestCheckpoint$new(withr::local_tempfile(), keep_best = 1)
  expect_error(run_epochs(set, fake_context(), list(NULL)), "'keep_best' above 0 needs a validation measure",
    class = "mlr3libtorch_error_config")
})

test_that("a new run replaces an earlier run's checkpoints, and says so", {
  folder = withr::local_tempfile()
  train_quietly(small_learner(t_clbk("checkpoint", path = folder, keep_last = Inf), epochs = 4))
  expect_identical(list_checkpoints(folder)$epoch, 1:4)
  other = small_learner(t_clbk("checkpoint", path = folder, freq = 2), epochs = 2, neurons = 5)
  expect_warning(train_quietly(other), "checkpoints of an earlier run.*`resume = TRUE`",
    class = "mlr3libtorch_warning_checkpoint")
  expect_identical(list_checkpoints(folder)$epoch, 2L)
  expect_identical(read_checkpoint(folder)$network, other$model$network)
})
