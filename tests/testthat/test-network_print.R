test_that("a network prints its nodes, with shapes and numbers of parameters where they are known", {
  layers = list(nn("conv2d", out_channels = 3, kernel_size = 3), nn("max_pool2d", kernel_size = 2), nn("flatten"),
    nn("linear", out_features = 2))
  expect_snapshot(print(invoke(nn_sequential, .args = layers)))
  expect_snapshot(print(invoke(nn_sequential, .args = layers, shape = c(NA, 1, 8, 8))))
  expect_snapshot(print(nn_graph(
    hidden = nn("linear", out_features = 4),
    both = nn("merge_sum", reads = c("hidden", "x")),
    classes = nn("embedding", num_embeddings = 3, embedding_dim = 4, reads = "y"),
    flat = nn("flatten"),
    out = nn("merge_cat", reads = c("both", "flat")),
    head = nn("head"),
    inputs = list(x = c(NA, 4), y = c(NA, 2))
  )))
})

test_that("the numbers of parameters are those of the trained network", {
  network = nn_sequential(nn("linear", out_features = 7), nn("prelu"), nn("linear", out_features = 3),
    shape = c(NA, 4))
  learner = lrn("classif.torch_model", network = network, epochs = 1, batch_size = 50)
  learner$train(tsk("iris"))
  sizes = map_dbl(learner$network$parameters, function(parameter) prod(parameter$shape))
  expect_identical(sum(spec_layout(network)$parameters), sum(sizes))
})
