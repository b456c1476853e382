# Windows that are larger than what they move over.

test_that("a window that is far too large is refused by name, not computed forever", {
  x = torch_randn(2, 3, 10)
  for (call in alist(
    nn_max_pool1d(1e9)(x), nn_max_pool1d(1e9, ceil_mode = TRUE)(x), nn_max_pool1d(1e9, padding = 5e8)(x),
    nn_avg_pool1d(1e9)(x), torch_max_pool1d(x, 1e9), torch_max_pool1d(x, 1e9, padding = 5e8),
    nnf_max_pool1d(x, 1e9), nnf_avg_pool1d(x, 1e9), torch_max_pool1d(x, 3, dilation = 1e9),
    nn_max_pool2d(c(2, 1e9))(x$unsqueeze(2)), nnf_lp_pool1d(x, 2, 1e9)
  )) {
    expect_error(eval(call), "larger than the input|a padding of", class = "mlr3libtorch_error", label = deparse(call))
  }
  expect_error(nn_max_pool1d(11)(x), "'nn_max_pool1d'.*rows, 3, 10.*dimension 3 has 10 elements",
    class = "mlr3libtorch_error_shape")
})

test_that("windows that fit, with padding or cut off, are computed", {
  x = torch_tensor(matrix(c(1, 5, 2), nrow = 1))$unsqueeze(1)
  expect_equal(as_array(nn_max_pool1d(3)(x)), array(5, c(1, 1, 1)))
  expect_equal(as_array(nn_max_pool1d(4, ceil_mode = TRUE)(x)), array(5, c(1, 1, 1)))
  expect_equal(as_array(nn_avg_pool1d(5, padding = 1)(x)), array(8 / 5, c(1, 1, 1)))
})
