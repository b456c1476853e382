# Classes of learners as they are written for mlr3torch.

# R6 looks for what methods use where a class was written.
two_layers = function(private, param_set = ps(width = p_int(1, tags = c("train", "required"))),
  parent_env = parent.frame()) {
  frame = list2env(list(own_params = param_set), parent = parent_env)
  R6::R6Class("LearnerTorchTwoLayers", inherit = LearnerTorch, public = list(
    initialize = function(task_type = "classif", optimizer = NULL, loss = NULL, callbacks = list()) {
      super$initialize(
        id = paste0(task_type, ".two_layers"), task_type = task_type, param_set = own_params,
        properties = NULL, feature_types = c("numeric", "integer", "factor", "ordered"), label = "Two Layers",
        man = "mlr3torch::mlr_learners.two_layers", optimizer = optimizer, loss = loss, callbacks = callbacks)
    }
  ), private = private, parent_env = frame)
}

network_of = function(task, param_vals) {
  nn_sequential(nn_linear(length(task$feature_names), param_vals$width), nn_relu(),
    nn_linear(param_vals$width, output_dim_for(task)))
}

trained = function(class, task = tsk("iris"), ..., task_type = task$task_type) {
  learner = class$new(task_type)
  learner$param_set$set_values(width = 6, epochs = 3, batch_size = 50, seed = 1, ...)
  learner$train(task)
}

test_that("a class gives its network as a module, which is compiled", {
  learner = trained(two_layers(list(.network = network_of)), plan = "require")
  expect_identical(map_chr(learner$model$network$spec$nodes, "operation"), c("linear", "relu", "linear"))
  expect_length(learner$predict(tsk("iris"))$response, 150L)
  expect_identical(learner$predict_newdata(iris[1:3, ])$response, learner$predict(tsk("iris"), 1:3)$response)
  expect_saved(learner, tsk("iris"))
  state = learner$model$network$state
  expect_identical(trained(two_layers(list(.network = network_of)))$model$network$state, state)
  expect_identical(trained(two_layers(list(.network = network_of)), tsk("mtcars"))$task_type, "regr")
})

test_that("specs and modules with code in R are networks, too", {
  as_data = function(task, param_vals) {
    nn_sequential(nn("linear", out_features = param_vals$width), nn("relu"), nn("head"))
  }
  learner = trained(two_layers(list(.network = as_data)))
  expect_identical(learner$network$parameters$head.weight$shape, c(3L, 6L))
  written = nn_module("written", function(features, width, outputs) {
    self$inner = nn_linear(features, width)
    self$outer = nn_linear(width, outputs)
  }, function(input) self$outer(torch_tanh(self$inner(input)) * 2))
  in_r = function(task, param_vals) written(length(task$feature_names), param_vals$width, output_dim_for(task))
  learner = trained(two_layers(list(.network = in_r)))
  expect_identical(names(learner$network$parameters)[[1L]], "module.inner.weight")
})

test_that("tokens say which features become which argument of 'forward'", {
  two_inputs = nn_module("two_inputs", function(task, width) {
    self$numbers = nn_linear(sum(task$feature_types$type %in% c("integer", "numeric")), width)
    self$out = nn_linear(width, output_dim_for(task))
  }, function(x_num, x_categ) self$out(self$numbers(x_num)$relu() + x_categ$sum(2)$unsqueeze(2) * 0.1))
  class = two_layers(list(
    .network = function(task, param_vals) two_inputs(task, param_vals$width),
    .ingress_tokens = function(task, param_vals) list(x_categ = ingress_categ(), x_num = ingress_num())
  ))
  task = tsk("german_credit")
  learner = trained(class, task)
  expect_setequal(names(learner$model$network$spec$ingress), c("x_num", "x_categ"))
  expect_length(learner$predict(task)$response, task$nrow)
  rr = resample(task, class$new("classif")$configure(width = 3, epochs = 1, batch_size = 100), rsmp("holdout"))
  expect_length(rr$prediction()$response, length(rr$resampling$test_set(1)))
})

