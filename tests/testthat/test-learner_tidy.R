tidy = generics::tidy
glance = generics::glance
augment = generics::augment

test_that("a history is a row for each epoch, set and result", {
  learner = train_quietly(small_learner(epochs = 3, eval_freq = 2))
  rows = tidy(learner)
  expect_named(rows, c("epoch", "set", "measure", "value"))
  history = learner$history
  expect_identical(rows$value[rows$set == "train" & rows$measure == "loss"], history$train.loss)
  valid = rows[rows$set == "valid" & rows$measure == "classif.ce", ]
  expect_identical(valid$epoch, 2:3)
  expect_identical(valid$value, history$valid.classif.ce[2:3])
})

test_that("layers and coefficients are tables, and another one is refused by its nearest name", {
  learner = train_quietly(small_learner(validate = NULL))
  expect_identical(tidy(learner, "layers"), summary(learner)$layers)
  linear = train_quietly(small_learner(validate = NULL, neurons = integer(), p = 0))
  rows = tidy(linear, "coefficients")
  expect_named(rows, c("output", "term", "estimate"))
  expect_identical(matrix(rows$estimate, 5), unname(coef(linear)))
  expect_identical(rows$output[1:6], rep(c("setosa", "versicolor"), c(5, 1)))
  one = lrn("regr.mlp", epochs = 1, batch_size = 32, seed = 1)$train(tsk("mtcars"))
  expect_equal(tidy(one, "coefficients"), data.table(term = names(coef(one)), estimate = unname(coef(one))))
  expect_error(tidy(learner, "layer"), "did you mean 'layers'", class = "mlr3libtorch_error_argument")
  expect_error(tidy(small_learner()), "has not been trained", class = "mlr3libtorch_error_argument")
})

test_that("a run is one row", {
  learner = train_quietly(small_learner(epochs = 3))
  row = glance(learner)
  expect_identical(nrow(row), 1L)
  expect_identical(unlist(row[, c("id", "epochs", "stopped", "parameters", "seed")], use.names = FALSE),
    c("classif.mlp", "3", "epochs", "35", "1"))
  expect_identical(row$best_epoch, which.min(learner$history$valid.classif.ce))
  expect_identical(row$valid.classif.ce, learner$history$valid.classif.ce[[3L]])
  expect_identical(glance(train_quietly(small_learner(validate = NULL)))$best_epoch, NA_integer_)
})

test_that("rows get classes and probabilities", {
  learner = train_quietly(small_learner(validate = NULL, predict_type = "prob"))
  rows = augment(learner, iris[c(1, 51, 101), ])
  prediction = learner$predict(tsk("iris"), c(1, 51, 101))
  expect_identical(rows$.pred_class, prediction$response)
  expect_identical(unname(as.matrix(rows[, paste0(".pred_", levels(iris$Species)), with = FALSE])),
    unname(prediction$prob))
  expect_identical(as.data.frame(rows)[names(iris)], iris[c(1, 51, 101), ], ignore_attr = TRUE)
})

test_that("rows get numbers, residuals, standard errors and quantiles", {
  learner = lrn("regr.mlp", epochs = 2, batch_size = 16, seed = 1, loss = "gaussian_nll", predict_type = "se")
  learner$train(tsk("mtcars"))
  rows = augment(learner, tsk("mtcars"))
  prediction = learner$predict(tsk("mtcars"))
  expect_identical(rows$.pred, prediction$response)
  expect_identical(rows$.resid, prediction$truth - prediction$response)
  expect_identical(rows$.std_error, prediction$se)
  expect_null(augment(learner, mtcars[-1])$.resid)
  quantiles = lrn("regr.mlp", epochs = 2, batch_size = 16, seed = 1, loss = t_loss("quantile", quantiles = c(0.1, 0.5)),
    predict_type = "quantiles")$train(tsk("mtcars"))
  expect_subset(c(".pred", ".pred_q0.1", ".pred_q0.5"), names(augment(quantiles, tsk("mtcars"))))
  expect_error(augment(learner, 1), "'data' must be a task or a data.frame", class = "mlr3libtorch_error_argument")
  expect_error(augment(small_learner(), iris), "has not been trained", class = "mlr3libtorch_error_argument")
})

test_that("a graph is described by its learner, and predicts with all its steps", {
  graph = train_quietly(as_learner(mlr3pipelines::`%>>%`(mlr3pipelines::po("scale"), small_learner(validate = NULL))))
  inner = torch_learner(graph)
  expect_identical(tidy(graph), tidy(inner))
  expect_identical(glance(graph), glance(inner))
  expect_identical(augment(graph, iris)$.pred_class, graph$predict(tsk("iris"))$response)
})

test_that("augment() adds what a survival learner predicts", {
  data = data.frame(time = 1:20 + 0, status = rep(0:1, 10), x = seq(-1, 1, length.out = 20))
  task = TaskTorchSurv$new("s", data, "time", "status")
  learner = lrn("surv.mlp", epochs = 1, batch_size = 20, seed = 1)$train(task)
  augmented = generics::augment(learner, task)
  expect_identical(augmented$.pred_crank, learner$predict(task)$crank)
})
