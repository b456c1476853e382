test_that("the spec is a chain of layers and a head", {
  values = list(activation = "elu", activation_args = list(alpha = 0.5), p = 0.1)
  spec = mlp_spec(c(8L, 4L), values, 3L)
  expect_equal(map_chr(spec$nodes, "id"),
    c("linear1", "activation1", "dropout1", "linear2", "activation2", "dropout2", "head"))
  expect_equal(map_chr(spec$nodes, "operation"), c("linear", "elu", "dropout", "linear", "elu", "dropout", "linear"))
  expect_equal(map_chr(spec$nodes, "inputs"), c("x", map_chr(spec$nodes, "id")[-7L]))
  expect_equal(spec$nodes[[1L]]$parameters, list(out_features = 8L))
  expect_equal(spec$nodes[[2L]]$parameters, list(alpha = 0.5))
  expect_equal(spec$nodes[[7L]]$parameters, list(out_features = 3L))
  expect_equal(spec$inputs, "x")
})

test_that("without neurons there is only the head, without p no dropout", {
  expect_equal(map_chr(mlp_spec(integer(), list(), 1L)$nodes, "id"), "head")
  values = list(activation = "relu", activation_args = list(), p = 0)
  expect_equal(map_chr(mlp_spec(5L, values, 1L)$nodes, "id"), c("linear1", "activation1", "head"))
})

test_that("n_layers repeats a layer", {
  expect_equal(hidden_neurons(7, 3, "id"), c(7L, 7L, 7L))
  expect_equal(hidden_neurons(c(7, 5), NULL, "id"), c(7L, 5L))
})

test_that("the network has the layers that the parameters say", {
  learner = lrn("classif.mlp", neurons = c(6, 5), p = 0, epochs = 1, batch_size = 50, seed = 1)
  learner$train(tsk("iris"))
  shapes = map(learner$network$parameters, function(parameter) as.numeric(parameter$shape))
  expect_equal(shapes, list(linear1.weight = c(6, 4), linear1.bias = 6, linear2.weight = c(5, 6), linear2.bias = 5,
    head.weight = c(3, 5), head.bias = 3))
})

test_that("without hidden layers, regression comes to what lm() finds", {
  data = data.table(scale(mtcars[, c("mpg", "wt", "hp")]))
  task = as_task_regr(data, target = "mpg")
  learner = lrn("regr.mlp", epochs = 400, batch_size = 32, opt.lr = 0.05, seed = 1)
  learner$train(task)
  weights = as.array(learner$network$parameters$head.weight)
  model = stats::lm(mpg ~ hp + wt, data)
  expect_equal(as.vector(weights)[match(c("hp", "wt"), task$feature_names)], unname(coef(model)[-1L]), tolerance = 1e-3)
  expect_equal(learner$predict(task)$response, unname(stats::fitted(model)), tolerance = 1e-3)
})

test_that("without hidden layers, classification comes to what glm() finds", {
  data = data.table(scale(mtcars[, c("wt", "qsec")]), am = factor(mtcars$vs, levels = c(1, 0)))
  data[, wt := wt + rep(c(-1, 1), 16)]
  task = as_task_classif(data[, c("wt", "am")], target = "am")
  learner = lrn("classif.mlp", epochs = 600, batch_size = 32, opt.lr = 0.05, seed = 1, predict_type = "prob")
  learner$train(task)
  model = stats::glm(am == "1" ~ wt, stats::binomial(), data)
  expect_equal(unname(learner$predict(task)$prob[, "1"]), unname(stats::fitted(model)), tolerance = 1e-3)
})

test_that("wrong arguments of an activation are named", {
  learner = lrn("classif.mlp", neurons = 2, activation = "elu", activation_args = list(alhpa = 1), epochs = 1,
    batch_size = 50)
  expect_error(learner$train(tsk("iris")), "did you mean 'alpha'?", fixed = TRUE, class = "mlr3libtorch_error")
})

test_that("without hidden layers, the rate of Adam is 0.01 unless one is set", {
  rate = function(...) {
    learner = lrn("regr.mlp", epochs = 1, batch_size = 16, ...)$train(tsk("mtcars"))
    learner$history$lr
  }
  expect_equal(rate(), 0.01)
  expect_equal(rate(optimizer = t_opt("adam")), 0.01)
  expect_equal(rate(opt.lr = 0.002), 0.002)
  expect_equal(rate(neurons = 4), 0.001)
  expect_equal(suppressWarnings(rate(scale = FALSE)), 0.001)
  expect_equal(rate(optimizer = t_opt("adamw")), 0.001)
})

test_that("that rate is the run's, not a setting of the learner, and a run that goes on knows it", {
  learner = lrn("regr.mlp", epochs = 1, batch_size = 16, seed = 1)$train(tsk("mtcars"))
  expect_false("opt.lr" %in% names(learner$param_set$values))
  learner$continue(tsk("mtcars"), 1)
  learner$param_set$set_values(opt.lr = 0.001)
  messages = logged(learner$continue(tsk("mtcars"), 1))
  expect_match(messages, "'opt.lr' was 0.01 and is now 0.001", fixed = TRUE, all = FALSE)
  expect_equal(learner$history$lr, c(0.01, 0.01, 0.001))
})

test_that("the defaults come to what lm() finds in few epochs", {
  data = withr::with_seed(1, {
    x = matrix(rnorm(300 * 6), 300)
    data.frame(x, y = 100 + 20 * (x %*% c(1, -1, 0.5, 0.5, 0.2, 0)) + rnorm(300, sd = 10))
  })
  learner = lrn("regr.mlp", epochs = 60, batch_size = 64, seed = 1)$train(as_task_regr(data, target = "y"))
  rsq = learner$predict(as_task_regr(data, target = "y"))$score(msr("regr.rsq"))
  expect_equal(unname(rsq), summary(stats::lm(y ~ ., data))$r.squared, tolerance = 0.005)
})
