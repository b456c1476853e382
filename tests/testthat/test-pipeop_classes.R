test_that("every operation has a class with mlr3torch's name, which the dictionary holds", {
  for (key in nn_operations()$key) {
    name = pipeop_class_name(paste0("nn_", key))
    class = getExportedValue("mlr3libtorch", name)
    expect_identical(class$classname, name)
    made = class$new(id = "mine")
    expect_identical(made$operation, key)
    expect_identical(class(mlr3pipelines::po(paste0("nn_", key)))[[1L]], name)
  }
  expect_true(all(c("PipeOpTorchLeakyReLU", "PipeOpTorchConvTranspose1D", "PipeOpTorchFTTransformerBlock",
    "PipeOpTorchFTCLS", "PipeOpTorchAdaptiveAvgPool2D", "PipeOpTorchGeGLU", "PipeOpTorchMergeCat",
    "PipeOpTorchTokenizerCateg", "PipeOpTorchMultiheadAttention", "PipeOpTorchIngressNumeric",
    "PipeOpTorchIngressCategorical", "PipeOpTorchIngressLazyTensor", "PipeOpTorchModelClassif", "PipeOpTorchModelRegr",
    "PipeOpTorchLoss", "PipeOpTorchOptimizer", "PipeOpTorchCallbacks", "PipeOpTorchBatchNorm1D") %in%
    getNamespaceExports("mlr3libtorch")))
})

test_that("parameters can be given to the constructor", {
  made = PipeOpTorchConv2D$new(param_vals = list(out_channels = 3, kernel_size = 2))
  expect_identical(made$id, "nn_conv2d")
  expect_equal(made$param_set$values, list(out_channels = 3, kernel_size = 2))
  expect_identical(PipeOpTorchMergeSum$new(innum = 2)$input$name, c("input1", "input2"))
})

test_that("an optimizer is Adam unless given, and callbacks are none", {
  expect_true("betas" %in% mlr3pipelines::po("torch_optimizer", lr = 0.1)$param_set$ids())
  expect_identical(mlr3pipelines::po("torch_callbacks")$param_set$ids(), character())
  `%>>%` = mlr3pipelines::`%>>%`
  graph = mlr3pipelines::po("torch_ingress_num") %>>% nn("head") %>>%
    mlr3pipelines::po("torch_optimizer", lr = 0.25) %>>% mlr3pipelines::po("torch_callbacks") %>>%
    mlr3pipelines::po("torch_model_regr", epochs = 1, batch_size = 8)
  learner = mlr3::as_learner(graph)$train(tsk("mtcars"))
  model = learner$graph_model$pipeops$torch_model_regr$learner_model$model
  expect_identical(model$optimizer$name, "adam")
  expect_identical(model$optimizer$param_groups[[1L]]$lr, 0.25)
})

test_that("a pipeop needs the packages of its loss and callbacks", {
  callback = torch_callback("a", packages = "stats", on_begin = function() NULL)
  expect_true("stats" %in% mlr3pipelines::po("torch_callbacks", callback)$packages)
})
