trained = function(seed = 1, ...) {
  lrn("classif.mlp", neurons = 4, epochs = 2, batch_size = 50, seed = seed, ...)$train(tsk("iris"))
}

test_that("weights go from one learner to another, which then predicts and goes on with them", {
  path = withr::local_tempfile(fileext = ".safetensors")
  first = trained(1)
  second = trained(2)
  save_weights(first, path)
  load_weights(second, path)
  expect_identical(second$model$network$state, first$model$network$state)
  expect_identical(second$predict(tsk("iris"))$response, first$predict(tsk("iris"))$response)
  expect_saved(second, tsk("iris"))
  expect_setequal(names(torch_load(path)), names(first$network$parameters))
})

test_that("a callback can load weights into the network that is trained", {
  path = withr::local_tempfile(fileext = ".safetensors")
  save_weights(trained(1), path)
  load = torch_callback("load", on_begin = function() load_weights(self$ctx$network, path))
  expect_identical(trained(2, callbacks = load)$model$epochs, 2L)
  none = lrn("classif.mlp", neurons = 4, epochs = 0, batch_size = 50, callbacks = load)$train(tsk("iris"))
  expect_identical(none$model$network$state, trained(1)$model$network$state)
})

test_that("weights that do not fit are refused by name, and nothing is changed", {
  path = withr::local_tempfile(fileext = ".safetensors")
  learner = trained()
  before = learner$model$network$state
  weights = learner$network$state_dict()
  torch_save(weights[-1L], path)
  expect_error(load_weights(learner, path), "lack 'linear1.weight'", class = "mlr3libtorch_error")
  torch_save(c(weights, list(linear9.weight = torch_ones(1))), path)
  expect_error(load_weights(learner, path), "linear9.weight", class = "mlr3libtorch_error_unknown_name")
  weights$linear1.bias = torch_ones(3)
  torch_save(weights, path)
  expect_error(load_weights(learner, path), "linear1.bias", class = "mlr3libtorch_error_shape")
  expect_identical(learner$model$network$state, before)
  weights$linear1.bias = torch_ones(4, dtype = "complex64")
  expect_error(learner$network$load_state_dict(weights), "linear1.bias.*ComplexFloat",
    class = "mlr3libtorch_error_config")
  weights$linear1.bias = torch_ones(4, dtype = "int64")
  torch_save(weights, path)
  expect_error(load_weights(learner, path), "linear1.bias.*Long", class = "mlr3libtorch_error_config")
  for (number in c(NaN, Inf, 1e300)) {
    weights$linear1.bias = torch_full(4, number, dtype = "float64")
    torch_save(weights, path)
    expect_error(load_weights(learner, path), "linear1.bias.*not finite", class = "mlr3libtorch_error_weights")
  }
  expect_identical(learner$model$network$state, before)
  expect_error(save_weights(lrn("classif.mlp"), path), "has not been trained", class = "mlr3libtorch_error_config")
  expect_error(load_weights(list(), path), "must be a learner", class = "mlr3libtorch_error_argument")
})

test_that("weights in double precision are taken, with a warning if they are rounded", {
  path = withr::local_tempfile(fileext = ".safetensors")
  learner = trained()
  weights = learner$network$state_dict()
  weights$linear1.bias = torch_tensor(c(1, 2, 0.5, -4), dtype = "float64")
  torch_save(weights, path)
  expect_no_warning(load_weights(learner, path))
  weights$linear1.bias = torch_tensor(c(0.1, 2, 0.5, -4), dtype = "float64")
  torch_save(weights, path)
  expect_warning(load_weights(learner, path), "1 weights.*float64 to float32.*linear1.bias",
    class = "mlr3libtorch_warning_weights")
  expect_equal(as_array(learner$network$parameters$linear1.bias), c(0.1, 2, 0.5, -4), tolerance = 1e-7)
})
