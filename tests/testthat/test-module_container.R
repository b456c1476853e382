test_that("sequences, lists and dictionaries hold modules", {
  net = nn_sequential(first = nn_linear(3, 2), nn_relu(), nn_sequential(nn_linear(2, 1)))
  expect_named(net$children, c("first", "1", "2"))
  expect_identical(names(net$parameters), c("first.weight", "first.bias", "2.0.weight", "2.0.bias"))
  expect_length(net, 3L)
  expect_identical(class(net[[-1]])[[1L]], "nn_sequential")
  x = torch_randn(4, 3)
  expect_equal(as.array(net(x)), as.array(net[[3]](net[[2]](net[[1]](x)))))
  expect_equal(as.array(nn_prune_head(net, 1)(x)), as.array(net[[2]](net[[1]](x))))

  expect_equal(as.array(nn_prune_head(net)(x)), as.array(net[[2]](net[[1]](x))))

  layers = nn_module_list(list(nn_linear(3, 3)))
  layers$append(nn_relu())$extend(list(nn_tanh(), nn_sigmoid()))
  layers$insert(1, nn_identity())
  expect_identical(map_chr(unname(as.list(layers)), function(module) class(module)[[1L]]),
    c("nn_identity", "nn_linear", "nn_relu", "nn_tanh", "nn_sigmoid"))
  expect_named(layers$parameters, c("1.weight", "1.bias"))

  dict = nn_module_dict(list(a = nn_linear(3, 1), b = nn_relu()))
  expect_identical(dict$keys(), c("a", "b"))
  expect_true(dict$contains("a"))
  expect_equal(dict$a$weight$shape, c(1, 3))
  expect_equal(dict[["a"]]$weight$shape, c(1, 3))
})

test_that("an empty sequence returns its input", {
  x = torch_randn(2, 2)
  expect_equal(as.array(nn_sequential()(x)), as.array(x))
})

test_that("parts whose sizes are not known make a network as data", {
  expect_s3_class(nn_sequential(nn_linear(4, 3), nn("relu")), "torch_spec")
  expect_s3_class(nn_sequential(nn_linear(4, 3), shape = c(NA, 4)), "torch_spec")
})

test_that("the head of a trained network is left out, if its nodes lie in a straight line", {
  task = tsk("iris")
  learner = lrn("classif.mlp", neurons = 5, epochs = 1, batch_size = 150)$train(task)
  x = torch_tensor(as.matrix(task$data(1:3, task$feature_names)))
  node_before = utils::tail(learner$model$network$spec$nodes, 2L)[[1L]]$id
  expected = learner$network$outputs(x, node_before)[[1L]]
  expect_equal(as.array(nn_prune_head(learner$network, 1)(x)), as.array(expected))
  expect_equal(as.array(nn_prune_head(learner$model$network)(x)), as.array(expected))
  branches = nn_graph(a = nn("linear", out_features = 3, reads = "x"), b = nn("relu", reads = "x"),
    c = nn("merge_cat", reads = c("a", "b")), d = nn("head", reads = "c"), inputs = "x")
  learner = lrn("classif.torch_model", network = branches, epochs = 1, batch_size = 150)$train(task)
  expect_error(nn_prune_head(learner$network, 1), "straight line", class = "mlr3libtorch_error_argument")
})
