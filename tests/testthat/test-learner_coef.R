# A linear network with an optimizer that finds the optimum of a small problem.
fitted_linear = function(key, task, ..., epochs = 3000) {
  lrn(key, epochs = epochs, batch_size = task$nrow, opt.lr = 0.05, seed = 1, ...)$train(task)
}

test_that("the coefficients of a regression come to those of lm()", {
  data = withr::with_seed(1, data.frame(a = rnorm(60), b = runif(60), f = factor(rep(c("u", "v"), 30))))
  data$y = 1 + 2 * data$a - 3 * data$b + (data$f == "v") + withr::with_seed(2, rnorm(60, sd = 0.1))
  found = coef(fitted_linear("regr.mlp", as_task_regr(data, target = "y")))
  expect_named(found, c("(Intercept)", "a", "b", "fu", "fv"))
  expected = stats::coef(stats::lm(y ~ a + b + f, data))
  expect_equal(found[c("a", "b")], expected[c("a", "b")], tolerance = 1e-3)
  # levels have a coefficient each, of which only differences are told by the data
  expect_equal(found[["fv"]] - found[["fu"]], expected[["fv"]], tolerance = 1e-3)
  expect_equal(found[["(Intercept)"]] + found[["fu"]], expected[["(Intercept)"]], tolerance = 1e-3)
})

test_that("the coefficients of two classes come to those of glm(), for the positive class", {
  data = withr::with_seed(1, data.frame(a = rnorm(80), b = rnorm(80)))
  data$y = factor(ifelse(data$a - data$b + withr::with_seed(2, rnorm(80, sd = 2)) > 0, "yes", "no"))
  task = as_task_classif(data, target = "y", positive = "yes")
  expected = stats::coef(stats::glm(y ~ a + b, stats::binomial(), data))
  expect_equal(coef(fitted_linear("classif.mlp", task)), expected, tolerance = 1e-3)
})

test_that("several classes have a column each, which gives the probabilities", {
  learner = fitted_linear("classif.mlp", tsk("iris"), epochs = 20, predict_type = "prob")
  found = coef(learner)
  expect_identical(dimnames(found), list(c("(Intercept)", tsk("iris")$feature_names), levels(iris$Species)))
  logits = cbind(1, as.matrix(iris[tsk("iris")$feature_names])) %*% found
  expect_equal(softmax_rows(logits), learner$predict(tsk("iris"))$prob, tolerance = 1e-5, ignore_attr = TRUE)
})

test_that("a graph's coefficients are those of the features that come to the network", {
  graph = as_learner(mlr3pipelines::`%>>%`(mlr3pipelines::po("scale"),
    lrn("regr.mlp", epochs = 2, batch_size = 16, seed = 1)))
  graph$train(tsk("mtcars"))
  expect_identical(coef(graph), coef(torch_learner(graph)))
})

test_that("a network that is not linear has no coefficients", {
  deep = lrn("regr.mlp", epochs = 1, batch_size = 16, neurons = 3)$train(tsk("mtcars"))
  expect_error(coef(deep), "because of its node 'activation1' \\(relu\\)", class = "mlr3libtorch_error_config")
  expect_error(coef(lrn("regr.mlp")), "has not been trained", class = "mlr3libtorch_error_config")
})
