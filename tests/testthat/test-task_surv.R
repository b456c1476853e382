# Hazards that depend on x1 and x2; one in four rows is censored.
survival_data = function(n = 400) {
  withr::with_seed(1, {
    x = matrix(rnorm(3 * n), n, dimnames = list(NULL, c("x1", "x2", "x3")))
    time = round(rexp(n, exp(x[, 1] - 0.5 * x[, 2])) * 10, 1) + 0.1
    seen = runif(n) > 0.25
    data.frame(x, time = ifelse(seen, time, time * runif(n)) + 0.01, event = seen)
  })
}

surv_task = function(...) TaskTorchSurv$new("surv", survival_data(...))

test_that("a network without hidden layers finds the coefficients of Cox's regression", {
  data = survival_data()
  learner = lrn("surv.mlp", epochs = 300, batch_size = 400, opt.lr = 0.05, seed = 1, plan = "require",
    scale = FALSE)
  prediction = learner$train(surv_task())$predict(surv_task())
  fit = survival::coxph(survival::Surv(time, event) ~ x1 + x2 + x3, data, ties = "breslow")
  expect_equal(as.vector(as_array(learner$network$parameters$head.weight)), unname(stats::coef(fit)), tolerance = 1e-2)
  # the loss is minus the log likelihood, for each event
  expect_equal(utils::tail(learner$history$train.loss, 1L), -fit$loglik[[2L]] / sum(data$event), tolerance = 1e-4)
  expected = survival::concordance(survival::Surv(time, event) ~ prediction$crank, data, reverse = TRUE)$concordance
  expect_equal(unname(prediction$score(msr("surv.concordance"))), unname(expected), tolerance = 1e-6)
})

test_that("both kinds of step learn the same from the partial likelihood", {
  train = function(plan) {
    lrn("surv.mlp", neurons = 8, p = 0, epochs = 5, batch_size = 50, seed = 1, plan = plan)$train(surv_task())$history
  }
  expect_equal(train("require")$train.loss, train("off")$train.loss, tolerance = 1e-5)
})

test_that("discrete hazards give curves of survival, near those of Kaplan and Meier without features", {
  data = survival_data()
  cuts = unname(quantile(data$time[data$event], c(0.2, 0.4, 0.6, 0.8, 0.95)))
  data[c("x1", "x2", "x3")] = 0
  task = TaskTorchSurv$new("flat", data)
  learner = lrn("surv.mlp", loss = t_loss("discrete_hazard", cuts = cuts), epochs = 150, batch_size = 400,
    opt.lr = 0.1, seed = 1, predict_type = "distr")
  prediction = learner$train(task)$predict(task)
  curve = summary(survival::survfit(survival::Surv(time, event) ~ 1, data), times = cuts)$surv
  expect_equal(unname(prediction$distr[1L, ]), curve, tolerance = 0.05)
  expect_equal(as.numeric(colnames(prediction$distr)), cuts, tolerance = 1e-12)
  expect_true(all(diff(t(prediction$distr)) <= 0))
})

test_that("rows of higher risk are predicted to have shorter lives", {
  data = survival_data()
  cuts = unname(quantile(data$time, c(0.25, 0.5, 0.75)))
  learner = lrn("surv.mlp", neurons = 8, loss = t_loss("discrete_hazard", cuts = cuts), epochs = 30, batch_size = 50,
    opt.lr = 0.01, seed = 1, validate = 0.3, measures_valid = msr("surv.concordance"))
  learner$train(surv_task())
  expect_gt(learner$internal_valid_scores$surv.concordance, 0.6)
  expect_identical(learner$predict_types, c("crank", "distr"))
  expect_equal(as_predictor(learner)(data[1:3, ]), learner$predict(surv_task(), 1:3)$crank)
  saved = unserialize(serialize(learner, NULL))
  expect_identical(saved$predict(surv_task())$crank, learner$predict(surv_task())$crank)
})

