# Schedules as objects. The formulas of registered ones are tested in the core, against PyTorch's.

sgd = function(lr = 0.5, ...) optim_sgd(torch_zeros(1, requires_grad = TRUE), lr = lr, ...)

# The rates before the first step and after each of `steps`.
rates_of = function(schedule, steps) {
  c(schedule$get_last_lr(), map_dbl(seq_len(steps), function(i) {
    schedule$step()
    schedule$optimizer$param_groups[[1L]]$lr
  }))
}

test_that("registered schedules set the rates of an optimizer", {
  expect_equal(rates_of(lr_step(sgd(), step_size = 2, gamma = 0.1), 4), 0.5 * c(1, 1, 0.1, 0.1, 0.01))
  expect_equal(rates_of(lr_exponential(sgd(), gamma = 0.9), 3), 0.5 * 0.9^(0:3))
  expect_equal(rates_of(lr_cosine_annealing(sgd(), T_max = 4, eta_min = 0.1), 4),
    0.1 + 0.4 * (1 + cos(pi * (0:4) / 4)) / 2)
  expect_equal(rates_of(lr_step(sgd(), step_size = 2, gamma = 0.1, last_epoch = 0), 3), 0.5 * c(1, 0.1, 0.1, 0.01))
})

test_that("a cycle needs its number of steps, and moves the momentum the other way", {
  # PyTorch 1.13: OneCycleLR(SGD(..., lr=0.5, momentum=0.9), max_lr=0.2, total_steps=6)
  rates = c(0.008, 0.19888308709018238, 0.1623491307899526, 0.09252742053339501, 0.02669550603776612, 8e-07)
  momenta = c(0.95, 0.8505584586887436, 0.8688255099070633, 0.9037365046793212, 0.9366525935914912, 0.95)
  by_product = lr_one_cycle(sgd(momentum = 0.9), max_lr = 0.2, epochs = 2, steps_per_epoch = 3)
  expect_equal(rates_of(by_product, 5), rates, tolerance = 1e-9)
  optimizer = sgd(momentum = 0.9)
  schedule = lr_one_cycle(optimizer, 0.2, 6)
  seen = c(optimizer$param_groups[[1L]]$momentum, map_dbl(1:5, function(i) {
    schedule$step()
    optimizer$param_groups[[1L]]$momentum
  }))
  expect_equal(seen, momenta, tolerance = 1e-9)
  adam = optim_adam(torch_zeros(1, requires_grad = TRUE))
  lr_one_cycle(adam, 0.2, 6)
  expect_equal(adam$param_groups[[1L]]$betas, c(0.95, 0.999))
  expect_error(lr_one_cycle(adam, 0.2), "needs 'total_steps'", class = "mlr3libtorch_error_argument")
  expect_error(lr_one_cycle(optim_adagrad(torch_zeros(1, requires_grad = TRUE)), 0.2, 6), "cycle_momentum")
})

test_that("a sequence has callbacks as its parts", {
  parts = list(t_clbk("lr_warmup", total_iters = 2, start_factor = 0.5), t_clbk("lr_exponential", gamma = 0.1))
  expect_equal(rates_of(lr_sequential(sgd(1), parts, 2), 3), c(0.5, 0.75, 1, 0.1))
  expect_error(lr_sequential(sgd(), list(1), 2), "must be a list of schedules", class = "mlr3libtorch_error_argument")
})

test_that("functions give the factors, one for each group if wanted", {
  expect_equal(rates_of(lr_lambda(sgd(), function(epoch) 1 / (epoch + 1)), 2), 0.5 / (1:3))
  expect_equal(rates_of(lr_multiplicative(sgd(), function(epoch) 1 / epoch), 3), 0.5 / c(1, 1, 2, 6))
  groups = map(1:2, function(i) list(params = torch_zeros(1, requires_grad = TRUE)))
  schedule = lr_lambda(optim_sgd(groups, lr = 1), list(function(epoch) 0.5^epoch, function(epoch) 1))
  schedule$step()
  expect_equal(schedule$get_last_lr(), c(0.5, 1))
  expect_error(lr_lambda(sgd(), function(epoch) "a"), "must return a number of at least 0")
  expect_error(lr_lambda(sgd(), 1), "must be a function of the epoch", class = "mlr3libtorch_error_argument")
})

test_that("lr_reduce_on_plateau() follows PyTorch's", {
  cases = fread(test_path("reference", "plateau.csv"))
  for (i in seq_len(nrow(cases))) {
    case = as.list(cases[i])
    scores = c(5, 4, 4, 4, 4, 4.1, 3, 3, 3, 3)
    if (case$V1 == "max") scores = 10 - scores
    optimizer = sgd(1)
    schedule = lr_reduce_on_plateau(optimizer, mode = case$V1, factor = 0.5, patience = 1, threshold_mode = case$V2,
      cooldown = case$V3, min_lr = case$V4, eps = case$V5)
    rates = map_dbl(scores, function(score) {
      schedule$step(torch_tensor(score))
      optimizer$param_groups[[1L]]$lr
    })
    expect_equal(rates, unlist(case[6:15], use.names = FALSE))
  }
  expect_error(lr_reduce_on_plateau(sgd(), factor = 1), "'factor' cannot be 1")
  expect_error(lr_reduce_on_plateau(sgd())$step("a"), "'metrics' must be a number")
})

