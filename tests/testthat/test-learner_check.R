small = function(key = "classif.mlp", ...) {
  lrn(key, ..., epochs = 1, batch_size = 50, seed = 1)
}

expect_config_error = function(expr, message, class) {
  error = expect_error(expr, message, class = paste0("mlr3libtorch_error_", class))
  expect_s3_class(error, c("mlr3libtorch_error_config", "mlr3libtorch_error", "Mlr3ErrorConfig"), exact = FALSE)
}

test_that("epochs and batch_size must be given", {
  without_epochs = lrn("classif.mlp", batch_size = 2)
  expect_config_error(without_epochs$train(tsk("iris")), "'epochs' has no value", "missing_parameter")
  without_size = lrn("classif.mlp", epochs = 2)
  expect_config_error(without_size$train(tsk("iris")), "'batch_size' has no value", "missing_parameter")
  expect_config_error(small(optimizer = "sgd")$train(tsk("iris")), "'opt.lr' has no value", "missing_parameter")
})

test_that("drop_last must leave a batch", {
  expect_config_error(lrn("classif.mlp", epochs = 1, batch_size = 151, drop_last = TRUE)$train(tsk("iris")),
    "150 rows and the batch size is 151", "config")
})

test_that("a measure must fit the predict type, with the way out", {
  learner = small(measures_train = msrs("classif.logloss"))
  expect_config_error(learner$train(tsk("iris")),
    "'classif.logloss' needs the predict type 'prob'.*set `predict_type = \"prob\"`", "measure")
})

test_that("a measure must fit the task type", {
  learner = small(measures_train = msrs("regr.mse"))
  expect_config_error(learner$train(tsk("iris")), "for tasks of type 'regr'", "measure")
})

test_that("the id 'epoch' and repeated ids are refused", {
  expect_config_error(small(measures_train = msr("classif.acc", id = "epoch"))$train(tsk("iris")), "'epoch' is taken",
    "measure")
  twice = list(msr("classif.acc"), msr("classif.acc"))
  expect_config_error(small(measures_train = twice)$train(tsk("iris")), "'classif.acc' is given twice", "measure")
})

test_that("validation measures need validation data", {
  expect_config_error(small(measures_valid = msrs("classif.acc"))$train(tsk("iris")), "field 'validate' is NULL",
    "validation")
})

test_that("patience needs validation data, a measure and its direction", {
  expect_config_error(small(patience = 1)$train(tsk("iris")), "'validate' is NULL", "validation")
  expect_config_error(small(patience = 1, validate = 0.3)$train(tsk("iris")), "needs a validation measure",
    "validation")
  aimless = msr("classif.acc")
  aimless$minimize = NA
  expect_config_error(small(patience = 1, validate = 0.3, measures_valid = aimless)$train(tsk("iris")),
    "cannot use the measure 'classif.acc'", "measure")
})

test_that("a compiled step that is impossible is refused if it is required", {
  expect_config_error(small(plan = "require", loss = t_loss("focal"))$train(tsk("iris")), "no planned kernel", "plan")
})

test_that("missing values are named and counted", {
  expect_config_error(small()$train(tsk("penguins")), "'body_mass' \\(2\\).*impute", "missing_values")
})

test_that("features of an unsupported type are named", {
  data = data.table(a = as.POSIXct("2020-01-01") + 1:4, b = 1:4, y = 1:4)
  expect_config_error(small("regr.mlp")$train(as_task_regr(data, target = "y")), "'a' are of an unsupported type",
    "unsupported_features")
})

test_that("zero rows and zero features are refused", {
  expect_config_error(small()$train(tsk("iris"), row_ids = integer()), "no rows", "no_rows")
  expect_config_error(small()$train(tsk("iris")$filter(integer())), "no rows", "no_rows")
  expect_config_error(small()$train(tsk("iris")$select(character())), "at least one feature", "features")
})

test_that("a column of infinite values is named", {
  data = data.table(a = c(Inf, 1, Inf), y = 1:3)
  task = suppressWarnings(as_task_regr(data, target = "y"))
  expect_config_error(small("regr.mlp")$train(task), "2 infinite values in column 'a'",
    "infinite_values")
})

test_that("the target is named as what it is", {
  expect_config_error(small("regr.mlp")$train(as_task_regr(data.table(a = 1:2, y = c(1, 1e300)), target = "y")),
    "1 infinite value in column 'y'", "infinite_values")
  without = suppressWarnings(as_task_regr(data.table(a = 1:3, y = c(1, NA, 2)), target = "y"))
  expect_config_error(small("regr.mlp")$train(without), "'y' \\(1\\); leave out the rows", "missing_values")
})

test_that("validate is a ratio that leaves rows on both sides, or a word", {
  expect_config_error(small(validate = "tset"), "not tset; did you mean 'test'", "validation")
  for (bad in list(0, 1, 2, NA, c(0.1, 0.2), "x", list())) {
    expect_config_error(small(validate = bad), "'validate' must be NULL, a ratio", "validation")
  }
})

test_that("n_layers repeats a single number of neurons only", {
  expect_config_error(small(neurons = c(3, 4), n_layers = 2)$train(tsk("iris")), "'neurons' has 2 values", "parameter")
})

test_that("a shape must be that of the features", {
  expect_config_error(small(shape = c(NA, 7))$train(tsk("iris")), "7 columns, but the features have 4", "parameter")
})

test_that("internal tuning of the epochs needs early stopping", {
  learner = lrn("classif.mlp", epochs = paradox::to_tune(upper = 5, internal = TRUE), batch_size = 50)
  search_space = learner$param_set$search_space
  expect_error(learner$param_set$convert_internal_search_space(search_space()), "'patience' above 0",
    class = "mlr3libtorch_error_internal_tuning")
  learner$param_set$set_values(patience = 2)
  expect_error(learner$param_set$convert_internal_search_space(search_space()), "set 'measures_valid'",
    class = "mlr3libtorch_error_internal_tuning")
  learner$param_set$set_values(measures_valid = msrs("classif.acc"))
  expect_equal(learner$param_set$convert_internal_search_space(search_space()), list(epochs = 5))
})

test_that("configuration errors pass a fallback learner", {
  learner = small(patience = 1)
  learner$encapsulate("try", lrn("classif.featureless"))
  expect_error(learner$train(tsk("iris")), class = "mlr3libtorch_error_validation")
})

test_that("an error leaves an untrained learner untrained", {
  learner = small(patience = 1)
  expect_error(learner$train(tsk("iris")))
  expect_null(learner$state)
})

test_that("class weights that leave no row are refused", {
  learner = small(loss.class_weight = c(0, 0, 0))
  expect_config_error(learner$train(tsk("iris")), "0 for all classes", "config")
})