test_that("the curve is the product of the intervals' survival, and its area the rank", {
  logits = torch_tensor(rbind(c(0, 1), c(-1, 2)))
  encoded = encode_survival(logits, list(meaning = "hazards", cuts = c(1, 3)), "distr")
  expected = t(apply(1 - 1 / (1 + exp(-rbind(c(0, 1), c(-1, 2)))), 1L, cumprod))
  expect_equal(unname(encoded$distr), expected, tolerance = 1e-6)
  expect_equal(encoded$crank, -(1 + 2 * expected[, 1L]), tolerance = 1e-6)
  expect_identical(colnames(encoded$distr), c("1", "3"))
})

test_that("concordance counts the pairs whose order is known", {
  expect_identical(concordance(c(1, 2, 3), c(1, 1, 1), c(3, 2, 1)), 1)
  expect_identical(concordance(c(1, 2, 3), c(1, 1, 1), c(1, 2, 3)), 0)
  expect_identical(concordance(c(1, 2), c(1, 1), c(1, 1)), 0.5)
  expect_identical(concordance(c(1, 1), c(1, 0), c(2, 1)), 1)
  expect_identical(concordance(c(1, 2), c(0, 1), c(1, 2)), NaN)
})

test_that("resampling joins predictions, and graphs train on the type", {
  task = surv_task(100)
  rr = resample(task, lrn("surv.mlp", epochs = 1, batch_size = 50), rsmp("cv", folds = 3))
  expect_length(rr$prediction()$crank, 100L)
  expect_true(is.finite(rr$aggregate()))
  graph = mlr3pipelines::`%>>%`(mlr3pipelines::`%>>%`(mlr3pipelines::po("torch_ingress_num"), nn("head")),
    mlr3pipelines::po("torch_model_surv", epochs = 1, batch_size = 20))
  prediction = mlr3::as_learner(graph)$train(task)$predict(task)
  expect_named(as.data.table(prediction), c("row_ids", "time", "event", "crank"))
})

test_that("tasks of a class like mlr3proba's are taken, and others than right censored ones refused", {
  TaskSurv = R6::R6Class("TaskSurv", inherit = TaskTorchSurv, public = list(cens_type = "right"))
  task = TaskSurv$new("proba", survival_data(60))
  learner = lrn("surv.mlp", epochs = 1, batch_size = 20, predict_type = "lp")
  expect_length(learner$train(task)$predict(task)$lp, 60L)
  task$cens_type = "interval"
  expect_config_error(learner$train(task), "config", "is interval censored")
})

test_that("mistakes in tasks, losses and predict types are named", {
  data = survival_data(20)
  expect_config_error(TaskTorchSurv$new("a", transform(data, time = time - 5)), "config", "must be above 0")
  expect_config_error(TaskTorchSurv$new("a", transform(data, event = 2)), "config", "must be 1 or TRUE for an event")
  expect_config_error(TaskTorchSurv$new("a", transform(data, time = "x")), "config", "must be numbers")
  expect_error(lrn("surv.mlp", predict_type = "distr"), "discrete_hazard", class = "mlr3libtorch_error_predict_type")
  expect_error(lrn("surv.mlp", loss = t_loss("discrete_hazard", cuts = c(2, 1))), "increasing order",
    class = "mlr3libtorch_error")
  expect_config_error(lrn("surv.mlp", loss = t_loss("mse")), "loss", "is for tasks of type")
})

test_that("rows without any event cannot be learned from", {
  data = transform(survival_data(20), event = 0)
  task = TaskTorchSurv$new("censored", data, time = "time", event = "event")
  expect_config_error(lrn("surv.mlp", epochs = 1, batch_size = 5)$train(task), "config", "none of its training rows")
})

test_that("the cuts of discrete hazards can be set as a learner's parameter", {
  learner = lrn("surv.mlp", loss = "discrete_hazard", loss.cuts = c(1, 2), epochs = 1, batch_size = 5, seed = 1)
  expect_true("distr" %in% learner$predict_types)
  task = TaskTorchSurv$new("a", survival_data(20), time = "time", event = "event")
  expect_error(lrn("surv.mlp", loss = "discrete_hazard", epochs = 1, batch_size = 5)$train(task), "cuts",
    class = "mlr3libtorch_error")
})

test_that("a loss that needs more than numbers says what is missing", {
  expect_error(lrn("surv.mlp", loss = "fn"), "Argument 'fn' of loss 'fn' is required", class = "mlr3libtorch_error")
})
