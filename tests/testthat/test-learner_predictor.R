# Functions that predict without a task, held against `$predict()`.

mixed_data = function() {
  data = data.frame(
    x = c(1.5, 2, 3, 4, 5, 6, 7, 8), i = 1:8, l = rep(c(TRUE, FALSE), 4),
    f = factor(c("a", "b", "c", "a", "b", "c", "a", "b")), stringsAsFactors = FALSE
  )
  data$y = data$x + as.integer(data$f)
  data
}

trained = function(learner_key, task, ..., predict_type = NULL) {
  learner = lrn(learner_key, epochs = 2, batch_size = 16, seed = 1, ...)
  if (!is.null(predict_type)) learner$predict_type = predict_type
  train_quietly(learner, task)
}

# What `$predict_newdata()` says, as numbers.
slow_numbers = function(learner, data) {
  prediction = learner$predict_newdata(data)
  switch(learner$predict_type,
    prob = prediction$prob,
    se = cbind(response = prediction$response, se = prediction$se),
    quantiles = matrix(prediction$data$quantiles, nrow(data)),
    prediction$response
  )
}

test_that("a predictor gives the numbers of `$predict_newdata()`, for every learner and predict type", {
  regression = as_task_regr(mixed_data(), target = "y")
  learners = list(
    trained("regr.mlp", regression, neurons = 4), trained("regr.tab_resnet", regression, d_block = 4),
    trained("regr.tabm", regression, k = 2, d_block = 4), trained("regr.torch_featureless", regression),
    trained("regr.tabm", regression, k = 2, d_block = 4, num_embeddings = "linear_relu", d_embedding = 2),
    trained("regr.ft_transformer", regression, n_blocks = 1, d_token = 8, attention_n_heads = 2),
    trained("regr.mlp", regression, loss = t_loss("gaussian_nll"), predict_type = "se"),
    trained("regr.torch_model", regression, network = nn_sequential(nn("linear", out_features = 3), nn("head")))
  )
  for (learner in learners) {
    predictor = as_predictor(learner)
    data = mixed_data()[c(3, 1, 8), sample(4)]
    expect_equal(predictor(data), slow_numbers(learner, data), ignore_attr = TRUE, info = learner$id)
    expect_equal(predictor(data[2, ]), slow_numbers(learner, data[2, ]), ignore_attr = TRUE, info = learner$id)
  }
})

test_that("probabilities have the classes as columns, for two classes and for several", {
  for (task in list(tsk("iris"), tsk("sonar"))) {
    learner = trained("classif.mlp", task, predict_type = "prob")
    data = as.data.frame(task$data(rows = 1:5, cols = task$feature_names))
    expect_equal(as_predictor(learner)(data), learner$predict_newdata(data)$prob)
    expect_equal(as_predictor(learner)(as.matrix(data)), learner$predict_newdata(data)$prob)
    expect_equal(colnames(as_predictor(learner)(data)), task$class_names)
  }
})

test_that("quantiles are columns in increasing order", {
  learner = trained("regr.mlp", tsk("mtcars"), loss = t_loss("quantile", quantiles = c(0.9, 0.1, 0.5)))
  learner$quantiles = c(0.1, 0.5, 0.9)
  learner$quantile_response = 0.5
  learner$predict_type = "quantiles"
  data = tsk("mtcars")$data(rows = 1:4)
  numbers = as_predictor(learner)(data)
  expect_equal(dim(numbers), c(4, 3))
  expect_equal(unname(numbers[, ]), unname(learner$predict_newdata(data)$data$quantiles[, ]), ignore_attr = TRUE)
})

test_that("a saved predictor works in a process that has loaded nothing else", {
  learner = trained("classif.mlp", tsk("iris"), predict_type = "prob")
  file = withr::local_tempfile(fileext = ".rds")
  saveRDS(as_predictor(learner), file)
  expected = learner$predict_newdata(iris[1:3, ])$prob
  found = callr::r(function(file) {
    predictor = readRDS(file)
    list(numbers = predictor(datasets::iris[1:3, ]), attached = "package:mlr3" %in% search())
  }, list(file))
  expect_equal(found$numbers, expected)
  expect_false(found$attached)
})

test_that("a predictor does not follow its learner", {
  learner = trained("regr.mlp", tsk("mtcars"), neurons = 3)
  data = tsk("mtcars")$data(rows = 1:4)
  predictor = as_predictor(learner)
  before = predictor(data)
  learner$param_set$set_values(seed = 2L)
  train_quietly(learner, tsk("mtcars"))
  expect_false(isTRUE(all.equal(as_predictor(learner)(data), before)))
  expect_identical(predictor(data), before)
})

