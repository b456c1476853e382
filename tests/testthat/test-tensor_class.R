test_that("fields tell what a tensor is", {
  x = torch_zeros(2, 3)
  expect_identical(x$shape, c(2L, 3L))
  expect_identical(x$ndim, 2L)
  expect_identical(x$dim(), 2L)
  expect_identical(x$size(), c(2L, 3L))
  expect_identical(x$size(-1), 3L)
  expect_identical(x$numel(), 6L)
  expect_identical(x$stride(), c(3L, 1L))
  expect_identical(x$device, torch_device("cpu"))
  expect_false(x$requires_grad)
  expect_true(x$is_leaf)
  expect_null(x$grad)
  expect_identical(x$T$shape, c(3L, 2L))
  expect_identical(dim(x), c(2L, 3L))
  expect_identical(nrow(x), 2L)
  expect_length(x, 6L)
  expect_identical(x[["shape"]], c(2L, 3L))
  expect_true(x$is_contiguous())
})

test_that("a name that is not a member is refused with the nearest", {
  x = torch_zeros(1)
  expect_error(x$shpae, "did you mean 'shape'", class = "mlr3libtorch_error_unknown_operation")
  expect_error(x$matmull, "did you mean 'matmul'", class = "mlr3libtorch_error_unknown_operation")
  expect_error(x$grda <- NULL, "did you mean 'grad'", class = "mlr3libtorch_error_unknown_name")
})

test_that("members can be completed", {
  expect_true(all(c("shape", "backward", "matmul") %in% .DollarNames.torch_tensor(torch_zeros(1))))
})

test_that("gradients are computed, read, replaced and removed", {
  w = torch_tensor(c(1, 2, 3), requires_grad = TRUE)
  expect_true(w$requires_grad)
  loss = (w^2)$sum()
  expect_false(loss$is_leaf)
  expect_null(loss$backward())
  expect_identical(as_array(w$grad), c(2, 4, 6))
  w$grad$mul_(0.5)
  expect_identical(as_array(w$grad), c(1, 2, 3))
  w$grad = torch_zeros(3)
  expect_identical(as_array(w$grad), c(0, 0, 0))
  expect_error(w$grad <- torch_zeros(2), class = "mlr3libtorch_error_shape")
  w$grad = NULL
  expect_null(w$grad)
  w$requires_grad = FALSE
  expect_false(w$requires_grad)
  expect_true(w$requires_grad_()$requires_grad)
  expect_error(torch_zeros(1)$backward(), class = "mlr3libtorch_error_tensor")
})

test_that("a leaf that needs a gradient can be changed without tracking", {
  w = torch_tensor(c(1, 2), requires_grad = TRUE)
  expect_error(w$mul_(2), class = "mlr3libtorch_error_tensor")
  with_no_grad(w$mul_(2))
  expect_identical(as_array(w), c(2, 4))
  expect_true(w$requires_grad)
  w$data$add_(1)
  expect_identical(as_array(w), c(3, 5))
  expect_false((with_no_grad(w * 2))$requires_grad)
  expect_true(with_no_grad(with_enable_grad(w * 2))$requires_grad)
  expect_error(with_no_grad(stop("stop")), "stop")
  expect_true((w * 2)$requires_grad)
})

test_that("dtypes and devices are changed", {
  x = torch_tensor(c(1.5, 2))
  expect_equal(x$to(dtype = "float64")$dtype, torch_double())
  expect_equal(x$to(dtype = torch_long())$dtype, torch_long())
  expect_equal(x$double()$float()$dtype, torch_float())
  expect_equal(x$half()$dtype, torch_half())
  expect_equal(x$bool()$dtype, torch_bool())
  expect_identical(as_array(x$int()), 1:2)
  expect_identical(x$cpu()$device, torch_device("cpu"))
  expect_identical(x$to(device = "cpu", dtype = "int16")$dtype, torch_short())
  expect_error(x$to(dtype = "loong"), "did you mean 'long'|int64", class = "mlr3libtorch_error")
})

test_that("tensors print with type and shape, and not beyond a screen", {
  expect_identical(capture.output(print(torch_tensor(c(1, 2)))), c("torch_tensor", " 1", " 2", "[ CPUFloatType{2} ]"))
  expect_identical(tail(capture.output(print(torch_zeros(1, requires_grad = TRUE))), 1),
    "[ CPUFloatType{1} ][ requires_grad = TRUE ]")
  long = capture.output(print(torch_zeros(1e5, 200)))
  expect_lt(length(long), 40)
  expect_true("... [the output was truncated]" %in% long)
  expect_identical(tail(long, 1), "[ CPUFloatType{100000,200} ]")
  expect_length(capture.output(print(torch_zeros(100), n = 5L)), 8L)
  expect_identical(format(torch_zeros(2, 3)), "<torch_tensor float32 [2, 3]>")
  expect_output(str(torch_zeros(2, 3)), "torch_tensor float32 [2, 3]", fixed = TRUE)
  expect_output(print(torch_float32()), "float32")
})

test_that("a handle out of an R file says so", {
  reloaded = unserialize(serialize(torch_zeros(2), NULL))
  for (use in list(function(x) x$shape, function(x) x$sum(), function(x) x + 1, as_array, print, dim, format)) {
    expect_error(use(reloaded), "saved and reloaded", class = "mlr3libtorch_error_handle")
  }
})

test_that("base R's questions about values see a tensor's values", {
  x = torch_tensor(c(1, NA, 3))
  expect_identical(as.logical(as.array(is.na(x))), c(FALSE, TRUE, FALSE))
  expect_true(anyNA(x))
  expect_false(anyNA(torch_ones(2)))
  expect_true(all.equal(torch_ones(2), torch_ones(2)))
  expect_match(all.equal(torch_ones(2), torch_zeros(2)), "difference")
  expect_match(all.equal(torch_ones(2), torch_ones(3)), "shape differs: 2, 3")
  expect_match(all.equal(torch_ones(2), torch_ones(2, dtype = torch_double())), "dtype differs")
  expect_false(isTRUE(all.equal(nn_linear(2, 1)$state_dict(), nn_linear(2, 1)$state_dict())))
  expect_error(sum(x, na.rm = TRUE), "'na.rm' is not known", class = "mlr3libtorch_error_argument")
  x[[2]] = 2
  expect_identical(as.numeric(as.array(x)), c(1, 2, 3))
})
