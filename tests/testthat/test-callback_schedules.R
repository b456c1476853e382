# Schedules in runs through a learner. Their values are tested in the core, against PyTorch's.

# The learning rate in each batch of a run.
rates_in_run = function(callbacks, ..., epochs = 4) {
  rates = numeric()
  observer = torch_callback("observer", on_batch_begin = function() {
    rates <<- c(rates, self$ctx$optimizer$param_groups[[1L]]$lr)
  })
  train_quietly(small_learner(c(list(observer), callbacks), epochs = epochs, opt.lr = 0.1, validate = NULL,
    batch_size = 75, ...))
  rates
}

test_that("a schedule of epochs changes the rate after each epoch, one of batches after each batch", {
  expect_equal(rates_in_run(t_clbk("lr_exponential", gamma = 0.5)), 0.1 * 0.5^rep(0:3, each = 2))
  expect_equal(rates_in_run(t_clbk("lr_exponential", gamma = 0.5, step_on_epoch = FALSE)), 0.1 * 0.5^(0:7))
})

test_that("a schedule can be tuned", {
  learner = lrn("classif.mlp", callbacks = t_clbk("lr_step"))
  learner$param_set$set_values(cb.lr_step.step_size = to_tune(1, 10), cb.lr_step.gamma = 0.5)
  expect_setequal(learner$param_set$search_space()$ids(), "cb.lr_step.step_size")
})

test_that("a sequence is made of schedules", {
  schedules = list(t_clbk("lr_warmup", total_iters = 2, start_factor = 0.5), t_clbk("lr_exponential", gamma = 0.1))
  sequence = t_clbk("lr_sequential", schedules = schedules, milestones = 2)
  expect_equal(rates_in_run(sequence), rep(c(0.05, 0.075, 0.1, 0.01), each = 2))
  expect_config_error(t_clbk("lr_sequential", schedules = list(t_clbk("history"))), "parameter",
    "must be a list of schedules such as t_clbk(\"lr_step\", step_size = 5)")
  expect_config_error(t_clbk("lr_sequential", schedules = schedules, milestones = -1), "parameter", "milestones")
  learner = small_learner(t_clbk("lr_sequential", schedules = schedules, milestones = 1:2))
  expect_error(train_quietly(learner), "2 schedules and 2 milestones", class = "mlr3libtorch_error_config")
})

test_that("schedules of a sequence take whole numbers that are not of R's type integer", {
  cosine = t_clbk("lr_cosine_annealing", T_max = 4)
  sequence = t_clbk("lr_sequential", schedules = list(t_clbk("lr_warmup", total_iters = 1, start_factor = 0.5), cosine),
    milestones = 1)
  expect_equal(rates_in_run(sequence), rep(c(0.05, 0.1 * (1 + cos(pi * 0:2 / 4)) / 2), each = 2))
})

test_that("lr_lambda multiplies the first rate, lr_multiplicative the current one", {
  expect_equal(rates_in_run(t_clbk("lr_lambda", lr_lambda = function(epoch) 1 / (epoch + 1))),
    rep(0.1 / (1:4), each = 2))
  expect_equal(rates_in_run(t_clbk("lr_multiplicative", lr_lambda = function(epoch) 1 / epoch)),
    rep(0.1 / c(1, 1, 2, 6), each = 2))
})

test_that("lr_lambda takes a function for each parameter group", {
  rates = list()
  observer = torch_callback("observer", on_epoch_begin = function() {
    rates[[length(rates) + 1L]] <<- map_dbl(self$ctx$optimizer$param_groups, "lr")
  })
  groups = function(parameters) list(list(params = names(parameters)[1L], lr = 0.5))
  callback = t_clbk("lr_lambda", lr_lambda = list(function(epoch) 0.5^epoch, function(epoch) 1))
  train_quietly(small_learner(list(observer, callback), optimizer = t_opt("sgd", lr = 0.1, param_groups = groups)))
  expect_equal(rates, list(c(0.5, 0.1), c(0.25, 0.1)))
})

test_that("a function that returns no factor is an error that says so", {
  learner = small_learner(t_clbk("lr_lambda", lr_lambda = function(epoch) "a"))
  expect_error(train_quietly(learner), "'lr_lambda' must return a number of at least 0", class = "mlr3libtorch_error")
  expect_config_error(t_clbk("lr_lambda", lr_lambda = 3), "parameter", "must be a function of the epoch")
  expect_config_error(CallbackSetLrLambda$new(function() 1), "invalid_callback", "must be a function of the epoch")
  three = t_clbk("lr_lambda", lr_lambda = list(identity, identity, identity))
  expect_error(train_quietly(small_learner(three)), "has 3 functions, but the optimizer has 1 parameter groups")
})

