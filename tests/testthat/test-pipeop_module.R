test_that("po('module') puts in a network as it is", {
  module = mlr3pipelines::po("module", module = nn_sequential(nn("linear", out_features = 4), nn("tanh")))
  expect_identical(map_chr(nn_sequential(module, nn("relu"))$nodes, "id"), c("module.linear", "module.tanh", "relu"))
  expect_error(module$train(list(torch_ones(1, 2))), "give it a module", class = "mlr3libtorch_error_argument")
  expect_error(module$train(list(3)), "or only tensors, not 3", class = "mlr3libtorch_error_argument")
})

test_that("PipeOpModule calls its module with tensors, by names of one's own", {
  linear = nn_linear(10, 20)
  pipeop = PipeOpModule$new("linear", linear, inname = "abc", outname = "xyz")
  expect_identical(c(pipeop$id, pipeop$input$name, pipeop$output$name), c("linear", "abc", "xyz"))
  x = torch_randn(3, 10)
  expect_equal(map(pipeop$train(list(x)), as_array), list(xyz = as_array(linear(x))))
  expect_equal(as_array(pipeop$module(x)), as_array(linear(x)))
  identity_of = mlr3pipelines::po("module", id = "same", module = function(x) x + 1)
  expect_equal(as_array(identity_of$train(list(torch_ones(2, 1)))$output), matrix(2, 2, 1))
  expect_error(PipeOpModule$new("linear", nn_sequential(nn("tanh")), inname = c("a", "b")), "'inname' has 2 names",
    class = "mlr3libtorch_error_argument")
  expect_error(PipeOpModule$new("linear", identity, outname = c("a", "b")), "only a module",
    class = "mlr3libtorch_error_argument")
})

two_paths = nn_module("two_paths",
  initialize = function(inputs, outputs) {
    self$first = nn_linear(inputs, outputs)
    self$second = nn_linear(inputs, outputs)
  },
  forward = function(x, z) list(out1 = self$first(x), out2 = torch_relu(self$second(z)))
)

test_that("a module with several inputs and outputs is called, and trained in a graph", {
  module = two_paths(4, 2)
  pipeop = PipeOpModule$new("paths", module, inname = c("x", "z"), outname = c("out1", "out2"))
  inputs = list(x = torch_randn(2, 4), z = torch_randn(2, 4))
  outputs = pipeop$train(inputs)
  expect_named(outputs, c("out1", "out2"))
  expect_equal(as_array(outputs$out2), as_array(module(inputs$x, inputs$z)$out2))

  ingress = mlr3pipelines::po("torch_ingress_num")
  graph = mlr3pipelines::as_graph(ingress)$add_pipeop(pipeop)$add_pipeop(nn("merge_cat"))$add_pipeop(nn("head"))
  graph$add_edge("torch_ingress_num", "paths", dst_channel = "x")
  graph$add_edge("torch_ingress_num", "paths", dst_channel = "z")
  graph$add_edge("paths", "merge_cat", src_channel = "out1")
  graph$add_edge("paths", "merge_cat", src_channel = "out2")
  graph$add_edge("merge_cat", "head")
  graph = mlr3pipelines::`%>>%`(graph, mlr3pipelines::po("torch_model_classif", epochs = 2, batch_size = 50))
  learner = mlr3::as_learner(graph)$train(tsk("iris"))
  expect_identical(learner$predict(tsk("iris"))$row_ids, 1:150)
})

test_that("the hash follows what the module is", {
  hash = function(...) PipeOpModule$new("part", ...)$phash
  with_torch_manual_seed(seed = 1, {
    one = nn_linear(2, 2)
    other = nn_linear(2, 2)
  })
  expect_identical(hash(one), hash(one))
  expect_false(hash(one) == hash(other))
  expect_false(hash(one) == hash(one, outname = "y"))
  paths = two_paths(2, 2)
  expect_identical(hash(paths, outname = c("a", "b")), hash(paths, outname = c("a", "b")))
})
