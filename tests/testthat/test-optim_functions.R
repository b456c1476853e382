# Optimizers over tensors, against PyTorch's: reference/optimizers.py says what is computed.

reference = fread(test_path("reference", "optimizers.csv"))

# Its loss, with all numbers as float64.
x = torch_tensor(matrix(c(1, 0.5, -1, 2, -2, 1.5, 0.25, 1), ncol = 2), dtype = "float64")
y = torch_tensor(matrix(c(0.1, 0.8, -0.4, 0.7, -0.3, 0.2, 0.9, -0.1, 0.5, -0.6, 0.3, 0.6), ncol = 3), dtype = "float64")
loss_of = function(weight, bias) ((x$matmul(weight) + bias)$tanh() - y)$square()$mean()
start = function() {
  list(
    weight = torch_tensor(matrix(c(0.3, 0.05, -0.2, 0.4, 0.1, -0.5), nrow = 2), "float64", requires_grad = TRUE),
    bias = torch_tensor(c(0.1, 0, -0.1), "float64", requires_grad = TRUE)
  )
}

# Runs `step(i)` for the steps of the reference and compares what `values()` are after each.
expect_reference = function(case, step, values) {
  expected = as.matrix(reference[list(case), -(1:2), on = "V1"])
  seen = map(seq_len(nrow(expected)), function(i) {
    step(i)
    tensors = values()
    c(t(as.array(tensors[[1L]])), as.array(tensors[[2L]]))
  })
  expect_equal(do.call(rbind, seen), unname(expected), tolerance = 1e-12, info = case)
}

train_step = function(optimizer, loss) {
  optimizer$zero_grad()
  loss()$backward()
  optimizer$step()
}

test_that("every registered optimizer makes PyTorch's steps", {
  settings = list(adadelta = list(), adagrad = list(), lion = list(lr = 0.02))
  for (name in mlr3libtorch_optimizers$keys()) {
    parameters = start()
    make = get(paste0("optim_", name))
    given = if (is.null(settings[[name]])) list(lr = 0.05) else settings[[name]]
    optimizer = do.call(make, c(list(parameters), given))
    expect_reference(name, function(i) {
      train_step(optimizer, function() loss_of(parameters$weight, parameters$bias))
    }, function() parameters)
  }
})

# The value and the statistics after each step, without which they are of one parameter.
followed_statistics = function(optimizer, x, loss, steps, names, before = function(i) NULL) {
  map(seq_len(steps), function(i) {
    before(i)
    train_step(optimizer, function() loss(x)$sum())
    c(as.array(x), unlist(map(optimizer$state[[1L]][names], as.array), use.names = FALSE))
  })
}

# torch.optim.ASGD of PyTorch 1.13
test_that("asgd averages from its step `t0` on, and a new rate counts one step later", {
  x = torch_tensor(1, "float64", requires_grad = TRUE)
  optimizer = optim_asgd(x, lr = 0.1, lambda = 0.05, alpha = 0.6, t0 = 1)
  seen = followed_statistics(optimizer, x, function(x) (x - 3)^2, 5, c("ax", "eta"), function(i) {
    if (i == 3) optimizer$param_groups[[1]]$lr = 0.3
  })
  expect_equal(seen, list(
    c(1.395, 1.395, 0.09970119482329287),
    c(1.7080866770438454, 1.7080866770438454, 0.09940475877098738),
    c(1.956441744282234, 1.956441744282234, 0.2921806698823706),
    c(2.5376751217445133, 2.2470584330133736, 0.2896928227732944),
    c(2.76878220631983, 2.420966357448859, 0.28726067468971844)
  ), tolerance = 1e-12)
  # the last average is the mean of the values since `t0`
  expect_equal(seen[[5]][[2]], mean(map_dbl(seen[3:5], 1L)), tolerance = 1e-12)
})

# torch.optim.Rprop of PyTorch 1.13
test_that("rprop's sizes grow and shrink with the sign of the gradient, within their limits", {
  x = torch_tensor(-2, "float64", requires_grad = TRUE)
  optimizer = optim_rprop(x, lr = 0.5, etas = c(0.3, 2), step_sizes = c(0.2, 1.5))
  seen = followed_statistics(optimizer, x, function(x) x^4 - x, 6, c("step_size", "prev"))
  expect_equal(seen, list(c(-1.5, 0.5, -33), c(-0.5, 1, -14.5), c(1, 1.5, -1.5), c(1, 0.45, 0), c(0.55, 0.45, 3),
    c(0.55, 0.2, 0)), tolerance = 1e-12)
  expect_error(optim_rprop(x, etas = c(1.2, 0.5)), "'etas' must be", class = "mlr3libtorch_error_config")
  expect_error(optim_rprop(x, step_sizes = c(2, 1)), "'step_sizes'", class = "mlr3libtorch_error_config")
})

