# The members of optimizers: those of runs and those over tensors.

trained = function(optimizer, x, steps) {
  for (i in seq_len(steps)) {
    optimizer$zero_grad()
    (x - 3)$square()$sum()$backward()
    optimizer$step()
  }
  as.array(x)
}

test_that("a state that goes into another optimizer leads to the same bits", {
  for (name in mlr3libtorch_optimizers$keys()) {
    make = function(x) get(paste0("optim_", name))(list(x = x), lr = 0.01)
    x = torch_tensor(c(1, -2), requires_grad = TRUE)
    optimizer = make(x)
    trained(optimizer, x, 3)
    copy = torch_tensor(as.array(x), requires_grad = TRUE)
    other = make(copy)
    other$load_state_dict(optimizer$state_dict())
    expect_identical(trained(other, copy, 3), trained(optimizer, x, 3), info = name)
  }
})

test_that("the state has an entry for each parameter", {
  x = torch_zeros(2, 2, requires_grad = TRUE)
  y = torch_zeros(1, requires_grad = TRUE)
  optimizer = optim_adam(list(list(params = list(y = y)), list(params = list(x = x), lr = 1)))
  x$grad = torch_ones(2, 2)
  optimizer$step()
  expect_named(optimizer$state, c("y", "x"))
  expect_equal(optimizer$state$x$step, 1)
  expect_equal(as.array(optimizer$state$x$exp_avg), matrix(0.1, 2, 2), tolerance = 1e-6)
  expect_equal(optimizer$state$y$step, 0)
  state = optimizer$state_dict()
  expect_equal(map(state$param_groups, "params"), list(1, 2))
  expect_equal(map_dbl(state$param_groups, "lr"), c(0.001, 1))
})

test_that("a state of something else is refused, and changes nothing", {
  x = torch_zeros(2, requires_grad = TRUE)
  optimizer = optim_adam(list(x = x))
  trained(optimizer, x, 2)
  state = optimizer$state_dict()
  refused = function(change, message) {
    expect_error(optimizer$load_state_dict(change(state)), message, class = "mlr3libtorch_error_state")
    expect_equal(optimizer$state$x$step, 2)
  }
  refused(function(state) "a", "dictionary|list")
  refused(function(state) replace(state, "name", "adamw"), "belongs to 'adamw', not to 'adam'")
  refused(function(state) replace(state, "state", list(list())), "0 parameters|1")
  refused(function(state) {
    state$state[[1]]$exp_avg = torch_zeros(3)
    state
  }, "'x' has another shape or dtype for 'exp_avg'")
  refused(function(state) {
    state$state[[1]]$exp_avg = NULL
    state
  }, "lacks 'exp_avg'")
  refused(function(state) {
    state$param_groups[[1]]$params = 2
    state
  }, "group 1 holds other parameters")
  refused(function(state) {
    state$state[[1]]$step = -1
    state
  }, "step")
})

test_that("step() calls a closure and returns its loss", {
  x = torch_tensor(1, requires_grad = TRUE)
  optimizer = optim_sgd(x, lr = 0.5)
  loss = optimizer$step(function() {
    optimizer$zero_grad()
    loss = x$square()$sum()
    loss$backward()
    loss
  })
  expect_equal(loss$item(), 1)
  expect_equal(as.array(x), 0)
})

test_that("tensors of a group are the ones that were given, and cannot be replaced", {
  x = torch_tensor(1, requires_grad = TRUE)
  optimizer = optim_sgd(list(weight = x), lr = 0.5)
  with_no_grad(optimizer$param_groups[[1]]$params$weight$fill_(7))
  expect_equal(as.array(x), 7)
  expect_error({
    optimizer$param_groups[[1]]$params = list(torch_zeros(1))
  }, "add_param_group", class = "mlr3libtorch_error_read_only")
  expect_error({
    optimizer$state = list()
  }, "'state' is read-only", class = "mlr3libtorch_error_read_only")
  expect_error(optimizer$setp, "did you mean 'step'", class = "mlr3libtorch_error_unknown_field")
  expect_error(optimizer[[1]], class = "mlr3libtorch_error_unknown_field")
  expect_output(print(optimizer), "<torch_optimizer> sgd: 1 parameter group\n  1 parameter: .*lr=0.5")
  expect_true(is_optimizer(optimizer))
  expect_false(is_optimizer(x))
})

test_that("a group that cannot be added leaves the optimizer as it was", {
  x = torch_tensor(1, requires_grad = TRUE)
  optimizer = optim_sgd(x, lr = 0.5)
  expect_error(optimizer$add_param_group(list(params = x)), "the same tensor", class = "mlr3libtorch_error_config")
  y = torch_tensor(1, requires_grad = TRUE)
  expect_error(optimizer$add_param_group(list(params = y, lr = -1)), "at least 0")
  expect_error(optimizer$add_param_group(list(params = y, rate = 1)), "rate")
  expect_error(optimizer$add_param_group(y), "must be a list such as", class = "mlr3libtorch_error_argument")
  expect_length(optimizer$param_groups, 1L)
  trained(optimizer, x, 1)
  expect_equal(as.array(x), 3)
  optimizer$add_param_group(list(params = y))
  expect_equal(map_dbl(optimizer$param_groups, "lr"), c(0.5, 0.5))
})

