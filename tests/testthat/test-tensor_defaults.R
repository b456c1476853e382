test_that("the default type is that of tensors that name none", {
  expect_identical(torch_get_default_dtype(), torch_float32())
  torch_set_default_dtype(torch_double())
  withr::defer(torch_set_default_dtype("float32"))
  expect_identical(torch_get_default_dtype(), torch_float64())
  doubles = list(torch_tensor(1), torch_zeros(2), torch_randn(2), torch_full(2, 1.5), torch_linspace(0, 1),
    torch_eye(2), torch_arange(0, 1))
  expect_true(all(map_lgl(doubles, function(x) x$dtype == "float64")))
  others = list(torch_tensor(1L), torch_randperm(3), torch_full(2, 1L), torch_arange(1L, 3L), torch_randint(1, 3, 2))
  expect_true(all(map_lgl(others, function(x) x$dtype == "int64")))
  expect_identical(torch_zeros(2, dtype = "float32")$dtype, torch_float32())
  expect_error(torch_set_default_dtype("int64"), "floating point", class = "mlr3libtorch_error_argument")
})

test_that("local switches hold until their frame ends", {
  x = torch_ones(1, requires_grad = TRUE)
  outside = function() {
    local_no_grad()
    inside = function() {
      local_enable_grad()
      (x * 2)$requires_grad
    }
    c(inside(), (x * 2)$requires_grad)
  }
  expect_identical(outside(), c(TRUE, FALSE))
  expect_true((x * 2)$requires_grad)
  expect_true(autograd_set_grad_mode(FALSE))
  expect_false((x * 2)$requires_grad)
  autograd_set_grad_mode(TRUE)

  draw = function() {
    local_torch_manual_seed(7)
    torch_randn(3)
  }
  state = as_array(torch_get_rng_state())
  expect_identical(as_array(draw()), as_array(draw()))
  expect_identical(as_array(torch_get_rng_state()), state)
})

test_that("a gradient that is not a number is an error where anomalies are looked for", {
  x = torch_tensor(0, requires_grad = TRUE)
  slope = function() autograd_grad((x$sqrt() * 0)$sum(), x)[[1]]$item()
  expect_identical(slope(), NaN)
  expect_error(with_detect_anomaly(slope()), "nan", class = "mlr3libtorch_error_tensor")
  expect_identical(slope(), NaN)
})

test_that("limits are those of the types", {
  double = torch_finfo("float64")
  expect_identical(double[c("eps", "max", "tiny")],
    list(eps = .Machine$double.eps, max = .Machine$double.xmax, tiny = .Machine$double.xmin))
  bits = map_int(c("float16", "bfloat16", "float32", "float64"), function(name) torch_finfo(name)$bits)
  expect_identical(unname(bits), c(16L, 16L, 32L, 64L))
  expect_identical(torch_finfo(torch_half())$max, 65504)
  single = torch_finfo("float32")
  expect_identical(as_array(torch_tensor(single$max) * 2), Inf)
  expect_identical(as_array(torch_tensor(1) + single$eps) > 1, TRUE)
  expect_identical(as_array(torch_tensor(1) + single$eps / 2) > 1, FALSE)
  expect_identical(torch_iinfo("int8"), list(bits = 8L, max = 127, min = -128))
  expect_identical(torch_iinfo(torch_uint8())$min, 0)
  expect_identical(torch_iinfo("int32")$max, as.numeric(.Machine$integer.max))
  expect_error(torch_iinfo("float32"), "whole numbers", class = "mlr3libtorch_error_argument")
  expect_error(torch_finfo("flaot32"), "did you mean 'float32'", class = "mlr3libtorch_error_argument")
  expect_true(torch_float()$is_floating_point && !torch_long()$is_floating_point)
  expect_true(is_torch_dtype(torch_cfloat()) && !is_torch_dtype("float32"))
  expect_identical(torch_tensor(1i, dtype = torch_cdouble())$dtype, torch_cfloat128())
})

test_that("constants are taken where LibTorch wants numbers", {
  x = torch_randn(1, 2, 3, 4)
  expect_identical(x$contiguous(memory_format = torch_channels_last_format())$stride(), c(24L, 1L, 8L, 2L))
  expect_identical(nnf_mse_loss(x, x + 2, torch_reduction_sum())$item() > 90, TRUE)
  expect_true(is_torch_memory_format(torch_preserve_format()) && is_torch_layout(torch_strided()))
  expect_false(is_torch_layout(torch_reduction_none()))
  expect_output(print(torch_sparse_coo()), "<torch_layout sparse_coo>")
  expect_true(is_undefined_tensor(torch_ones(1, requires_grad = TRUE)$grad))
  expect_false(is_undefined_tensor(x))
})

test_that("layers have weights of the default type", {
  before = torch_get_default_dtype()
  on.exit(torch_set_default_dtype(before))
  torch_set_default_dtype(torch_double())
  layers = list(nn_linear(3, 2), nn_batch_norm1d(3), nn_layer_norm(3))
  for (layer in layers) {
    expect_true(layer$weight$dtype == "float64")
    expect_true(layer(torch_ones(2, 3))$dtype == "float64")
  }
  expect_true(nn_lstm(3, 2)$weight_ih_l1$dtype == "float64")
})
