# Native callbacks that act on each batch, through a learner. What they compute is tested in the core.

test_that("every stateful callback of the core goes on in a resumed run", {
  callbacks = list(
    t_clbk("ema", decay = 0.9), t_clbk("swa", start_epoch = 2), t_clbk("grad_accumulation", n_batches = 2),
    t_clbk("gradient_noise"), t_clbk("mixup"), t_clbk("cutmix")
  )
  for (callback in callbacks) {
    whole = train_quietly(small_learner(callback, epochs = 4, batch_size = 16))
    folder = withr::local_tempdir()
    train_quietly(small_learner(list(callback, t_clbk("checkpoint", path = folder, keep_last = 4)), epochs = 4,
      batch_size = 16))
    resumed = train_quietly(small_learner(callback, epochs = 4, batch_size = 16,
      resume = list_checkpoints(folder)$file[[2L]]))
    for (field in c("network", "optimizer", "callbacks", "internal_valid_scores")) {
      expect_identical(resumed$model[[field]], whole$model[[field]], info = paste(callback$id, field))
    }
  }
})

test_that("an average is what predicts, and training can go on from its own weights", {
  start = train_quietly(small_learner(t_clbk("ema", decay = 0.9), epochs = 2, validate = NULL))
  expect_false(identical(start$model$network$state[[1L]], start$model$callbacks$ema$training[[1L]]))
  learner = small_learner(t_clbk("ema", decay = 0.9), epochs = 4, validate = NULL)
  learner$hotstart_stack = HotstartStack$new(list(start))
  train_quietly(learner)
  whole = train_quietly(small_learner(t_clbk("ema", decay = 0.9), epochs = 4, validate = NULL))
  expect_identical(learner$model$network, whole$model$network)
})

test_that("early stopping restores the averaged weights that were validated", {
  weights = list()
  observer = torch_callback("observer", on_valid_end = function() {
    weights[[self$ctx$epoch]] <<- map(self$ctx$network$state_dict(), function(x) x$clone())
  })
  learner = small_learner(list(t_clbk("ema", decay = 0.5), observer), epochs = 6, patience = 2,
    restore_best_weights = TRUE)
  train_quietly(learner)
  best = learner$model$callbacks$early_stopping$best_epochs
  restored = learner$model$network$state_dict()
  for (name in names(restored)) expect_true(restored[[name]]$equal(weights[[best]][[name]]))
})

test_that("mixing works with the losses of each task type", {
  train_mixed = function(key, task, type) {
    lrn(paste0(type, ".mlp"), loss = t_loss(key), epochs = 1, batch_size = 50, neurons = 3, seed = 1,
      callbacks = list(t_clbk("mixup", alpha = 1), t_clbk("cutmix")))$train(task)
  }
  # a network has two outputs for this loss where the learner is one of standard errors; others are the user's own
  for (key in setdiff(mlr3libtorch_losses$keys(), c("gaussian_nll", "fn", "script", "script_file"))) {
    types = t_loss(key)$task_types
    if ("regr" %in% types) expect_no_error(train_mixed(key, tsk("mtcars"), "regr"))
    if ("classif" %in% types) expect_no_error(train_mixed(key, tsk("sonar"), "classif"))
  }
})

test_that("terminate_on_nan keeps a model that can predict", {
  learner = small_learner(t_clbk("terminate_on_nan"), optimizer = t_opt("sgd", lr = 1e30), epochs = 5, p = 0,
    validate = NULL)
  suppressWarnings(train_quietly(learner))
  expect_lt(learner$model$epochs, 5)
  expect_error(
    train_quietly(small_learner(t_clbk("terminate_on_nan", action = "error"), optimizer = t_opt("sgd", lr = 1e30))),
    "Callback 'terminate_on_nan' failed in stage 'on_after_backward'.*the training diverges"
  )
})

test_that("a time limit ends a run, but not before min_epochs", {
  learner = train_quietly(small_learner(t_clbk("time_limit", seconds = 0, min_epochs = 1), epochs = 5))
  expect_identical(learner$model$epochs, 2L)
  expect_gt(learner$model$callbacks$time_limit$elapsed, 0)
})

test_that("accumulation takes a schedule by epoch", {
  callback = t_clbk("grad_accumulation", n_batches = c(4, 1), from_epoch = c(1, 2))
  expect_no_error(train_quietly(small_learner(callback, epochs = 2)))
  expect_config_error(t_clbk("grad_accumulation", n_batches = 0), "parameter", "n_batches")
  wrong = small_learner(t_clbk("grad_accumulation", n_batches = c(4, 1)))
  expect_error(train_quietly(wrong), "must rise from 1", class = "mlr3libtorch_error_config")
})
