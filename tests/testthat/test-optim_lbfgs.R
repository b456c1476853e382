# L-BFGS, against torch.optim.LBFGS of PyTorch 1.13 in float64.

rosenbrock = function(parameters) {
  x = parameters[[1L]]
  100 * (x[2] - x[1]^2)^2 + (1 - x[1])^2
}

x = torch_tensor(matrix(c(0.5, 1.5, -0.7, 2, -1.1, 0.2, -0.3, 1, -1.2, 0.3, 0.8, -0.5, -0.4, 1.9, 0.1, 1), ncol = 2),
  "float64")
y = torch_tensor(c(0, 1, 0, 1, 0, 1, 1, 0), "float64")
logistic = function(parameters) {
  scores = x$matmul(parameters[[1L]]) + parameters[[2L]]
  (nnf_softplus(scores) - y * scores)$mean() + 0.01 * parameters[[1L]]$dot(parameters[[1L]])
}

as_parameters = function(values) map(values, torch_tensor, dtype = "float64", requires_grad = TRUE)

closure_of = function(optimizer, loss, parameters) {
  function() {
    optimizer$zero_grad()
    value = loss(parameters)
    value$backward()
    value
  }
}

# Parameters after each step, calls of the closure and iterations up to it, and the loss before it.
followed = function(loss, values, steps, ...) {
  parameters = as_parameters(values)
  optimizer = optim_lbfgs(parameters, ...)
  map(seq_len(steps), function(i) {
    before = optimizer$step(closure_of(optimizer, loss, parameters))
    state = optimizer$state_dict()$state[[1L]]
    c(unlist(map(parameters, as.array)), state$func_evals, state$n_iter, before$item())
  })
}

expect_followed = function(loss, values, expected, ...) {
  expect_equal(followed(loss, values, length(expected), ...), expected, tolerance = 1e-8)
}

test_that("on Rosenbrock's valley, points, calls and iterations are PyTorch's", {
  start = list(c(-1.2, 1))
  expect_followed(rosenbrock, start, list(
    c(0.38062264334648777, 0.12491013187293636, 25, 19, 24.2),
    c(0.9999814210791366, 0.9999619651810989, 44, 35, 0.4234823024380289)
  ), line_search_fn = "strong_wolfe")
  expect_followed(rosenbrock, start, list(
    c(-0.8486792379609059, 0.6713056287187695, 10, 8, 24.2),
    c(-0.014589692038352337, -0.04221741999566816, 20, 15, 3.6572332049586396),
    c(0.574563899933488, 0.33132496706817566, 30, 23, 1.2094251017209947)
  ), line_search_fn = "strong_wolfe", max_iter = 8, history_size = 3)
  expect_followed(rosenbrock, start, list(
    c(-1.0731883206935724, 1.0551729273427284, 10, 10, 24.2),
    c(-1.044719587805136, 1.0623773907218077, 20, 20, 5.2304978915741485)
  ), lr = 0.1, max_iter = 10)
  # a first length that is much too large, so that the bracket is searched
  expect_followed(rosenbrock, start, list(
    c(1.3551186225181218, 2.1476391303900337, 9, 2, 24.2),
    c(1.4566388605848437, 2.12317955250341, 16, 5, 9.81642058654562)
  ), lr = 20, line_search_fn = "strong_wolfe", max_iter = 5)
})

test_that("so they are in a logistic regression with two parameters", {
  expect_followed(logistic, list(c(0, 0), 0), list(
    c(1.0088445162595001, 0.5773146247282903, -0.5602063802369469, 8, 8, 0.6931471805599453),
    c(1.0088445162595001, 0.5773146247282903, -0.5602063802369469, 9, 9, 0.5566680288239516)
  ))
  expect_followed(logistic, list(c(0, 0), 0), list(
    c(0.8474205624700887, 0.4246800404911367, -0.2743375768857053, 3, 2, 0.6931471805599453),
    c(1.0024597866575422, 0.576966093063019, -0.5541000999130162, 6, 4, 0.5640222727204739)
  ), line_search_fn = "strong_wolfe", max_iter = 3)
  expect_followed(logistic, list(c(3, -5), 4), list(
    c(3.882076464831235, -1.3695631113957099, 1.1992965195232408, 4, 4, 3.025935013157246),
    c(1.2711188465438388, 0.8814777212582104, -1.1732922284542877, 8, 8, 1.4791611415888186),
    c(1.0346224185322233, 0.5909785354620025, -0.5867790765835073, 12, 12, 0.5826891360387669)
  ), lr = 0.5, max_iter = 4, history_size = 2)
})

