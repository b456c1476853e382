`%>>%` = mlr3pipelines::`%>>%`
po = mlr3pipelines::po

my_linear = function(...) {
  pipeop_torch("nn_my_linear",
    initialize = function(shapes_in, out_features) {
      in_features = utils::tail(shapes_in[[1L]], 1L)
      self$weight = nn_parameter(torch_randn(out_features, in_features) / sqrt(in_features))
      self$bias = nn_parameter(torch_zeros(out_features))
    },
    forward = function(input) nnf_linear(input, self$weight, self$bias), ...)
}

train_graph = function(graph, task = tsk("iris"), ...) {
  learner = mlr3::as_learner(po("torch_ingress_num") %>>% graph %>>%
    po("torch_model_classif", epochs = 2, batch_size = 50, seed = 1, ...))
  learner$train(task)
}

test_that("a class made of functions has the arguments of 'initialize' as parameters", {
  class = my_linear()
  expect_identical(class$classname, "PipeOpTorchMyLinear")
  pipeop = class$new(param_vals = list(out_features = 2))
  expect_identical(pipeop$id, "nn_my_linear")
  expect_identical(pipeop$param_set$ids(), "out_features")
  expect_identical(pipeop$input$name, "input")
  expect_identical(pipeop$shapes_out(list(c(NA, 4))), list(output = c(NA, 2L)))
  expect_identical(class$new()$phash, class$new()$phash)
  expect_false(class$new()$phash == my_linear(in_channels = "x")$new()$phash)
})

test_that("its module trains in a graph, as the layer of the core does", {
  withr::with_options(list(warn = 1), {
    mine = train_graph(my_linear()$new(param_vals = list(out_features = 2)) %>>% nn("head"))
  })
  network = torch_learner(mine)$network
  expect_identical(network$parameters$nn_my_linear.weight$shape, c(2L, 4L))
  expect_length(mine$predict(tsk("iris"))$response, 150L)
  # the same weights, the same steps
  spec = torch_learner(mine)$spec
  twin = nn_sequential(nn_my_linear = nn("linear", out_features = 2), head = nn("head"))
  expect_identical(map_chr(spec$nodes, "operation"), c("module", "head"))
  expect_identical(map_chr(twin$nodes, "id"), map_chr(spec$nodes, "id"))
})

test_that("the seed decides what a module draws", {
  weights = function(seed) {
    graph = po("torch_ingress_num") %>>% my_linear()$new(param_vals = list(out_features = 2)) %>>% nn("head") %>>%
      po("torch_model_classif", epochs = 1, batch_size = 50, seed = seed)
    torch_learner(mlr3::as_learner(graph)$train(tsk("iris")))$model$network$state
  }
  expect_identical(weights(1), weights(1))
  expect_false(identical(weights(1), weights(2)))
})

test_that("'shapes_out' is asked with the arguments that it has", {
  class = my_linear(shapes_out = function(shapes_in, param_vals) {
    list(c(utils::head(shapes_in[[1L]], -1L), param_vals$out_features))
  })
  pipeop = class$new(param_vals = list(out_features = 2))
  expect_identical(pipeop$shapes_out(list(c(NA, 7, 4))), list(output = c(NA, 7L, 2L)))
  # NA is only for those who can tell without the module
  expect_identical(pipeop$shapes_out(list(c(NA, NA, 4))), list(output = c(NA, NA, 2L)))
  wrong = my_linear(shapes_out = function() 3)$new(param_vals = list(out_features = 2))
  expect_error(wrong$shapes_out(c(NA, 4)), "must return a list with a shape for each output",
    class = "mlr3libtorch_error_function")
})

test_that("a module that calls layers becomes nodes of the core, and is compiled", {
  class = pipeop_torch("skip",
    initialize = function(shapes_in, width) {
      self$inner = nn_linear(shapes_in$input[2], width)
      self$back = nn_linear(width, shapes_in$input[2])
    },
    forward = function(input) input + self$back(self$inner(input)$relu())
  )
  learner = train_graph(class$new(param_vals = list(width = 5)) %>>% nn("head"), plan = "require")
  expect_identical(map_chr(torch_learner(learner)$spec$nodes, "id"),
    c("skip.inner", "skip.relu", "skip.back", "skip.sum", "head"))
  expect_true(torch_learner(learner)$model$plan$used)
})

test_that("several outputs are several channels", {
  split = pipeop_torch("split",
    initialize = function(shapes_in, d_out1, d_out2) {
      self$linear1 = nn_linear(shapes_in$input[2], d_out1)
      self$linear2 = nn_linear(shapes_in$input[2], d_out2)
    },
    forward = function(input) list(self$linear1(input), self$linear2(input)),
    out_channels = 2
  )
  pipeop = split$new(param_vals = list(d_out1 = 10, d_out2 = 20))
  expect_identical(pipeop$shapes_out(list(c(NA, 4))), list(output1 = c(NA, 10L), output2 = c(NA, 20L)))
  graph = pipeop %>>% mlr3pipelines::gunion(list(nn("relu"), nn("tanh"))) %>>% nn("merge_cat") %>>% nn("head")
  learner = train_graph(graph, plan = "require")
  spec = torch_learner(learner)$spec
  expect_identical(map_chr(spec$nodes, "id"), c("split.linear1", "split.linear2", "relu", "tanh", "merge_cat", "head"))
  expect_identical(map(spec$nodes[3:4], "inputs"), list("split.linear1", "split.linear2"))
})