test_that("a class may read its rows by a dataset", {
  class = two_layers(list(
    .network = network_of,
    .dataset = function(task, param_vals) {
      token = TorchIngressToken(task$feature_names, batchgetter_num, c(NA, length(task$feature_names)))
      task_dataset(task, feature_ingress_tokens = list(num = token), target_batchgetter = function(data) {
        torch_tensor(as.integer(data[[1L]]), dtype = torch_long())
      })
    }
  ))
  learner = trained(class)
  memory = trained(two_layers(list(.network = network_of)))
  expect_equal(learner$history$train.loss, memory$history$train.loss, tolerance = 1e-6)
  expect_identical(learner$predict(tsk("iris"))$response, memory$predict(tsk("iris"))$response)
})

test_that("a class has its own loss, and may use the learner's", {
  half = two_layers(list(
    .network = network_of,
    .loss_fn = function(task, param_vals) t_loss("mse", reduction = "sum")
  ))
  learner = trained(half, tsk("mtcars"), opt.lr = 0)
  plain = trained(two_layers(list(.network = network_of)), tsk("mtcars"), opt.lr = 0)
  expect_equal(learner$history$train.loss[1L], plain$history$train.loss[1L] * 32, tolerance = 1e-5)
  expect_identical(learner$model$loss_fn$arguments$reduction, "sum")
  wrong = two_layers(list(.network = network_of, .loss_fn = function(task, param_vals) t_loss("mse")))
  expect_config_error(trained(wrong), "loss", "the loss 'mse' is for tasks of type")
})

test_that("parameter sets may be fields, functions, and several", {
  sources = two_layers(list(.network = network_of, .base = NULL, .more = NULL),
    param_set = alist(private$.base, private$.more))
  sources$set("public", "initialize", overwrite = TRUE, function(task_type) {
    private$.base = ps(width = p_int(1, tags = "train"))
    private$.more = ps(height = p_int(1, tags = "train"))
    super$initialize(id = "a", task_type = task_type, param_set = alist(private$.base, private$.more))
  })
  learner = sources$new("classif")
  learner$param_set$set_values(width = 3)
  expect_subset(c("width", "height"), learner$param_set$ids())
  copy = learner$clone(deep = TRUE)
  copy$param_set$set_values(width = 5)
  expect_equal(learner$param_set$values$width, 3)
  expect_equal(copy$param_set$values$width, 5)
  functions = two_layers(list(.network = network_of),
    param_set = list(function() ps(width = p_int(1, tags = "train")), ps(depth = p_int())))
  expect_subset(c("width", "depth"), functions$new("regr")$param_set$ids())
})

test_that("a class checks its tasks, and makes its own predictions", {
  few = two_layers(list(
    .network = network_of,
    .check_train_task = function(task, param_vals) if (task$nrow > 100) "it has too many rows." else TRUE,
    .encode_prediction = function(predict_tensor, task) list(response = as.numeric(predict_tensor) + 1000)
  ))
  expect_config_error(trained(few), "config", "it has too many rows.")
  learner = trained(few, tsk("mtcars"))
  expect_true(all(learner$predict(tsk("mtcars"))$response > 500))
  expect_true(all(learner$predict_newdata(mtcars[1:3, ])$response > 500))
  expect_config_error(as_predictor(learner), "config", "makes its network's inputs or predictions of a task")
})

test_that("mistakes name the learner and what to write", {
  expect_config_error(trained(two_layers(list())), "config",
    "must define a private method '.network(task, param_vals)'")
  expect_config_error(trained(two_layers(list(.network = function(task, param_vals) 3))), "argument",
    "'.network()' must return a module or a network")
  two = nn_module("two", function() NULL, function(a, b) a + b)
  expect_config_error(trained(two_layers(list(.network = function(task, param_vals) two()))), "config",
    "in '.ingress_tokens(task, param_vals)'")
  narrow = function(task, param_vals) nn_linear(4, 2)
  expect_config_error(trained(two_layers(list(.network = narrow))), "shape", "needs (NA, 3)")
  expect_config_error(two_layers(list(), param_set = 3)$new(), "argument", "'param_set' must be a ParamSet")
  expect_config_error(two_layers(list(), param_set = alist(other$set))$new(), "argument", "must begin with `self$`")
})