test_that("an optimizer from an R file says what it is", {
  file = withr::local_tempfile()
  saveRDS(optim_sgd(torch_zeros(1, requires_grad = TRUE), lr = 1), file)
  expect_error(readRDS(file)$step(), "This optimizer was saved and reloaded", class = "mlr3libtorch_error_handle")
})

# What `body(ctx)` does in the stage of one batch; the weights afterwards.
weights_after = function(body, stage = "on_batch_end", plan = "require", ...) {
  callback = stage_callback("acts", function(stage, ctx) if (ctx$global_step == 2) body(ctx), stage)
  train_quietly(small_learner(callback, validate = NULL, epochs = 1, plan = plan, ...))$model$network$state
}

test_that("a run's optimizer makes a step with the gradients of the moment", {
  for (plan in c("require", "off")) {
    sgd = t_opt("sgd", lr = 0.1)
    own = weights_after(function(ctx) {
      walk(ctx$network$parameters, function(parameter) parameter$grad$fill_(2))
      ctx$optimizer$step()
    }, plan = plan, optimizer = sgd)
    by_hand = weights_after(function(ctx) {
      with_no_grad(walk(ctx$network$parameters, function(parameter) parameter$sub_(0.1 * 2)))
    }, plan = plan, optimizer = sgd)
    expect_equal(map(own, as.array), map(by_hand, as.array), tolerance = 1e-6)
  }
})

test_that("a run's step leaves out parameters that are frozen or have no gradient", {
  sgd = t_opt("sgd", lr = 0.1)
  same = function(body) {
    expect_identical(weights_after(body, optimizer = sgd), weights_after(function(ctx) NULL, optimizer = sgd))
  }
  same(function(ctx) {
    ctx$optimizer$zero_grad(set_to_none = TRUE)
    ctx$optimizer$step()
  })
  same(function(ctx) {
    ctx$optimizer$zero_grad()
    ctx$optimizer$step()
  })
  same(function(ctx) {
    ctx$network$requires_grad_(FALSE)
    ctx$optimizer$step()
    ctx$network$requires_grad_(TRUE)
  })
})

test_that("a step of one's own in place of the loop's gives the same weights", {
  for (plan in c("require", "off")) {
    own = stage_callback("own", function(stage, ctx) {
      ctx$optimizer$step()
      ctx$skip_step = TRUE
    }, "on_after_backward")
    train = function(callbacks) {
      train_quietly(small_learner(callbacks, validate = NULL, plan = plan))$model$network$state
    }
    expect_identical(train(own), train(list()))
  }
})

test_that("the state of a run's optimizer is shown and can be put back", {
  states = list()
  callback = stage_callback("looks", function(stage, ctx) {
    states[[length(states) + 1L]] <<- list(ctx$optimizer$state, ctx$optimizer$state_dict())
    ctx$optimizer$load_state_dict(ctx$optimizer$state_dict())
  }, "on_batch_end")
  with = train_quietly(small_learner(callback, validate = NULL, epochs = 2))$model
  expect_identical(with$network$state, train_quietly(small_learner(validate = NULL, epochs = 2))$model$network$state)
  expect_equal(map_dbl(states[[2L]][[1L]], "step"), c(linear1.weight = 2, linear1.bias = 2, head.weight = 2,
    head.bias = 2))
  expect_equal(states[[1L]][[1L]]$head.weight$exp_avg$shape, with$network$state$head.weight$shape)
  expect_equal(states[[1L]][[2L]]$name, "adam")
})

test_that("a run's optimizer takes no group, and no step while averaged weights are in the network", {
  refused = function(body, message, ...) {
    callback = stage_callback("acts", function(stage, ctx) body(ctx), ...)
    expect_error(train_quietly(small_learner(list(callback, t_clbk("ema")), epochs = 2)), message)
  }
  refused(function(ctx) ctx$optimizer$add_param_group(list(params = torch_zeros(1))), "opt.param_groups", "on_begin")
  refused(function(ctx) ctx$optimizer$step(), "the callback 'ema' has its own weights", "on_valid_end")
})

test_that("the optimizer of a run that is over says so", {
  kept = NULL
  train_quietly(small_learner(stage_callback("keeps", function(stage, ctx) kept <<- ctx$optimizer, "on_end")))
  expect_error(kept$step(), "has ended", class = "mlr3libtorch_error_handle")
  expect_error(kept$param_groups, "has ended", class = "mlr3libtorch_error_handle")
})
