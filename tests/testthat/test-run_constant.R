# Runs that end with a loss worse than that of a prediction that is the same for all rows.

# 50 steps an epoch: long enough to tell.
hopeless = function(..., batch_size = 1) {
  lrn("regr.mlp", epochs = 3, batch_size = batch_size, seed = 1, scale = FALSE, ...)
}

far = function() as_task_regr(data.frame(x = 1:50, y = 1000 + 1:50), target = "y")

test_that("such a run says so, with both numbers and what to look at", {
  cond = expect_warning(hopeless()$train(far()), class = "mlr3libtorch_warning_worse_than_constant")
  expect_equal(cond$constant, mean((1:50 - 25.5)^2), tolerance = 1e-6)
  expect_gt(cond$loss, 1e5)
  expect_match(conditionMessage(cond), paste0("Learner 'regr.mlp': after 3 epochs the mean training loss is .*, but ",
    "the best prediction that is the same for all rows has 208. Look at the learning rate ",
    ".*lr_finder.*epochs.*scale = TRUE"))
})

test_that("the loss of the history is what counts", {
  learner = hopeless()
  cond = expect_warning(learner$train(far()), class = "mlr3libtorch_warning_worse_than_constant")
  expect_identical(cond$loss, learner$history$train.loss[[3L]])
})

test_that("it depends on the loss what the best constant is, and losses without one say nothing", {
  constant = function(loss) {
    tryCatch(hopeless(loss = loss)$train(far()),
      mlr3libtorch_warning_worse_than_constant = function(cond) cond$constant)
  }
  expect_equal(constant(t_loss("l1")), mean(abs(1:50 - 25)), tolerance = 1e-6)
  expect_equal(constant(t_loss("quantile", quantiles = 0.5)), mean(abs(1:50 - 25)) / 2, tolerance = 1e-6)
  expect_no_warning(hopeless(loss = t_loss("mse", reduction = "sum"), opt.lr = 1e-9)$train(far()))
  own = t_loss("fn", fn = function(y_hat, y) (y_hat - y)^2)
  expect_no_warning(hopeless(loss = own)$train(far()))
})

test_that("classes have their frequencies", {
  task = tsk("iris")$filter(c(1:50, 51:80))
  wrong = torch_callback("wrong", on_batch_begin = function() {
    self$ctx$network$parameters$head.bias$copy_(torch_tensor(c(-9, 9, 9)))
  })
  learner = lrn("classif.mlp", epochs = 2, batch_size = 1, callbacks = wrong, opt.lr = 1e-9)
  cond = expect_warning(learner$train(task), class = "mlr3libtorch_warning_worse_than_constant")
  shares = c(50, 30) / 80
  expect_equal(cond$constant, -sum(shares * log(shares)), tolerance = 1e-4)
})

test_that("runs that learn, and runs too short to tell, say nothing", {
  expect_no_warning(lrn("regr.mlp", epochs = 20, batch_size = 16, seed = 1, opt.lr = 0.05)$train(far()))
  for (epochs in 0:1) {
    expect_no_warning(hopeless()$configure(epochs = epochs)$train(far()))
  }
  stopping = torch_callback("stopping", on_epoch_end = function() self$ctx$terminate = TRUE)
  expect_no_warning(hopeless(callbacks = stopping)$train(far()))
})

test_that("a run of few steps says nothing if its loss falls, and says so if it rises", {
  learner = hopeless(batch_size = 16)
  expect_no_warning(learner$train(far()))
  expect_lt(diff(learner$history$train.loss[c(1L, 3L)]), 0)
  # each step doubles the distance from the best coefficient, and more
  rising = lrn("regr.mlp", optimizer = "sgd", opt.lr = 3, epochs = 3, batch_size = 50, seed = 1)
  expect_warning(rising$train(far()), "Look at the learning rate", class = "mlr3libtorch_warning_worse_than_constant")
})

test_that("a run that has diverged says only that", {
  warnings = capture_warnings(hopeless(opt.lr = 1e30, optimizer = "sgd")$train(far()))
  expect_length(grep("diverged", warnings), 1L)
  expect_length(grep("the same for all rows", warnings), 0L)
})
