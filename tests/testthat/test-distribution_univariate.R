# Densities, distribution functions and moments against R's own.

double_tensor = function(x) torch_tensor(x, dtype = "float64")

# A row for each distribution: the object, R's density, distribution function and quantiles, some values, its mean and
# variance.
univariate = list(
  normal = list(
    made = function(...) distr_normal(double_tensor(c(0.5, -1)), double_tensor(c(2, 0.1)), ...),
    density = function(x, ...) stats::dnorm(x, c(0.5, -1), c(2, 0.1), ...),
    cdf = function(x) stats::pnorm(x, c(0.5, -1), c(2, 0.1)),
    icdf = function(p) stats::qnorm(p, c(0.5, -1), c(2, 0.1)),
    values = list(c(0.3, -1.05), c(-5, -0.7)), mean = c(0.5, -1), variance = c(4, 0.01),
    entropy = log(c(2, 0.1)) + 0.5 * log(2 * pi * exp(1))
  ),
  gamma = list(
    made = function(...) distr_gamma(double_tensor(c(0.5, 3)), double_tensor(c(2, 0.5)), ...),
    density = function(x, ...) stats::dgamma(x, c(0.5, 3), c(2, 0.5), ...),
    cdf = function(x) stats::pgamma(x, c(0.5, 3), c(2, 0.5)),
    values = list(c(0.1, 4), c(1, 20)), mean = c(0.25, 6), variance = c(0.125, 12),
    entropy = c(0.5, 3) - log(c(2, 0.5)) + lgamma(c(0.5, 3)) + (1 - c(0.5, 3)) * digamma(c(0.5, 3))
  ),
  chi2 = list(
    made = function(...) distr_chi2(double_tensor(c(1, 7)), ...),
    density = function(x, ...) stats::dchisq(x, c(1, 7), ...), cdf = function(x) stats::pchisq(x, c(1, 7)),
    values = list(c(0.1, 4), c(1, 20)), mean = c(1, 7), variance = c(2, 14)
  ),
  poisson = list(
    made = function(...) distr_poisson(double_tensor(c(0.5, 6)), ...),
    density = function(x, ...) stats::dpois(x, c(0.5, 6), ...), cdf = function(x) stats::ppois(x, c(0.5, 6)),
    values = list(c(0, 4), c(2, 11)), mean = c(0.5, 6), variance = c(0.5, 6)
  ),
  bernoulli = list(
    made = function(...) distr_bernoulli(double_tensor(c(0.2, 0.9)), ...),
    density = function(x, ...) stats::dbinom(x, 1, c(0.2, 0.9), ...),
    cdf = function(x) stats::pbinom(x, 1, c(0.2, 0.9)),
    values = list(c(0, 1), c(1, 0)), mean = c(0.2, 0.9), variance = c(0.16, 0.09),
    entropy = map_dbl(c(0.2, 0.9), function(p) -p * log(p) - (1 - p) * log(1 - p))
  )
)

for (name in names(univariate)) {
  row = univariate[[name]]
  test_that(sprintf("%s: densities, probabilities and moments are R's", name), {
    distribution = row$made(validate_args = TRUE)
    for (value in row$values) {
      x = double_tensor(value)
      expect_equal(as_array(distribution$log_prob(x)), row$density(value, log = TRUE), tolerance = 1e-7)
      expect_equal(as_array(distribution$cdf(x)), row$cdf(value), tolerance = 1e-7)
    }
    expect_equal(as_array(distribution$mean), row$mean, tolerance = 1e-7)
    expect_equal(as_array(distribution$variance), row$variance, tolerance = 1e-7)
    expect_equal(as_array(distribution$stddev), sqrt(row$variance), tolerance = 1e-7)
    if (is.null(row$entropy)) return()
    expect_equal(as_array(distribution$entropy()), row$entropy, tolerance = 1e-7)
    expect_equal(as_array(distribution$perplexity()), exp(row$entropy), tolerance = 1e-7)
  })

  test_that(sprintf("%s: draws have the shape that is asked for, and the moments of the distribution", name), {
    torch_manual_seed(1)
    draws = row$made()$sample(c(20000, 1))
    expect_identical(dim(draws), c(20000L, 1L, 2L))
    expect_identical(draws$dtype, torch_float64())
    draws = as_array(draws$squeeze(2))
    errors = sqrt(row$variance / 20000)
    expect_true(all(abs(colMeans(draws) - row$mean) < 5 * errors))
    expect_equal(apply(draws, 2, stats::var), row$variance, tolerance = 0.1)
    expect_identical(dim(row$made()$sample()), 2L)
    expect_false(row$made()$sample()$requires_grad)
  })

  test_that(sprintf("%s: expanded, it is the same for each part of a larger batch", name), {
    distribution = row$made()$expand(c(3L, 2L))
    expect_identical(distribution$batch_shape, c(3L, 2L))
    expect_equal(as_array(distribution$mean)[2, ], row$mean, tolerance = 1e-7)
    expect_identical(dim(distribution$sample(4)), c(4L, 3L, 2L))
  })
}

