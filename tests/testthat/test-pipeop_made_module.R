# Classes of pipeops that are written by hand, as in mlr3torch.
`%>>%` = mlr3pipelines::`%>>%`
po = mlr3pipelines::po

nn_custom_scale = nn_module("nn_custom_scale",
  initialize = function(n_features, init = 1) {
    self$weight = nn_parameter(torch_full(n_features, init))
  },
  forward = function(input) input * self$weight
)

PipeOpTorchCustomScale = R6::R6Class("PipeOpTorchCustomScale",
  inherit = PipeOpTorch,
  public = list(
    initialize = function(id = "nn_custom_scale", param_vals = list()) {
      param_set = ps(init = p_dbl(default = 1, tags = "train"))
      super$initialize(id = id, param_vals = param_vals, param_set = param_set, module_generator = nn_custom_scale)
    }
  ),
  private = list(
    .shape_dependent_params = function(shapes_in, param_vals, task) {
      c(param_vals, list(n_features = utils::tail(shapes_in[[1L]], 1L)))
    },
    .shapes_out = function(shapes_in, param_vals, task) shapes_in
  )
)

test_that("a class with a generator and '.shape_dependent_params()' trains in a graph", {
  expect_identical(PipeOpTorchCustomScale$new()$shapes_out(list(c(NA, 4))), list(output = c(NA, 4L)))
  graph = po("torch_ingress_num") %>>% PipeOpTorchCustomScale$new(param_vals = list(init = 3)) %>>% po("nn_head") %>>%
    po("torch_loss", t_loss("cross_entropy")) %>>% po("torch_optimizer", t_opt("sgd", lr = 0)) %>>%
    po("torch_model_classif", batch_size = 32, epochs = 1)
  learner = mlr3::as_learner(graph)
  learner$train(tsk("iris"))
  expect_equal(as_array(torch_learner(learner)$network$parameters$nn_custom_scale.weight), rep(3, 4))
})

test_that("a class can make the module itself, for the task", {
  made = R6::R6Class("Made", inherit = PipeOpTorch, public = list(
    initialize = function(id = "made", param_vals = list()) super$initialize(id, param_vals = param_vals)
  ), private = list(
    .make_module = function(shapes_in, param_vals, task) {
      nn_linear(shapes_in$input[[2L]], if (is.null(task)) 1L else length(task$class_names))
    }
  ))
  expect_identical(made$new()$shapes_out(c(NA, 4))$output, c(NA, 1L))
  expect_identical(made$new()$shapes_out(c(NA, 4), tsk("iris"))$output, c(NA, 3L))
  graph = po("torch_ingress_num") %>>% made$new() %>>% po("torch_model_classif", batch_size = 32, epochs = 1,
    plan = "require")
  expect_length(mlr3::as_learner(graph)$train(tsk("iris"))$predict(tsk("iris"))$response, 150L)
})

test_that("a layer's function is a generator, and inputs may be in another order than the arguments of 'forward'", {
  linear = R6::R6Class("L", inherit = PipeOpTorch, public = list(
    initialize = function(id = "l", param_vals = list()) {
      super$initialize(id, module_generator = nn_linear, param_set = ps(out_features = p_int(tags = "train")),
        param_vals = param_vals)
    }
  ), private = list(
    .shape_dependent_params = function(shapes_in, param_vals, task) {
      c(list(in_features = shapes_in[[1L]][2L]), param_vals)
    }
  ))
  expect_identical(linear$new(param_vals = list(out_features = 3))$shapes_out(c(NA, 5))$output, c(NA, 3L))
  difference = nn_module("difference", forward = function(a, b) a - b)
  pipeop = PipeOpTorch$new("d", module_generator = difference, inname = c("b", "a"))
  pipeop$reads = c("x", "y")
  network = nn_graph(d = pipeop, inputs = list(x = c(NA, 2), y = c(NA, 2)))
  learner = lrn("regr.torch_model", network = nn_graph(d = pipeop, head = nn("head"), inputs = c("x", "y")),
    ingress_tokens = list(x = ingress_num(features = "wt"), y = ingress_num(features = "hp")), epochs = 1,
    batch_size = 32, seed = 1)
  learner$train(tsk("mtcars"))
  x = list(x = torch_ones(1, 1), y = torch_full(c(1, 1), 3))
  expect_equal(as_array(learner$network$outputs(x, "d")[[1L]]), matrix(2))
  expect_identical(pipeop$shapes_out(list(b = c(NA, 2), a = c(NA, 2)))$output, c(NA, 2L))
  expect_identical(PipeOpTorch$new("d", module_generator = difference, inname = NULL)$input$name, c("a", "b"))
  expect_length(network$nodes, 1L)
})

test_that("what makes no module is an error that says so", {
  expect_error(PipeOpTorch$new("empty")$shapes_out(c(NA, 2)), "neither a 'module_generator' nor a method '.make_module",
    fixed = TRUE, class = "mlr3libtorch_error_config")
  expect_config_error(PipeOpTorch$new("a", module_generator = nn_relu()), "argument", "is a module")
  expect_config_error(PipeOpTorch$new("a", module_generator = 3), "argument", "must be what nn_module() returns")
  expect_config_error(PipeOpTorch$new("a", module_generator = nn_relu, inname = c("a", "a")), "argument",
    "'inname' must be unique names")
  expect_config_error(PipeOpTorch$new("a", module_generator = nn_relu, outname = "..."), "argument", "must be alone")
  text = PipeOpTorch$new("text", module_generator = function() "no module")
  expect_config_error(text$shapes_out(c(NA, 2)), "argument", "must make a module")
})
