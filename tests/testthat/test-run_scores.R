# Each score of the core against mlr3's measure of the same name, on what both can be given.

score_task = function(truth, weights = NULL) {
  data = data.frame(x = seq_along(truth), y = truth)
  data$w = weights
  task = if (is.factor(truth)) as_task_classif(data, target = "y") else as_task_regr(data, target = "y")
  if (!is.null(weights)) task$set_col_roles("w", "weights_measure")
  task
}

score_learner = function(task, ...) {
  predict_type = if (task$task_type == "classif") "prob" else "response"
  lrn(sprintf("%s.mlp", task$task_type), epochs = 1, batch_size = 8, predict_type = predict_type, ...)
}

# list(core, mlr3): the same score both ways.
both_scores = function(measure, task, learner, y_hat) {
  context = list(learner = learner, prediction_encoder = get_private(learner)$.encode_prediction)
  dataset = list(row_ids = task$row_ids)
  measures = set_names(list(measure), measure$id)
  entry = native_score(measure, learner, task)
  expect_false(is.null(entry), info = measure$id)
  y_hat = torch_tensor(y_hat)
  rows = torch_tensor(seq_len(task$nrow))
  # mlr3measures warns of what is not defined
  mlr3 = suppressWarnings(mlr3_scorer(context, task, measures, dataset)(y_hat, rows))
  board = core_board_create(score_truth(task), number_outputs(learner), list(entry))
  list(core = core_board_scores(board, y_hat, rows)[[1L]], mlr3 = mlr3[[1L]])
}

expect_same_scores = function(keys, task, learner, y_hat, what) {
  for (key in keys) {
    scores = both_scores(msr(key), task, learner, y_hat)
    # R's correlations of a constant are NA
    if (is.na(scores$mlr3)) expect_true(is.na(scores$core), info = paste(key, what)) else
      expect_equal(scores$core, scores$mlr3, tolerance = 1e-12, info = paste(key, what))
  }
}

core_keys = function(task_type, but = character()) {
  entries = registry_entries("score")
  names = names(keep(entries, function(entry) task_type %in% entry$tags && !any(but %in% entry$tags)))
  sprintf("%s.%s", task_type, names)
}
quantile_keys = c("regr.pinball", "regr.rqr")

test_that("scores of two classes are mlr3's, for random, tied, extreme and one-sided predictions", {
  set.seed(1)
  n = 101
  truth = factor(sample(c("a", "b"), n, TRUE), levels = c("a", "b"))
  logits = list(
    random = rnorm(n), tied = round(rnorm(n)), extreme = rnorm(n, sd = 60), saturated = 30 + rnorm(n) / 10,
    constant = rep(0, n), right = ifelse(truth == "a", 3, -3), wrong = ifelse(truth == "a", -3, 3)
  )
  truths = list(both = truth, rare = factor(c("a", rep("b", n - 1)), levels = c("a", "b")))
  for (truth in truths) {
    task = score_task(truth)
    learner = score_learner(task)
    imap(logits, function(logit, what) expect_same_scores(core_keys("classif"), task, learner, matrix(logit), what))
  }
})

test_that("scores of several classes are mlr3's, also if one has no rows", {
  set.seed(2)
  n = 83
  levels = letters[1:4]
  logits = list(random = matrix(rnorm(4 * n), n), tied = matrix(round(rnorm(4 * n)), n),
    extreme = matrix(rnorm(4 * n, sd = 60), n), constant = matrix(0, n, 4))
  truths = list(all = sample(levels, n, TRUE), missing = sample(levels[-2], n, TRUE), one = rep("c", n))
  for (truth in truths) {
    task = score_task(factor(truth, levels = levels))
    task$col_info[id == "y", "levels"] = list(list(levels))
    learner = score_learner(task)
    imap(logits, function(y_hat, what) {
      expect_same_scores(core_keys("classif", "twoclass"), task, learner, y_hat, what)
    })
  }
})

test_that("scores of numbers are mlr3's, also if they are not defined", {
  set.seed(3)
  n = 97
  truths = list(random = rnorm(n), positive = rexp(n), counts = rpois(n, 3), constant = rep(2, n),
    large = 1e6 + rnorm(n), single = 3)
  for (truth in truths) {
    task = score_task(as.numeric(truth))
    learner = score_learner(task)
    m = length(truth)
    outputs = list(random = rnorm(m), tied = round(rnorm(m)), near = truth + rnorm(m) / 10, constant = rep(0.5, m))
    imap(outputs, function(y_hat, what) {
      expect_same_scores(setdiff(core_keys("regr"), quantile_keys), task, learner, matrix(y_hat), what)
    })
  }
})