test_that("the quantiles of a normal distribution are R's", {
  expect_equal(as_array(univariate$normal$made()$icdf(double_tensor(c(0.1, 0.7)))), univariate$normal$icdf(c(0.1, 0.7)),
    tolerance = 1e-7)
})

test_that("gradients go through reparameterised draws", {
  torch_manual_seed(1)
  scale = double_tensor(2)$requires_grad_()
  draws = distr_normal(double_tensor(0), scale)$rsample(50000)
  # the derivative of E(x^2) = scale^2
  expect_equal(autograd_grad((draws^2)$mean(), scale)[[1]]$item(), 4, tolerance = 0.05)
  shape = double_tensor(3)$requires_grad_()
  draws = distr_gamma(shape, double_tensor(2))$rsample(50000)
  # the derivative of E(x) = shape / 2
  expect_equal(autograd_grad(draws$mean(), shape)[[1]]$item(), 0.5, tolerance = 0.05)
  expect_error(distr_poisson(1)$rsample(), "has no 'rsample'", class = "mlr3libtorch_error_config")
  expect_false(distr_poisson(1)$has_rsample)
  expect_true(distr_gamma(1, 1)$has_rsample)
})

test_that("numbers and tensors are broadcast, and a density has a gradient", {
  x = distr_normal(torch_zeros(3, 1), 2)
  expect_identical(x$batch_shape, c(3L, 1L))
  expect_identical(distr_normal(0, 1)$batch_shape, 1L)
  mean = torch_tensor(0.5, requires_grad = TRUE)
  expect_equal(autograd_grad(distr_normal(mean, 2)$log_prob(torch_tensor(1.5)), mean)[[1]]$item(), 0.25)
  expect_equal(distr_normal(0, 1)$log_prob(0)$item(), stats::dnorm(0, log = TRUE), tolerance = 1e-6)
})

test_that("logits are the log-odds, and all values are listed", {
  a = distr_bernoulli(probs = c(0.2, 0.9))
  b = distr_bernoulli(logits = stats::qlogis(c(0.2, 0.9)))
  expect_equal(as_array(b$probs), c(0.2, 0.9), tolerance = 1e-6)
  expect_equal(as_array(a$logits), stats::qlogis(c(0.2, 0.9)), tolerance = 1e-6)
  expect_identical(as_array(a$enumerate_support()), cbind(c(0, 1), c(0, 1)))
  expect_identical(dim(a$enumerate_support(expand = FALSE)), c(2L, 1L))
})

test_that("what cannot be is refused where it is checked", {
  argument = "mlr3libtorch_error_argument"
  expect_error(distr_normal(0, -1, validate_args = TRUE), "'scale' must be positive", class = argument)
  expect_error(distr_bernoulli(probs = 2, validate_args = TRUE), "from 0 to 1", class = argument)
  expect_error(distr_bernoulli(), "Exactly one of 'probs', 'logits'", class = argument)
  expect_error(distr_bernoulli(0.5, 0.5), "Exactly one", class = argument)
  expect_error(distr_poisson(3, validate_args = TRUE)$log_prob(1.5), "'value' must be a whole number", class = argument)
  expect_error(distr_gamma(1, 1, validate_args = TRUE)$log_prob(-1), "not negative", class = argument)
  distribution = distr_bernoulli(0.5)
  expect_error({
    distribution$variance = 1
  }, "variance", class = "mlr3libtorch_error_read_only")
  expect_error(distr_gamma(1, 1)$icdf(0.5), "has no 'icdf'", class = "mlr3libtorch_error_config")
  expect_output(print(distr_chi2(c(1, 2))), "torch_Chi2> batch_shape [2]", fixed = TRUE)
})
