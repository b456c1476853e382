# The task with a column of case weights.
weighted = function(task, weights) {
  task = task$clone()
  task$cbind(data.table(case_weight = weights))
  task$set_col_roles("case_weight", "weights_learner")
}

cars_task = function() as_task_regr(data.table(scale(mtcars[, c("mpg", "wt", "hp")])), target = "mpg", id = "cars")

# Every row in every step, in the order of the task.
full_batch = function(key, ...) {
  lrn(key, batch_size = 1000, shuffle = FALSE, seed = 1, ...)
}

weights_of = function(learner, task) unlist(map(learner$train(task)$network$parameters, as.array))

test_that("whole weights do what as many rows do", {
  times = rep(c(1, 2, 0, 3), 8)
  task = cars_task()
  repeated = as_task_regr(task$data(rows = rep(task$row_ids, times)), target = "mpg")
  for (plan in c("auto", "off")) {
    learner = full_batch("regr.mlp", epochs = 20, neurons = 5, p = 0, plan = plan, optimizer = t_opt("sgd", lr = 0.1))
    expect_equal(weights_of(learner, weighted(task, times)), weights_of(learner, repeated), tolerance = 1e-5)
  }
})

test_that("rows of weight 0 change nothing", {
  task = cars_task()
  learner = full_batch("regr.mlp", epochs = 20, neurons = 5, p = 0, optimizer = t_opt("sgd", lr = 0.1))
  first = task$clone()$filter(1:20)
  expect_equal(weights_of(learner, weighted(task, rep(c(1, 0), c(20, 12)))), weights_of(learner, first),
    tolerance = 1e-5)
})

test_that("without hidden layers, regression comes to what lm() finds with the same weights", {
  task = cars_task()
  w = rep(c(0.5, 1, 4, 0), 8)
  learner = full_batch("regr.mlp", epochs = 400, opt.lr = 0.05)
  learner$train(weighted(task, w))
  model = stats::lm(mpg ~ hp + wt, task$data(), weights = w)
  expect_equal(learner$predict(task)$response, unname(stats::fitted(model)), tolerance = 1e-3)
})

test_that("without hidden layers, classification comes to what glm() finds with the same weights", {
  data = data.table(wt = as.numeric(scale(mtcars$wt)) + rep(c(-1, 1), 16), am = factor(mtcars$vs, levels = c(1, 0)))
  task = as_task_classif(data, target = "am")
  w = rep(c(1, 2, 3, 1), 8)
  learner = full_batch("classif.mlp", epochs = 800, opt.lr = 0.05, predict_type = "prob")
  learner$train(weighted(task, w))
  model = stats::glm(am == "1" ~ wt, stats::binomial(), data, weights = w)
  expect_equal(unname(learner$predict(task)$prob[, "1"]), unname(stats::fitted(model)), tolerance = 1e-3)
})

test_that("both kinds of step agree, in batches that are shuffled", {
  task = weighted(tsk("iris"), rep(c(0, 1, 2.5), 50))
  train = function(plan) {
    learner = lrn("classif.mlp", epochs = 5, batch_size = 16, neurons = 8, seed = 1, plan = plan)
    learner$train(task)
  }
  planned = train("require")
  expect_true(planned$model$plan$used)
  autograd = train("off")
  expect_equal(map(planned$network$parameters, as.array), map(autograd$network$parameters, as.array), tolerance = 1e-4)
})

test_that("a row's weight follows it through shuffling", {
  # all rows of one class weigh nothing: the network never hears of it
  task = weighted(tsk("iris"), rep(c(1, 1, 0), each = 50))
  learner = lrn("classif.mlp", epochs = 60, batch_size = 10, seed = 1, opt.lr = 0.1, predict_type = "prob")
  learner$train(task)
  expect_true(all(learner$predict(task)$prob[, "virginica"] < 0.2))
})

