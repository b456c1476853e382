# Optimizers written in R.

optim_momentum = optimizer("optim_momentum",
  initialize = function(params, lr = optim_required(), momentum = 0.9) {
    super$initialize(params, list(lr = lr, momentum = momentum))
  },
  step = function(closure = NULL) {
    private$step_helper(closure, function(group, param, g, p) {
      state = self$state$get(param)
      velocity = if (is.null(state)) param$grad$clone() else state$velocity * group$momentum + param$grad
      self$state$set(param, list(velocity = velocity))
      param$sub_(group$lr * velocity)
    })
  }
)

tensors = function() {
  list(x = torch_tensor(c(1, -2), "float64", requires_grad = TRUE), y = torch_zeros(1, dtype = "float64",
    requires_grad = TRUE))
}

trained = function(optimizer, tensors, steps) {
  for (i in seq_len(steps)) {
    optimizer$step(function() {
      optimizer$zero_grad()
      loss = (tensors$x - 3)$square()$sum() + (tensors$y - tensors$x$sum())$square()$sum()
      loss$backward()
      loss
    })
  }
  map(tensors, as.array)
}

test_that("an optimizer written in R does what the core's does", {
  own = tensors()
  core = tensors()
  expect_equal(trained(optim_momentum(own, lr = 0.05), own, 5),
    trained(optim_sgd(core, lr = 0.05, momentum = 0.9), core, 5), tolerance = 1e-12)
})

test_that("it has groups, a state and what other optimizers have", {
  own = tensors()
  groups = list(list(params = own$x, momentum = 0), list(params = list(y = own$y)))
  optimizer = optim_momentum(groups, lr = 0.05)
  expect_true(is_optimizer(optimizer))
  expect_named(formals(optim_momentum), c("params", "lr", "momentum"))
  expect_equal(map_dbl(optimizer$param_groups, "momentum"), c(0, 0.9))
  optimizer$param_groups[[2]]$lr = 0.01
  trained(optimizer, own, 2)
  state = optimizer$state_dict()
  expect_equal(map(state$param_groups, "params"), list(1, 2))
  copy = map(own, function(tensor) tensor$detach()$clone()$requires_grad_())
  other = optim_momentum(list(list(params = copy$x), list(params = copy$y)), lr = 1)
  other$load_state_dict(state)
  expect_identical(trained(other, copy, 2), trained(optimizer, own, 2))
  schedule = lr_step(optimizer, 1, 0.5)
  schedule$step()
  expect_equal(map_dbl(optimizer$param_groups, "lr"), c(0.05, 0.01) / 2)
  optimizer$zero_grad(set_to_none = TRUE)
  expect_null(own$x$grad)
  optimizer$add_param_group(list(params = torch_zeros(1, requires_grad = TRUE)))
  expect_output(print(optimizer), "<optim_momentum>: 3 parameter groups, 3 parameters")
})

test_that("mistakes are named", {
  own = tensors()
  expect_error(optim_momentum(own), "optim_momentum: the parameter 'lr' has no value",
    class = "mlr3libtorch_error_missing_parameter")
  expect_error(optim_momentum(own$x * 2, lr = 1), "'1' cannot be optimized", class = "mlr3libtorch_error_config")
  expect_error(optim_momentum(1, lr = 1), "'params' must be a torch_tensor")
  other = optim_momentum(own$x, lr = 1)
  expect_error(other$load_state_dict(optim_momentum(own, lr = 1)$state_dict()), "other parameters",
    class = "mlr3libtorch_error_state")
  expect_error(optimizer("bad", 1), "'inherit' must be what optimizer\\(\\) or R6Class\\(\\) returned",
    class = "mlr3libtorch_error_argument")
  expect_error(optimizer("none")(own$x, list()), NA)
  expect_error(optimizer("none")(own$x, list())$step(), "has no method `step\\(\\)`")
  expect_error(optimizer("bad", a = 1, a = 2), "unique names", class = "mlr3libtorch_error_argument")
})
