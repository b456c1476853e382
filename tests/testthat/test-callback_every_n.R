# The batches or epochs in which a stage function of a run of 3 epochs of 4 batches was called.
called = function(stage, f, ..., epochs = 3) {
  seen = list()
  note = function() seen[[length(seen) + 1L]] <<- c(self$ctx$epoch, self$ctx$global_step)
  functions = set_names(list(f(note)), stage)
  callback = invoke(torch_callback, "watcher", parent_env = environment(), .args = functions)
  train_quietly(small_learner(callback, epochs = epochs, batch_size = 40, validate = NULL, ...))
  do.call(rbind, seen)
}

test_that("every_n(n, f) calls for each n-th batch, counted over all epochs", {
  for (stage in c("on_batch_begin", "on_after_backward", "on_batch_end")) {
    expect_equal(called(stage, function(f) every_n(5, f))[, 2L], c(5, 10))
  }
  expect_equal(called("on_batch_end", function(f) every_n("batch", 4, f))[, 2L], c(4, 8, 12))
})

test_that("every_n(\"epoch\", n, f) calls in each n-th epoch", {
  expect_equal(called("on_epoch_end", function(f) every_n("epoch", 2, f))[, 1L], 2)
  expect_equal(called("on_batch_end", function(f) every_n("epoch", 2, f))[, 2L], 5:8)
})

test_that("once(f) calls the first time", {
  expect_equal(called("on_batch_end", once), rbind(c(1, 1)))
  expect_equal(called("on_epoch_end", once), rbind(c(1, 4)))
})

test_that("every_n(\"second\", n, f) waits", {
  expect_null(called("on_batch_end", function(f) every_n("second", 3600, f)))
  expect_equal(called("on_batch_end", function(f) every_n("second", 1e-9, f))[, 2L], 1:12)
  expect_equal(called("on_epoch_end", function(f) every_n("second", 1e-9, f))[, 1L], 1:3)
})

test_that("once(f) does not call again in a run that goes on", {
  seen = character()
  at = function(stage) once(eval(bquote(function() seen <<- c(seen, sprintf("%s %i", .(stage), self$ctx$global_step)))))
  early = torch_callback("early", on_begin = at("begin"), on_batch_end = at("batch_end"))
  late = torch_callback("late", on_epoch_end = at("epoch_end"))
  learner = function(...) small_learner(list(early, late), epochs = 2, batch_size = 50, validate = NULL, ...)
  folder = withr::local_tempfile()
  writing = learner()
  writing$callbacks = c(writing$callbacks, t_clbk("checkpoint", path = folder, freq = "2 batches", keep_last = Inf))
  train_quietly(writing)
  expect_identical(seen, c("begin 0", "batch_end 1", "epoch_end 3"))
  seen = character()
  train_quietly(learner(resume = list_checkpoints(folder)$file[1L]))
  expect_identical(seen, "epoch_end 3")
})

test_that("what is not due is not counted as a call", {
  callback = torch_callback("watcher", on_batch_end = every_n(5, function() NULL), on_epoch_end = once(function() NULL))
  timing = train_quietly(small_learner(callback, epochs = 3, batch_size = 40, validate = NULL))$model$timing
  expect_equal(timing$calls[timing$callback %in% "watcher"], c(1, 2))
})

test_that("validation batches are counted in each epoch", {
  seen = integer()
  callback = torch_callback("watcher", on_batch_valid_end = every_n(2, function() {
    seen <<- c(seen, self$ctx$step_valid)
  }))
  learner = small_learner(callback, validate = 0.4)
  learner$param_set$set_values(batch_size_predict = 15)
  train_quietly(learner)
  expect_equal(seen, c(2, 4, 2, 4))
})

test_that("a wrapped function is an ordinary method: it sees self, and another filter is another callback", {
  callback = torch_callback("a", on_epoch_end = every_n("epoch", 2, function() NULL))
  other = torch_callback("a", on_epoch_end = every_n("epoch", 3, function() NULL))
  expect_false(callback$phash == other$phash)
  expect_identical(callback$generate()$stages, "on_epoch_end")
})

test_that("what makes no sense is refused when it is written", {
  f = function() NULL
  expect_config_error(every_n(0, f), "invalid_callback", "every_n(): 'n' must be a whole number of at least 1, not 0.")
  expect_config_error(every_n("step", 2, f), "invalid_callback",
    "'unit' must be 'batch', 'epoch' or 'second', not step.")
  expect_config_error(every_n("second", 0, f), "invalid_callback", "'n' must be a number of seconds above 0, not 0.")
  expect_config_error(every_n(2, 3), "invalid_callback", "'f' must be a function without arguments, not 3.")
  expect_config_error(once(every_n(2, f)), "invalid_callback", "wrapped already")
  expect_config_error(torch_callback("a", on_epoch_end = every_n(2, f)), "invalid_callback",
    "'on_epoch_end' is not a stage of batches")
  expect_config_error(torch_callback("a", on_batch_end = every_n(2, function(x) x)), "invalid_callback",
    "must not take arguments")
})
