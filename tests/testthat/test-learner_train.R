iris_learner = function(...) {
  settings = insert_named(list(epochs = 3, batch_size = 32, seed = 1, neurons = 8, p = 0.1), list(...))
  invoke(lrn, "classif.mlp", .args = settings)
}

validated = function(...) {
  iris_learner(validate = 0.3, measures_valid = msrs("classif.ce"), ...)
}

test_that("a trained learner predicts better than chance", {
  learner = iris_learner(epochs = 60, opt.lr = 0.01, predict_type = "prob")
  prediction = learner$train(tsk("iris"))$predict(tsk("iris"))
  expect_lt(prediction$score(msr("classif.ce")), 0.2)
  expect_equal(unname(rowSums(prediction$prob)), rep(1, 150))
  sonar = lrn("classif.mlp", epochs = 60, batch_size = 32, seed = 1, opt.lr = 0.01, p = 0)
  expect_lt(sonar$train(tsk("sonar"))$predict(tsk("sonar"))$score(msr("classif.ce")), 0.3)
})

test_that("the model is plain data", {
  model = iris_learner()$train(tsk("iris"))$model
  is_plain = function(x) {
    typeof(x) %nin% c("externalptr", "environment", "closure", "S4") &&
      (!is.list(x) || all(map_lgl(unclass(x), is_plain)))
  }
  expect_true(is_plain(model))
  expect_s3_class(model, "learner_torch_model")
  expect_subset(c("network", "internal_valid_scores", "loss_fn", "optimizer", "epochs", "callbacks", "seed",
    "task_col_info"), names(model))
  expect_equal(model$epochs, 3L)
  expect_equal(model$seed, 1)
})

test_that("the same seed gives the same bytes, another seed others", {
  train = function(seed) iris_learner(seed = seed)$train(tsk("iris"))$model$network
  expect_identical(train(1), train(1))
  expect_false(identical(train(1), train(2)))
})

test_that("a random seed comes from R's generator", {
  train = function() iris_learner(seed = "random")$train(tsk("iris"))$model
  one = withr::with_seed(1, train())
  two = withr::with_seed(1, train())
  expect_identical(one$seed, two$seed)
  expect_identical(one$network, two$network)
  expect_false(withr::with_seed(2, train())$seed == one$seed)
})

test_that("training with a seed leaves R's generator as it was", {
  set.seed(1)
  before = .Random.seed
  iris_learner()$train(tsk("iris"))
  expect_identical(.Random.seed, before)
})

test_that("two fresh processes with the same seed make the same bytes", {
  train = function() {
    library(mlr3libtorch)
    learner = mlr3::lrn("classif.mlp", epochs = 3, batch_size = 32, seed = 7, neurons = 8)
    model = learner$train(mlr3::tsk("iris"))$model
    # the time it took is nobody's to choose
    model[names(model) != "timing"]
  }
  expect_identical(callr::r(train), callr::r(train))
})

test_that("training leaves LibTorch's generator as it was", {
  draw = function(between) {
    torch_manual_seed(1)
    between()
    as.array(torch_randn(3))
  }
  expect_identical(draw(function() iris_learner()$train(tsk("iris"))), draw(function() NULL))
})

test_that("factors are remembered, new levels refused, the order of columns is irrelevant", {
  data = data.table(a = factor(rep(c("x", "y"), 20)), b = seq_len(40) / 40, y = rnorm(40))
  task = as_task_regr(data, target = "y")
  learner = lrn("regr.mlp", epochs = 2, batch_size = 10, seed = 1)$train(task)
  prediction = learner$predict(task)$response
  expect_identical(learner$predict_newdata(data[, c("b", "a")])$response, prediction)
  expect_error(learner$predict_newdata(data.table(a = factor("z"), b = 1)), "'z'",
    class = "mlr3libtorch_error_unseen_levels")
  expect_error(learner$predict_newdata(data.table(a = factor("x", levels = c("x", "y")), b = NA_real_)), "'b'",
    class = "mlr3libtorch_error_missing_values")
  expect_error(learner$predict(task$clone()$select("a")), "lacks features.*'b'", class = "mlr3libtorch_error_features")
})

