test_that("R data keep their elements and dimensions", {
  cube = array(1:24, c(2, 3, 4))
  for (data in list(c(1.5, -2, 3), matrix(c(0.1, 1:5), 2), cube + 0.1, cube, numeric())) {
    tensor = torch_tensor(data, dtype = if (is.double(data)) "float64")
    expect_identical(as_array(tensor), data)
    expect_identical(tensor$shape, if (is.null(dim(data))) length(data) else dim(data))
  }
})

test_that("R's types have their usual dtypes", {
  expect_equal(torch_tensor(1)$dtype, torch_float32())
  expect_equal(torch_tensor(1L)$dtype, torch_int64())
  expect_equal(torch_tensor(TRUE)$dtype, torch_bool())
  expect_equal(torch_tensor(as.raw(1))$dtype, torch_uint8())
  expect_equal(torch_tensor(1i)$dtype, "complex64", ignore_attr = TRUE)
  expect_identical(as_array(torch_tensor(c(TRUE, FALSE))), c(TRUE, FALSE))
  expect_identical(as_array(torch_tensor(as.raw(c(1, 255)))), c(1L, 255L))
  expect_identical(as_array(torch_tensor(c(NA, NaN, Inf), dtype = "float64")), c(NA, NaN, Inf))
})

test_that("complex numbers keep their parts wherever R has put them", {
  for (n in 1:9) {
    numbers = complex(real = seq_len(n), imaginary = -seq_len(n) / 4)
    expect_identical(as_array(torch_tensor(numbers)), numbers)
    expect_identical(as_array(torch_tensor(numbers, dtype = torch_cdouble())), numbers)
  }
  m = matrix(complex(real = 1:6, imaginary = 6:1), 2)
  expect_identical(as_array(torch_tensor(m)), m)
})

test_that("a number that the dtype cannot hold is refused", {
  expect_error(torch_tensor(300, dtype = "uint8"), "Element 1 of 'data' is 300", class = "mlr3libtorch_error_argument")
  expect_error(torch_tensor(c(0, -129), dtype = "int8"), "Element 2", class = "mlr3libtorch_error_argument")
  expect_error(torch_tensor(NaN, dtype = "int64"), "cannot hold", class = "mlr3libtorch_error_argument")
  expect_error(torch_tensor(Inf, dtype = "long"), "cannot hold", class = "mlr3libtorch_error_argument")
  expect_error(torch_tensor(c(1L, NA)), "missing values", class = "mlr3libtorch_error_argument")
  expect_error(torch_tensor(c(TRUE, NA)), "missing values", class = "mlr3libtorch_error_argument")
})

test_that("anything but a tensor is refused with the reason", {
  expect_error(torch_tensor(list(1, 2)), "'data' must be a numeric", class = "mlr3libtorch_error_argument")
  expect_error(torch_tensor("1"), "'data' must be a numeric", class = "mlr3libtorch_error_argument")
  expect_error(torch_tensor(NULL), "not NULL", class = "mlr3libtorch_error_argument")
  expect_error(torch_tensor(factor("a")), "as.integer", class = "mlr3libtorch_error_argument")
  expect_error(torch_tensor(1, dtype = "flaot32"), "did you mean 'float32'?", class = "mlr3libtorch_error_unknown_name")
  expect_error(torch_tensor(1, device = "banana"), "device", class = "mlr3libtorch_error_argument")
  expect_error(torch_tensor(1, requires_grad = NA), "TRUE or FALSE", class = "mlr3libtorch_error_argument")
  expect_error(torch_tensor(1L, requires_grad = TRUE), class = "mlr3libtorch_error_tensor")
  expect_error(torch_scalar_tensor(1:2), "single number", class = "mlr3libtorch_error_argument")
})

