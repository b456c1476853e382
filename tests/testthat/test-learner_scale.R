# Features and targets that are standardised inside the network.

scaled_keys = c("mlp", "tab_resnet", "ft_transformer", "tabm")

# Features and a target that no network learns from as they are.
far_data = function(n = 120) {
  withr::with_seed(1, {
    x = rnorm(n)
    z = runif(n)
    data.table(
      x = 5000 + 300 * x, whole = as.integer(round(1e6 * z)), constant = 7,
      kind = factor(rep(c("a", "b", "c"), length.out = n)), flag = rep(c(TRUE, FALSE), length.out = n),
      y = 200000 + 8000 * (x + 2 * z + rep(c(0, 1, 2), length.out = n)) + rnorm(n, sd = 800)
    )
  })
}

far_task = function(...) as_task_regr(far_data(...), target = "y", id = "far")

population_sd = function(x) sqrt(mean((x - mean(x))^2))

node_of = function(learner, operation) {
  keep(learner$model$network$spec$nodes, function(node) node$operation == operation)
}

mlp = function(...) {
  lrn("regr.mlp", neurons = 16, p = 0, batch_size = 16, seed = 1, opt.lr = 0.01, ...)
}

test_that("means and deviations are those of the training rows, of numbers only", {
  task = far_task()
  learner = mlp(epochs = 1)$train(task, row_ids = 1:100)
  rows = task$data(rows = 1:100)
  buffers = map(learner$network$buffers, as.array)
  numbers = c("x", "whole", "constant")
  columns = unlist(map(task$feature_names, function(id) if (id == "kind") rep("kind", 3) else id))
  means = map_dbl(columns, function(id) if (id %in% numbers) mean(rows[[id]]) else 0)
  sds = map_dbl(columns, function(id) if (id %in% setdiff(numbers, "constant")) population_sd(rows[[id]]) else 1)
  expect_equal(as.numeric(buffers$standardize.mean), means, tolerance = 1e-6)
  expect_equal(as.numeric(buffers$standardize.sd), sds, tolerance = 1e-6)
  expect_equal(as.numeric(buffers$unstandardize.mean), mean(rows$y), tolerance = 1e-6)
  expect_equal(as.numeric(buffers$unstandardize.sd), population_sd(rows$y), tolerance = 1e-6)
})

test_that("a target far from 0 is learnt, by each of the learners, and not without scaling", {
  task = far_task()
  for (key in scaled_keys) {
    learner = table_learner(paste0("regr.", key), epochs = 60, opt.lr = 0.01)
    rsq = learner$train(task)$predict(task)$score(msr("regr.rsq"))
    expect_gt(rsq, 0.8)
    learner$param_set$set_values(scale = FALSE)
    suppressWarnings(learner$train(task))
    expect_lt(learner$predict(task)$score(msr("regr.rsq")), 0)
    expect_length(c(node_of(learner, "standardize"), node_of(learner, "unstandardize")), 0L)
  }
})

test_that("it is what standardising outside does: the same weights, losses and predictions", {
  task = far_task()$select(c("x", "whole"))
  data = task$data()
  outside = data[, lapply(.SD, function(column) (column - mean(column)) / population_sd(column))]
  for (plan in c("require", "off")) {
    inside = mlp(epochs = 3, plan = plan)$train(task)
    other = mlp(epochs = 3, plan = plan, scale = FALSE)
    task_outside = as_task_regr(outside, target = "y")
    # a head starts at the mean
    other$callbacks = torch_callback("start", on_begin = function() self$ctx$network$parameters$head.bias$zero_())
    other$train(task_outside)
    expect_equal(inside$history$train.loss, other$history$train.loss, tolerance = 1e-4)
    expect_equal(inside$predict(task)$response,
      other$predict(task_outside)$response * population_sd(data$y) + mean(data$y), tolerance = 1e-5)
  }
})

test_that("standard errors and quantiles have the target's unit", {
  task = far_task()$select(c("x", "whole"))
  learner = mlp(epochs = 60, loss = t_loss("gaussian_nll"), predict_type = "se")$train(task)
  se = learner$predict(task)$se
  residuals = learner$predict(task)$response - task$truth()
  expect_equal(mean(se), sqrt(mean(residuals^2)), tolerance = 0.25)
  quantiles = mlp(epochs = 100, loss = t_loss("quantile", quantiles = c(0.1, 0.5, 0.9)), predict_type = "quantiles")
  bounds = quantiles$train(task)$predict(task)$quantiles
  expect_equal(colMeans(bounds > task$truth()), c(0.1, 0.5, 0.9), tolerance = 0.2, ignore_attr = TRUE)
})

