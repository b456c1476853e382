double_tensor = function(x) torch_tensor(x, dtype = "float64")

log_density = function(x, mean, covariance) {
  z = x - mean
  -0.5 * (length(x) * log(2 * pi) + log(det(covariance)) + drop(z %*% solve(covariance, z)))
}

test_that("classes count from 1 and have the probabilities that are given, up to a factor", {
  p = rbind(c(1, 1, 2), c(0.1, 0.6, 0.3) * 7)
  normalised = p / rowSums(p)
  distribution = distr_categorical(probs = double_tensor(p))
  expect_equal(as_array(distribution$log_prob(torch_tensor(c(3L, 1L)))), log(c(0.5, 0.1)), tolerance = 1e-7)
  expect_equal(as_array(distribution$entropy()), -rowSums(normalised * log(normalised)), tolerance = 1e-7)
  expect_equal(as_array(distr_categorical(logits = double_tensor(log(p)))$probs), normalised, tolerance = 1e-7)
  expect_true(all(is.nan(as_array(distribution$mean))))
  torch_manual_seed(1)
  draws = as_array(distribution$sample(20000))
  expect_identical(dim(draws), c(20000L, 2L))
  expect_lt(max(abs(tabulate(draws[, 2], 3) / 20000 - normalised[2, ])), 0.02)
  expect_identical(as_array(distribution$enumerate_support())[, 1], 1:3)
  expect_identical(dim(distr_categorical(double_tensor(c(1, 1)))$sample()), integer())
  expect_identical(dim(distribution$expand(c(4L, 2L))$sample(3)), c(3L, 4L, 2L))
  # each value for each part of the batch
  expect_equal(as_array(distribution$log_prob(distribution$enumerate_support()))[, 1], log(c(0.25, 0.25, 0.5)))
})

test_that("a normal distribution of vectors has the density of its formula, however it is given", {
  covariance = matrix(c(2, 0.5, 0.5, 1), 2)
  mean = c(1, -1)
  made = list(
    distr_multivariate_normal(double_tensor(mean), double_tensor(covariance)),
    distr_multivariate_normal(double_tensor(mean), precision_matrix = double_tensor(solve(covariance))),
    distr_multivariate_normal(double_tensor(mean), scale_tril = double_tensor(t(chol(covariance))))
  )
  points = rbind(c(0, 0), c(2, 3), c(1, -1))
  for (distribution in made) {
    expect_equal(as_array(distribution$log_prob(double_tensor(points))),
      apply(points, 1, log_density, mean = mean, covariance = covariance), tolerance = 1e-7)
    expect_equal(as_array(distribution$covariance_matrix), covariance, tolerance = 1e-7)
    expect_equal(as_array(distribution$precision_matrix), solve(covariance), tolerance = 1e-7)
    expect_equal(distribution$entropy()$item(), 0.5 * log(det(2 * pi * exp(1) * covariance)), tolerance = 1e-7)
    expect_equal(as_array(distribution$variance), diag(covariance), tolerance = 1e-7)
  }
  torch_manual_seed(1)
  draws = as_array(made[[1]]$sample(20000))
  expect_equal(colMeans(draws), mean, tolerance = 0.05)
  expect_equal(stats::cov(draws), covariance, tolerance = 0.05)
  batch = made[[1]]$expand(3L)
  expect_identical(dim(batch$rsample(5)), c(5L, 3L, 2L))
  expect_equal(as_array(batch$log_prob(double_tensor(points))),
    apply(points, 1, log_density, mean = mean, covariance = covariance), tolerance = 1e-7)
})

test_that("a mixture adds up its components", {
  p = c(0.3, 0.7)
  means = c(-1, 2)
  sds = c(0.5, 1)
  mixture = distr_mixture_same_family(distr_categorical(double_tensor(p)),
    distr_normal(double_tensor(means), double_tensor(sds)))
  x = c(-1.5, 0, 2.5)
  expected = map_dbl(x, function(x) sum(p * stats::dnorm(x, means, sds)))
  expect_equal(as_array(mixture$log_prob(double_tensor(x))), log(expected), tolerance = 1e-7)
  expect_equal(as_array(mixture$cdf(double_tensor(x))), map_dbl(x, function(x) sum(p * stats::pnorm(x, means, sds))),
    tolerance = 1e-7)
  centre = sum(p * means)
  expect_equal(mixture$mean$item(), centre, tolerance = 1e-7)
  expect_equal(mixture$variance$item(), sum(p * (sds^2 + (means - centre)^2)), tolerance = 1e-7)
  torch_manual_seed(1)
  draws = as_array(mixture$sample(20000))
  expect_equal(mean(draws), centre, tolerance = 0.05)
  expect_equal(mean(draws < 0.5), sum(p * stats::pnorm(0.5, means, sds)), tolerance = 0.05)
})

test_that("a mixture of vectors has a batch of its own", {
  components = distr_multivariate_normal(torch_randn(4, 3, 2), torch_eye(2))
  mixture = distr_mixture_same_family(distr_categorical(torch_ones(3)), components)
  expect_identical(list(mixture$batch_shape, mixture$event_shape), list(4L, 2L))
  expect_identical(dim(mixture$sample(5)), c(5L, 4L, 2L))
  expect_identical(dim(mixture$mean), c(4L, 2L))
  expect_identical(dim(mixture$variance), c(4L, 2L))
  value = torch_randn(4, 2)
  own = components$log_prob(value$unsqueeze(2))
  expect_equal(as_array(mixture$log_prob(value)), as_array((own$exp()$mean(2))$log()), tolerance = 1e-5)
})

test_that("shapes and parts that do not fit are refused", {
  expect_error(distr_multivariate_normal(torch_zeros(2), torch_eye(3)), "must have the shape",
    class = "mlr3libtorch_error_shape")
  expect_error(distr_multivariate_normal(torch_zeros(2)), "Exactly one", class = "mlr3libtorch_error_argument")
  components = distr_normal(torch_zeros(3), 1)
  expect_error(distr_mixture_same_family(distr_categorical(torch_ones(2)), components), "2 probabilities",
    class = "mlr3libtorch_error_shape")
  expect_error(distr_mixture_same_family(components, components), "distr_categorical",
    class = "mlr3libtorch_error_argument")
  expect_error(distr_mixture_same_family(distr_categorical(torch_ones(2)), 1), "must be a distribution",
    class = "mlr3libtorch_error_argument")
  expect_error(distr_categorical(probs = torch_scalar_tensor(1)), "need a dimension",
    class = "mlr3libtorch_error_shape")
})