test_that("schedules go on in a resumed run", {
  schedules = list(
    t_clbk("lr_lambda", lr_lambda = function(epoch) 0.9^epoch),
    t_clbk("lr_multiplicative", lr_lambda = function(epoch) 0.9),
    t_clbk("lr_one_cycle", max_lr = 0.1),
    t_clbk("lr_reduce_on_plateau", patience = 0, threshold = 10),
    as_lr_scheduler(function(optimizer) {
      list(step = function() optimizer$param_groups[[1L]]$lr = optimizer$param_groups[[1L]]$lr * 0.9)
    }, step_on_epoch = FALSE)
  )
  for (schedule in schedules) {
    whole = train_quietly(small_learner(schedule, epochs = 4))
    folder = withr::local_tempdir()
    train_quietly(small_learner(list(schedule, t_clbk("checkpoint", path = folder, keep_last = 4)), epochs = 4))
    resumed = train_quietly(small_learner(schedule, epochs = 4, resume = list_checkpoints(folder)$file[[2L]]))
    for (field in c("network", "optimizer", "callbacks")) {
      expect_identical(resumed$model[[field]], whole$model[[field]], info = paste(schedule$id, field))
    }
  }
})

# The learning rate after each of the scores of reference/plateau.py, from a rate of 1.
plateau_rates = function(..., score_of = identity, minimize = TRUE) {
  optimizer = new.env()
  optimizer$param_groups = list(list(lr = 1))
  set = t_clbk("lr_reduce_on_plateau", factor = 0.5, patience = 1, ...)$generate()
  set$ctx = fake_context(measures_valid = list(list(id = "score", minimize = minimize)), optimizer = optimizer)
  set$on_begin()
  map_dbl(c(5, 4, 4, 4, 4, 4.1, 3, 3, 3, 3), function(score) {
    set$ctx$last_scores_valid = list(score = score_of(score))
    set$on_valid_end()
    optimizer$param_groups[[1L]]$lr
  })
}

test_that("lr_reduce_on_plateau follows PyTorch's, in the direction of the measure or the one given", {
  cases = fread(test_path("reference", "plateau.csv"))
  expect_identical(nrow(cases), 7L)
  for (i in seq_len(nrow(cases))) {
    case = as.list(cases[i])
    minimize = case$V1 == "min"
    rates = function(...) {
      plateau_rates(threshold_mode = case$V2, cooldown = case$V3, min_lr = case$V4, eps = case$V5,
        score_of = if (minimize) identity else function(score) 10 - score, ...)
    }
    expect_equal(rates(minimize = minimize), unlist(case[6:15], use.names = FALSE))
    expect_equal(rates(minimize = NA, mode = case$V1), unlist(case[6:15], use.names = FALSE))
  }
})

test_that("a relative threshold is a share of the size of a negative score", {
  expect_equal(plateau_rates(score_of = function(score) score - 10), plateau_rates())
})

test_that("lr_reduce_on_plateau needs a measure with a direction", {
  learner = small_learner(t_clbk("lr_reduce_on_plateau"), validate = NULL)
  expect_error(train_quietly(learner), "needs a validation measure", class = "mlr3libtorch_error")
  expect_error(plateau_rates(minimize = NA), "has no direction", class = "mlr3libtorch_error_config")
  expect_config_error(t_clbk("lr_reduce_on_plateau", factor = 2), "parameter",
    "'factor' must be a number of at least 0 and at most 1, not 2.")
})

test_that("as_lr_scheduler() wraps a function or a class, whose arguments become parameters", {
  Halving = R6::R6Class("Halving", public = list(
    optimizer = NULL, factor = NULL,
    initialize = function(optimizer, factor = 0.5) {
      self$optimizer = optimizer
      self$factor = factor
    },
    step = function() {
      optimizer = self$optimizer
      optimizer$param_groups[[1L]]$lr = optimizer$param_groups[[1L]]$lr * self$factor
    }
  ))
  expect_equal(rates_in_run(as_lr_scheduler(Halving, step_on_epoch = TRUE)), 0.1 * 0.5^rep(0:3, each = 2))
  callback = as_lr_scheduler(Halving, step_on_epoch = FALSE, id = "halving")
  expect_identical(callback$param_set$ids(), "factor")
  expect_equal(rates_in_run(callback, cb.halving.factor = 0.9), 0.1 * 0.9^(0:7))
  expect_config_error(as_lr_scheduler(3, TRUE), "invalid_callback", "must be a function, or an R6 class")
  expect_config_error(as_lr_scheduler(Halving, "epoch"), "invalid_callback", "'step_on_epoch' must be TRUE or FALSE")
  no_step = as_lr_scheduler(function(optimizer) list(), step_on_epoch = TRUE)
  expect_error(train_quietly(small_learner(no_step)), "an object with a method `step()`", fixed = TRUE)
})