test_that("callbacks see the task's units, and the loss function takes them", {
  task = far_task()
  seen = new.env()
  spy = torch_callback("spy", on_batch_end = function() {
    seen$y_hat = as.numeric(self$ctx$y_hat)
    seen$y = as.numeric(self$ctx$batch$y)
    seen$x = max(as.array(self$ctx$batch$x[[1L]]))
    seen$loss = c(self$ctx$last_loss, self$ctx$loss_fn(self$ctx$y_hat, self$ctx$batch$y)$item())
  })
  suppressWarnings(mlp(epochs = 1, callbacks = spy)$train(task))
  expect_gt(min(seen$y_hat), 1e5)
  expect_gt(min(seen$y), 1e5)
  expect_gt(seen$x, 1e5)
  scaled = function(y) (y - mean(task$truth())) / population_sd(task$truth())
  expect_equal(seen$loss, rep(mean((scaled(seen$y_hat) - scaled(seen$y))^2), 2), tolerance = 1e-4)
})

test_that("a loss written in R sees the task's units, with the same network", {
  squares = t_loss("fn", fn = function(y_hat, y) {
    if (min(as.numeric(y), as.numeric(y_hat)) < 1e5) stop("this is not the task's unit")
    (y_hat - y)^2
  })
  task = far_task()
  learner = mlp(epochs = 30, loss = squares)$train(task)
  expect_gt(learner$predict(task)$score(msr("regr.rsq")), 0.5)
})

test_that("rates are not standardised, but start at the mean", {
  task = as_task_regr(data.table(x = 1000 + 1:60, y = rep(c(90, 100, 110), 20)), target = "y")
  learner = mlp(epochs = 0, loss = t_loss("poisson_nll"))$train(task)
  expect_length(node_of(learner, "unstandardize"), 0L)
  expect_length(node_of(learner, "standardize"), 1L)
  expect_equal(as.numeric(learner$network$parameters$head.bias), log(100), tolerance = 1e-6)
})

test_that("a head starts at the classes' log odds, or 0 for a standardised target", {
  start = function(learner, task) {
    as.array(learner$train(task)$network$parameters$head.bias)
  }
  task = tsk("german_credit")
  shares = table(task$truth())[task$class_names] / task$nrow
  two = lrn("classif.mlp", epochs = 0, batch_size = 16)
  expect_equal(as.numeric(start(two, task)), log(shares[[1L]] / shares[[2L]]), tolerance = 1e-5)
  expect_equal(as.numeric(start(two$configure(scale = FALSE), task)) == log(shares[[1L]] / shares[[2L]]), FALSE)
  task = tsk("iris")$filter(c(1:50, 51:75, 101:110))
  members = table_learner("classif.tabm", epochs = 0)
  expect_equal(start(members, task), matrix(log(c(50, 25, 10) / 85), 3L, 3L, byrow = TRUE), tolerance = 1e-5)
  expect_equal(as.numeric(start(mlp(epochs = 0), far_task())), 0)
})

test_that("case weights count as numbers of rows, and rows without weight do not count", {
  data = far_data(60)
  weights = rep(c(0, 1, 3), 20)
  weigh = function(data, weight) {
    task = as_task_regr(cbind(data, w = weight), target = "y")
    task$set_col_roles("w", "weights_learner")
  }
  weighted = mlp(epochs = 0)$train(weigh(data, weights))
  repeated = mlp(epochs = 0)$train(as_task_regr(data[rep(1:60, weights)], target = "y"))
  expect_equal(map(weighted$network$buffers, as.array), map(repeated$network$buffers, as.array), tolerance = 1e-6)
})

test_that("a column around a million with a deviation of 1 is learnt from", {
  x = withr::with_seed(1, rnorm(200))
  task = as_task_regr(data.table(x = 1e6 + x, y = x), target = "y")
  learner = mlp(epochs = 40)
  expect_warning(learner$train(task), class = "mlr3libtorch_warning_ranges")
  # float32 keeps a sixteenth of the deviation
  expect_gt(learner$predict(task)$score(msr("regr.rsq")), 0.98)
})

test_that("huge and tiny numbers are learnt from, too, without a warning", {
  x = withr::with_seed(1, rnorm(200))
  for (size in c(1e-20, 1e30)) {
    task = as_task_regr(data.table(x = size * x, y = 2 * size * x), target = "y")
    learner = mlp(epochs = 40)
    expect_no_warning(learner$train(task))
    residuals = learner$predict(task)$response / size - 2 * x
    expect_lt(mean(residuals^2), 0.1)
  }
})