test_that("what a predictor cannot use is an error that names it", {
  predictor = as_predictor(trained("regr.mlp", as_task_regr(mixed_data(), target = "y")))
  data = mixed_data()
  refused = function(data, pattern, class) expect_error(predictor(data), pattern, class = class)
  refused(data[c("x", "i")], "'f', 'l' are missing", "mlr3libtorch_error_features")
  refused(transform(data, x = NA_real_), "8 missing values in column 'x'", "mlr3libtorch_error_missing_values")
  refused(transform(data, x = Inf), "infinite", "mlr3libtorch_error_infinite_values")
  refused(transform(data, f = factor("d")), "'f' has levels .* 'd'", "mlr3libtorch_error_unseen_levels")
  refused(transform(data, x = "1"), "'x' is character, but was numeric", "mlr3libtorch_error_features")
  refused(transform(data, f = 1), "'f' is numeric, but was factor", "mlr3libtorch_error_features")
  refused(c(as.list(data[1, c("x", "i", "l")]), list(f = data$f)), "the same number of values",
    "mlr3libtorch_error_features")
  refused(as.matrix(data[c("x", "i")]), "are missing", "mlr3libtorch_error_features")
  refused(1, "are missing", "mlr3libtorch_error_features")
  refused(transform(data, x = 1e300), "infinite", "mlr3libtorch_error_infinite_values")
  expect_error(as_predictor(lrn("regr.mlp")), "has not been trained", class = "mlr3libtorch_error_model")
  expect_error(as_predictor(1), "must be a learner of this package", class = "mlr3libtorch_error_argument")
})

test_that("text is accepted for a factor, and no rows give no numbers", {
  predictor = as_predictor(trained("regr.mlp", as_task_regr(mixed_data(), target = "y")))
  data = mixed_data()
  expect_identical(predictor(transform(data, f = as.character(f))), predictor(data))
  expect_length(predictor(data[0, ]), 0)
})

test_that("`$predict_newdata_fast()` says what `$predict_newdata()` does", {
  for (task in list(tsk("iris"), tsk("sonar"), as_task_regr(mixed_data(), target = "y"))) {
    key = sprintf("%s.mlp", task$task_type)
    learner = trained(key, task, neurons = 3, predict_type = if (task$task_type == "classif") "prob")
    data = task$data(rows = task$row_ids[c(2, 5)])
    fast = learner$predict_newdata_fast(data)
    slow = learner$predict_newdata(data)
    expect_identical(fast$response, slow$response)
    expect_identical(fast$prob, if (task$task_type == "classif") slow$prob)
  }
  expect_error(lrn("regr.mlp")$predict_newdata_fast(data), "has not been trained", class = "mlr3libtorch_error_model")
  expect_error(learner$predict_newdata_fast(data[, "x"]), "are missing", class = "mlr3libtorch_error_features")
})

test_that("`$predict_newdata_fast()` draws with Monte Carlo dropout as `$predict()` does", {
  learner = trained("regr.mlp", tsk("mtcars"), neurons = 8, mc_dropout = 20)
  learner$predict_type = "se"
  data = tsk("mtcars")$data(rows = 1:6)
  fast = learner$predict_newdata_fast(data)
  slow = learner$predict_newdata(data)
  expect_equal(fast$response, slow$response)
  expect_equal(fast$se, slow$se)
})

test_that("a failed learner's fallback predicts fast too", {
  learner = lrn("regr.mlp", epochs = 1, batch_size = 8,
    callbacks = torch_callback("fails", on_begin = function() stop("boom")))
  learner$encapsulate("evaluate", lrn("regr.featureless"))
  suppressWarnings(train_quietly(learner, tsk("mtcars")))
  data = tsk("mtcars")$data(rows = 1:2)
  expect_equal(learner$predict_newdata_fast(data)$response, rep(mean(tsk("mtcars")$truth()), 2))
})

test_that("predictions see weights that were changed in the model, and a network that you hold is left alone", {
  learner = trained("regr.mlp", tsk("mtcars"), neurons = 3, scale = FALSE)
  before = learner$predict(tsk("mtcars"))$response
  mine = learner$network
  with_no_grad(mine$parameters$head.bias$add_(100))
  expect_identical(learner$predict(tsk("mtcars"))$response, before)
  file = withr::local_tempfile(fileext = ".safetensors")
  torch_save(mine$state_dict(), file)
  load_weights(learner, file)
  expect_equal(learner$predict(tsk("mtcars"))$response, before + 100, tolerance = 1e-5)
})

