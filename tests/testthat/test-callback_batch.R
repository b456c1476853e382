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
  # a network has two outputs for this loss if the learner predicts standard errors; others are the user's own
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
    "Callback 'terminate_on_nan' failed in stage 'on_after_backward'.*training diverges"
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

# Rows in the order of their classes, so that batches weigh differently.
accumulate = function(n_batches, loss) {
  learner = lrn("classif.mlp", loss = loss, neurons = 4, p = 0, epochs = 2, batch_size = 60 / n_batches,
    shuffle = FALSE, optimizer = t_opt("sgd", lr = 0.1), seed = 1, predict_type = "prob",
    callbacks = t_clbk("grad_accumulation", n_batches = n_batches))
  learner$train(tsk("iris")$filter(c(1:30, 51:75, 101:105)))$predict(tsk("iris"))$prob
}

test_that("accumulated batches are the larger batch, also with class weights, sums and your own loss", {
  weighted = c(setosa = 1, versicolor = 2, virginica = 20)
  squares = function(y_hat, y) (y_hat - y$unsqueeze(2))$square()$mean(2)
  losses = list(t_loss("cross_entropy"), t_loss("cross_entropy", class_weight = unname(weighted)),
    t_loss("cross_entropy", ignore_index = 1), t_loss("cross_entropy", reduction = "sum"),
    t_loss("fn", fn = squares), t_loss("fn", fn = squares, reduction = "sum"))
  for (loss in losses) expect_equal(accumulate(3, loss), accumulate(1, loss), tolerance = 1e-5)
})

test_that("a group of batches is not lost when an epoch is stopped within it", {
  stop_in = function(stage, n_batches, at, batch_size) {
    stopper = do.call(torch_callback, c(list("stopper"), setNames(list(function() {
      if (self$ctx$step == at) self$ctx$stop_epoch = TRUE
    }), stage)))
    learner = lrn("classif.mlp", neurons = 4, p = 0, epochs = 2, batch_size = batch_size, shuffle = FALSE, seed = 1,
      callbacks = list(t_clbk("grad_accumulation", n_batches = n_batches), stopper))
    flat = learner$train(tsk("iris")$filter(c(1:10, 51:60, 101:110)))$network$parameters
    unlist(map(flat, as.array))
  }
  expected = stop_in("on_batch_begin", 1, at = 1, batch_size = 10)
  for (stage in c("on_batch_begin", "on_after_backward", "on_batch_end")) {
    expect_equal(stop_in(stage, 3, at = 2, batch_size = 5), expected, tolerance = 1e-5, info = stage)
  }
})

test_that("batch normalisation under an average has the statistics that the averaged weights give", {
  task = tsk("iris")
  x = as.matrix(task$data(cols = task$feature_names))
  for (callback in list(t_clbk("swa", start_epoch = 2), t_clbk("ema", decay = 0.8))) {
    network = nn_sequential(nn("linear", out_features = 3), nn("batch_norm1d"), nn("head"))
    learner = lrn("classif.torch_model", network = network,
      epochs = 5, batch_size = 60, shuffle = FALSE, seed = 1, optimizer = t_opt("adam", lr = 0.1),
      callbacks = callback)$train(task)
    state = map(learner$network$state_dict(), as.array)
    find = function(name) state[[grep(name, names(state), value = TRUE)[[1L]]]]
    hidden = x %*% t(find("linear.*weight")) + rep(find("linear.*bias"), each = nrow(x))
    batches = split.data.frame(hidden, rep(1:3, c(60, 60, 30)))
    expect_equal(c(find("running_mean")), rowMeans(sapply(batches, colMeans)), tolerance = 1e-4, ignore_attr = TRUE)
    expect_equal(c(find("running_var")), rowMeans(sapply(batches, function(rows) apply(rows, 2, var))),
      tolerance = 1e-4, ignore_attr = TRUE)
    expect_identical(as.integer(find("num_batches_tracked")), 3L)
  }
})
