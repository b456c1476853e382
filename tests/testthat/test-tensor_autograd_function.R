test_that("gradients come from the function that is given, by argument and result", {
  product = autograd_function(
    forward = function(ctx, x, power, y) {
      ctx$save_for_backward(x = x, y = y)
      list(x^power * y, x + y)
    },
    backward = function(ctx, first, second) {
      saved = ctx$saved_variables
      list(y = if (ctx$needs_input_grad$y) first * 100, x = first * 2 * saved$x * saved$y + second * 7)
    }
  )
  x = torch_tensor(3, requires_grad = TRUE)
  y = torch_tensor(5, requires_grad = TRUE)
  results = product(x, 2, y = y)
  expect_identical(map_dbl(results, function(result) result$item()), c(45, 8))
  autograd_backward(list(results[[1]], 2 * results[[2]]))
  expect_identical(x$grad$item(), 2 * 3 * 5 + 14)
  expect_identical(y$grad$item(), 100)
  expect_false(product(x$detach(), 2, y$detach())[[1]]$requires_grad)
  expect_false(with_no_grad(product(x, 2, y))[[1]]$requires_grad)
  only = product(x$detach(), 2, y)[[1]]
  expect_identical(autograd_grad(only, y)[[1]]$item(), 100)
})

test_that("gradients of gradients go through saved inputs", {
  cube = autograd_function(
    forward = function(ctx, x) {
      ctx$save_for_backward(x = x)
      x^3
    },
    backward = function(ctx, grad_output) 3 * ctx$saved_variables$x^2 * grad_output
  )
  x = torch_tensor(2, requires_grad = TRUE)
  slope = autograd_grad(cube(x), x, create_graph = TRUE)[[1]]
  expect_identical(slope$item(), 12)
  expect_identical(autograd_grad(slope, x)[[1]]$item(), 12)
})

test_that("a saved result does not keep itself alive", {
  held = function() {
    # one collection lets go of the calculation, the next of what it kept
    for (i in 1:3) gc()
    core_held_bytes()
  }
  exponential = autograd_function(
    forward = function(ctx, x) {
      result = x$exp()
      ctx$save_for_backward(result = result)
      result
    },
    backward = function(ctx, grad_output) list(x = grad_output * ctx$saved_variables$result)
  )
  x = torch_ones(1000, requires_grad = TRUE)
  before = held()
  for (i in 1:5) exponential(x)$sum()$backward()
  expect_equal(as_array(x$grad)[[1]], 5 * exp(1), tolerance = 1e-6)
  x$grad = NULL
  expect_lte(held(), before)
})

test_that("what fails in R while gradients are computed is an error that says what, and the next call works", {
  failing = function(backward) {
    double = autograd_function(forward = function(ctx, x) x * 2, backward = backward)
    double(torch_tensor(c(1, 2), requires_grad = TRUE))$sum()
  }
  expect_error(failing(function(ctx, grad) stop("no such thing"))$backward(), "no such thing",
    class = "mlr3libtorch_error_function")
  expect_error(failing(function(ctx, grad) 3)$backward(), "must return a list", class = "mlr3libtorch_error_function")
  expect_error(failing(function(ctx, grad) list(z = grad))$backward(), "names of the arguments, x",
    class = "mlr3libtorch_error_function")
  expect_error(failing(function(ctx, grad) list(x = torch_zeros(3)))$backward(), class = "mlr3libtorch_error_tensor")
  x = torch_tensor(1, requires_grad = TRUE)
  expect_identical(autograd_grad(x * 3, x)[[1]]$item(), 3)
})

test_that("functions without a context are refused", {
  expect_error(autograd_function(function(x) x, function(ctx) 1), "first argument is 'ctx'",
    class = "mlr3libtorch_error_argument")
  expect_error(autograd_function(function(ctx, x) x, 3), "'backward'", class = "mlr3libtorch_error_argument")
})

test_that("several tensors are differentiated at once", {
  x = torch_tensor(c(1, 2), requires_grad = TRUE)
  autograd_backward(list(x$sum(), x * x), list(NULL, torch_tensor(c(1, 10))))
  expect_identical(as_array(x$grad), c(3, 41))
  autograd_backward((x * x)$sum())
  expect_identical(as_array(x$grad), c(5, 45))
  expect_error(autograd_backward(list(x$sum()), list()), "as many", class = "mlr3libtorch_error_argument")
  expect_error(autograd_backward(x * x), class = "mlr3libtorch_error_tensor")
})

test_that("a result that is not used has a gradient of zeros", {
  f = autograd_function(function(ctx, x) list(x * 2, x * 3), function(ctx, g1, g2) list(x = 2 * g1 + 3 * g2))
  x = torch_tensor(c(1, 2, 3), requires_grad = TRUE)
  f(x)[[1L]]$sum()$backward()
  expect_identical(as_array(x$grad), c(2, 2, 2))
})

