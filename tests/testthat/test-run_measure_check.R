mlp = function(...) lrn("classif.mlp", epochs = 2, batch_size = 60, predict_type = "prob", seed = 1, ...)

test_that("measures can be given by their keys", {
  learner = mlp(measures_valid = c("classif.acc", "classif.ce"), measures_train = "classif.acc", validate = 0.3)
  train_quietly(learner)
  expect_named(learner$internal_valid_scores, c("classif.acc", "classif.ce"))
  expect_config_error(mlp(measures_valid = "classif.acx"), "parameter", "did you mean 'classif.acc'?")
  expect_config_error(mlp(measures_valid = "rmse"), "parameter", "or 'regr.rmse'?")
  expect_config_error(mlp(measures_train = "wrong"), "parameter", "has 'wrong', which is not the key of a measure.")
})

test_that("a measure that mlr3 computes is tried, too", {
  measure = msr("classif.auc")
  measure$aggregator = function(x) mean(x)
  learner = mlp(measures_valid = list(measure), validate = 0.3)
  expect_named(train_quietly(learner, tsk("sonar"))$internal_valid_scores, "classif.auc")
})

test_that("a measure of two classes is refused for three", {
  for (name in c("measures_valid", "measures_train")) {
    learner = invoke(mlp, validate = 0.3, .args = set_names(list(msr("classif.auc")), name))
    expect_config_error(learner$train(tsk("iris")), "measure", "is for two classes, but task 'iris' has 3.")
  }
})

test_that("a measure that is never a number on the rows is refused by an error that a fallback can take", {
  task = tsk("sonar")
  task$internal_valid_task = tsk("sonar")$filter(which(task$truth() == "R"))
  for (key in c("classif.auc", "classif.prauc", "classif.sensitivity")) {
    learner = mlp(measures_valid = key, patience = 3, validate = "predefined")
    condition = expect_error(learner$train(task), "is not a number on these", class =
      "mlr3libtorch_error_undefined_score")
    expect_false(inherits(condition, "Mlr3ErrorConfig"))
  }
  # the same rows are enough for measures that have a value
  for (key in c("classif.acc", "classif.logloss", "classif.specificity")) {
    expect_length(mlp(measures_valid = key, validate = "predefined")$train(task)$internal_valid_scores, 1L)
  }
  constant = as_task_regr(data.frame(x = 1:20, y = 1), target = "y")
  for (key in "regr.srho") {
    learner = lrn("regr.mlp", epochs = 1, batch_size = 5, measures_train = key)
    expect_error(learner$train(constant), "take other rows", class = "mlr3libtorch_error_undefined_score")
  }
})

test_that("validation rows that nobody uses are named", {
  unused = "mlr3libtorch_warning_unused_validation"
  expect_warning(mlp(validate = 0.2)$train(tsk("iris")), "measured on them", class = unused)
  expect_warning(mlp(validate = 0.2, callbacks = t_clbk("history"))$train(tsk("iris")), class = unused)
  expect_no_warning(mlp(validate = 0.2, measures_valid = "classif.ce")$train(tsk("iris")))
  look = torch_callback("look", on_batch_valid_end = function() self$ctx$y_hat)
  expect_no_warning(mlp(validate = 0.2, callbacks = look)$train(tsk("iris")))
  expect_no_warning(mlp()$train(tsk("iris")))
})

test_that("an auto_tuner() that takes the validation away says how to go on", {
  learner = mlp(validate = 0.5, patience = 1, measures_valid = "classif.ce", opt.lr = paradox::to_tune(0.01, 0.1))
  tuner = mlr3tuning::auto_tuner(mlr3tuning::tnr("random_search"), learner, rsmp("holdout"), term_evals = 1)
  expect_error(tuner$train(tsk("iris")), "tune 'epochs' with `internal = TRUE`", fixed = TRUE)
})

test_that("rows that weigh nothing say nothing of a measure", {
  data = data.frame(x = seq_len(40), y = factor(rep(c("p", "n"), 20)), w = c(0, 0, rep(1, 38)))
  task = as_task_classif(data, target = "y")
  task$set_col_roles("w", "weights_measure")
  task$internal_valid_task = 1:20
  learner = lrn("classif.mlp", epochs = 1, batch_size = 8, predict_type = "prob", validate = "predefined",
    measures_valid = msr("classif.auc"), seed = 1)
  expect_number(learner$train(task)$internal_valid_scores$classif.auc)
})
