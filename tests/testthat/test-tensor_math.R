test_that("operators agree with R's on vectors, scalars and tensors", {
  a = c(1, -2, 3.5)
  b = c(2, 4, -1.5)
  x = torch_tensor(a, dtype = "float64")
  y = torch_tensor(b, dtype = "float64")
  for (name in c("+", "-", "*", "/", "%%", "%/%", "==", "!=", "<", "<=", ">", ">=")) {
    f = match.fun(name)
    expect_equal(as_array(f(x, y)), f(a, b), info = name)
    expect_equal(as_array(f(x, b)), f(a, b), info = name)
    expect_equal(as_array(f(a, y)), f(a, b), info = name)
    expect_equal(as_array(f(x, 2)), f(a, 2), info = name)
    expect_equal(as_array(f(2, y)), f(2, b), info = name)
  }
  expect_equal(as_array(x^2), a^2)
  expect_equal(as_array(2^x), 2^a)
  expect_identical(as_array(-x), -a)
  expect_identical(as_array(+x), a)
})

test_that("logical operators agree with R's", {
  a = c(TRUE, TRUE, FALSE)
  b = c(TRUE, FALSE, FALSE)
  x = torch_tensor(a)
  expect_identical(as_array(x & torch_tensor(b)), a & b)
  expect_identical(as_array(x | b), a | b)
  expect_identical(as_array(TRUE & x), a)
  expect_identical(as_array(!x), !a)
})

test_that("a scalar does not change the type of a tensor of its kind", {
  expect_equal((torch_zeros(1) + 1)$dtype, torch_float32())
  expect_equal((torch_zeros(1, dtype = "float64") + 1)$dtype, torch_float64())
  expect_equal((1 / torch_ones(1))$dtype, torch_float32())
  expect_equal((1 / torch_ones(1, dtype = "float64"))$dtype, torch_float64())
  expect_equal((torch_tensor(1L) + 1L)$dtype, torch_int64())
  expect_equal((1L - torch_tensor(1L))$dtype, torch_int64())
  expect_identical((0.1 / torch_ones(1, dtype = "float64"))$item(), 0.1)
})

test_that("mathematical functions agree with R's", {
  a = c(0.2, 0.5, 0.9)
  x = torch_tensor(a, dtype = "float64")
  for (name in setdiff(names(math_table), "acosh")) {
    f = match.fun(name)
    expect_equal(as_array(f(x)), f(a), info = name)
  }
  expect_equal(as_array(acosh(x + 1)), acosh(a + 1))
  expect_equal(as_array(log(x)), log(a))
  expect_equal(as_array(log(x, 2)), log(a, 2))
  expect_equal(as_array(round(x, 0)), round(a))
  expect_equal(as_array(round(torch_tensor(1.2345, dtype = "float64"), 2)), 1.23)
  expect_equal(as_array(cumsum(x)), cumsum(a))
  expect_equal(as_array(cumprod(x)), cumprod(a))
  expect_error(gamma(x), "gamma", class = "mlr3libtorch_error_unknown_operation")
})

test_that("summaries agree with R's and take a dimension", {
  m = matrix(c(1, 5, 2, 8, 3, 4), 2)
  x = torch_tensor(m, dtype = "float64")
  for (name in c("sum", "prod", "min", "max", "mean")) {
    f = match.fun(name)
    expect_equal(f(x)$item(), f(m), info = name)
  }
  expect_true(any(x > 7)$item())
  expect_false(all(x > 7)$item())
  expect_identical(as_array(sum(x, dim = 1)), colSums(m))
  expect_identical(as_array(mean(x, dim = 2)), rowMeans(m))
  expect_identical(as_array(t(x)), t(m))
  expect_error(range(x), class = "mlr3libtorch_error_unknown_operation")
})

test_that("the least integer is not divided by -1", {
  least = torch_tensor(-2147483648, dtype = torch_int())
  cut = function(a, b) torch_div(a, torch_tensor(b, dtype = torch_int()), rounding_mode = "trunc")
  for (divide in list(`%/%`, `%%`, cut)) {
    expect_error(divide(least, -1L), "cannot be divided by -1", class = "mlr3libtorch_error_tensor")
  }
  expect_identical(as.array(torch_tensor(7L) %/% -1L), -7L)
})
