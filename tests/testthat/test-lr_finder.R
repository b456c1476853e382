find_rate = function(learner = lrn("regr.mlp", epochs = 3, batch_size = 8, neurons = 8, p = 0, seed = 1), ...) {
  lr_finder(learner, tsk("mtcars"), ...)
}

test_that("the losses of growing rates are a table with a suggestion", {
  found = find_rate(n_batches = 50, lr_min = 1e-5, lr_max = 1)
  expect_s3_class(found, c("lr_finder", "data.table"))
  expect_named(found, c("step", "lr", "loss", "smoothed"))
  expect_identical(found$step, seq_len(nrow(found)))
  expect_equal(found$lr, 1e-5 * (1e5)^((found$step - 1) / 49))
  expect_true(attr(found, "suggestion") %in% found$lr)
  expect_equal(found$smoothed[[1L]], found$loss[[1L]])
  expect_equal(found$smoothed[[2L]], (0.09 * found$loss[[1L]] + 0.1 * found$loss[[2L]]) / 0.19)
})

test_that("the search ends where the loss explodes", {
  learner = lrn("regr.mlp", epochs = 3, batch_size = 8, neurons = 8, p = 0, seed = 1, optimizer = t_opt("sgd", lr = 1))
  expect_lt(nrow(find_rate(learner, n_batches = 100, lr_max = 1e6)), 100)
})

test_that("everything is left as it was", {
  learner = lrn("classif.mlp", epochs = 2, batch_size = 50, neurons = 3, callbacks = t_clbk("history"), patience = 1,
    measures_valid = msr("classif.ce"), validate = 0.3)
  learner$train(tsk("iris"))
  task = tsk("iris")
  before = list(learner$model, learner$param_set$values, learner$validate, names(learner$callbacks), task$hash)
  set.seed(3)
  seed = .Random.seed
  lr_finder(learner, task, n_batches = 10)
  after = list(learner$model, learner$param_set$values, learner$validate, names(learner$callbacks), task$hash)
  expect_identical(after, before)
  expect_identical(.Random.seed, seed)
})

test_that("bad arguments are refused by name", {
  expect_error(find_rate(lr_min = 0), "lr_min")
  expect_error(find_rate(lr_max = 1e-9), "lr_max")
  expect_error(find_rate(n_batches = 1), "n_batches")
  expect_error(lr_finder(lrn("regr.featureless"), tsk("mtcars")), "LearnerTorch")
})

test_that("a search can be drawn", {
  expect_s3_class(ggplot2::autoplot(find_rate(n_batches = 20)), "ggplot")
})