test_that("groups have settings of their own, which can be assigned", {
  parameters = start()
  groups = list(list(params = parameters$weight), list(params = list(parameters$bias), lr = 0.5, momentum = 0.5))
  optimizer = optim_sgd(groups, lr = 0.1, momentum = 0.9)
  expect_reference("groups", function(i) {
    if (i == 4) optimizer$param_groups[[1]]$lr = 0.02
    train_step(optimizer, function() loss_of(parameters$weight, parameters$bias))
  }, function() parameters)
})

test_that("a parameter without a gradient is left out of the step", {
  parameters = start()
  optimizer = optim_adam(parameters, lr = 0.05)
  expect_reference("missing_gradients", function(i) {
    optimizer$zero_grad(set_to_none = TRUE)
    expect_null(parameters$bias$grad)
    bias = if (i %in% c(2, 5)) parameters$bias$detach() else parameters$bias
    loss_of(parameters$weight, bias)$backward()
    optimizer$step()
  }, function() parameters)
  expect_equal(map_dbl(optimizer$state, "step"), c(weight = 6, bias = 4))
})

test_that("two optimizers can have a tensor in common", {
  parameters = start()
  common = torch_tensor(c(0.2, 0.1, -0.3), "float64", requires_grad = TRUE)
  first = optim_adam(list(parameters$weight, common), lr = 0.05)
  second = optim_sgd(list(common, parameters$bias), lr = 0.1, momentum = 0.9)
  expect_reference("two_optimizers", function(i) {
    train_step(first, function() loss_of(parameters$weight, parameters$bias + common))
    train_step(second, function() (common + parameters$bias - 1)$square()$sum())
  }, function() list(parameters$weight, (parameters$bias + common)$detach()))
})

test_that("a group can be added later", {
  parameters = start()
  optimizer = optim_adam(parameters$weight, lr = 0.05)
  expect_reference("added_group", function(i) {
    if (i == 3) optimizer$add_param_group(list(params = parameters$bias, lr = 0.01))
    train_step(optimizer, function() loss_of(parameters$weight, parameters$bias))
  }, function() parameters)
  expect_equal(map(optimizer$param_groups, function(group) names(group$params)), list("1", "2"))
  expect_equal(map_dbl(optimizer$state, "step"), c("1" = 6, "2" = 4))
})

test_that("everybody who holds a tensor sees the update, and takes part in it", {
  parameters = start()
  before = as.array(parameters$weight)
  other_name = parameters$weight
  optimizer = optim_sgd(parameters, lr = 1)
  expect_identical(as.array(other_name), before)
  parameters$bias$requires_grad_(FALSE)
  parameters$weight$grad = torch_ones(2, 3, dtype = "float64")
  optimizer$step()
  expect_equal(as.array(other_name), before - 1)
  with_no_grad(other_name$add_(1))
  optimizer$step()
  expect_equal(as.array(other_name), before - 1)
})

test_that("memory that a tensor gets from elsewhere is taken over with its values", {
  parameters = start()
  optimizer = optim_sgd(parameters, lr = 0.5)
  parameters$bias$data = torch_tensor(c(1, 2, 3), "float64")
  parameters$bias$grad = torch_tensor(c(2, 2, 2), "float64")
  optimizer$step()
  expect_equal(as.array(parameters$bias), c(0, 1, 2))
  parameters$bias$grad$data = torch_tensor(c(4, 4, 4), "float64")
  optimizer$step()
  expect_equal(as.array(parameters$bias), c(-2, -1, 0))
  parameters$bias$data = torch_tensor(c(1, 2), "float64")
  expect_error(optimizer$step(), "'bias' cannot be optimized: it has become .* with 2 elements",
    class = "mlr3libtorch_error_config")
})

test_that("gradients add up until they are set to zero, which leaves them where they are", {
  x = torch_tensor(1, requires_grad = TRUE)
  optimizer = optim_sgd(x, lr = 0)
  for (i in 1:3) {
    (2 * x)$backward()
    optimizer$step()
  }
  gradient = x$grad
  expect_equal(as.array(gradient), 6)
  optimizer$zero_grad()
  expect_equal(as.array(gradient), 0)
  (2 * x)$backward()
  expect_equal(as.array(gradient), 2)
})