test_that("a saved learner predicts the same bits, also in a fresh process", {
  learner = iris_learner(predict_type = "prob")$train(tsk("iris"))
  expected = learner$predict(tsk("iris"))$prob
  path = withr::local_tempfile()
  saveRDS(learner, path)
  expect_identical(readRDS(path)$predict(tsk("iris"))$prob, expected)
  expect_identical(readRDS(path)$model, learner$model)
  expect_identical(learner$clone(deep = TRUE)$predict(tsk("iris"))$prob, expected)
  fresh = callr::r(function(path) {
    library(mlr3libtorch)
    readRDS(path)$predict(mlr3::tsk("iris"))$prob
  }, list(path))
  expect_identical(fresh, expected)
})

test_that("a marshaled learner still predicts and comes back as it was", {
  learner = iris_learner()$train(tsk("iris"))
  model = learner$model
  prediction = learner$predict(tsk("iris"))$response
  learner$marshal()
  expect_true(learner$marshaled)
  expect_identical(learner$predict(tsk("iris"))$response, prediction)
  expect_named(learner$network$parameters, names(model$network$parameters))
  learner$unmarshal()
  expect_false(learner$marshaled)
  expect_identical(learner$model, model)
})

test_that("validation scores are kept", {
  learner = validated()$train(tsk("iris"))
  expect_named(learner$internal_valid_scores, "classif.ce")
  expect_equal(learner$internal_valid_scores, learner$model$internal_valid_scores)
  expect_equal(iris_learner()$train(tsk("iris"))$internal_valid_scores, NULL)
})

test_that("early stopping ends the training and tells the best epoch", {
  learner = validated(epochs = 50, patience = 2, min_delta = 1)$train(tsk("iris"))
  expect_equal(learner$model$epochs, 3)
  expect_equal(learner$internal_tuned_values, list(epochs = 1L))
})

test_that("a learner that was trained stays as it was when training fails", {
  learner = iris_learner()$train(tsk("iris"))
  state = learner$state
  learner$callbacks = torch_callback("failing", on_batch_end = function() stop("on purpose"))
  expect_error(learner$train(tsk("iris")), "on purpose", class = "mlr3libtorch_error_callback")
  expect_identical(learner$state, state)
  untrained = iris_learner(callbacks = torch_callback("failing", on_end = function() stop("on purpose")))
  expect_error(untrained$train(tsk("iris")), "on purpose")
  expect_null(untrained$state)
})

test_that("a learner cannot be trained inside its own training, but another can", {
  task = tsk("iris")
  nested = torch_callback("nested", on_epoch_end = function() self$ctx$learner$train(tsk("iris")))
  expect_error(iris_learner(callbacks = nested)$train(task), "is being trained")
  other = torch_callback("other",
    on_end = function() {
      inner = lrn("classif.mlp", epochs = 1, batch_size = 50, seed = 1)
      self$inner = inner$train(tsk("iris"))$model$epochs
    },
    state_dict = function() self$inner, load_state_dict = function(state_dict) self$inner = state_dict
  )
  expect_equal(iris_learner(callbacks = other)$train(task)$model$callbacks$other, 1)
})

test_that("zero epochs give an untrained network that predicts", {
  learner = iris_learner(epochs = 0)$train(tsk("iris"))
  expect_equal(learner$model$epochs, 0)
  expect_length(learner$predict(tsk("iris"))$response, 150L)
})

test_that("a prediction of no rows is empty", {
  learner = iris_learner()$train(tsk("iris"))
  expect_length(learner$predict(tsk("iris"), row_ids = integer())$response, 0L)
})

test_that("a model prints what it is", {
  model = validated(callbacks = t_clbk("history"))$train(tsk("iris"))$model
  # which rows are kept for validation depends on R's version
  numbers = function(x) gsub("(mean|sd)=[0-9.,]*", "\\1=<numbers>", sub("classif.ce=.*", "classif.ce=<score>", x))
  expect_snapshot(print(model), transform = numbers)
})

test_that("prediction takes the device that is set when it is called", {
  learner = iris_learner(device = "cpu")$train(tsk("iris"))
  expected = learner$predict(tsk("iris"))
  learner$param_set$set_values(device = "auto")
  expect_equal(learner$predict(tsk("iris"))$response, expected$response)
  # there is no machine with so many
  learner$param_set$set_values(device = "cuda:97")
  expect_error(learner$predict(tsk("iris")), "'cuda:97' is not available", class = "mlr3libtorch_error_config")
  learner$param_set$set_values(device = "cpu")
  expect_equal(learner$predict(tsk("iris"))$response, expected$response)
})
