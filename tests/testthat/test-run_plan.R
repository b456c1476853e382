# The compiled step and autograd's are the same to whoever looks: the user, the callbacks, the model.

plan_learner = function(plan, ..., callbacks = list()) {
  lrn("regr.mlp", callbacks = callbacks, plan = plan, neurons = c(8, 8), epochs = 3, batch_size = 10, p = 0.2,
    opt.lr = 0.01, seed = 1, device = "cpu", ...)
}

# What a callback with these stages leaves in `self$seen`, on both paths.
seen_by = function(...) {
  callback = torch_callback("watch", ..., initialize = function() {
    self$seen = list()
  }, state_dict = function() self$seen, load_state_dict = function(state_dict) {
    self$seen = state_dict
  })
  map(list(planned = "require", autograd = "off"), function(plan) {
    learner = plan_learner(plan, callbacks = callback)$train(tsk("mtcars"))
    list(seen = learner$model$callbacks$watch, weights = flat_weights(learner), plan = learner$model$plan)
  })
}

flat_weights = function(learner) unlist(map(learner$network$parameters, as.array))

test_that("model and context say which step ran, and why", {
  seen = seen_by(on_begin = function() {
    self$seen = self$ctx$plan
  })
  expect_true(seen$planned$plan$used)
  expect_identical(seen$planned$seen$used, TRUE)
  expect_false(seen$autograd$plan$used)
  expect_length(seen$planned$plan$reasons, 0)

  learner = plan_learner("auto", loss = t_loss("poisson_nll"))$train(tsk("mtcars"))
  expect_false(learner$model$plan$used)
  expect_match(learner$model$plan$reasons, "loss")
})

test_that("a plan that is required but cannot be had is an error that says what hinders it", {
  learner = plan_learner("require", loss = t_loss("poisson_nll"))
  expect_error(learner$train(tsk("mtcars")), "required.*loss has no planned kernel",
    class = "mlr3libtorch_error_plan")
  expect_null(learner$model)
})

test_that("callbacks see the same gradients, outputs and losses on both paths", {
  seen = seen_by(
    on_after_backward = function() {
      ctx = self$ctx
      gradients = map(ctx$network$parameters, function(p) as.array(p$grad))
      self$seen = c(self$seen, list(list(unlist(gradients), as.array(ctx$y_hat), ctx$last_loss)))
    }
  )
  expect_length(seen$planned$seen, 12)
  expect_equal(seen$planned$seen, seen$autograd$seen, tolerance = 1e-5)
  expect_equal(seen$planned$weights, seen$autograd$weights, tolerance = 1e-5)
})

test_that("changes of gradients and batches count on both paths", {
  seen = seen_by(
    on_batch_begin = function() {
      batch = self$ctx$batch
      batch$x$x = batch$x$x * 2
      self$ctx$batch = batch
    },
    on_after_backward = function() {
      self$ctx$network$parameters[[1]]$grad$mul_(0)
      self$seen = c(self$seen, self$ctx$last_loss)
    }
  )
  expect_equal(seen$planned$seen, seen$autograd$seen, tolerance = 1e-5)
  expect_equal(seen$planned$weights, seen$autograd$weights, tolerance = 1e-5)
  untouched = plan_learner("require")$train(tsk("mtcars"))
  expect_false(isTRUE(all.equal(seen$planned$weights, flat_weights(untouched), tolerance = 1e-5)))
})

test_that("outputs that a callback keeps stay what they were", {
  seen = seen_by(on_batch_end = function() {
    self$kept = c(self$kept, list(self$ctx$y_hat))
    self$copies = c(self$copies, list(as.array(self$ctx$y_hat)))
  }, on_end = function() {
    self$seen = list(kept = map(self$kept, as.array), copies = self$copies)
  }, public = list(kept = list(), copies = list()))
  expect_length(seen$planned$seen$kept, 12)
  expect_identical(seen$planned$seen$kept, seen$planned$seen$copies)
})

