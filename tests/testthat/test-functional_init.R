filled = function(init, ..., shape = c(200, 300)) as_array(init(torch_zeros(shape, dtype = "float64"), ...))

test_that("constants are what they are called", {
  expect_identical(filled(nn_init_ones_, shape = c(2, 3)), matrix(1, 2, 3))
  expect_identical(filled(nn_init_zeros_, shape = c(2, 3)), matrix(0, 2, 3))
  expect_identical(filled(nn_init_constant_, 0.5, shape = 2), c(0.5, 0.5))
  expect_identical(filled(nn_init_eye_, shape = c(2, 3)), diag(1, 2, 3))
})

test_that("a tensor is filled in place, returned and not recorded", {
  x = torch_zeros(2, 2, requires_grad = TRUE)
  for (init in list(nn_init_ones_, nn_init_uniform_, nn_init_normal_, nn_init_trunc_normal_, nn_init_eye_,
    nn_init_orthogonal_, nn_init_xavier_normal_, nn_init_kaiming_uniform_, function(x) nn_init_sparse_(x, 0.5))) {
    before = as_array(x)
    result = init(x)
    expect_true(result$is_leaf && result$requires_grad)
    expect_identical(as_array(result), as_array(x))
    expect_false(identical(before, as_array(x)))
  }
})

test_that("a convolution with Dirac weights passes its channels on", {
  for (n in 1:3) {
    image = torch_randn(2, 3, rep(5, n))
    weight = nn_init_dirac_(torch_empty(c(3, 3, rep(3, n))))
    convolve = get(sprintf("nnf_conv%id", n))
    expect_equal(as_array(convolve(image, weight, padding = 1)), as_array(image), tolerance = 1e-6)
  }
  grouped = nn_init_dirac_(torch_empty(4, 2, 3), groups = 2)
  image = torch_randn(1, 4, 5)
  expect_equal(as_array(nnf_conv1d(image, grouped, padding = 1, groups = 2)), as_array(image), tolerance = 1e-6)
})

test_that("random values have the spread that the formulas say", {
  torch_manual_seed(1)
  spread = function(values, sd, bound = Inf) {
    expect_lt(abs(stats::sd(values) / sd - 1), 0.02)
    expect_lte(max(abs(values)), bound)
  }
  spread(filled(nn_init_uniform_, -2, 2), 4 / sqrt(12), 2)
  spread(filled(nn_init_normal_, 0, 3), 3)
  fan_in = 300
  fan_out = 200
  bound = 2 * sqrt(6 / (fan_in + fan_out))
  spread(filled(nn_init_xavier_uniform_, 2), bound / sqrt(3), bound)
  spread(filled(nn_init_xavier_normal_, 2), 2 * sqrt(2 / (fan_in + fan_out)))
  spread(filled(nn_init_kaiming_uniform_, nonlinearity = "relu"), sqrt(2 / fan_in), sqrt(6 / fan_in))
  spread(filled(nn_init_kaiming_normal_, 0.5, "fan_out"), sqrt(2 / 1.25 / fan_out))
  # a convolution's kernel counts, too
  spread(filled(nn_init_kaiming_normal_, shape = c(100, 50, 3, 3)), sqrt(2 / 450))
})

test_that("a truncated normal follows its distribution function", {
  torch_manual_seed(2)
  values = filled(nn_init_trunc_normal_, 0.5, 1, -1, 1.2)
  expect_true(all(values >= -1 & values <= 1.2))
  limits = stats::pnorm(c(-1, 1.2), 0.5)
  expected = (stats::pnorm(0.3, 0.5) - limits[[1]]) / diff(limits)
  expect_lt(abs(mean(values < 0.3) - expected), 0.01)
})

test_that("an orthogonal matrix has orthogonal rows or columns", {
  wide = filled(nn_init_orthogonal_, shape = c(3, 5))
  expect_equal(wide %*% t(wide), diag(3))
  tall = filled(nn_init_orthogonal_, gain = 2, shape = c(6, 2, 2))
  expect_equal(crossprod(matrix(tall, 6)), diag(4, 4))
})

test_that("each column of a sparse matrix has its share of zeros", {
  torch_manual_seed(3)
  values = filled(nn_init_sparse_, 0.3, 0.1, shape = c(20, 400))
  expect_identical(colSums(values == 0), rep(6, 400))
  expect_lt(abs(stats::sd(values[values != 0]) - 0.1), 0.005)
  expect_gt(length(unique(apply(values == 0, 2, function(zero) which(zero)[[1]]))), 3)
})

test_that("gains are PyTorch's", {
  expect_equal(map_dbl(c("linear", "conv2d", "sigmoid", "tanh", "relu", "selu", "leaky_relu"), nn_init_calculate_gain),
    c(1, 1, 1, 5 / 3, sqrt(2), 0.75, sqrt(2 / (1 + 0.01^2))))
  expect_equal(nn_init_calculate_gain("leaky_relu", 0.2), sqrt(2 / 1.04))
  expect_error(nn_init_calculate_gain("rleu"), "did you mean 'relu'", class = "mlr3libtorch_error_argument")
})

test_that("tensors that cannot be filled are refused", {
  expect_error(nn_init_eye_(torch_zeros(3)), "2 dimensions, not 1", class = "mlr3libtorch_error_shape")
  expect_error(nn_init_dirac_(torch_zeros(3, 3)), "3 or 4 or 5", class = "mlr3libtorch_error_shape")
  expect_error(nn_init_dirac_(torch_zeros(3, 3, 3), 2), "groups", class = "mlr3libtorch_error_shape")
  expect_error(nn_init_sparse_(torch_zeros(3), 0.1), "2 dimensions", class = "mlr3libtorch_error_shape")
  expect_error(nn_init_orthogonal_(torch_zeros(3)), "two dimensions", class = "mlr3libtorch_error_shape")
  expect_error(nn_init_xavier_normal_(torch_zeros(3)), "two dimensions", class = "mlr3libtorch_error_shape")
  expect_error(nn_init_kaiming_normal_(torch_zeros(3, 3), mode = "fan_on"), "did you mean 'fan_in'",
    class = "mlr3libtorch_error_argument")
})
