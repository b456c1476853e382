shapes = function(...) spec_layout(nn_sequential(..., shape = c(NA, 3, 4)))$shape

test_that("a shape may be a function of the input's shape", {
  seen = list()
  note = function(shape) {
    seen[[length(seen) + 1L]] <<- shape
    c(shape[1:2], 2, -1)
  }
  expect_identical(shapes(nn("reshape", shape = note)), c("(NA, 3, 4)", "(NA, 3, 2, 2)"))
  expect_identical(seen, list(c(NA, 3L, 4L)))
  expect_identical(shapes(nn("flatten"), nn("reshape", shape = function(shape) c(NA, shape[[2L]] / 6, 6)))[[3L]],
    "(NA, 2, 6)")
})

test_that("it is numbers in a trained network, which is compiled and gives the same results", {
  `%>>%` = mlr3pipelines::`%>>%`
  train = function(shape) {
    graph = mlr3pipelines::po("torch_ingress_num") %>>% nn("linear", out_features = 6) %>>%
      nn("reshape", shape = shape) %>>% nn("flatten") %>>% nn("head") %>>%
      mlr3pipelines::po("torch_model_regr", epochs = 1, batch_size = 8, seed = 1, plan = "require")
    mlr3::as_learner(graph)$train(tsk("mtcars"))$graph_model$pipeops$torch_model_regr$learner_model$model
  }
  model = train(function(shape) c(shape[[1L]], 2, shape[[2L]] / 2))
  expect_equal(model$network$spec$nodes[[2L]]$parameters$shape, c(-1, 2, 3))
  expect_identical(model$network$state, train(c(NA, 2, 3))$network$state)
})

test_that("functions that fail or return something else are named", {
  expect_error(shapes(nn("reshape", shape = function(shape) stop("no"))),
    "Node 'reshape' \\(reshape\\): the function 'shape' failed on the shape \\(NA, 3, 4\\): no",
    class = "mlr3libtorch_error_function")
  expect_error(shapes(nn("reshape", shape = function(shape) "a")), "must return a shape such as",
    class = "mlr3libtorch_error_function")
  expect_error(shapes(nn("reshape", shape = function(shape) c(NA, 5))), "invalid for input of size 24",
    class = "mlr3libtorch_error")
  expect_error(nn("reshape", shape = function() 1), "'shape'|Must have", class = "mlr3libtorch_error_parameter")
  expect_error(nn("reshape", shape = "a"), "or a function of the input's shape", class = "mlr3libtorch_error_parameter")
})

test_that("several dimensions of size 1 are removed at once", {
  spec = nn_sequential(nn("unsqueeze", dim = 2), nn("unsqueeze", dim = -1), nn("squeeze", dim = c(2, -1)),
    shape = c(NA, 3))
  expect_identical(spec_layout(spec)$shape[[4L]], "(NA, 3)")
  expect_error(shapes(nn("squeeze", dim = c(2, 3))), "must have size 1", class = "mlr3libtorch_error_shape")
})
