test_that("a chain and a graph write the same spec as by hand", {
  spec = nn_sequential(nn("linear", out_features = 8), nn("relu"), nn("linear", out_features = 3))
  expect_identical(map_chr(spec$nodes, "id"), c("linear_1", "relu", "linear_2"))
  expect_identical(map(spec$nodes, "inputs"), list("x", "linear_1", "relu"))
  expect_equal(spec$nodes[[1L]],
    list(id = "linear_1", operation = "linear", parameters = list(out_features = 8), inputs = "x"))
  graph = nn_graph(a = nn("tanh"), b = nn("merge_cat", reads = c("a", "y")), inputs = c("x", "y"), outputs = "b")
  expect_identical(graph$inputs, c("x", "y"))
  expect_identical(map(graph$nodes, "inputs"), list("x", c("a", "y")))
  expect_identical(graph$outputs, "b")
})

test_that("a spec, a graph of pipeops and names can be parts of a chain", {
  inner = nn_graph(a = nn("relu"), b = nn("merge_sum", reads = c("a", "x")))
  pipeline = mlr3pipelines::`%>>%`(nn("linear", out_features = 2), nn("tanh"))
  spec = nn_sequential(first = nn("linear", out_features = 3), second = inner, third = pipeline)
  expect_identical(map_chr(spec$nodes, "id"), c("first", "second.a", "second.b", "third.linear", "third.tanh"))
  expect_identical(map(spec$nodes, "inputs"),
    list("x", "first", c("second.a", "first"), "second.b", "third.linear"))
})

test_that("what is wrong with a network is said with the node and the remedy", {
  expect_error_snapshot(nn("linaer"))
  expect_error_snapshot(nn("linear", out_featrues = 3))
  expect_error_snapshot(nn("linear", out_features = 0))
  expect_error_snapshot(nn_sequential(nn("linear")))
  expect_error_snapshot(nn_sequential("relu"))
  expect_error_snapshot(nn_sequential(shape = c(NA, 4)))
  expect_error_snapshot(nn_graph(nn("relu")))
  expect_error_snapshot(nn_graph(hidden = nn("relu"), out = nn("tanh", reads = "hiden")))
  expect_error_snapshot(nn_graph(hidden = nn("relu"), outputs = "hiden"))
  expect_error_snapshot(nn_sequential(nn("relu"), shape = c(4, NA)))
})

test_that("shapes that do not fit are named with their node", {
  branches = nn_graph(a = nn("linear", out_features = 4), b = nn("merge_sum", reads = c("a", "x")),
    inputs = list(x = c(NA, 5)))
  joined = nn_graph(a = nn("unsqueeze", dim = 2), b = nn("merge_cat", reads = c("a", "x")),
    inputs = list(x = c(NA, 5)))
  expect_error_snapshot(print(branches))
  expect_error_snapshot(print(joined))
  expect_error_snapshot(print(nn_sequential(nn("conv2d", out_channels = 3, kernel_size = 3), shape = c(NA, 8))))
  expect_error(print(branches), class = "mlr3libtorch_error_shape")
})