test_that("the minimum is that of another method", {
  parameters = as_parameters(list(c(0, 0), 0))
  optimizer = optim_lbfgs(parameters, max_iter = 100, tolerance_change = 0, line_search_fn = "strong_wolfe")
  optimizer$step(closure_of(optimizer, logistic, parameters))
  found = stats::optim(c(0, 0, 0), method = "BFGS", control = list(reltol = 1e-15), fn = function(values) {
    logistic(list(torch_tensor(values[1:2], "float64"), torch_tensor(values[3], "float64")))$item()
  })
  expect_equal(unlist(map(parameters, as.array)), found$par, tolerance = 1e-5)
})

test_that("its state goes on with the same bits in another optimizer", {
  for (search in list(NULL, "strong_wolfe")) {
    parameters = as_parameters(list(c(3, -5), 4))
    optimizer = optim_lbfgs(parameters, lr = 0.5, max_iter = 3, line_search_fn = search)
    optimizer$step(closure_of(optimizer, logistic, parameters))
    state = optimizer$state_dict()
    copies = map(parameters, function(parameter) parameter$detach()$clone()$requires_grad_())
    other = optim_lbfgs(copies)
    other$load_state_dict(state)
    for (i in 1:3) {
      optimizer$step(closure_of(optimizer, logistic, parameters))
      other$step(closure_of(other, logistic, copies))
    }
    expect_identical(map(copies, as.array), map(parameters, as.array))
    fresh = optim_lbfgs(copies)
    fresh$load_state_dict(optim_lbfgs(parameters)$state_dict())
    expect_error(fresh$step(closure_of(fresh, logistic, copies)), NA)
  }
})

test_that("a frozen parameter stays, and modules' parameters are taken", {
  torch_manual_seed(1)
  module = nn_sequential(nn_linear(2, 3), nn_tanh(), nn_linear(3, 1))
  module$parameters[[1L]]$requires_grad_(FALSE)
  frozen = as_array(module$parameters[[1L]])
  loss = function(parameters) (module(x$to(dtype = "float32"))$squeeze(2) - y$to(dtype = "float32"))$square()$mean()
  optimizer = optim_lbfgs(module$parameters, line_search_fn = "strong_wolfe")
  before = optimizer$step(closure_of(optimizer, loss, NULL))$item()
  expect_lt(loss()$item(), 0.8 * before)
  expect_identical(as_array(module$parameters[[1L]]), frozen)
})

test_that("a line search passes over points without a finite loss", {
  parameters = as_parameters(list(0.5))
  # the first length leads to where the logarithm does not exist
  loss = function(parameters) (4 * parameters[[1L]] - parameters[[1L]]$log())$sum()
  optimizer = optim_lbfgs(parameters, lr = 10, line_search_fn = "strong_wolfe")
  optimizer$step(closure_of(optimizer, loss, parameters))
  expect_equal(as.array(parameters[[1L]]), 0.25, tolerance = 1e-6)
  parameters = as_parameters(list(0.5))
  optimizer = optim_lbfgs(parameters, lr = 10)
  expect_error(optimizer$step(closure_of(optimizer, loss, parameters)), "is not a finite number",
    class = "mlr3libtorch_error_diverged")
})

test_that("mistakes are named", {
  parameters = as_parameters(list(c(-1.2, 1)))
  wrong = function(code, text, class = "argument") {
    expect_error(code, text, class = paste0("mlr3libtorch_error_", class))
  }
  wrong(optim_lbfgs(parameters, line_search_fn = "wolfe"), "strong_wolfe")
  wrong(optim_lbfgs(parameters, max_iter = 0), "'max_iter'")
  wrong(optim_lbfgs(parameters, history = 3, linesearch = 1), "did you mean 'line_search_fn'", "unknown_argument")
  wrong(optim_lbfgs(list(list(params = parameters), list(params = torch_ones(1, requires_grad = TRUE)))),
    "one parameter group only", "config")
  optimizer = optim_lbfgs(parameters)
  wrong(optimizer$add_param_group(list(params = torch_ones(1, requires_grad = TRUE))), "one parameter group", "config")
  wrong(optimizer$step(), "needs a function")
  wrong(optimizer$step(function() rosenbrock(parameters)), "no parameter has a gradient")
  wrong(optimizer$step(function() "loss"), "must return the loss")
  wrong(t_opt("lbfgs"), "only for loops of your own: optim_lbfgs()", "unknown_name")
  wrong(lrn("regr.mlp", optimizer = "lbfgs"), "optim_lbfgs()", "unknown_name")
})