test_that("the state of a schedule goes into another one, which sets its rates", {
  make = list(
    function(optimizer) lr_one_cycle(optimizer, 0.2, 10),
    function(optimizer) lr_multiplicative(optimizer, list(function(epoch) 0.9)),
    function(optimizer) lr_step(optimizer, 2)
  )
  for (schedule_for in make) {
    schedule = schedule_for(sgd(momentum = 0.9))
    rates_of(schedule, 4)
    optimizer = sgd(lr = 0.3, momentum = 0.9)
    other = schedule_for(optimizer)
    other$load_state_dict(schedule$state_dict())
    groups = list(optimizer$param_groups[[1L]], schedule$optimizer$param_groups[[1L]])
    expect_identical(groups[[1L]][c("lr", "momentum")], groups[[2L]][c("lr", "momentum")])
    expect_identical(rates_of(other, 3), rates_of(schedule, 3))
  }
  plateau = lr_reduce_on_plateau(sgd(), patience = 1)
  for (i in 1:2) plateau$step(1)
  copy = lr_reduce_on_plateau(sgd(), patience = 1)
  copy$load_state_dict(plateau$state_dict())
  copy$step(1)
  expect_equal(copy$get_last_lr(), 0.05)
  expect_error(copy$load_state_dict(list(a = 1)), "must be a list with the elements",
    class = "mlr3libtorch_error_state")
  two = lr_step(optim_sgd(map(1:2, function(i) list(params = torch_zeros(1, requires_grad = TRUE))), lr = 1), 1)
  expect_error(lr_step(sgd(), 1)$load_state_dict(two$state_dict()), "2 parameter groups, but the optimizer has 1")
})

test_that("a schedule of one's own has fields and arguments, and can have heirs", {
  lr_reciprocal = lr_scheduler("lr_reciprocal",
    initialize = function(optimizer, power = 1, ...) {
      self$power = power
      super$initialize(optimizer, ...)
    },
    get_lr = function() self$base_lrs / (self$last_epoch + 1)^self$power
  )
  expect_named(formals(lr_reciprocal), c("optimizer", "power", "..."))
  schedule = lr_reciprocal(sgd(), power = 2)
  expect_s3_class(schedule, c("lr_reciprocal", "LRScheduler"), exact = FALSE)
  expect_equal(rates_of(schedule, 2), 0.5 / (1:3)^2)
  expect_setequal(names(schedule$state_dict()), c("base_lrs", "last_epoch", "power", "verbose", "last_lr"))
  lr_half = lr_scheduler("lr_half", inherit = lr_reciprocal, get_lr = function() super$get_lr() / 2)
  expect_equal(rates_of(lr_half(sgd()), 1), 0.25 / (1:2))
  expect_output(print(lr_half), "lr_half\\(optimizer, power, ...\\)")
  expect_output(lr_reciprocal(sgd(), verbose = TRUE), "lr_reciprocal: learning rate 0.5")
  expect_error(lr_scheduler("none")(sgd()), "has no method `get_lr\\(\\)`")
  expect_error(lr_scheduler("bad", get_lr = function() "a")(sgd()),
    "must return a number of at least 0 for each parameter group \\(1\\), not a")
  expect_error(lr_scheduler("unnamed", a = 1, a = 2), "unique names", class = "mlr3libtorch_error_argument")
  expect_error(lr_scheduler("heir", inherit = 1), "'inherit' must be", class = "mlr3libtorch_error_argument")
})

test_that("the first argument must be an optimizer", {
  expect_error(lr_step(1, 2), "must be an optimizer, such as optim_adam\\(\\), not 1.")
  expect_error(lr_step(sgd(), -1), "step_size", class = "mlr3libtorch_error_argument")
  expect_error(lr_step(sgd(), 1, last_epoch = "a"), "'last_epoch' must be a whole number")
})

# The learning rate in each batch of a run.
rates_in_training = function(callback) {
  seen = numeric()
  observer = stage_callback("observer", function(stage, ctx) {
    seen <<- c(seen, ctx$optimizer$param_groups[[1L]]$lr)
  }, "on_batch_begin")
  train_quietly(small_learner(list(observer, callback), epochs = 4, opt.lr = 0.1, validate = NULL, batch_size = 75))
  seen
}

test_that("learners take these schedules as callbacks, with the rates of the native ones", {
  own = as_lr_scheduler(lr_step, step_on_epoch = TRUE, id = "own")
  expect_identical(own$param_set$ids(), c("step_size", "gamma", "last_epoch", "verbose"))
  own$param_set$set_values(step_size = 2, gamma = 0.5)
  expect_equal(rates_in_training(own), rates_in_training(t_clbk("lr_step", step_size = 2, gamma = 0.5)))
  expect_error(as_lr_scheduler(lr_reduce_on_plateau, step_on_epoch = TRUE), "t_clbk\\(\"lr_reduce_on_plateau\"\\)")
})