test_that("factors of many levels stay in codes behind standardised numbers", {
  n = 300
  task = withr::with_seed(1, as_task_regr(data.table(x = 1e4 + rnorm(n), y = rnorm(n),
    wide = factor(sample(500, n, replace = TRUE), levels = 1:500)), target = "y"))
  learner = mlp(epochs = 1, plan = "require")
  codes = mlp(epochs = 1)$train(task)
  dense = mlp(epochs = 1, plan = "off")$train(task)
  expect_true(codes$model$plan$used %??% codes$model$plan)
  expect_equal(codes$predict(task)$response, dense$predict(task)$response, tolerance = 1e-4)
})

test_that("embeddings of numbers read standardised ones, and bins have their unit", {
  task = far_task()
  for (kind in c("linear_relu", "periodic", "piecewise_linear")) {
    learner = table_learner("regr.tabm", epochs = 40, opt.lr = 0.01, num_embeddings = kind)
    expect_gt(learner$train(task)$predict(task)$score(msr("regr.rsq")), 0.8)
  }
  bins = node_of(learner, "piecewise_linear_encoding")[[1L]]$parameters
  expect_lt(max(abs(bins$edges)), 5)
})

test_that("an exported network takes and gives the task's units", {
  task = far_task()$select(c("x", "whole"))
  learner = mlp(epochs = 5)$train(task)
  file = withr::local_tempfile(fileext = ".pt")
  jit_save(learner, file)
  x = as.matrix(task$data(cols = task$feature_names))
  expect_equal(as.numeric(jit_load(file)(torch_tensor(x))), learner$predict(task)$response, tolerance = 1e-5)
})

test_that("a run that goes on keeps the numbers it began with", {
  task = far_task()
  buffers = function(learner) map(learner$network$buffers, as.array)
  learner = mlp(epochs = 2)$train(task, row_ids = 1:60)
  before = buffers(learner)
  other = learner$clone(deep = TRUE)
  other$continue(task, 2, row_ids = 50:120)
  expect_identical(buffers(other), before)
  expect_false(identical(buffers(mlp(epochs = 0)$train(task, row_ids = 50:120)), before))
  expect_true(all(is.finite(other$history$train.loss)))
})

test_that("a run that did not scale does not go on with scaling", {
  learner = suppressWarnings(mlp(epochs = 2, scale = FALSE)$train(far_task()))
  learner$param_set$set_values(scale = TRUE)
  expect_error(learner$continue(far_task(), 1), "'network.unstandardize' was none", fixed = TRUE,
    class = "mlr3libtorch_error_resume")
})

test_that("columns that a network could not learn from are not warned of, unless float32 has lost them", {
  data = data.table(large = 1e8 * 1:100, small = 1e-9 * 1:100, lost = 1.7e9 + 1:100, y = 1e7 * (1:100))
  warnings = capture_warnings(mlp(epochs = 2)$train(as_task_regr(data, target = "y", id = "ranged")))
  expect_length(grep("float32", warnings), 1L)
  expect_match(warnings, "float32 cannot tell the values of 'lost' apart; scale features", all = FALSE)
  expect_no_match(warnings, "drown|teach nothing")
})

test_that("coefficients are those of the task's units", {
  task = far_task()$select(c("x", "whole"))
  learner = lrn("regr.mlp", epochs = 300, batch_size = 30, opt.lr = 0.02, seed = 1)$train(task)
  expected = stats::coef(stats::lm(y ~ x + whole, task$data()))
  expect_equal(coef(learner)[names(expected)], expected, tolerance = 0.02)
})

test_that("other learners have no such parameter", {
  for (key in c("regr.torch_model", "regr.module", "regr.torch_featureless")) {
    expect_false("scale" %in% lrn(key)$param_set$ids())
  }
})

test_that("a network of one's own may standardise, too", {
  task = far_task()$select(c("x", "whole"))
  y = task$truth()
  x = as.matrix(task$data(cols = task$feature_names))
  network = nn_sequential(
    nn("standardize", mean = colMeans(x), sd = apply(x, 2, population_sd)), nn("linear", out_features = 8), nn("tanh"),
    nn("head"), nn("unstandardize", mean = mean(y), sd = population_sd(y)))
  learner = lrn("regr.torch_model", network = network, epochs = 60, batch_size = 16, opt.lr = 0.01, seed = 1)
  expect_gt(learner$train(task)$predict(task)$score(msr("regr.rsq")), 0.5)
  expect_lt(learner$history$train.loss[[60L]], 0.5)
})

test_that("rows that are read while a learner trains are not scaled", {
  learner = train_quietly(reading_learner(scale = TRUE), tsk("sonar"))
  expect_length(node_of(learner, "standardize"), 0L)
})

test_that("a live network does not take one number for all features", {
  learner = lrn("regr.mlp", epochs = 1, batch_size = 16, seed = 1)
  suppressWarnings(learner$train(tsk("mtcars")))
  expect_error(learner$network(torch_ones(2, 1)), "made for 10 features", class = "mlr3libtorch_error_shape")
})
