`%>>%` = mlr3pipelines::`%>>%`
ids = function(spec) map_chr(spec$nodes, "id")

test_that("a block is repeated with weights of its own", {
  block = nn("block", nn("linear", out_features = 5) %>>% nn("relu"), n_blocks = 2)
  spec = nn_sequential(block)
  expect_identical(ids(spec), c("block.1.linear", "block.1.relu", "block.2.linear", "block.2.relu"))
  expect_identical(spec$nodes[[3L]]$inputs, "block.1.relu")
  expect_setequal(block$param_set$ids(), c("n_blocks", "trafo", "linear.out_features", "linear.bias", "relu.inplace"))
})

test_that("trafo gives each time its own values, and the block keeps those that are set", {
  halving = function(i, param_vals, param_set) {
    param_vals$linear.out_features = param_set$values$linear.out_features / 2^(i - 1)
    param_vals
  }
  block = nn("block", nn("linear", out_features = 16) %>>% nn("relu"), n_blocks = 3, trafo = halving)
  spec = nn_sequential(block)
  widths = map_dbl(keep(spec$nodes, function(node) node$operation == "linear"), function(node) {
    node$parameters$out_features
  })
  expect_identical(widths, c(16, 8, 4))
  expect_equal(block$param_set$values$linear.out_features, 16)
})

test_that("zero blocks add no node, and a block without a number is refused", {
  expect_identical(ids(nn_sequential(nn("tanh"), nn("block", nn("relu"), n_blocks = 0))), "tanh")
  expect_error(nn_sequential(nn("block", nn("relu"))), "'n_blocks' has no value",
    class = "mlr3libtorch_error_missing_parameter")
})

test_that("a clone's parameters are its own", {
  block = nn("block", nn("linear", out_features = 5), n_blocks = 2)
  clone = block$clone(deep = TRUE)
  clone$param_set$set_values(n_blocks = 1, linear.out_features = 3)
  values = block$param_set$values
  expect_equal(values[c("n_blocks", "linear.out_features")], list(n_blocks = 2, linear.out_features = 5))
  expect_length(nn_sequential(clone)$nodes, 1L)
  expect_length(nn_sequential(block)$nodes, 2L)
})
