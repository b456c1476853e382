# Why a run has ended: learner$model$stopped.

stopped = function(...) {
  capture.output(learner <- train_quietly(small_learner(...)))
  learner$model$stopped
}

halt_at = function(epoch) {
  force(epoch)
  torch_callback("halt", on_epoch_end = function() if (self$ctx$epoch == epoch) self$ctx$terminate = TRUE)
}

test_that("a run that trains all its epochs says so", {
  expect_identical(stopped(), list(reason = "epochs", text = "all 2 epochs"))
})

test_that("a callback that ends the run is named, also in the last epoch", {
  expected = list(reason = "callback", callback = "halt", text = "stopped by callback 'halt'")
  expect_identical(stopped(halt_at(1)), expected)
  expect_identical(stopped(halt_at(2)), expected)
})

test_that("of two callbacks, the first one has ended the run", {
  second = torch_callback("second", on_epoch_end = function() self$ctx$terminate = TRUE)
  expect_identical(stopped(list(halt_at(1), second))$callback, "halt")
  expect_identical(stopped(list(second, halt_at(1)))$callback, "second")
})

test_that("early stopping says how long nothing improved and what is kept", {
  # weights that never change: no score is better than the first
  arguments = list(opt.lr = 0, epochs = 9, patience = 2)
  expect_identical(invoke(stopped, .args = arguments), list(reason = "early_stopping", callback = "early_stopping",
    text = "no improvement for 2 evaluations; best at epoch 1"))
  expect_match(invoke(stopped, restore_best_weights = TRUE, .args = arguments)$text, "best at epoch 1, restored")
})

test_that("a time limit and a loss that is not finite are named", {
  expect_identical(stopped(t_clbk("time_limit", seconds = 1e-9)), list(reason = "time_limit", callback = "time_limit",
    text = "time limit of <1 ms"))
  broken = torch_callback("broken", on_batch_begin = function() self$ctx$batch$x$x$fill_(NaN))
  found = suppressWarnings(stopped(list(broken, t_clbk("terminate_on_nan"))))
  expect_identical(found$reason, "diverged")
})

test_that("the context knows who ends the run as soon as it is ended", {
  seen = list()
  watch = torch_callback("watch", on_epoch_end = function() seen[[self$ctx$epoch]] <<- list(self$ctx$stopped_by))
  capture.output(train_quietly(small_learner(list(halt_at(2), watch), epochs = 3)))
  expect_identical(seen, list(list(NULL), list("halt")))
})

test_that("a model in the middle of its run has no reason, and one that goes on gets that of its end", {
  folder = withr::local_tempfile()
  train_quietly(small_learner(t_clbk("checkpoint", path = folder, freq = "1 batch", keep_last = Inf)))
  states = map(list_checkpoints(folder)$file, read_checkpoint)
  expect_identical(map(states[1:3], "stopped"), list(NULL, NULL, NULL))
  resumed = train_quietly(small_learner(resume = list_checkpoints(folder)$file[[2L]]))
  expect_identical(resumed$model$stopped$text, "all 2 epochs")
})