test_that("learners take a schedule, whose arguments are set, and which stays as it is", {
  optimizer = sgd()
  schedule = lr_step(optimizer, step_size = 2, gamma = 0.5)
  schedule$step()
  callback = as_lr_scheduler(schedule, step_on_epoch = TRUE, id = "own")
  expect_identical(callback$param_set$ids(), c("step_size", "gamma", "last_epoch", "verbose"))
  expect_identical(callback$param_set$values, list(step_size = 2, gamma = 0.5))
  expect_equal(rates_in_training(callback), 0.1 * rep(c(1, 1, 0.5, 0.5), each = 2))
  expect_equal(optimizer$param_groups[[1L]]$lr, 0.5)
  expect_identical(schedule$last_epoch, 1)

  cycle = as_lr_scheduler(lr_cyclic, step_on_epoch = FALSE)
  cycle$param_set$set_values(base_lr = 0.1, max_lr = 0.2, step_size_up = 3, cycle_momentum = FALSE)
  made = lr_cyclic(sgd(), base_lr = 0.1, max_lr = 0.2, step_size_up = 3, cycle_momentum = FALSE)
  expect_equal(rates_in_training(as_lr_scheduler(made, step_on_epoch = FALSE)), rates_in_training(cycle))
  by_function = as_lr_scheduler(lr_lambda(sgd(), function(epoch) 1 / (epoch + 1)), step_on_epoch = TRUE)
  expect_equal(rates_in_training(by_function), 0.1 / rep(1:4, each = 2))
  falling = as_lr_scheduler(lr_multiplicative(sgd(), function(epoch) 0.9), step_on_epoch = TRUE)
  expect_equal(rates_in_training(falling), 0.1 * 0.9^rep(0:3, each = 2))
})

test_that("a schedule of one's own can be given as such, too", {
  lr_reciprocal = lr_scheduler("lr_reciprocal",
    initialize = function(optimizer, power = 1, ...) {
      self$power = power
      super$initialize(optimizer, ...)
    },
    get_lr = function() self$base_lrs / (self$last_epoch + 1)^self$power
  )
  callback = as_lr_scheduler(lr_reciprocal(sgd(), 2, last_epoch = 0), step_on_epoch = TRUE)
  expect_identical(callback$param_set$values, list(power = 2, last_epoch = 0))
  expect_equal(rates_in_training(callback), 0.1 / rep(2:5, each = 2)^2)
  expect_error(as_lr_scheduler(lr_reciprocal(sgd(), 2, 0), step_on_epoch = TRUE), "by name",
    class = "mlr3libtorch_error_invalid_callback")
  expect_error(as_lr_scheduler(lr_reduce_on_plateau(sgd()), step_on_epoch = TRUE),
    "t_clbk\\(\"lr_reduce_on_plateau\"\\)")
})

test_that("bounds of a cycle may be given for each parameter group", {
  groups = map(1:2, function(i) list(params = torch_zeros(1, requires_grad = TRUE)))
  optimizer = optim_sgd(groups, lr = 0.5, momentum = 0.9)
  # PyTorch 1.13: OneCycleLR(optimizer, max_lr=[0.2, 0.05], total_steps=6)
  schedule = lr_one_cycle(optimizer, max_lr = c(0.2, 0.05), total_steps = 6)
  expect_equal(schedule$get_last_lr(), c(0.008, 0.002))
  schedule$step()
  expect_equal(schedule$get_last_lr(), c(0.19888308709018238, 0.049720771772545594), tolerance = 1e-9)
  expect_equal(map_dbl(optimizer$param_groups, "momentum"), rep(0.8505584586887436, 2), tolerance = 1e-9)
  for (i in 1:3) schedule$step()
  expect_equal(schedule$get_last_lr(), c(0.02669550603776612, 0.00667387650944153), tolerance = 1e-9)
  # CyclicLR(optimizer, base_lr=[0.1, 0.01], max_lr=[0.2, 0.05], step_size_up=2)
  cycle = lr_cyclic(optimizer, base_lr = c(0.1, 0.01), max_lr = list(0.2, 0.05), step_size_up = 2)
  rates = list(cycle$get_last_lr())
  for (i in 1:3) {
    cycle$step()
    rates[[i + 1L]] = cycle$get_last_lr()
  }
  expect_equal(rates, list(c(0.1, 0.01), c(0.15, 0.03), c(0.2, 0.05), c(0.15, 0.03)))
  expect_error(lr_one_cycle(optimizer, max_lr = c(0.1, 0.2, 0.3), total_steps = 6),
    "'max_lr' has 3 numbers, but the optimizer has 2 parameter groups", class = "mlr3libtorch_error_argument")
  expect_error(lr_one_cycle(sgd(momentum = 0.9), max_lr = c(0.1, 0.2), total_steps = 6), "has 1 parameter groups")
})
