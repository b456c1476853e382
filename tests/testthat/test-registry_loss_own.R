# Losses from modules of a user, whose arguments are parameters.

power_loss = nn_module("power_loss",
  initialize = function(power, factor = 1) {
    self$power = power
    self$factor = factor
  },
  forward = function(input, target) self$factor * torch_mean(torch_abs(input - target)^self$power)
)

trained_with = function(loss, ...) {
  learner = lrn("regr.mlp", neurons = 4, loss = loss, epochs = 3, batch_size = 8, seed = 1, ...)
  learner$train(tsk("mtcars"))
}

weights_of = function(learner) map(learner$network$parameters, as.array)

test_that("the arguments of a module's `initialize` are parameters of the loss", {
  loss = as_torch_loss(power_loss, task_types = "regr")
  expect_class(loss, "TorchLoss")
  expect_identical(loss$id, "power_loss")
  expect_identical(loss$task_types, "regr")
  expect_identical(loss$generator, power_loss)
  expect_subset(c("power", "factor"), loss$param_set$ids())
  expect_identical(loss$param_set$default$factor, 1)
  expect_equal(weights_of(trained_with(loss, loss.power = 2)), weights_of(trained_with("mse")), tolerance = 1e-5)
  loss = TorchLoss$new(torch_loss = power_loss, task_types = "regr", id = "own")
  loss$param_set$set_values(power = 1)
  expect_identical(loss$id, "own")
  expect_equal(weights_of(trained_with(loss)), weights_of(trained_with("l1")), tolerance = 1e-5)
  expect_equal(as.numeric(loss$generate()(torch_tensor(c(1, 4)), torch_tensor(c(2, 2)))), 1.5)
  bounded = as_torch_loss(power_loss, param_set = paradox::ps(power = paradox::p_dbl(1, 2)))
  expect_error(trained_with(bounded, loss.power = 3), "power")
})

test_that("a parameter of such a loss can be tuned, saved and resumed", {
  learner = lrn("regr.mlp", loss = as_torch_loss(power_loss, power = 2), epochs = 1, batch_size = 8)
  expect_identical(learner$param_set$values$loss.power, 2)
  learner$param_set$set_values(loss.power = paradox::to_tune(paradox::p_dbl(1, 2)))
  expect_identical(learner$param_set$search_space()$ids(), "loss.power")
  expect_saved(trained_with(as_torch_loss(power_loss, power = 2)), tsk("mtcars"))
  half = trained_with(as_torch_loss(power_loss, power = 2))
  half$continue(tsk("mtcars"), epochs = 2)
  whole = lrn("regr.mlp", neurons = 4, loss = as_torch_loss(power_loss, power = 2), epochs = 5, batch_size = 8,
    seed = 1)$train(tsk("mtcars"))
  expect_identical(weights_of(half), weights_of(whole))
})

test_that("another module, or another value, is another loss for a run that goes on", {
  expect_false(as_torch_loss(power_loss)$phash == t_loss("fn")$phash)
  model = lrn("regr.mlp", loss = as_torch_loss(power_loss, power = 2), epochs = 2, batch_size = 8, seed = 1,
    callbacks = t_clbk("checkpoint", path = folder <- withr::local_tempfile()))$train(tsk("mtcars"))
  goes_on = function(loss) {
    lrn("regr.mlp", loss = loss, epochs = 3, batch_size = 8, seed = 1, resume = folder)$train(tsk("mtcars"))
  }
  expect_error(goes_on(as_torch_loss(power_loss, power = 1)), "'loss.power' was 2 and is now 1")
  other = nn_module("power_loss", function(power, factor = 1) NULL, function(input, target) torch_mean(input))
  expect_error(goes_on(as_torch_loss(other, power = 2)), "made with other settings")
  expect_no_error(goes_on(as_torch_loss(power_loss, power = 2)))
})

test_that("what is missing or cannot be trained is said", {
  expect_error(trained_with(as_torch_loss(power_loss)), "Loss 'power_loss': the parameter 'power' has no value",
    class = "mlr3libtorch_error_missing_parameter")
  expect_error(as_torch_loss(power_loss, powr = 2), "did you mean 'power'",
    class = "mlr3libtorch_error_unknown_parameter")
  weighted = nn_module("weighted", function() self$scale = nn_parameter(1), function(input, target) torch_mean(input))
  expect_error(trained_with(as_torch_loss(weighted)), "which a learner would not train")
  expect_identical(as_torch_loss(nn_mse_loss, task_types = c("regr", "classif"))$task_types, c("regr", "classif"))
  expect_identical(as_torch_loss(nn_mse_loss(), id = "mine")$id, "mine")
})

test_that("an optimizer is made of its function", {
  optimizer = TorchOptimizer$new(torch_optimizer = optim_sgd, id = "mine")
  expect_identical(optimizer$key, "sgd")
  expect_identical(optimizer$id, "mine")
  expect_error(TorchOptimizer$new(mean), "not one of the optimizers of learners")
})
