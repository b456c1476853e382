test_that("torch_workers() checks its arguments", {
  expect_error(torch_workers(), "number of processes", class = "mlr3libtorch_error_argument")
  expect_error(torch_workers(0), "'n' must be a whole number from 1 on", class = "mlr3libtorch_error_argument")
  expect_error(torch_workers(2, compute = 1), "'compute' must be the name", class = "mlr3libtorch_error_argument")
  expect_error(torch_workers(2, timeout = Inf), "'timeout' must be seconds", class = "mlr3libtorch_error_argument")
  expect_error(torch_workers(2, host = ""), "'host' must be an address", class = "mlr3libtorch_error_argument")
  expect_output(print(torch_workers(2)), "2 processes, started on this machine, at 127.0.0.1")
})

test_that("the parameter takes a number or torch_workers()", {
  expect_error(lrn("regr.mlp", workers = 0), "torch_workers")
  expect_error(lrn("regr.mlp", workers = "2"), "torch_workers")
  expect_identical(lrn("regr.mlp", workers = 2)$param_set$values$workers, 2)
  expect_null(as_torch_workers(1L))
  expect_identical(as_torch_workers(2)$n, 2L)
})
