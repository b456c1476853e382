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

test_that("autoplot() draws a node below those it reads", {
  spec = nn_graph(a = nn("relu"), b = nn("tanh", reads = "x"), c = nn("merge_sum", reads = c("a", "b")),
    inputs = list(x = c(NA, 4)))
  plot = ggplot2::autoplot(spec)
  expect_s3_class(plot, "ggplot")
  nodes = place_nodes(spec_layout(spec))
  expect_identical(nodes$y, c(0, -1, -1, -2))
  expect_identical(nodes$x, c(0, -0.5, 0.5, 0))
  expect_identical(nrow(place_edges(nodes)), 4L)
  expect_match(nodes$label[[4L]], "merge_sum\n(NA, 4)", fixed = TRUE)
})