test_that("gradients may be left out, also by the name of an argument that was not given", {
  linear = autograd_function(
    forward = function(ctx, input, weight, bias = NULL) {
      ctx$factor = 2
      ctx$save_for_backward(weight = weight)
      input$mm(weight$t())
    },
    backward = function(ctx, grad_output) {
      list(input = ctx$factor * grad_output$mm(ctx$saved_variables$weight), bias = NULL)
    }
  )
  x = torch_ones(1, 3, requires_grad = TRUE)
  linear(x, torch_ones(2, 3))$sum()$backward()
  expect_identical(as_array(x$grad), matrix(4, 1, 3))
  none = autograd_function(function(ctx, x) x * 2, function(ctx, g) list())
  y = torch_tensor(1, requires_grad = TRUE)
  expect_silent(none(y)$backward())
})

test_that("results can be marked as having no gradient", {
  f = autograd_function(
    forward = function(ctx, x) {
      signs = x$sign()
      ctx$mark_non_differentiable(signs)
      list(x * signs, signs)
    },
    backward = function(ctx, grad_output, none) {
      stopifnot(is.null(none))
      list(x = 5 * grad_output)
    }
  )
  x = torch_tensor(c(-1, 2), requires_grad = TRUE)
  results = f(x)
  expect_false(results[[2L]]$requires_grad)
  results[[1L]]$sum()$backward()
  expect_identical(as_array(x$grad), c(5, 5))
})

doubled_in_place = autograd_function(
  forward = function(ctx, x) {
    ctx$mark_dirty(x)
    x$mul_(2)
  },
  # not 2, so that it is seen where the gradient comes from
  backward = function(ctx, grad_output) list(x = 20 * grad_output)
)

test_that("an argument that is changed in place has the function's history", {
  weight = torch_tensor(c(1, 2, 3), requires_grad = TRUE)
  x = weight * 5
  result = doubled_in_place(x)
  expect_identical(result, x)
  expect_identical(as_array(x), c(10, 20, 30))
  # both names mean the changed tensor
  (x + 3 * result)$sum()$backward()
  expect_identical(as_array(weight$grad), rep(5 * 20 * 4, 3))
  twice = doubled_in_place(doubled_in_place(weight * 1))
  expect_identical(as_array(autograd_grad(twice$sum(), weight)[[1L]]), rep(400, 3))
  # what was computed before needs the old values
  y = weight * 1
  square = y^2
  doubled_in_place(y)
  expect_error(square$sum()$backward(), "modified by an inplace operation", class = "mlr3libtorch_error_tensor")
})

test_that("an argument without history gets that of another argument", {
  add_in_place = autograd_function(
    forward = function(ctx, x, y) {
      ctx$mark_dirty(x)
      list(x$add_(y), y * 7)
    },
    backward = function(ctx, first, second) list(x = first, y = 3 * first + 7 * second)
  )
  x = torch_zeros(2)
  y = torch_tensor(c(1, 2), requires_grad = TRUE)
  results = add_in_place(x, y)
  expect_true(x$requires_grad)
  (x$sum() + results[[2L]]$sum())$backward()
  expect_identical(as_array(y$grad), c(10, 10))
  plain = torch_zeros(2)
  expect_identical(as_array(doubled_in_place(plain + 1)), c(2, 2))
  expect_false(plain$requires_grad)
})

test_that("a changed argument that is saved does not keep itself alive", {
  held = function() {
    for (i in 1:3) gc()
    core_held_bytes()
  }
  exponential = autograd_function(
    forward = function(ctx, x) {
      ctx$mark_dirty(x)
      ctx$save_for_backward(x = x$exp_())
      x
    },
    backward = function(ctx, grad_output) list(x = grad_output * ctx$saved_variables$x)
  )
  weight = torch_ones(1000, requires_grad = TRUE)
  before = held()
  for (i in 1:5) exponential(weight * 1)$sum()$backward()
  expect_equal(as_array(weight$grad)[[1]], 5 * exp(1), tolerance = 1e-6)
  weight$grad = NULL
  expect_lte(held(), before)
})

test_that("what cannot be changed in place is refused", {
  weight = torch_tensor(c(1, 2), requires_grad = TRUE)
  expect_error(doubled_in_place(weight), "requires a gradient itself", class = "mlr3libtorch_error_tensor")
  expect_error(doubled_in_place((weight * 1)[1:1]), "is a view", class = "mlr3libtorch_error_tensor")
  lost = autograd_function(function(ctx, x) {
    ctx$mark_dirty(x$mul_(2))
    x + 1
  }, function(ctx, g) list(g))
  expect_error(lost(weight * 1), "that it also returns", class = "mlr3libtorch_error_argument")
  foreign = autograd_function(function(ctx, x) {
    y = x + 1
    ctx$mark_dirty(y)
    y
  }, function(ctx, g) list(g))
  expect_error(foreign(weight * 1), "arguments of `forward`", class = "mlr3libtorch_error_argument")
})
