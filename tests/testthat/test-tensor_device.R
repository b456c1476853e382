test_that("a device has a type and a number, and is what a tensor says it is on", {
  device = torch_device("cuda", 1)
  expect_identical(list(device$type, device$index), list("cuda", 1L))
  expect_identical(torch_device("cuda:1"), device)
  expect_null(torch_device("cpu")$index)
  expect_true(is_torch_device(torch_zeros(1)$device))
  expect_false(is_torch_device("cpu"))
  expect_true(torch_zeros(1)$device == torch_device("cpu") && torch_zeros(1)$device == "cpu")
  expect_identical(torch_zeros(1, device = torch_device("cpu"))$device$type, "cpu")
  expect_output(print(device), "<torch_device cuda:1>", fixed = TRUE)
  expect_error(torch_device("cuda:1", 2), "leave out 'index'", class = "mlr3libtorch_error_argument")
  expect_error(torch_device("gpu 1"), "'type' must be", class = "mlr3libtorch_error_argument")
  expect_error(torch_device("cuda", -1), "from 0", class = "mlr3libtorch_error_argument")
  expect_error(device$kind, "no field 'kind'", class = "mlr3libtorch_error_unknown_field")
})

test_that("a default device holds until its frame ends", {
  made = with_device(device = "meta", list(torch_zeros(2)$device$type, torch_tensor(1)$device$type))
  expect_identical(made, list("meta", "meta"))
  expect_identical(torch_zeros(2)$device$type, "cpu")
  inner = function() {
    local_device(torch_device("meta"))
    c(torch_ones(1)$device$type, torch_ones(1, device = "cpu")$device$type)
  }
  expect_identical(inner(), c("meta", "cpu"))
  expect_identical(torch_ones(1)$device$type, "cpu")
})

test_that("what is there is said, and what is not is an error", {
  expect_true(torch_is_installed())
  for (query in list(cuda_is_available, backends_cudnn_is_available, backends_mkl_is_available,
    backends_mkldnn_is_available, backends_mps_is_available, backends_openmp_is_available)) {
    expect_flag(query())
  }
  expect_identical(cuda_is_available(), cuda_device_count() > 0L)
  ask = function(query) tryCatch(query(), mlr3libtorch_error_config = function(condition) "not there")
  expect_identical(identical(ask(cuda_current_device), "not there"), !cuda_is_available())
  expect_identical(identical(ask(backends_cudnn_version), "not there"), !backends_cudnn_is_available())
})