test_that("a schedule can be looked at before training", {
  plot = ggplot2::autoplot(t_clbk("lr_one_cycle", max_lr = 0.1), epochs = 3, steps = 10)
  expect_s3_class(plot, "ggplot")
  expect_equal(nrow(plot$data), 60)
  expect_setequal(plot$data$name, c("lr", "momentum"))
  table = function(...) schedule_table(..., epochs = 3, steps = 2, lr = 0.1)
  expect_equal(table(t_clbk("lr_exponential", gamma = 0.5))$value, 0.1 * 0.5^rep(0:2, each = 2))
  expect_equal(table(t_clbk("lr_exponential", gamma = 0.5))$epoch, rep(1:3, each = 2))
  expect_equal(table(t_clbk("lr_lambda", lr_lambda = function(epoch) epoch))$value, 0.1 * rep(0:2, each = 2))
  expect_equal(table(t_clbk("lr_multiplicative", lr_lambda = function(epoch) 0.5))$value,
    0.1 * 0.5^rep(0:2, each = 2))
  expect_config_error(table(t_clbk("history")), "invalid_callback", "only a learning rate schedule")
})

test_that("a preview is what a run does", {
  callback = t_clbk("lr_one_cycle", max_lr = 0.2)
  table = schedule_table(callback, epochs = 4, steps = 2, lr = 0.1)
  expect_equal(rates_in_run(callback), table[list("lr"), on = "name"]$value)
})

# Reference: torch.optim.lr_scheduler of PyTorch 1.13, stepped one after the other.
test_that("several schedules multiply, whatever their order, and a resumed run goes on with the same rates", {
  rates = function(..., epochs = 6, path = NULL) {
    learner = lrn("classif.mlp", epochs = epochs, batch_size = 50, opt.lr = 0.01, seed = 1, callbacks = list(...),
      resume = path)
    learner$train(tsk("iris"))$history$lr
  }
  warmup = t_clbk("lr_warmup", total_iters = 2)
  step = t_clbk("lr_step", step_size = 2, gamma = 0.5)
  expected = 0.01 * c(1 / 3, 2 / 3, 0.5, 0.5, 0.25, 0.25)
  expect_equal(rates(warmup, step), expected, tolerance = 1e-12)
  expect_equal(rates(step, warmup), expected, tolerance = 1e-12)
  expect_equal(rates(step, t_clbk("lr_exponential", gamma = 0.9)), 0.01 * 0.9^(0:5) * 0.5^rep(0:2, each = 2),
    tolerance = 1e-12)
  folder = withr::local_tempdir()
  checkpoint = t_clbk("checkpoint", path = folder, keep_last = Inf)
  whole = rates(warmup, step, checkpoint)
  for (epoch in 1:5) {
    file = file.path(folder, sprintf("checkpoint_%06i.safetensors", epoch))
    expect_identical(rates(warmup, step, path = file), whole)
  }
})

test_that("a rate that somebody has changed stays changed by that factor, and one of zero does not stay", {
  rates = function(factor) {
    changes = torch_callback("changes", weight = 1, on_epoch_begin = function() {
      optimizer = self$ctx$optimizer
      if (self$ctx$epoch == 2) optimizer$param_groups[[1L]]$lr = factor * optimizer$param_groups[[1L]]$lr
    })
    learner = lrn("classif.mlp", epochs = 4, batch_size = 50, opt.lr = 0.1, seed = 1,
      callbacks = list(changes, t_clbk("lr_exponential", gamma = 0.5)))
    learner$train(tsk("iris"))$history$lr
  }
  expect_equal(rates(0.1), 0.1 * c(1, 0.05, 0.025, 0.0125), tolerance = 1e-12)
  expect_equal(rates(0), 0.1 * c(1, 0, 0.25, 0.125), tolerance = 1e-12)
})
