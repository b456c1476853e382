test_that("outputs, truth and predictions of the built-in types are what their methods say", {
  expect_identical(map_int(tsks(c("iris", "sonar", "mtcars")), output_dim_for, loss = NULL), c(iris = 3L, sonar = 1L,
    mtcars = 1L))
  expect_identical(output_dim_for(tsk("mtcars"), "gaussian_nll"), 2L)
  expect_identical(output_dim_for(tsk("mtcars"), t_loss("quantile", quantiles = c(0.1, 0.5))), 2L)
  prediction = encode_prediction(tsk("iris"), torch_tensor(rbind(c(0, 1, 5), c(3, 1, 0))), "prob")
  expect_identical(as.character(prediction$response), c("virginica", "setosa"))
  expect_equal(prediction$prob[1L, ], exp(c(0, 1, 5)) / sum(exp(c(0, 1, 5))), tolerance = 1e-6, ignore_attr = TRUE)
  expect_equal(encode_prediction(tsk("mtcars"), torch_tensor(matrix(1:3)), "response"), list(response = c(1, 2, 3)))
})

test_that("a batch has what the tokens and the batchgetter make of a table", {
  task = tsk("iris")
  tokens = list(petal = TorchIngressToken(c("Petal.Length", "Petal.Width"), batchgetter_num))
  batch = get_batch_constructor(task, tokens, get_target_batchgetter(task))(task$data(c(1, 51)))
  expect_equal(as_array(batch$x$petal), rbind(c(1.4, 0.2), c(4.7, 1.4)), tolerance = 1e-6)
  expect_equal(as_array(batch$y), c(1, 2))
  expect_null(get_batch_constructor(task, tokens)(task$data(1))$y)
})

# A type of a user: the target is a direction, two numbers of length 1.
direction_task = function() {
  reflections = mlr3::mlr_reflections
  types = rbind(reflections$task_types, data.table(type = "direction", package = "mlr3", task = "TaskDirection",
    learner = "Learner", prediction = "PredictionRegr", prediction_data = "PredictionDataRegr",
    measure = "MeasureRegr"))
  reflections$task_types = data.table::setkeyv(types, "type")
  for (name in c("task_col_roles", "task_properties", "learner_properties", "measure_properties",
    "learner_predict_types")) {
    reflections[[name]]$direction = reflections[[name]]$regr
  }
  class = R6::R6Class("TaskDirection", inherit = mlr3::TaskSupervised, public = list(
    initialize = function(data) super$initialize("direction", "direction", data, target = "angle"),
    truth = function(rows = NULL) self$data(rows, "angle")[[1L]]
  ))
  class$new(withr::with_seed(1, {
    x = rnorm(200)
    y = rnorm(200)
    data.frame(x = x, y = y, angle = atan2(y, x))
  }))
}

forget_directions = function() {
  reflections = mlr3::mlr_reflections
  reflections$task_types = reflections$task_types[reflections$task_types$type != "direction", ]
  for (name in c("task_col_roles", "task_properties", "learner_properties", "measure_properties",
    "learner_predict_types")) {
    reflections[[name]]$direction = NULL
  }
}

test_that("methods for a class of a user are enough to train on its tasks", {
  withr::defer(forget_directions())
  task = direction_task()
  expect_config_error(output_dim_for(task), "config",
    "there is no method of output_dim_for(); define `output_dim_for.TaskDirection`")
  local_method = function(generic, fn) registerS3method(generic, "TaskDirection", fn, asNamespace("mlr3libtorch"))
  local_method("output_dim_for", function(task, ...) 2L)
  local_method("get_target_batchgetter", function(task, ...) {
    function(data, device) torch_tensor(cbind(cos(data[[1L]]), sin(data[[1L]])), dtype = torch_float())
  })
  local_method("encode_prediction", function(task, network_output, predict_type, ...) {
    values = as_array(network_output)
    list(response = atan2(values[, 2L], values[, 1L]))
  })
  network = nn_sequential(nn("linear", out_features = 16), nn("relu"), nn("head"))
  learner = LearnerTorchModel$new("direction", network, loss = t_loss("mse", task_types = "direction"))
  learner$param_set$set_values(epochs = 40, batch_size = 20, opt.lr = 0.01, seed = 1)
  learner$train(task)
  error = learner$predict(task)$response - task$truth()
  expect_lt(mean(abs(atan2(sin(error), cos(error)))), 0.3)
  expect_error(LearnerTorchModel$new("direction", network), "There is no default loss for tasks of type 'direction'",
    class = "mlr3libtorch_error_loss")
  expect_error(LearnerTorchModel$new("directoin"), "'task_type' must be", class = "mlr3libtorch_error_argument")
})
