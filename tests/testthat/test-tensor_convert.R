test_that("elements come back with the bits that went in", {
  numbers = withr::with_seed(1, rnorm(100))
  expect_identical(as_array(torch_tensor(numbers, dtype = "float64")), numbers)
  single = as_array(torch_tensor(numbers))
  expect_identical(as_array(torch_tensor(single)), single)
  whole = c(0L, .Machine$integer.max, -.Machine$integer.max)
  expect_identical(as_array(torch_tensor(whole)), whole)
  expect_identical(as_array(torch_tensor(whole, dtype = "int32")), whole)
  expect_identical(as_array(torch_tensor(c(TRUE, FALSE))), c(TRUE, FALSE))
  expect_identical(as_array(torch_tensor(c(0.5, -2), dtype = "float16")), c(0.5, -2))
  expect_identical(as_array(torch_tensor(c(0.5, -2), dtype = "bfloat16")), c(0.5, -2))
})

test_that("int64 that R's integers cannot hold is numeric, beyond 2^53 an error", {
  expect_identical(as_array(torch_tensor(2^40, dtype = "int64")), 2^40)
  expect_identical(as_array(torch_tensor(-2^53, dtype = "int64")), -2^53)
  beyond = torch_tensor(2^53, dtype = "int64")$add_(1L)
  expect_error(as_array(beyond), "2\\^53", class = "mlr3libtorch_error_tensor")
})

test_that("R's own conversions work", {
  m = matrix(c(1.5, 2, 3, 4), 2)
  x = torch_tensor(m)
  expect_identical(as.array(x), m)
  expect_identical(as.matrix(x), m)
  expect_identical(as.numeric(x), as.numeric(m))
  expect_identical(as.integer(x), as.integer(m))
  expect_identical(as.logical(torch_tensor(c(0, 2))), c(FALSE, TRUE))
  expect_identical(as.array(torch_scalar_tensor(3)), 3)
  expect_identical(as.array(torch_tensor(c(1, 2), requires_grad = TRUE)), c(1, 2))
  expect_identical(as.array(torch_ones(2, 3)$t()), matrix(1, 3, 2))
})

test_that("plain data hold a tensor's bits and survive serialization", {
  for (dtype in c("float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool")) {
    x = torch_tensor(matrix(c(0, 1, 1, 0, 1, 0), 2), dtype = dtype)
    plain = unserialize(serialize(core_tensor_to_plain(x$t()), NULL))
    expect_s3_class(plain, "torch_tensor_data")
    expect_identical(plain$dtype, dtype)
    expect_identical(plain$shape, c(3, 2))
    expect_identical(as.array(plain), as.array(x$t()))
    expect_identical(core_tensor_to_plain(core_plain_to_tensor(plain)), plain)
  }
  plain = core_tensor_to_plain(torch_tensor(c(1, 2)))
  expect_identical(capture.output(print(plain))[1:2], c("torch_tensor_data", " 1"))
  expect_identical(format(plain), "<torch_tensor_data float32 [2]>")
  expect_identical(as.numeric(plain), c(1, 2))
  expect_identical(as_array(torch_tensor(plain)), c(1, 2))
})

test_that("plain data that are not what they say are refused", {
  plain = core_tensor_to_plain(torch_tensor(c(1, 2)))
  broken = function(...) insert_named(plain, list(...))
  expect_error(core_plain_to_tensor(broken(shape = 3)), "needs 12 bytes", class = "mlr3libtorch_error_tensor_data")
  expect_error(core_plain_to_tensor(broken(shape = -1)), "negative", class = "mlr3libtorch_error_tensor_data")
  expect_error(core_plain_to_tensor(broken(shape = c(2^50, 2^50))), "too large",
    class = "mlr3libtorch_error_tensor_data")
  expect_error(core_plain_to_tensor(broken(shape = NA)), class = "mlr3libtorch_error_argument")
  expect_error(core_plain_to_tensor(broken(data = 1:8)), "raw", class = "mlr3libtorch_error_tensor_data")
  expect_error(core_plain_to_tensor(broken(dtype = "float33")), "float32", class = "mlr3libtorch_error_unknown_name")
  expect_error(core_plain_to_tensor(unclass(plain)), class = "mlr3libtorch_error_tensor_data")
  expect_error(core_plain_to_tensor(structure(list(), class = "torch_tensor_data")), "dtype",
    class = "mlr3libtorch_error_tensor_data")
  truth = core_tensor_to_plain(torch_tensor(TRUE))
  truth$data = as.raw(7)
  expect_error(core_plain_to_tensor(truth), "neither 0 nor 1", class = "mlr3libtorch_error_tensor_data")
})

test_that("as_array() says what it takes", {
  expect_error(as_array(1), "takes a torch_tensor, not 1", class = "mlr3libtorch_error_argument")
})
