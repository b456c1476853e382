# Products in bfloat16, with everything else in float32.

expect_close = function(x, y, tolerance) {
  expect_equal(unlist(x), unlist(y), tolerance = tolerance)
  expect_false(identical(unlist(x), unlist(y)))
}

weights_of = function(learner) map(learner$network$parameters, as.array)

in_bfloat16 = function(..., plan = "auto") small_learner(precision = "bfloat16", device = "cpu", plan = plan, ...)

reference = jsonlite::read_json(test_path("reference", "bfloat16.json"), simplifyVector = TRUE)

as_matrix = function(entry) matrix(entry$values, entry$shape[1], byrow = TRUE)

test_that("a run gives what PyTorch gives with factors that are rounded to bfloat16", {
  data = cbind(as.data.frame(as_matrix(reference$x)), y = reference$y$values)
  starts = torch_callback("starts", on_begin = function() {
    parameters = self$ctx$network$parameters
    with_no_grad(iwalk(start, function(values, name) parameters[[name]]$copy_(torch_tensor(values))))
  })
  start = map(reference$start, function(entry) if (length(entry$shape) > 1L) as_matrix(entry) else entry$values)
  network = nn_sequential(first = nn("linear", out_features = 4), nn("relu"), head = nn("head"))
  learner = lrn("regr.torch_model", network = network, callbacks = starts, optimizer = t_opt("sgd", lr = 0.1),
    epochs = 5, batch_size = 20, shuffle = FALSE, seed = 1, precision = "bfloat16", device = "cpu", plan = "require")
  task = mlr3::as_task_regr(data, target = "y")
  # noise is learnt, for five steps
  suppressWarnings(learner$train(task), "mlr3libtorch_warning_worse_than_constant")
  end = map(reference$end, function(entry) entry$values)
  trained = map(learner$network$parameters, function(p) as.numeric(t(as.array(p))))
  expect_equal(unname(trained[names(end)]), unname(end), tolerance = 1e-5)
  expect_equal(learner$predict(task)$response, reference$prediction$values, tolerance = 1e-5)
})

test_that("training in bfloat16 is close to float32, and its predictions are its own", {
  for (plan in c("require", "off")) {
    float = train_quietly(small_learner(device = "cpu", plan = plan, epochs = 5))
    learner = train_quietly(in_bfloat16(plan = plan, epochs = 5))
    expect_close(weights_of(learner), weights_of(float), 0.02)
    expect_identical(learner$model$plan$precision, "bfloat16")
    expect_identical(float$model$plan$precision, "float32")
    learner$predict_type = "prob"
    own = learner$predict(tsk("iris"))$prob
    learner$param_set$set_values(precision = "float32")
    expect_close(own, learner$predict(tsk("iris"))$prob, 0.02)
  }
})

test_that("the same seed gives the same bits, on any number of threads", {
  weights = function(...) weights_of(train_quietly(in_bfloat16(neurons = c(256, 128), batch_size = 100, ...)))
  expect_identical(weights(num_threads = 2), weights())
  expect_identical(weights(plan = "off"), weights(plan = "off"))
})

test_that("a run that goes on has the bits of one that never stopped", {
  for (plan in c("require", "off")) {
    whole = train_quietly(in_bfloat16(plan = plan, epochs = 4))
    part = train_quietly(in_bfloat16(plan = plan, epochs = 2))
    part$continue(tsk("iris"), epochs = 2)
    expect_identical(weights_of(part), weights_of(whole))
  }
})

test_that("context, print and help say the precision", {
  sees = torch_callback("sees", on_begin = function() self$seen = self$ctx$plan$precision,
    public = list(seen = NULL), state_dict = function() self$seen, load_state_dict = function(state_dict) NULL)
  learner = train_quietly(in_bfloat16(sees))
  expect_identical(learner$model$callbacks$sees, "bfloat16")
  expect_output(print(learner), "compiled, products in bfloat16")
})

test_that("nodes that autograd computes have the precision of the plan", {
  # a function is kept as bytes, so it can tell only by what it returns
  vanishes = function(x) {
    y = torch_matmul(x, torch_ones(c(4, 4)))
    if (format(y$dtype) == "bfloat16") y * 0 else y
  }
  network = nn_sequential(nn("linear", out_features = 4), nn("fn", fn = vanishes), nn("head"))
  spread = function(precision) {
    learner = lrn("regr.torch_model", network = network, epochs = 1, batch_size = 8, seed = 1, device = "cpu",
      precision = precision)
    learner$train(tsk("mtcars"))
    expect_true(learner$model$plan$used)
    stats::sd(learner$predict(tsk("mtcars"))$response)
  }
  expect_identical(spread("bfloat16"), 0)
  expect_gt(spread("float32"), 0)
})

test_that("every built-in network trains in bfloat16, compiled and by autograd", {
  for (key in c("mlp", "tab_resnet", "ft_transformer", "tabm")) {
    for (plan in c("require", "off")) {
      learner = table_learner(paste0("classif.", key), plan = plan, precision = "bfloat16", device = "cpu")
      train_quietly(learner)
      expect_true(all(is.finite(unlist(weights_of(learner)))), info = paste(key, plan))
      expect_lt(abs(learner$model$history$train.loss[1] -
        train_quietly(table_learner(paste0("classif.", key), plan = plan, device = "cpu"))$model$history$train.loss[1]),
        0.05)
    }
  }
})

test_that("a plain predictor and draws of dropout have the learner's precision", {
  learner = train_quietly(in_bfloat16(epochs = 5))
  learner$predict_type = "prob"
  expected = learner$predict(tsk("iris"))$prob
  predictor = as_predictor(learner)
  expect_equal(predictor(iris[, 1:4]), expected[, ], ignore_attr = TRUE, tolerance = 1e-7)
  learner$param_set$set_values(precision = "float32")
  expect_close(as_predictor(learner)(iris[, 1:4]), expected, 0.02)
  draws = function(precision) {
    learner$param_set$set_values(precision = precision, mc_dropout = 3)
    learner$predict(tsk("iris"))$prob
  }
  expect_close(draws("bfloat16"), draws("float32"), 0.05)
})

test_that("another precision is refused with the known ones, and a resumed run names a change", {
  expect_error(small_learner(precision = "float16"), "float32.*bfloat16")
  learner = train_quietly(small_learner(device = "cpu", epochs = 1))
  learner$param_set$set_values(precision = "bfloat16")
  messages = logged(learner$continue(tsk("iris"), epochs = 1))
  expect_match(messages, "'precision' was .*float32.* and is now .*bfloat16", all = FALSE)
})

test_that("rows that are read from a file are predicted in the learner's precision, too", {
  learner = lrn("regr.mlp", neurons = 8, p = 0.2, epochs = 2, batch_size = 16, seed = 1, precision = "bfloat16",
    device = "cpu")
  learner$train(tsk("mtcars"))
  in_file = map_task(tsk("mtcars"), mapped_path())
  expect_identical(learner$predict(in_file)$response, learner$predict(tsk("mtcars"))$response)
  learner$param_set$set_values(mc_dropout = 3)
  drawn = learner$predict(in_file)$response
  learner$param_set$set_values(precision = "float32")
  expect_close(drawn, learner$predict(in_file)$response, 0.05)
})
