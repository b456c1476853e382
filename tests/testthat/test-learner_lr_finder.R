po = mlr3pipelines::po
`%>>%` = mlr3pipelines::`%>>%`

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

test_that("the search ends when the loss explodes", {
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
  expect_error(lr_finder(lrn("regr.featureless"), tsk("mtcars")), "must have a learner of this package in it")
})

test_that("training with the suggestion comes near the best of fixed rates", {
  task = po("scale")$train(list(tsk("sonar")))[[1L]]
  error_with = function(lr, seed) {
    learner = lrn("classif.mlp", epochs = 10, batch_size = 32, neurons = c(16, 16), p = 0, seed = seed, opt.lr = lr)
    split = partition(task, ratio = 0.67)
    learner$train(task, split$train)$predict(task, split$test)$score(msr("classif.ce"))
  }
  mean_error = function(lr_of) {
    mean(map_dbl(1:5, function(seed) withr::with_seed(seed, error_with(lr_of(seed), seed))))
  }
  suggested = mean_error(function(seed) {
    learner = lrn("classif.mlp", epochs = 10, batch_size = 32, neurons = c(16, 16), p = 0, seed = seed)
    attr(lr_finder(learner, task), "suggestion")
  })
  fixed = map_dbl(10^seq(-5, 0, length.out = 6), function(lr) mean_error(function(seed) lr))
  expect_lt(suggested, 1.25 * min(fixed))
  expect_lt(suggested, 0.75 * max(fixed))
})

test_that("the search of a graph is that of its learner on what comes to it", {
  torch = lrn("classif.mlp", epochs = 3, batch_size = 32, neurons = 8, seed = 1)
  graph = as_learner(po("scale") %>>% torch)
  hash = graph$hash
  found = lr_finder(graph, tsk("sonar"), n_batches = 40)
  alone = lr_finder(torch, po("scale")$train(list(tsk("sonar")))[[1L]], n_batches = 40)
  expect_equal(as.data.frame(found), as.data.frame(alone))
  expect_identical(attr(found, "suggestion"), attr(alone, "suggestion"))
  expect_identical(graph$hash, hash)
  expect_error(lr_finder(as_learner(po("scale") %>>% lrn("classif.featureless")), tsk("sonar")),
    "must have a learner of this package in it, but it has none", class = "mlr3libtorch_error_argument")
})

test_that("a search without descent warns and suggests nothing", {
  noise = withr::with_seed(1, data.frame(x = rnorm(100), y = rnorm(100)))
  learner = lrn("regr.mlp", epochs = 1, batch_size = 10, seed = 1)
  expect_warning(
    found <- lr_finder(learner, as_task_regr(noise, target = "y"), lr_min = 1e-10, lr_max = 1e-9, n_batches = 30),
    "Learner 'regr.mlp'.*no suggestion", class = "mlr3libtorch_warning_no_descent"
  )
  expect_identical(attr(found, "suggestion"), NA_real_)
})

test_that("no warning says that a search ends with a large loss", {
  learner = lrn("regr.mlp", neurons = 8, epochs = 1, batch_size = 8, seed = 1)
  expect_no_warning(lr_finder(learner, tsk("mtcars")), class = "mlr3libtorch_warning_worse_than_constant")
})
