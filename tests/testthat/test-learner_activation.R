test_that("an activation may have R torch's or PyTorch's name", {
  operation = function(activation) {
    learner = lrn("regr.mlp", neurons = 2, activation = activation)
    get_private(learner)$.network_spec(tsk("mtcars"), learner$param_set$values, column_info(tsk("mtcars")))$nodes[[2L]]
  }
  names = c(relu = "relu", nn_relu = "relu", ReLU = "relu", LeakyReLU = "leaky_relu", nn_leaky_relu = "leaky_relu",
    GELU = "gelu", nn_log_sigmoid = "log_sigmoid")
  iwalk(names, function(key, name) expect_identical(operation(name)$operation, key))
  expect_identical(operation(nn_leaky_relu)$operation, "leaky_relu")
  expect_error(lrn("regr.mlp", activation = "nn_rleu"), "did you mean", class = "mlr3libtorch_error_parameter")
  expect_error(lrn("regr.tabm", activation = 1), "must be an activation, such as",
    class = "mlr3libtorch_error_parameter")
})

test_that("tabm and mlp take them", {
  learner = lrn("regr.tabm", k = 2, d_block = 4, activation = "nn_tanh", epochs = 1, batch_size = 16)
  learner$train(tsk("mtcars"))
  expect_true("tanh" %in% map_chr(learner$model$network$spec$nodes, "operation"))
})

test_that("an activation is a name, a layer's function, a layer with settings or a function", {
  weights = function(activation) {
    learner = lrn("classif.mlp", neurons = 4, activation = activation, epochs = 2, batch_size = 50, seed = 1)
    as_array(learner$train(tsk("iris"))$network$head$weight)
  }
  for (activation in list(nn_tanh, nn_tanh(), "nn_tanh", "Tanh")) {
    expect_identical(weights(activation), weights("tanh"))
  }
  expect_identical(weights(nnf_gelu), weights("gelu"))
  expect_identical(weights(nn_leaky_relu(0.3)), {
    learner = lrn("classif.mlp", neurons = 4, activation = "leaky_relu", activation_args = list(negative_slope = 0.3),
      epochs = 2, batch_size = 50, seed = 1)
    as_array(learner$train(tsk("iris"))$network$head$weight)
  })
  expect_error(lrn("classif.mlp", activation = function(x) x), "such as 'relu', nn_relu or nnf_relu")
})