test_that("a weighted run goes on as if it had never stopped", {
  task = weighted(tsk("iris"), rep(c(1, 2, 0.5), 50))
  whole = train_quietly(small_learner(epochs = 4, validate = NULL), task)
  start = train_quietly(small_learner(epochs = 2, validate = NULL), task)
  hotstarted = small_learner(epochs = 4, validate = NULL)
  hotstarted$hotstart_stack = HotstartStack$new(list(start))
  expect_identical(train_quietly(hotstarted, task)$model$network$state, whole$model$network$state)
  path = withr::local_tempdir()
  checkpoint = t_clbk("checkpoint", path = path, freq = "1 batches")
  train_quietly(small_learner(list(checkpoint), epochs = 2, validate = NULL), task)
  resumed = train_quietly(small_learner(epochs = 4, validate = NULL, resume = path), task)
  expect_identical(resumed$model$network$state, whole$model$network$state)
})

test_that("use_weights decides whether weights are used", {
  task = weighted(cars_task(), rep(c(1, 5), 16))
  learner = full_batch("regr.mlp", epochs = 5)
  expect_subset("weights", learner$properties)
  expect_equal(learner$use_weights, "use")
  used = weights_of(learner, task)
  learner$use_weights = "ignore"
  ignored = weights_of(learner, task)
  expect_identical(ignored, weights_of(learner, cars_task()))
  expect_false(isTRUE(all.equal(used, ignored)))
})

test_that("the dataset shows the weights, in the order of its rows", {
  task = weighted(cars_task(), 1:32)$filter(c(7, 3, 20))
  dataset = lrn("regr.mlp")$dataset(task)
  expect_equal(as.numeric(dataset$weights), c(7, 3, 20))
  expect_output(print(dataset), "weights: 3", fixed = TRUE)
  expect_null(lrn("regr.mlp")$dataset(cars_task())$weights)
})

test_that("weights that are none are refused", {
  learner = full_batch("regr.mlp", epochs = 1)
  expect_config_error(learner$train(weighted(cars_task(), c(1, Inf, rep(1, 30)))), "weights",
    "The case weight of row 2 is infinite")
  expect_config_error(learner$train(weighted(cars_task(), rep(0, 32))), "weights", "All case weights are 0")
  expect_config_error(core_weights_create(c(1, -1)), "weights", "The case weight of row 2 is negative")
  expect_config_error(core_weights_create(c(NA, 1)), "weights", "The case weight of row 1 is missing")
  # as float32 they would be infinite or 0
  expect_config_error(core_weights_create(c(1, 1e300)), "weights", "The case weight of row 2 is infinite")
  expect_config_error(learner$train(weighted(cars_task(), rep(1e-300, 32))), "weights",
    "All case weights are 0 as float32 numbers")
  expect_config_error(core_weights_create(rep(3e38, 2)), "weights", "sum of the case weights is beyond the range")
  expect_equal(as.numeric(core_weights_create(c(0, 1e-300, 1e30))), c(0, 0, 1e30), tolerance = 1e-6)
  # mlr3 looks before
  expect_error(weighted(cars_task(), c(-1, rep(1, 31))), "case_weight")
  expect_error(weighted(cars_task(), c(NA, rep(1, 31))), "case_weight")
})

test_that("the featureless learner comes to weighted frequencies", {
  task = weighted(tsk("iris"), rep(c(1, 2, 1), each = 50))
  learner = lrn("classif.torch_featureless", epochs = 200, batch_size = 150, opt.lr = 0.1, seed = 1,
    predict_type = "prob")
  learner$train(task)
  expect_equal(unname(learner$predict(task)$prob[1, ]), c(0.25, 0.5, 0.25), tolerance = 1e-2)
})

test_that("a batch whose rows have weights keeps their number", {
  shortens = stage_callback("shortens", function(stage, ctx) {
    batch = ctx$batch
    batch$x$x = batch$x$x[1:2, ]
    batch$y = batch$y[1:2]
    ctx$batch = batch
  }, "on_batch_begin")
  task = weighted(tsk("iris"), rep(1:3, 50))
  expect_error(train_quietly(small_learner(list(shortens), validate = NULL), task), "their number must stay 60")
})