test_that("scores of quantiles are mlr3's", {
  set.seed(4)
  task = score_task(rnorm(60))
  learner = score_learner(task, loss = t_loss("quantile", quantiles = c(0.9, 0.1, 0.5)))
  learner$predict_type = "quantiles"
  y_hat = matrix(rnorm(180), 60)
  for (alpha in c(0.1, 0.5, 0.9)) {
    for (key in quantile_keys) {
      scores = both_scores(msr(key, alpha = alpha), task, learner, y_hat)
      expect_equal(scores$core, scores$mlr3, tolerance = 1e-12)
    }
  }
  scores = both_scores(msr("regr.mae"), task, learner, y_hat)
  expect_equal(scores$core, mean(abs(task$truth() - torch_tensor(y_hat)[, 3]$to(dtype = "float64") |> as.numeric())))
})

test_that("rows' weights count where they do in mlr3", {
  set.seed(5)
  n = 71
  weights = c(0, rexp(n - 1))
  tasks = list(
    score_task(factor(sample(c("a", "b"), n, TRUE)), weights),
    score_task(factor(sample(letters[1:3], n, TRUE)), weights), score_task(rexp(n), weights)
  )
  y_hats = list(matrix(round(rnorm(n), 1)), matrix(rnorm(3 * n), n), matrix(rexp(n)))
  but = list("", "twoclass", "")
  pmap(list(tasks, y_hats, but), function(task, y_hat, but) {
    keys = keep(core_keys(task$task_type, but), function(key) {
      key %nin% quantile_keys && !is.null(native_score(msr(key), score_learner(task), task))
    })
    expect_gt(length(keys), 3)
    expect_same_scores(keys, task, score_learner(task), y_hat, "weighted")
  })
})

test_that("settings of measures that the core knows are kept", {
  set.seed(6)
  task = score_task(factor(sample(c("a", "b"), 50, TRUE)))
  learner = score_learner(task)
  y_hat = matrix(rnorm(50, sd = 20))
  measures = list(msr("classif.fbeta", beta = 2), msr("classif.acc", id = "mine"))
  for (measure in measures) {
    scores = both_scores(measure, task, learner, y_hat)
    expect_equal(scores$core, scores$mlr3, tolerance = 1e-12)
  }
  undefined = msr("classif.ppv")
  undefined$na_value = -1
  expect_identical(both_scores(undefined, task, learner, matrix(rep(-9, 50)))$core, -1)
})

test_that("an undefined score has mlr3's value", {
  all_of_one = function(levels) factor(rep(levels[1], 6), levels = levels)
  one_class = score_task(all_of_one(c("a", "b", "c")))
  constant = score_task(rep(2, 6))
  cases = list(
    list("classif.mauc_aunp", one_class, matrix(1, 6, 3)), list("classif.mauc_aunu", one_class, matrix(1, 6, 3)),
    list("classif.fomr", score_task(factor(rep(c("a", "b"), 3))), matrix(rep(9, 6))),
    list("regr.ktau", constant, matrix(1:6 + 0)), list("regr.srho", constant, matrix(1:6 + 0)),
    list("regr.rsq", constant, matrix(1:6 + 0))
  )
  for (case in cases) {
    measure = msr(case[[1L]])
    if (exists("na_value", envir = measure)) measure$na_value = -7
    scores = both_scores(measure, case[[2L]], score_learner(case[[2L]]), case[[3L]])
    if (is.na(scores$mlr3)) expect_true(is.na(scores$core), info = case[[1L]]) else
      expect_identical(scores$core, scores$mlr3, info = case[[1L]])
  }
  # all rows are predicted to be one class, so rounding is all that there is
  task = score_task(factor(c("a", "d", "b", "d", "a"), levels = letters[1:4]), weights = c(1, 1, 0.3, 1, 0.3))
  scores = both_scores(msr("classif.mcc"), task, score_learner(task), matrix(c(9, 0, 0, 0), 5, 4, byrow = TRUE))
  expect_equal(scores$core, scores$mlr3, tolerance = 1e-12)
})