test_that("a predictor prints what it takes and gives", {
  expect_snapshot(as_predictor(trained("classif.mlp", tsk("iris"))))
})

test_that("predict_newdata() without a task predicts what mlr3's way by a task does", {
  for (key in c("german_credit", "mtcars", "iris")) {
    task = tsk(key)
    learner = lrn(paste0(task$task_type, ".mlp"), epochs = 2, batch_size = 16, seed = 1)
    if (task$task_type == "classif") learner$predict_type = "prob"
    learner$train(task)
    data = task$data(rows = task$row_ids[c(3, 1, 8)])
    without = data[, task$feature_names, with = FALSE]
    for (rows in list(data, as.data.frame(data), without)) {
      plain = learner$predict_newdata(rows)
      # with a task given, mlr3 makes one of the rows
      expect_equal(plain$data, learner$predict_newdata(rows, task)$data)
      expect_identical(class(plain), class(learner$predict(task, 1:3)))
    }
  }
})

test_that("predict_newdata() goes by a task where columns have other types than in training", {
  task = tsk("iris")
  learner = lrn("classif.mlp", epochs = 2, batch_size = 16, seed = 1)$train(task)
  rows = data.frame(Petal.Length = 1:3, Petal.Width = 1:3, Sepal.Length = 1:3, Sepal.Width = 1:3, other = letters[1:3])
  expect_identical(predicts_plainly(learner, rows), FALSE)
  numbers = rows
  numbers[1:4] = lapply(rows[1:4], as.numeric)
  expect_identical(predicts_plainly(learner, numbers), TRUE)
  expect_equal(learner$predict_newdata(rows)$response, learner$predict_newdata(numbers)$response)
  expect_error(learner$predict_newdata(rows[-1]), "Petal.Length")
})

test_that("predict_newdata() asks a subclass that predicts in its own way", {
  own = R6::R6Class("LearnerOwn", inherit = LearnerTorchMLP, private = list(
    .predict = function(task) list(response = rep(7, task$nrow))
  ))
  learner = own$new("regr")
  learner$param_set$set_values(epochs = 1, batch_size = 8)
  learner$train(tsk("mtcars"))
  expect_identical(learner$predict_newdata(tsk("mtcars")$data(rows = 1:2))$response, c(7, 7))
})

test_that("predict_newdata() gives quantiles and standard errors as `$predict()` does", {
  task = tsk("mtcars")
  quantiles = lrn("regr.mlp", loss = t_loss("quantile", quantiles = c(0.1, 0.5, 0.9)), epochs = 2, batch_size = 8,
    seed = 1, predict_type = "quantiles")$train(task)
  expect_equal(quantiles$predict_newdata(task$data())$quantiles, quantiles$predict(task)$quantiles)
  errors = lrn("regr.mlp", loss = "gaussian_nll", epochs = 2, batch_size = 8, seed = 1, predict_type = "se")$train(task)
  expect_equal(errors$predict_newdata(task$data())$se, errors$predict(task)$se)
})

test_that("missing texts and numbers that are not whole are refused as in training", {
  texts = data.frame(txt = rep(c("na good", "bad soup"), 10), y = factor(rep(c("p", "n"), 10)))
  learner = lrn("classif.sequence", epochs = 1, batch_size = 8, seed = 1, width = 4)$train(as_task_classif(texts, "y"))
  for (predict in list(learner$predict_newdata, as_predictor(learner))) {
    expect_error(predict(data.frame(txt = c(NA, "good"))), "'txt' has missing texts",
      class = "mlr3libtorch_error_missing_values")
  }
  data = data.frame(a = 1:20, y = seq(0, 1, length.out = 20))
  learner = lrn("regr.mlp", epochs = 1, batch_size = 8, seed = 1)$train(as_task_regr(data, target = "y"))
  expect_error(as_predictor(learner)(data.frame(a = 2.7)), "not whole", class = "mlr3libtorch_error_features")
  expect_number(as_predictor(learner)(data.frame(a = 2)))
})

test_that("a predictor does not leave out draws of dropout in silence", {
  learner = lrn("regr.mlp", epochs = 1, batch_size = 8, seed = 1, neurons = 4, p = 0.5, mc_dropout = 5)
  learner$train(tsk("mtcars"))
  expect_error(as_predictor(learner), "draws of its dropout", class = "mlr3libtorch_error_argument")
})