test_that("a batch that the compiled step cannot take goes by autograd", {
  seen = seen_by(on_batch_begin = function() {
    batch = self$ctx$batch
    # an expanded view is not laid out row after row
    batch$x$x = batch$x$x[, 1, drop = FALSE]$expand(batch$x$x$shape)
    self$ctx$batch = batch
  })
  expect_true(seen$planned$plan$used)
  expect_equal(seen$planned$weights, seen$autograd$weights, tolerance = 1e-5)
})

test_that("frozen parameters stay, and the others learn, on both paths", {
  seen = seen_by(on_begin = function() {
    self$ctx$network$parameters[[1]]$requires_grad_(FALSE)
    self$seen$first = as.array(self$ctx$network$parameters[[1]])
  }, on_end = function() {
    self$seen$last = as.array(self$ctx$network$parameters[[1]])
  })
  expect_identical(seen$planned$seen$first, seen$planned$seen$last)
  expect_equal(seen$planned$weights, seen$autograd$weights, tolerance = 1e-5)
})

test_that("training, validation and prediction agree for classes too", {
  train = function(plan) {
    set.seed(3)  # draws the validation rows
    lrn("classif.mlp", plan = plan, neurons = 8, epochs = 4, batch_size = 16, seed = 2, predict_type = "prob",
      validate = 0.3, measures_valid = msr("classif.logloss"), measures_train = msr("classif.logloss"),
      callbacks = t_clbk("history"))$train(tsk("iris"))
  }
  planned = train("require")
  autograd = train("off")
  expect_equal(planned$model$callbacks$history, autograd$model$callbacks$history, tolerance = 1e-5)
  expect_equal(planned$predict(tsk("iris"))$prob, autograd$predict(tsk("iris"))$prob, tolerance = 1e-4)
})

# A network of linear layers around `node`, trained with the compiled step and by autograd.
trained_around = function(node) {
  map(list(planned = "auto", autograd = "off"), function(plan) {
    network = nn_sequential(nn("linear", out_features = 6), node, nn("linear", out_features = 4), nn("relu"),
      nn("head"))
    lrn("regr.torch_model", network = network, plan = plan, epochs = 3, batch_size = 10, opt.lr = 0.01, seed = 1,
      device = "cpu")$train(tsk("mtcars"))
  })
}

test_that("a node that the compiled step does not know costs only itself", {
  nodes = list(
    rrelu = nn("rrelu", lower = 0.2, upper = 0.2),
    fn = nn("fn", fn = function(x) torch_sin(x) * 2),
    script = nn_script("def forward(self, x):\n    return torch.atan(x)")
  )
  iwalk(nodes, function(node, name) {
    learners = trained_around(node)
    expect_true(learners$planned$model$plan$used, info = name)
    expect_length(learners$planned$model$plan$reasons, 1)
    expect_match(learners$planned$model$plan$reasons, "no planned kernel", info = name)
    expect_equal(flat_weights(learners$planned), flat_weights(learners$autograd), tolerance = 1e-5, info = name)
    prediction = map(learners, function(learner) learner$predict(tsk("mtcars"))$response)
    expect_equal(prediction$planned, prediction$autograd, tolerance = 1e-5, info = name)
  })
})

test_that("a function may write to its input, and stop gradients of a branch", {
  overwriting = nn("fn", fn = function(x) {
    y = x * 1
    y$mul_(2)
  })
  learners = trained_around(overwriting)
  expect_equal(flat_weights(learners$planned), flat_weights(learners$autograd), tolerance = 1e-5)
  expect_error(trained_around(nn("fn", fn = function(x) x$detach() * 2)), NA)
  cut = nn_sequential(nn("linear", out_features = 3), nn("head"), nn("fn", fn = function(x) x$detach()))
  learner = lrn("regr.torch_model", network = cut, epochs = 1, batch_size = 10, seed = 1)
  expect_error(learner$train(tsk("mtcars")), "depend on the network's weights",
    class = "mlr3libtorch_error_function")
})
