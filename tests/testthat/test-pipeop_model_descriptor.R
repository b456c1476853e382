`%>>%` = mlr3pipelines::`%>>%`
po = mlr3pipelines::po

test_that("a graph becomes a network and a learner", {
  graph = nn("linear", out_features = 4) %>>% nn("head")
  descriptor = ModelDescriptor(graph, list(linear.input = ingress_num()), tsk("iris"),
    optimizer = t_opt("sgd", lr = 0.1), callbacks = t_clbk("history"))
  expect_class(descriptor, "ModelDescriptor")
  spec = model_descriptor_to_module(descriptor)
  expect_identical(map_chr(spec$nodes, "operation"), c("linear", "head"))
  expect_identical(spec$outputs, "head")
  learner = model_descriptor_to_learner(descriptor)
  learner$param_set$set_values(epochs = 1, batch_size = 50)
  learner$train(tsk("iris"))
  expect_identical(learner$model$optimizer$name, "sgd")
  expect_named(learner$callbacks, "history")
  expect_equal(learner$predict(tsk("iris"))$task_type, "classif")
})

test_that("what pipeops pass on can be used as well", {
  descriptor = po("torch_ingress_num")$train(list(tsk("mtcars")))[[1L]]
  descriptor = nn("linear", out_features = 3)$train(list(descriptor))[[1L]]
  other = nn("tanh")$train(list(descriptor))[[1L]]
  both = model_descriptor_union(descriptor, other)
  expect_identical(both$pointer, c("linear", "tanh"))
  expect_length(both$nodes, 2L)
  module = model_descriptor_to_module(both, list(c("tanh", "output"), "linear"))
  expect_identical(module$outputs, c("tanh", "linear"))
  expect_error(model_descriptor_to_module(both, list("tnah")), "did you mean 'tanh'",
    class = "mlr3libtorch_error_unknown_name")
  expect_error(model_descriptor_union(descriptor, 1), "Expected what ModelDescriptor",
    class = "mlr3libtorch_error_argument")
})

test_that("an input without features is named", {
  expect_error(ModelDescriptor(mlr3pipelines::as_graph(nn("relu")), list(x = ingress_num()), tsk("iris")),
    "input 'relu.input' has no element in 'ingress'", class = "mlr3libtorch_error_config")
})

test_that("a pipeop tells the shape of its output", {
  expect_identical(nn("linear", out_features = 3)$shapes_out(c(NA, 4)), list(output = c(NA, 3L)))
  expect_identical(nn("merge_cat")$shapes_out(list(c(NA, 4), c(NA, 2)))$output, c(NA, 6L))
  expect_identical(nn("conv2d", out_channels = 2, kernel_size = 3)$shapes_out(c(NA, 1, 8, 8))$output, c(NA, 2L, 6L, 6L))
  expect_identical(nn("head")$shapes_out(c(NA, 4), tsk("iris"))$output, c(NA, 3L))
  expect_error(nn("linear", out_features = 3)$shapes_out("a"), "A shape must be", class = "mlr3libtorch_error_argument")
})
