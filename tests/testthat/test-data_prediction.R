test_that("one logit gives the first class if it is not negative", {
  y_hat = torch_tensor(matrix(c(-1, 0, 2)))
  expect_equal(encode_classif(y_hat, c("yes", "no"), "response"),
    list(response = factor(c("no", "yes", "yes"), levels = c("yes", "no"))))
})

test_that("probabilities of two classes add up to 1, also far out", {
  encoded = encode_classif(torch_tensor(matrix(c(-200, 0, 200))), c("yes", "no"), "prob")
  expect_equal(rowSums(encoded$prob), c(1, 1, 1))
  expect_equal(encoded$prob[, "yes"], c(0, 0.5, 1))
})

test_that("several logits give the first of the largest", {
  y_hat = torch_tensor(rbind(c(1, 3, 2), c(2, 2, 1), c(0, 0, 0)))
  encoded = encode_classif(y_hat, c("a", "b", "c"), "prob")
  expect_equal(as.character(encoded$response), c("b", "a", "a"))
  expect_equal(encoded$prob[1, ], exp(c(a = 1, b = 3, c = 2)) / sum(exp(1:3)), tolerance = 1e-6)
  expect_equal(encoded$prob[3, ], c(a = 1, b = 1, c = 1) / 3)
})

test_that("the softmax does not overflow", {
  encoded = encode_classif(torch_tensor(rbind(c(1000, 0, -1000))), c("a", "b", "c"), "prob")
  expect_equal(unname(encoded$prob[1, ]), c(1, 0, 0))
})

test_that("an output that is not a number has no class", {
  expect_equal(is.na(encode_classif(torch_tensor(matrix(c(NaN, 1))), c("a", "b"), "response")$response), c(TRUE, FALSE))
  expect_true(is.na(encode_classif(torch_tensor(rbind(c(NaN, 1, 2))), c("a", "b", "c"), "response")$response))
})

test_that("regression gives the output", {
  outputs = core_loss_outputs(descriptor_request(t_loss("mse")))
  expect_equal(encode_regr(torch_tensor(matrix(c(1.5, -2))), outputs), list(response = c(1.5, -2)))
})

noisy_task = function(n = 600) {
  withr::local_seed(1)
  x = runif(n, -1, 1)
  as_task_regr(data.frame(x = x, y = 2 * x + rnorm(n, sd = 0.3)), target = "y", id = "noisy")
}

linear_learner = function(loss, ...) {
  lrn("regr.mlp", loss = loss, opt.lr = 0.02, epochs = 60, batch_size = 32, seed = 1, ...)
}

test_that("a Gaussian likelihood gives the standard deviation of the noise", {
  task = noisy_task()
  learner = linear_learner(t_loss("gaussian_nll"), predict_type = "se")
  prediction = learner$train(task)$predict(task)
  linear = lm(y ~ x, task$data())
  expect_equal(prediction$response, unname(fitted(linear)), tolerance = 0.05)
  expect_equal(mean(prediction$se), sigma(linear), tolerance = 0.1)
  learner$predict_type = "response"
  expect_equal(learner$predict(task)$response, prediction$response)
})

test_that("the pinball loss gives quantiles that hold as many rows as they say", {
  task = noisy_task()
  learner = linear_learner(t_loss("quantile", quantiles = c(0.1, 0.5, 0.9)), predict_type = "quantiles")
  prediction = learner$train(task)$predict(task)
  expect_equal(unname(colMeans(task$truth() <= prediction$quantiles)), c(0.1, 0.5, 0.9), tolerance = 0.05)
  expect_equal(prediction$response, unname(prediction$quantiles[, 2]))
  learner$quantile_response = 0.9
  expect_equal(learner$predict(task)$response, unname(prediction$quantiles[, 3]))
})

test_that("measures see the predict type in validation, and a model in a file keeps it", {
  learner = linear_learner(t_loss("quantile", quantiles = c(0.25, 0.75)), predict_type = "quantiles", validate = 0.3,
    measures_valid = msr("regr.pinball", alpha = 0.25))
  learner$train(noisy_task())
  expect_lt(learner$internal_valid_scores$regr.pinball, 0.5)
  path = withr::local_tempfile()
  saveRDS(learner, path)
  expect_equal(readRDS(path)$predict(noisy_task()), learner$predict(noisy_task()))
})

test_that("a predict type that the loss cannot give is refused with the remedy", {
  expect_error(linear_learner(t_loss("mse"), predict_type = "se"),
    "cannot predict 'se' with its loss 'mse'.*t_loss\\(\"gaussian_nll\"\\)", class = "mlr3libtorch_error_predict_type")
  learner = linear_learner(t_loss("quantile"), predict_type = "quantiles")
  learner$loss = t_loss("mse")
  expect_error(learner$train(noisy_task()), "t_loss\\(\"quantile\"", class = "mlr3libtorch_error_predict_type")
  expect_error({
    learner$predict_type = "prob"
  }, "can predict 'response', not", class = "mlr3libtorch_error_predict_type")
  expect_error({
    learner$quantiles = 0.5
  }, "no quantiles", class = "mlr3libtorch_error_predict_type")
  learner$loss = t_loss("quantile")
  learner$quantiles = c(0.2, 0.8)
  expect_equal(learner$param_set$values$loss.quantiles, c(0.2, 0.8))
  expect_error({
    learner$quantile_response = 0.3
  }, "must be one of its quantiles \\(0.2, 0.8\\)", class = "mlr3libtorch_error_predict_type")
})

test_that("data that are not checked again are what mlr3's checks would make of them", {
  for (key in c("classif.mlp", "classif.tabm")) {
    for (task in list(tsk("iris"), tsk("sonar"))) {
      learner = lrn(key, epochs = 1, batch_size = 64, predict_type = "prob")
      learner$train(task)
      rows = task$data(rows = 1:5)
      for (prediction in list(learner$predict(task), learner$predict_newdata(rows), learner$predict(task, integer()))) {
        expect_identical(mlr3::check_prediction_data(prediction$data, train_task = task), prediction$data)
      }
    }
  }
})

test_that("classes in another order are put into the task's", {
  learner = lrn("classif.mlp", epochs = 1, batch_size = 64, predict_type = "prob", seed = 1)
  learner$train(tsk("iris"))
  rows = tsk("iris")$data()
  rows$Species = factor(rows$Species, levels = rev(levels(rows$Species)))
  prediction = learner$predict_newdata(rows, as_task_classif(rows, "Species", id = "iris"))
  expect_equal(prediction$prob[, "setosa"], learner$predict(tsk("iris"))$prob[, "setosa"])
  expect_identical(levels(prediction$response), levels(prediction$truth))
})
