m = matrix(as.numeric(1:12), 3)
tensor = function() torch_tensor(m, dtype = "float64")

test_that("brackets take what R's take", {
  x = tensor()
  expect_identical(as_array(x[2, 3]), m[2, 3])
  expect_identical(x[2, 3]$shape, integer())
  expect_identical(as_array(x[1, ]), m[1, ])
  expect_identical(as_array(x[, 2:3]), m[, 2:3])
  expect_identical(as_array(x[c(3, 1), c(4, 2)]), m[c(3, 1), c(4, 2)])
  expect_identical(as_array(x[2, , drop = FALSE]), m[2, , drop = FALSE])
  expect_identical(as_array(x[c(TRUE, FALSE, TRUE), ]), m[c(1, 3), ])
  expect_identical(as_array(x[, ]), m)
  expect_identical(as_array(x[2]), m[2, ])
  expect_identical(as_array(x[[2]]), m[2, ])
  expect_identical(as_array(x[3:1, 1]), m[3:1, 1])
  expect_identical(x[integer(), ]$shape, c(0L, 4L))
})

test_that("negative positions count from the end", {
  x = tensor()
  expect_identical(as_array(x[-1, ]), m[3, ])
  expect_identical(as_array(x[, c(1, -1)]), m[, c(1, 4)])
})

test_that("tensors can be indexes", {
  x = tensor()
  expect_identical(as_array(x[torch_tensor(c(3L, 1L)), ]), m[c(3, 1), ])
  expect_setequal(as_array(x[x > 10]), c(11, 12))
  expect_identical(as_array(x[torch_tensor(c(TRUE, FALSE, FALSE)), ]), m[1, , drop = TRUE])
})

test_that("parts are views", {
  x = tensor()
  x[1, ]$zero_()
  expect_identical(as_array(x), rbind(0, m[-1, ]))
})

test_that("positions that there are not are refused", {
  x = tensor()
  expect_error(x[4, 1], "whole numbers from 1 to 3", class = "mlr3libtorch_error_argument")
  expect_error(x[0, 1], "whole numbers", class = "mlr3libtorch_error_argument")
  expect_error(x[1.5, 1], "whole numbers", class = "mlr3libtorch_error_argument")
  expect_error(x[NA_integer_, 1], "whole numbers", class = "mlr3libtorch_error_argument")
  expect_error(x["a"], "whole numbers", class = "mlr3libtorch_error_argument")
  expect_error(x[c(TRUE, FALSE), 1], "3 values", class = "mlr3libtorch_error_argument")
  expect_error(x[1, 1, 1], "2 dimensions", class = "mlr3libtorch_error_argument")
  expect_error(x$size(3), "'dim'", class = "mlr3libtorch_error_argument")
})

test_that("assignment changes the tensor as R changes a matrix", {
  cases = list(
    function(x) `[<-`(x, 2, 3, value = 100),
    function(x) `[<-`(x, 1, , value = c(9, 8, 7, 6)),
    function(x) `[<-`(x, , 2:3, value = 0),
    function(x) `[<-`(x, c(3, 1), c(4, 2), value = matrix(c(1.5, 2.5, 3.5, 4.5), 2)),
    function(x) `[<-`(x, 2, c(4, 1), value = c(-1, -2)),
    function(x) `[<-`(x, c(1, 3), 2, value = c(-1, -2)),
    function(x) `[<-`(x, c(TRUE, FALSE, TRUE), , value = -1)
  )
  for (case in cases) expect_identical(as_array(case(tensor())), case(m))
  x = tensor()
  alias = x
  x[x > 10] = 0
  expect_identical(as_array(x), ifelse(m > 10, 0, m))
  expect_identical(as_array(alias), as_array(x))
  x[1, ] = torch_ones(1, 4)
  expect_identical(as_array(x[1, ]), rep(1, 4))
  x[2, 3] = torch_tensor(-99)
  expect_identical(x[2, 3]$item(), -99)
  x[c(1, 3), ] = torch_zeros(1, 1, 4)
  expect_identical(as_array(x[c(1, 3), ]), matrix(0, 2, 4))
  x[x == 0] = torch_full(c(1, 1), 2)
  expect_identical(as_array(x[1, ]), rep(2, 4))
  x[, 1] = matrix(c(7, 8, 9), 1)
  expect_identical(as_array(x[, 1]), c(7, 8, 9))
  y = torch_tensor(c(1, 2, 3))
  y[1] = torch_tensor(-99)
  expect_identical(as_array(y), c(-99, 2, 3))
  expect_error(y[1] <- torch_ones(2), class = "mlr3libtorch_error_tensor")
  expect_error(x[1, ] <- torch_ones(2, 4), class = "mlr3libtorch_error_tensor")
  x[1, ] = torch_ones(4)
  expect_identical(as_array(x[1, ]), rep(1, 4))
  expect_error(x[1, ] <- c(1, 2, 3), class = "mlr3libtorch_error_tensor")
})
