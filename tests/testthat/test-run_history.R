# What the loop notes of each epoch.

history_of = function(task, key = "regr.mlp", ..., validate = 0.3) {
  learner = lrn(key, neurons = 4, epochs = 3, batch_size = 7, seed = 1, p = 0, scale = FALSE, ...)
  learner$validate = validate
  train_quietly(learner, task)
}

test_that("each epoch has its mean loss, the rate of its last batch and its seconds, with or without callbacks", {
  learner = history_of(tsk("mtcars"), measures_valid = msr("regr.rmse"), eval_freq = 2)
  history = learner$history
  expect_s3_class(history, "torch_history")
  expect_named(history, c("epoch", "train.loss", "valid.loss", "lr", "seconds", "valid.regr.rmse"))
  expect_identical(history$epoch, 1:3)
  expect_true(all(history$train.loss > 0 & history$seconds > 0))
  expect_equal(history$lr, rep(learner$optimizer$param_set$default$lr, 3))
  expect_identical(is.na(history$valid.loss), c(TRUE, FALSE, FALSE))
  # the mean squared error is the square of the other
  expect_equal(history$valid.loss, history$valid.regr.rmse^2, tolerance = 1e-6)
})

test_that("without validation there is no column for it, and before training no history", {
  learner = history_of(tsk("iris"), "classif.mlp", validate = NULL)
  expect_named(learner$history, c("epoch", "train.loss", "lr", "seconds"))
  expect_null(learner$clone(deep = TRUE)$reset()$history)
  expect_error(learner$history <- 1, "'history' is read-only", class = "mlr3libtorch_error_read_only")
})

test_that("the training loss is the mean over the rows as the network stood at each of them", {
  task = tsk("mtcars")
  sums = counts = numeric()
  adds = torch_callback("adds", on_batch_end = function() {
    ctx = self$ctx
    error = as.numeric(as.array(ctx$y_hat - ctx$batch$y))
    sums[ctx$epoch] <<- sum(sums[ctx$epoch], error^2, na.rm = TRUE)
    counts[ctx$epoch] <<- sum(counts[ctx$epoch], length(error), na.rm = TRUE)
  })
  for (plan in c("require", "off")) {
    sums = counts = numeric()
    learner = history_of(task, validate = NULL, callbacks = adds, plan = plan)
    expect_equal(learner$history$train.loss, sums / counts, tolerance = 1e-6)
  }
})

test_that("class weights count in the mean as in the loss", {
  task = tsk("iris")
  learner = history_of(task, "classif.mlp", loss = t_loss("cross_entropy", class_weight = c(1, 2, 5)),
    predict_type = "prob", measures_valid = msr("classif.logloss"))
  unweighted = history_of(task, "classif.mlp", predict_type = "prob", measures_valid = msr("classif.logloss"))
  expect_equal(unweighted$history$valid.loss, unweighted$history$valid.classif.logloss, tolerance = 1e-6)
  expect_false(isTRUE(all.equal(learner$history$valid.loss, learner$history$valid.classif.logloss)))
})

test_that("a run that goes on appends to the history, from the middle of an epoch too, with the same losses", {
  whole = train_quietly(stoppable())
  stopped = train_quietly(stoppable(list(interrupting(10)), keep_on_interrupt = TRUE))
  resumed = train_quietly(stoppable(resume = stopped$model))
  columns = c("epoch", "train.loss", "lr")
  expect_identical(as.list(resumed$history)[columns], as.list(whole$history)[columns])
})

test_that("the history callback keeps losses and rates of evaluated epochs", {
  learner = history_of(tsk("mtcars"), callbacks = t_clbk("history"), eval_freq = 2, measures_valid = msr("regr.mse"))
  kept = learner$model$callbacks$history
  expect_named(kept, c("epoch", "train.loss", "valid.loss", "lr", "valid.regr.mse"))
  expect_identical(kept$epoch, 2:3)
  expect_identical(kept$train.loss, learner$history$train.loss[2:3])
})

test_that("the rate of an epoch is that of its steps, whatever a schedule has made of it since", {
  learner = history_of(tsk("mtcars"), validate = NULL, opt.lr = 0.1,
    callbacks = list(t_clbk("lr_step", step_size = 1, gamma = 0.5), t_clbk("history")))
  expect_equal(learner$history$lr, 0.1 * 0.5^(0:2))
  expect_equal(learner$model$callbacks$history$lr, learner$history$lr)
})

test_that("columns have the same order after a run that goes on from its first epoch", {
  task = tsk("iris")
  task$internal_valid_task = seq(1, 150, 3)
  folder = withr::local_tempdir()
  learner = function(...) {
    lrn("classif.mlp", epochs = 3, batch_size = 20, seed = 1, validate = "predefined",
      measures_valid = msr("classif.ce"), ...,
      callbacks = t_clbk("checkpoint", path = folder, freq = "2 batches", keep_last = Inf))$train(task)
  }
  whole = learner()$history
  resumed = learner(resume = file.path(folder, "checkpoint_000000_000002.safetensors"))$history
  expect_identical(names(resumed), names(whole))
  expect_equal(as.data.frame(resumed)[names(resumed) != "seconds"], as.data.frame(whole)[names(whole) != "seconds"])
})
