two_targets = function(n = 300) {
  withr::with_seed(1, {
    x = matrix(rnorm(3 * n), n)
    data.frame(x, up = x[, 1] + 0.5 * x[, 2], down = -x[, 1] + x[, 3] - 1)
  })
}

multi_task = function(...) TaskMultiRegr$new("two", two_targets(...), target = c("up", "down"))

test_that("several targets are learnt together, by the compiled step", {
  task = multi_task()
  learner = lrn("multiregr.mlp", epochs = 60, batch_size = 30, opt.lr = 0.05, seed = 1, plan = "require",
    scale = FALSE)
  prediction = learner$train(task)$predict(task)
  expect_s3_class(prediction, "PredictionMultiRegr")
  # a linear network: the coefficients are known
  expect_equal(as_array(learner$network$parameters$head.weight), rbind(c(1, 0.5, 0), c(-1, 0, 1)), tolerance = 1e-2)
  expect_identical(colnames(prediction$response), c("up", "down"))
  expect_lt(prediction$score(msr("multiregr.rmse")), 0.05)
  expect_gt(prediction$score(msr("multiregr.rsq")), 0.99)
  expect_equal(learner$predict_newdata(two_targets()[1:3, 1:3])$response, prediction$response[1:3, ])
  expect_equal(as_predictor(learner)(two_targets()[1:3, 1:3]), prediction$response[1:3, ], ignore_attr = TRUE)
  expect_saved(learner, task)
})

test_that("measures are means over the targets", {
  truth = cbind(a = c(0, 0), b = c(1, 3))
  prediction = PredictionMultiRegr$new(row_ids = 1:2, truth = truth, response = cbind(a = c(3, 4), b = c(1, 2)))
  expect_equal(unname(prediction$score(msr("multiregr.rmse"))), (sqrt(12.5) + sqrt(0.5)) / 2)
  expect_equal(unname(prediction$score(msr("multiregr.mae"))), (3.5 + 0.5) / 2)
  expect_equal(unname(PredictionMultiRegr$new(row_ids = 1:2, truth = truth[, 2L, drop = FALSE],
    response = cbind(b = c(1, 2)))$score(msr("multiregr.rsq"))), 0.5)
})

test_that("validation, resampling and graphs know the type", {
  task = multi_task(120)
  learner = lrn("multiregr.mlp", neurons = 4, epochs = 3, batch_size = 20, seed = 1, validate = 0.3,
    measures_valid = msr("multiregr.rmse"))
  learner$train(task)
  expect_named(learner$internal_valid_scores, "multiregr.rmse")
  rr = resample(task, lrn("multiregr.mlp", epochs = 1, batch_size = 20), rsmp("cv", folds = 3))
  expect_identical(nrow(rr$prediction()$response), 120L)
  expect_true(is.finite(rr$aggregate()[["multiregr.rmse"]]))
  graph = mlr3pipelines::`%>>%`(mlr3pipelines::`%>>%`(mlr3pipelines::po("torch_ingress_num"), nn("head")),
    mlr3pipelines::po("torch_model_multiregr", epochs = 1, batch_size = 20))
  expect_identical(dim(mlr3::as_learner(graph)$train(task)$predict(task)$response), c(120L, 2L))
  table = as.data.table(rr$prediction())
  expect_named(table, c("row_ids", "truth.up", "truth.down", "response.up", "response.down"))
})

test_that("targets that are not numbers, and losses that do not fit, are refused", {
  expect_config_error(TaskMultiRegr$new("a", iris, target = c("Petal.Length", "Species")), "config",
    "the target 'Species' must be numbers")
  expect_config_error(lrn("multiregr.mlp", loss = t_loss("cross_entropy")), "loss", "is for tasks of type 'classif'")
  expect_config_error(mlr3::default_fallback(lrn("multiregr.mlp")), "config", "have no default fallback")
})
