`%>>%` = mlr3pipelines::`%>>%`
po = mlr3pipelines::po
as_learner = mlr3::as_learner

linear_with_dropout = function(p, ...) {
  network = nn_sequential(nn("dropout", p = p), nn("linear", out_features = 1, bias = FALSE))
  lrn("regr.torch_model", network = network, epochs = 2, batch_size = 16, seed = 1, ...)
}

test_that("the standard deviation of draws is that of dropout's closed form", {
  task = as_task_regr(as.data.frame(scale(mtcars))[c("mpg", "wt", "hp", "qsec")], target = "mpg")
  learner = linear_with_dropout(0.3, mc_dropout = 4000, predict_type = "se")
  prediction = learner$train(task)$predict(task)
  weight = as.vector(as.array(learner$network$parameters$linear.weight))
  x = as.matrix(task$data(cols = task$feature_names))
  # an input is 0 with probability p, else x / (1 - p): its mean is x, its variance x^2 p / (1 - p)
  expect_equal(prediction$response, as.vector(x %*% weight), tolerance = 0.05)
  expect_equal(prediction$se, as.vector(sqrt(x^2 %*% weight^2 * 0.3 / 0.7)), tolerance = 0.05)
})

test_that("draws depend on the model's seed alone, also in a fresh process", {
  learner = linear_with_dropout(0.5, mc_dropout = 5, predict_type = "se")$train(tsk("mtcars"))
  first = learner$predict(tsk("mtcars"))$se
  set.seed(3)
  torch_manual_seed(3)
  before = list(.Random.seed, as.array(torch_get_rng_state()))
  expect_identical(learner$predict(tsk("mtcars"))$se, first)
  expect_identical(list(.Random.seed, as.array(torch_get_rng_state())), before)
  expect_saved(learner, tsk("mtcars"))
})

test_that("the likelihood's variance is added to that of the draws", {
  draws = list(torch_tensor(matrix(c(1, log(4)), 1)), torch_tensor(matrix(c(3, log(6)), 1)))
  outputs = list(meaning = "mean_and_log_variance")
  encoded = encode_regr_draws(draws, outputs, "se")
  expect_equal(encoded, list(response = 2, se = sqrt(2 + 5)), tolerance = 1e-6)
  expect_equal(encode_regr_draws(draws, list(meaning = "value"), "se")$se, sqrt(2), tolerance = 1e-6)
})

test_that("probabilities are averaged, and the response is the class of the greatest mean", {
  draws = list(torch_tensor(matrix(c(log(0.9 / 0.1)))), torch_tensor(matrix(c(log(0.2 / 0.8)))))
  encoded = encode_classif_draws(draws, c("yes", "no"), "prob")
  expect_equal(encoded$prob[1, ], c(yes = 0.55, no = 0.45), tolerance = 1e-6)
  expect_identical(as.character(encoded$response), "yes")
  for (task in list(tsk("iris"), tsk("sonar"))) {
    learner = lrn("classif.mlp", neurons = 8, p = 0.5, epochs = 2, batch_size = 50, seed = 1, mc_dropout = 10,
      predict_type = "prob")
    expect_equal(rowSums(learner$train(task)$predict(task)$prob), rep(1, task$nrow))
  }
})

test_that("learners with dropout anywhere can draw", {
  for (key in c("tab_resnet", "ft_transformer", "tabm")) {
    learner = table_learner(paste0("regr.", key), mc_dropout = 3, predict_type = "se")
    if (key == "tab_resnet") learner$param_set$set_values(dropout1 = 0.2)
    expect_true(all(learner$train(tsk("mtcars"))$predict(tsk("mtcars"))$se > 0), info = key)
  }
  module = nn_module("noisy", function() self$drop = nn("dropout"), function(x) self$drop(x))
  network = nn_sequential(module(), nn("head"))
  learner = lrn("regr.torch_model", network = network, epochs = 1, batch_size = 16, mc_dropout = 3, predict_type = "se")
  expect_true(all(learner$train(tsk("mtcars"))$predict(tsk("mtcars"))$se > 0))
})

test_that("batch normalisation stays as in prediction", {
  network = nn_sequential(nn("batch_norm1d"), nn("dropout", p = 0.5), nn("head"))
  learner = lrn("regr.torch_model", network = network, epochs = 1, batch_size = 16, mc_dropout = 3)
  learner$train(tsk("mtcars"))
  before = learner$model$network$state
  learner$predict(tsk("mtcars"), row_ids = 1)
  expect_identical(learner$model$network$state, before)
})

test_that("a network without dropout is refused with the remedy, and standard errors need draws or a likelihood", {
  learner = lrn("regr.mlp", p = 0, neurons = 4, epochs = 1, batch_size = 16, mc_dropout = 3)
  expect_error(learner$train(tsk("mtcars"))$predict(tsk("mtcars")), "no dropout", class = "mlr3libtorch_error_config")
  learner = lrn("regr.mlp", p = 0.1, neurons = 4, epochs = 1, batch_size = 16)
  expect_false("se" %in% learner$predict_types)
  expect_error({
    learner$predict_type = "se"
  }, "or set `mc_dropout`", class = "mlr3libtorch_error_predict_type")
  learner$param_set$set_values(mc_dropout = 3)
  expect_subset("se", learner$predict_types)
})

graph_learner = function(loss, predict_type) {
  graph = po("torch_ingress_num") %>>% nn("linear", out_features = 4) %>>% nn("relu") %>>% nn("head") %>>%
    po("torch_loss", loss) %>>% po("torch_optimizer", t_opt("adam")) %>>%
    po("torch_model_regr", epochs = 2, batch_size = 16, seed = 1)
  learner = as_learner(graph)
  learner$predict_type = predict_type
  learner
}

test_that("a graph predicts what its loss gives", {
  prediction = graph_learner(t_loss("gaussian_nll"), "se")$train(tsk("mtcars"))$predict(tsk("mtcars"))
  expect_true(all(prediction$se > 0))
  quantiles = t_loss("quantile", quantiles = c(0.1, 0.5, 0.9))
  prediction = graph_learner(quantiles, "quantiles")$train(tsk("mtcars"))$predict(tsk("mtcars"))
  expect_identical(dim(prediction$quantiles), c(32L, 3L))
  expect_error(graph_learner(t_loss("mse"), "se")$train(tsk("mtcars")), "cannot predict 'se' with its loss 'mse'",
    class = "mlr3libtorch_error_predict_type")
})
