test_that("gradients are those of the formula, and can be differentiated again", {
  x = torch_tensor(c(1, 2), dtype = "float64", requires_grad = TRUE)
  y = torch_tensor(c(3, 5), dtype = "float64", requires_grad = TRUE)
  gradients = autograd_grad((x^3 * y)$sum(), list(x, y), create_graph = TRUE)
  expect_equal(as.array(gradients[[1L]]), 3 * c(1, 4) * c(3, 5))
  expect_equal(as.array(gradients[[2L]]), c(1, 8))
  second = autograd_grad(gradients[[1L]], x, grad_outputs = torch_ones(2, dtype = "float64"))
  expect_equal(as.array(second[[1L]]), 6 * c(1, 2) * c(3, 5))
  expect_null(x$grad)
})

test_that("what cannot be differentiated is an error, and an unused input NULL where that is allowed", {
  x = torch_tensor(1, requires_grad = TRUE)
  z = torch_tensor(1, requires_grad = TRUE)
  expect_error(autograd_grad(torch_ones(1), x), "does not require grad", class = "mlr3libtorch_error_tensor")
  expect_error(autograd_grad(x * 2, z), class = "mlr3libtorch_error_tensor")
  expect_identical(autograd_grad(x * 2, z, allow_unused = TRUE), list(NULL))
  expect_error(autograd_grad(3, x), class = "mlr3libtorch_error_argument")
  expect_error(autograd_grad(list(), x), "needs outputs", class = "mlr3libtorch_error_argument")
})

test_that("a hook sees and changes a gradient until it is removed", {
  x = torch_tensor(c(1, 2), requires_grad = TRUE)
  seen = NULL
  hook = x$register_hook(function(grad) {
    seen <<- as_array(grad)
    grad * 10
  })
  (x^2)$sum()$backward()
  expect_equal(seen, c(2, 4))
  expect_equal(as_array(x$grad), c(20, 40))
  hook$remove()
  x$grad = NULL
  (x^2)$sum()$backward()
  expect_equal(as_array(x$grad), c(2, 4))
  # in the middle of a calculation, and without another gradient
  y = x * 3
  y$register_hook(function(grad) invisible(NULL))
  x$grad = NULL
  y$sum()$backward()
  expect_equal(as_array(x$grad), c(3, 3))
})

test_that("a hook that fails is an error of the backward pass, and does not keep its tensor", {
  x = torch_tensor(1, requires_grad = TRUE)
  x$register_hook(function(grad) stop("no way"))
  expect_error((x * 2)$backward(), "A hook on a gradient failed: no way", class = "mlr3libtorch_error_function")
  y = torch_tensor(c(1, 2), requires_grad = TRUE)
  y$register_hook(function(grad) grad[1])
  expect_error((y * 2)$sum()$backward(), class = "mlr3libtorch_error")
  expect_error(torch_ones(2)$register_hook(identity), "no gradient", class = "mlr3libtorch_error_tensor")
  expect_error(x$register_hook(3), "hook")
})