test_that("tensors are made by size", {
  expect_identical(as_array(torch_zeros(2, 3)), matrix(0, 2, 3))
  expect_identical(as_array(torch_ones(c(2, 3))), matrix(1, 2, 3))
  expect_identical(as_array(torch_full(c(2, 2), 3L)), matrix(3L, 2, 2))
  expect_identical(as_array(torch_eye(2)), diag(2))
  expect_identical(torch_empty(4, 1)$shape, c(4L, 1L))
  expect_identical(torch_scalar_tensor(3)$shape, integer())
  expect_identical(torch_zeros(2, dtype = torch_int(), requires_grad = FALSE)$dtype, torch_int32())
  expect_true(torch_zeros(2, requires_grad = TRUE)$requires_grad)
  expect_setequal(as_array(torch_randperm(5)), 0:4)
  drawn = as_array(torch_randint(1, 4, 100))
  expect_true(all(drawn %in% 1:3))
  expect_error(torch_zeros(-1), class = "mlr3libtorch_error_tensor")
  expect_error(torch_zeros(1.5), class = "mlr3libtorch_error_argument")
  expect_error(torch_zeros(1e7, 1e7), class = "mlr3libtorch_error_memory")
})

test_that("sequences end where they should", {
  expect_identical(as_array(torch_arange(1, 5)), as.numeric(1:5))
  expect_identical(as_array(torch_arange(1L, 5L)), 1:5)
  expect_identical(as_array(torch_arange(5L, 1L, -2L)), c(5L, 3L, 1L))
  expect_equal(as_array(torch_arange(0, 1, 0.1)), seq(0, 1, 0.1), tolerance = 1e-6)
  expect_equal(as_array(torch_arange(0, 1, 0.35)), c(0, 0.35, 0.7), tolerance = 1e-6)
  expect_equal(as_array(torch_linspace(0, 1, 5)), seq(0, 1, length.out = 5))
  expect_error(torch_arange(1, 5, -1), "do not lead", class = "mlr3libtorch_error_argument")
  expect_error(torch_arange(1, NA), "'end'", class = "mlr3libtorch_error_argument")
})

test_that("the generator repeats itself from a seed or a state", {
  torch_manual_seed(7)
  first = as_array(torch_randn(3))
  state = torch_get_rng_state()
  second = as_array(torch_randn(3))
  torch_manual_seed(7)
  expect_identical(as_array(torch_randn(3)), first)
  torch_set_rng_state(state)
  expect_identical(as_array(torch_randn(3)), second)
  expect_error(torch_set_rng_state(1), class = "mlr3libtorch_error_argument")
  expect_error(torch_set_rng_state(torch_zeros(1)), class = "mlr3libtorch_error_tensor")
})

test_that("64-bit integers of the package bit64 keep their values", {
  # as bit64::as.integer64() keeps 1, 2^40 and -3
  bytes = as.raw(c(1, rep(0, 7), rep(0, 5), 1, 0, 0, 0xfd, rep(0xff, 7)))
  x = structure(readBin(bytes, "double", 3), class = "integer64")
  expect_true(torch_tensor(x)$dtype == "int64")
  expect_identical(as_array(torch_tensor(x)), c(1, 2^40, -3))
  one = structure(x[1], class = "integer64")
  expect_identical(as_array(torch_tensor(one, dtype = "int32")), 1L)
  expect_error(torch_tensor(x, dtype = "int32"), "Element 2 .* cannot hold", class = "mlr3libtorch_error_argument")
  expect_identical(as_array(torch_zeros(3, dtype = "float64") + x), c(1, 2^40, -3))
  missing = structure(readBin(as.raw(c(rep(0, 7), 0x80)), "double"), class = "integer64")
  expect_error(torch_tensor(missing), "missing values", class = "mlr3libtorch_error_argument")
})

test_that("sizes may be lists of numbers", {
  expect_identical(torch_full(list(2, 3), 3.5)$shape, c(2L, 3L))
  expect_identical(torch_sum(torch_ones(4, 5, 6), list(3, 1))$shape, 5L)
  expect_error(torch_full(list(2, "a"), 1), class = "mlr3libtorch_error_argument")
})

test_that("complex numbers and long whole ones are printed as they are", {
  expect_output(print(torch_tensor(c(1 + 2i, 3 - 1i))), "real part:\n 1\n 3\nimaginary part:\n 2\n-1\n", fixed = TRUE)
  expect_output(print(torch_tensor(c(123456789, 1), dtype = "int64")), "123456789", fixed = TRUE)
})

test_that("the type of a result is a type", {
  expect_identical(torch_promote_types("int32", "float64"), torch_float64())
  expect_identical(torch_result_type(torch_tensor(1L), torch_tensor(1.5)), torch_float32())
})
