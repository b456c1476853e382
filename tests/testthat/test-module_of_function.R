# The functions themselves are held against PyTorch in test-functional_table.R.
test_that("a loss as a module computes its function with its settings", {
  x = torch_tensor(matrix(c(0.2, -0.4, 1, 0.7, 0.1, -1), 3))
  y = torch_tensor(matrix(c(0, 1, 1, 0, 1, 0.5), 3))
  number = function(tensor) as.numeric(tensor)
  expect_equal(number(nn_mse_loss()(x, y)), mean((as.array(x) - as.array(y))^2), tolerance = 1e-6)
  expect_equal(number(nn_l1_loss("sum")(x, y)), sum(abs(as.array(x) - as.array(y))), tolerance = 1e-6)
  p = plogis(as.array(x))
  bce = -(as.array(y) * log(p) + (1 - as.array(y)) * log(1 - p))
  expect_equal(number(nn_bce_with_logits_loss()(x, y)), mean(bce), tolerance = 1e-6)
  expect_equal(number(nn_bce_loss()(torch_tensor(p), y)), mean(bce), tolerance = 1e-6)
  classes = c(1, 2, 1)
  logp = as.array(x) - log(rowSums(exp(as.array(x))))
  expect_equal(number(nn_cross_entropy_loss()(x, torch_tensor(as.integer(classes)))), -mean(logp[cbind(1:3, classes)]),
    tolerance = 1e-6)
  w = c(1, 3)
  expect_equal(number(nn_cross_entropy_loss(weight = w)(x, torch_tensor(as.integer(classes)))),
    -sum(w[classes] * logp[cbind(1:3, classes)]) / sum(w[classes]), tolerance = 1e-6)
})

test_that("each module has its function's settings as arguments", {
  for (name in names(functional_modules)) {
    expect_s3_class(get(name), "nn_module_generator")
  }
  expect_equal(nn_unflatten(2, c(2, 2))(torch_ones(3, 4))$shape, c(3, 2, 2))
  expect_equal(nn_unflatten(-1, c(2, 2))(torch_ones(3, 4))$shape, c(3, 2, 2))
  softmax = as.array(nn_softmax2d()(torch_randn(1, 3, 2, 2)))
  expect_equal(apply(softmax, c(1, 3, 4), sum), array(1, c(1, 2, 2)), tolerance = 1e-6)
  drop = nn_dropout2d(0.5)
  drop$eval()
  expect_equal(as.numeric(drop(torch_ones(1, 2, 2, 2))), rep(1, 8))
})

test_that("a loss that is a module trains: one of the core's where there is one, else in R", {
  expect_identical(as_torch_loss(nn_l1_loss)$key, "l1")
  expect_identical(as_torch_loss(nn_mse_loss("sum"))$param_set$values$reduction, "sum")
  expect_identical(as_torch_loss(nn_cross_entropy_loss(weight = c(1, 2)))$key, "fn")
  train = function(loss) {
    lrn("regr.mlp", neurons = 4, loss = loss, epochs = 3, batch_size = 8, seed = 1)$train(tsk("mtcars"))
  }
  own = nn_module("own", function(power) self$power = power,
    function(input, target) torch_mean(torch_abs(input - target)^self$power))
  weights = function(learner) map(learner$network$parameters, as.array)
  expect_equal(weights(train(own(2))), weights(train("mse")), tolerance = 1e-5)
  expect_saved(train(own(2)), tsk("mtcars"))
  expect_equal(weights(train(as_torch_loss(own, power = 2))), weights(train("mse")), tolerance = 1e-5)
})