test_that("what the core does not know goes through mlr3", {
  task = tsk("sonar")
  learner = score_learner(task)
  changed = msr("classif.acc")
  changed$fun = function(truth, response, ...) 0.5
  aggregated = msr("classif.acc")
  aggregated$aggregator = max
  costs = msr("classif.costs")
  own = R6::R6Class("MeasureOwn", inherit = mlr3::MeasureClassif, private = list(.score = function(prediction, ...) 1))
  own = own$new("classif.own", range = c(0, 1), minimize = FALSE)
  for (measure in list(changed, aggregated, costs, own)) expect_null(native_score(measure, learner, task))
})

test_that("validation follows the classes of the training task, whatever the order in the validation task", {
  task = tsk("sonar")
  task$internal_valid_task = seq(1, 208, by = 4)
  task$positive = "R"
  learner = lrn("classif.mlp", neurons = 4, epochs = 10, batch_size = 16, seed = 1, predict_type = "prob",
    validate = "predefined", measures_valid = msrs(c("classif.acc", "classif.auc")))$train(task)
  expected = learner$predict(task$internal_valid_task)$score(msrs(c("classif.acc", "classif.auc")))
  expect_equal(unlist(learner$internal_valid_scores), expected, tolerance = 1e-12)
  reversed = iris[seq(1, 150, by = 5), ]
  reversed$Species = factor(reversed$Species, levels = rev(levels(iris$Species)))
  task = tsk("iris")
  task$internal_valid_task = as_task_classif(reversed, target = "Species")
  # a measure that mlr3 computes
  own = msr("classif.acc")
  own$fun = function(truth, response, ...) mean(truth == response)
  own$id = "own"
  learner$predict_type = "response"
  learner$param_set$set_values(measures_valid = list(msr("classif.acc"), own))
  learner$train(task)
  expected = learner$predict(task$internal_valid_task)$score(msr("classif.acc"))
  expect_equal(unname(unlist(learner$internal_valid_scores)), rep(unname(expected), 2L), tolerance = 1e-12)
  task$internal_valid_task = as_task_classif(droplevels(reversed[reversed$Species != "setosa", ]), target = "Species")
  expect_error(learner$train(task), "give both targets the same levels", class = "mlr3libtorch_error_features")
})

test_that("a measure that needs the training set gets it", {
  task = tsk("mtcars")
  measure = msr("regr.rsq", pred_set_mean = FALSE)
  rows = order(task$truth())
  folds = rsmp("custom")$instantiate(task, list(rows[1:20]), list(rows[21:32]))
  learner = lrn("regr.mlp", epochs = 5, batch_size = 8, seed = 1, validate = "test", measures_valid = measure)
  result = resample(task, learner, folds, store_models = TRUE)
  expect_equal(result$learners[[1]]$internal_valid_scores$regr.rsq, result$score(measure)$regr.rsq, tolerance = 1e-12)
})

test_that("missing targets of validation rows are named", {
  data = mtcars
  data$mpg[3] = NA
  task = tsk("mtcars")
  task$internal_valid_task = as_task_regr(data, target = "mpg")
  learner = lrn("regr.mlp", epochs = 1, batch_size = 8, validate = "predefined", measures_valid = msr("regr.rmse"))
  expect_error(learner$train(task), "missing values in 'mpg' (1)", fixed = TRUE,
    class = "mlr3libtorch_error_missing_values")
})

test_that("the rates of a Poisson regression are those of glm(), in predictions and in scores", {
  data = withr::with_seed(1, data.frame(x = rnorm(300)))
  data$y = withr::with_seed(2, rpois(300, exp(1.5 + data$x / 2)))
  task = as_task_regr(data, target = "y")
  task$internal_valid_task = 201:300
  measures = msrs(c("regr.rmse", "regr.mae"))
  learner = lrn("regr.mlp", loss = "poisson_nll", epochs = 400, batch_size = 200, opt.lr = 0.05, seed = 1,
    validate = "predefined", measures_valid = measures)$train(task)
  fit = predict(glm(y ~ x, poisson, data[1:200, ]), data[201:300, ], type = "response")
  prediction = learner$predict(task$internal_valid_task)
  expect_equal(prediction$response, unname(fit), tolerance = 1e-3)
  expect_equal(unlist(learner$internal_valid_scores), prediction$score(measures), tolerance = 1e-12)
  expect_equal(unname(as_predictor(learner)(data[201:203, ])), prediction$response[1:3], tolerance = 1e-6)
  data$y = data$y - 1
  learner = lrn("regr.mlp", loss = "poisson_nll", epochs = 1, batch_size = 20)
  expect_error(learner$train(as_task_regr(data, target = "y")), "for counts", class = "mlr3libtorch_error_config")
})
