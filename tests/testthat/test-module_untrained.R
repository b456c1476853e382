# A network that would learn nothing is refused in its first step; one that is left out by chance is not.

scaled = function(forward) {
  nn_module("scaled",
    initialize = function() {
      self$linear = nn_linear(4, 4)
      self$scale = nn_parameter(torch_ones(4))
    },
    forward = forward
  )
}

train_with = function(generator, head = TRUE, ...) {
  network = if (head) nn_sequential(scaled = generator(), head = nn_linear(4, 3)) else generator()
  lrn("classif.torch_model", network = network, epochs = 1, batch_size = 50, ...)$train(tsk("iris"))
}

test_that("a forward that does not depend on its weights is an error that names the node", {
  forwards = list(
    no_grad = function(x) with_no_grad(self$linear(x) * self$scale),
    detached = function(x) (self$linear(x) * self$scale)$detach(),
    numbers = function(x) torch_tensor(as_array(self$linear(x)) * 2),
    other = function(x) x * 2
  )
  for (forward in forwards) {
    expect_error(train_with(scaled(forward)), "Node 'module.scaled'.*does not depend on its weights",
      class = "mlr3libtorch_error_function")
  }
})

test_that("behind a trained layer it is an error, too, although its input has a gradient", {
  network = nn_sequential(first = nn_linear(4, 4), scaled = scaled(function(x) x * 2)(), head = nn_linear(4, 3))
  learner = lrn("classif.torch_model", network = network, epochs = 1, batch_size = 50)
  expect_error(learner$train(tsk("iris")), "Node 'module.scaled'", class = "mlr3libtorch_error_function")
})

test_that("frozen weights, and a module that a step leaves out, are fine", {
  frozen = scaled(function(x) with_no_grad(self$linear(x)))
  frozen_module = frozen()$requires_grad_(FALSE)
  network = nn_sequential(scaled = frozen_module, head = nn_linear(4, 3))
  learner = lrn("classif.torch_model", network = network, epochs = 1, batch_size = 50)
  expect_s3_class(learner$train(tsk("iris"))$model, "learner_torch_model")
  every_other = nn_module("every_other",
    initialize = function() {
      self$linear = nn_linear(4, 4)
      self$calls = nn_buffer(torch_zeros(1))
    },
    forward = function(x) {
      self$calls$add_(1)
      if (self$calls$item() %% 2 == 0) x else self$linear(x)
    }
  )
  expect_s3_class(train_with(every_other)$model, "learner_torch_model")
})

test_that("a whole network or a loss without a gradient is an error that says which", {
  cut = nn_module("cut", forward = function(x) torch_tensor(as_array(x)))
  network = nn_sequential(linear = nn_linear(4, 3), cut = cut())
  learner = lrn("classif.torch_model", network = network, epochs = 1, batch_size = 50)
  expect_error(learner$train(tsk("iris")), "Node 'module' .*does not depend on the network's weights",
    class = "mlr3libtorch_error_function")
  loss = t_loss("fn", fn = function(y_hat, y) (y_hat - y)$detach()^2)
  learner = lrn("regr.mlp", neurons = 3, epochs = 1, batch_size = 16, loss = loss)
  expect_error(learner$train(tsk("mtcars")), "What the loss returns does not depend",
    class = "mlr3libtorch_error_function")
})