test_that("backward() through values that a step has changed is an error", {
  x = torch_tensor(2, requires_grad = TRUE)
  optimizer = optim_sgd(x, lr = 0.1)
  loss = x^2
  loss$backward(retain_graph = TRUE)
  optimizer$step()
  expect_error(loss$backward(), "modified by an inplace operation", class = "mlr3libtorch_error_tensor")
})

test_that("dtypes without a loop of their own, and tensors without elements, are optimized, too", {
  x = torch_tensor(c(1, 2), "float16", requires_grad = TRUE)
  none = torch_zeros(0, dtype = "float16", requires_grad = TRUE)
  square = torch_tensor(matrix(1:4, 2), "float16")$t()$detach()$requires_grad_()
  optimizer = optim_sgd(list(x, none, square), lr = 0.5)
  for (tensor in list(x, none, square)) tensor$grad = torch_ones_like(tensor)
  optimizer$step()
  expect_equal(as.array(x), c(0.5, 1.5))
  expect_equal(as.array(square), matrix(c(1, 3, 2, 4), 2) - 0.5)
})

test_that("parameters of a network stay in its memory, and a planned run goes on with them", {
  seen = list()
  callback = torch_callback("own_steps", on_epoch_end = function() {
    parameters = self$ctx$network$parameters
    other = torch_ones(2, requires_grad = TRUE)
    optimizer = optim_sgd(c(parameters, list(other)), lr = 1)
    walk(parameters, function(parameter) parameter$grad = torch_ones_like(parameter))
    optimizer$step()
    seen[[self$ctx$epoch]] <<- map(parameters, function(parameter) as.array(parameter))
  })
  whole = torch_callback("own_steps", on_epoch_end = function() {
    with_no_grad(walk(self$ctx$network$parameters, function(parameter) parameter$sub_(1)))
  })
  state = function(callback) {
    train_quietly(small_learner(callback, epochs = 3, plan = "require", scale = FALSE))$model$network$state
  }
  expect_identical(state(callback), state(whole))
  expect_equal(map(seen[[3L]], length), map(state(whole), function(tensor) prod(tensor$shape)))
})

test_that("what cannot be optimized is refused by its name or position", {
  weight = torch_zeros(2, requires_grad = TRUE)
  refused = function(params, message) expect_error(optim_adam(params), message, class = "mlr3libtorch_error_config")
  refused(list(weight, weight), "Parameter '2' cannot be optimized: it is the same tensor as '1'")
  refused(list(list(params = list(w = weight)), list(params = list(v = weight))), "'v' .* the same tensor as 'w'")
  refused(list(w = weight * 2), "'w' cannot be optimized: it is computed from other tensors")
  refused(list(weight, torch_zeros(1, dtype = "float64")), "'2' .* of type Double on cpu, the first one of type Float")
  refused(list(torch_tensor(1:3)), "'1' .* floating point numbers")
  refused(list(a = torch_zeros(1)), "'a' .* neither it nor any other parameter requires a gradient")
  wrong = function(params, message) expect_error(optim_adam(params), message, class = "mlr3libtorch_error_argument")
  wrong(list(), "It is empty")
  wrong(1, "'params' must be a torch_tensor, a list of them, or a list of groups")
  wrong(function(x) x, "network\\$parameters")
  wrong(list(params = weight, lr = 1), "must be a torch_tensor, a list of them")
  wrong(list(list(lr = 1)), "'params' of parameter group 1 must be a torch_tensor")
})

test_that("settings are checked as everywhere", {
  weight = torch_zeros(2, requires_grad = TRUE)
  expect_error(optim_adam(weight, lr = -1), "'lr' of optimizer 'adam' must be at least 0")
  expect_error(optim_sgd(weight), "lr", class = "mlr3libtorch_error")
  expect_error(optim_sgd(list(list(params = weight, rate = 1)), lr = 1), "rate", class = "mlr3libtorch_error")
  expect_error(optim_adam(weight, betas = c(1, 0.9)), "less than 1", class = "mlr3libtorch_error_config")
  expect_equal(optim_sgd(list(list(params = weight, lr = 3)))$param_groups[[1]]$lr, 3)
})

test_that("arguments come from the registry, in its order", {
  for (name in mlr3libtorch_optimizers$keys()) {
    arguments = names(registry_entry("optimizer", name)$arguments)
    expect_identical(names(formals(get(paste0("optim_", name)))), c("params", arguments, "..."))
  }
  expect_identical(formals(optim_ignite_adam), formals(optim_adam))
})