test_that("several outputs that R computes are taken apart again, whatever their shapes", {
  halves = pipeop_torch("halves",
    initialize = function() self$scale = nn_parameter(torch_ones(1)),
    forward = function(input) {
      list(second = (input[, 3:4] * self$scale)$unsqueeze(3), first = input[, 1:2] * 2)
    },
    out_channels = c("first", "second")
  )
  pipeop = halves$new()
  expect_identical(pipeop$shapes_out(c(NA, 4)), list(first = c(NA, 2L), second = c(NA, 2L, 1L)))
  graph = pipeop %>>% mlr3pipelines::gunion(list(nn("relu"), nn("flatten"))) %>>% nn("merge_cat") %>>% nn("head")
  learner = torch_learner(train_graph(graph))
  x = torch_tensor(as.matrix(tsk("iris")$data(1:3, tsk("iris")$feature_names)))
  outputs = learner$network$outputs(x, c("relu", "flatten"))
  scale = as_array(learner$network$parameters$halves.module.scale)
  expect_equal(as_array(outputs$relu), as_array(x[, 1:2]) * 2, tolerance = 1e-6)
  expect_equal(as_array(outputs$flatten), as_array(x[, 3:4]) * scale, tolerance = 1e-6)
})

test_that("several inputs are the arguments of 'forward', or as many as are asked for", {
  product = pipeop_torch("product", forward = function(a, b) a * b)
  expect_identical(product$new()$input$name, c("a", "b"))
  graph = mlr3pipelines::gunion(list(nn("linear_1", out_features = 3), nn("linear_2", out_features = 3))) %>>%
    product$new() %>>% nn("head")
  ingress = po("copy", 2)
  learner = train_graph(mlr3pipelines::as_graph(ingress) %>>% graph)
  expect_length(learner$predict(tsk("iris"))$response, 150L)
  any_number = pipeop_torch("total", forward = function(...) Reduce(`+`, list(...)), in_channels = 0)$new()
  expect_identical(any_number$input$name, "...")
  expect_identical(any_number$shapes_out(list(c(NA, 2), c(NA, 2), c(NA, 2)))$output, c(NA, 2L))
})

test_that("the dictionary and nn() find a class that was added", {
  mlr3pipelines::mlr_pipeops$add("nn_my_linear", my_linear())
  withr::defer(mlr3pipelines::mlr_pipeops$remove("nn_my_linear"))
  expect_identical(nn("my_linear", out_features = 3)$id, "my_linear")
  expect_identical(po("nn_my_linear", out_features = 3)$param_set$values$out_features, 3)
})

test_that("a pipeop is part of a network as data, too, and repeated in a block", {
  part = my_linear()$new(param_vals = list(out_features = 4))
  network = nn_sequential(part, nn("relu"), nn("head"), shape = c(NA, 3))
  expect_match(format(network), "PipeOpTorchMyLinear", all = FALSE)
  expect_match(format(network), "(NA, 4)", fixed = TRUE, all = FALSE)
  learner = lrn("regr.torch_model", network = network, epochs = 1, batch_size = 16, seed = 1)
  expect_identical(learner$hash, learner$clone(deep = TRUE)$hash)
  learner$train(tsk("mtcars"))
  expect_saved(learner, tsk("mtcars"))
  block = train_graph(nn("block", part, n_blocks = 2) %>>% nn("head"))
  expect_identical(map_chr(torch_learner(block)$spec$nodes, "id"),
    c("block.1.nn_my_linear", "block.2.nn_my_linear", "head"))
})

test_that("a descriptor's network has the module for the task", {
  graph = po("torch_ingress_num") %>>% my_linear()$new(param_vals = list(out_features = 2)) %>>% nn("head")
  spec = model_descriptor_to_module(graph$train(tsk("iris"))[[1L]])
  expect_identical(map_chr(spec$nodes, "operation"), c("module", "head"))
  expect_named(spec$weights, c("nn_my_linear.weight", "nn_my_linear.bias"))
})

test_that("mistakes are errors that name the pipeop", {
  expect_config_error(pipeop_torch("a"), "argument", "give 'forward'")
  expect_config_error(pipeop_torch("a", forward = function(x, y) x, in_channels = 1), "argument",
    "'forward' takes 2 arguments (x, y), but there are 1 inputs (input)")
  expect_config_error(pipeop_torch("a", forward = function(x) x, out_channels = "..."), "argument", "must be alone")
  expect_config_error(my_linear(param_set = ps(out_featurs = p_int())), "unknown_parameter",
    "did you mean 'out_features'")
  pipeop = my_linear()$new()
  expect_error(pipeop$shapes_out(c(NA, 4)), "out_features", class = "mlr3libtorch_error_missing_parameter")
  pipeop$param_set$set_values(out_features = 2)
  expect_config_error(pipeop$shapes_out(list(c(NA, 4), c(NA, 2))), "argument", "has 1 inputs (input), but there are 2")
  broken = pipeop_torch("broken", initialize = function() stop("no disk"), forward = function(x) x)$new()
  expect_error(broken$shapes_out(c(NA, 4)), "no disk")
  list_of_one = pipeop_torch("pair", forward = function(x) list(x), out_channels = 2)$new()
  expect_error(list_of_one$shapes_out(c(NA, 4)), "must return a list of 2 tensors",
    class = "mlr3libtorch_error_function")
  expect_config_error(nn_graph(a = pipeop, b = pipeop_torch("p", forward = function(x, y) x)$new(), inputs = "x"),
    "argument", "takes 2 inputs (x, y), but reads 1 nodes")
  holder = nn_module("holder", function() self$part = pipeop, function(x) self$part(x))
  expect_config_error(holder(), "argument", "put a module in its place")
})
