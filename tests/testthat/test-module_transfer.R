# Live networks, their nodes, and layers' classes as parts of other modules.

pretrained = function() {
  lrn("classif.mlp", neurons = c(5, 4), p = 0, epochs = 2, batch_size = 50, seed = 1)$train(tsk("iris"))
}

train_on_iris = function(network, ...) {
  lrn("classif.torch_model", network = network, epochs = 1, batch_size = 50, seed = 1, ...)$train(tsk("iris"))
}

test_that("a node of a trained network is a layer of another one, with its weights to begin with", {
  net = pretrained()$network
  expect_true(net$linear1$weight$requires_grad)
  transfer = nn_sequential(net$linear1, nn_relu(), nn_linear(5, 3))
  before = as_array(net$linear1$weight)
  x = torch_randn(3, 4)
  by_hand = as_array(x) %*% t(before) + rep(as_array(net$linear1$bias), each = 3)
  expect_equal(as_array(transfer[[1]](x)), by_hand, tolerance = 1e-5)
  learner = train_on_iris(transfer, optimizer = t_opt("sgd", lr = 0))
  expect_equal(as_array(learner$network$parameters$`0.weight`), before)
  expect_true(learner$model$plan$used)
  learner = train_on_iris(transfer, optimizer = t_opt("sgd", lr = 1))
  expect_false(isTRUE(all.equal(as_array(learner$network$parameters$`0.weight`), before)))
  # the learner trained a copy
  expect_identical(as_array(net$linear1$weight), before)
})

test_that("frozen nodes stay, and weights are shared with the live network", {
  net = pretrained()$network
  net$linear1$requires_grad_(FALSE)
  transfer = nn_sequential(body = net$linear1, nn_relu(), head = nn_linear(5, 3))
  before = as_array(net$linear1$weight)
  learner = train_on_iris(transfer, optimizer = t_opt("sgd", lr = 1))
  expect_identical(as_array(learner$network$parameters$body.weight), before)
  with_no_grad(net$linear1$weight$mul_(2))
  expect_identical(as_array(transfer$body$weight), 2 * before)
})

test_that("a whole network is a part, which is compiled, cloned and trained again", {
  learner = pretrained()
  net = learner$network
  x = learner$dataset(tsk("iris"))$x[[1L]]
  both = nn_sequential(net, nn_linear(3, 3))
  expect_equal(as_array(both[[1]](x)), as_array(net(x)))
  expect_equal(as_array(net$clone(deep = TRUE)(x)), as_array(net(x)))
  again = train_on_iris(both, optimizer = t_opt("sgd", lr = 0))
  expect_true(again$model$plan$used)
  expect_identical(as_array(again$network$parameters$`0.head.weight`), as_array(net$parameters$head.weight))
  alone = train_on_iris(net, optimizer = t_opt("sgd", lr = 0))
  expect_equal(as_array(alone$network(x)), as_array(net(x)))
  module = nn_module("with_net", function() self$body = net, function(x) torch_tanh(self$body(x)) * 2)()
  expect_equal(as_array(train_on_iris(module, optimizer = t_opt("sgd", lr = 0))$network(x)),
    2 * tanh(as_array(net(x))), tolerance = 1e-6)
})

test_that("in a run the parts are those of the run", {
  seen = NULL
  learner = lrn("classif.mlp", neurons = 4, p = 0, epochs = 1, batch_size = 150, callbacks = torch_callback("part",
    on_end = function() {
      part = nn_sequential(self$ctx$network$linear1)
      with_no_grad(part[[1]]$bias$fill_(7))
      seen <<- as_array(self$ctx$network$parameters$linear1.bias)
    }))
  learner$train(tsk("iris"))
  expect_equal(as.numeric(seen), rep(7, 4))
})

scaled_linear = nn_module("scaled_linear", inherit = nn_linear,
  initialize = function(inputs, outputs) {
    super$initialize(inputs, outputs)
    self$scale = nn_parameter(torch_tensor(2))
  },
  forward = function(x) super$forward(x) * self$scale
)

test_that("a class inherits from a layer: its weights, settings and forward", {
  module = scaled_linear(4, 3)
  expect_s3_class(module, c("scaled_linear", "nn_linear", "nn_module"), exact = TRUE)
  expect_identical(names(module$parameters), c("weight", "bias", "scale"))
  expect_identical(module$in_features, 4)
  x = torch_randn(5, 4)
  expected = 2 * (as_array(x) %*% t(as_array(module$weight)) + rep(as_array(module$bias), each = 5))
  expect_equal(as_array(module(x)), expected, tolerance = 1e-5)
  module$weight = nn_parameter(torch_zeros(3, 4))
  expect_equal(as_array(module(x)), matrix(2 * as_array(module$bias), 5, 3, byrow = TRUE), tolerance = 1e-6)
  expect_equal(as_array(module$clone(deep = TRUE)(x)), as_array(module(x)))
  plain = nn_module("plain", inherit = nn_conv2d)(3, 2, 3)
  expect_equal(plain(torch_randn(1, 3, 5, 5))$shape, c(1, 2, 3, 3))
  expect_equal(nn_module("normed", inherit = nn_layer_norm)(4)(x)$shape, c(5, 4))
})

test_that("such a class is trained, saved and loaded", {
  learner = train_on_iris(nn_sequential(own = scaled_linear(4, 3)), optimizer = t_opt("sgd", lr = 0.1))
  parameters = learner$network$parameters
  expect_setequal(names(parameters), paste0("module.own.", c("weight", "bias", "scale")))
  weights = map(set_names(parameters, c("weight", "bias", "scale")[match(names(parameters),
    paste0("module.own.", c("weight", "bias", "scale")))]), as_array)
  x = as.matrix(iris[, c("Petal.Length", "Petal.Width", "Sepal.Length", "Sepal.Width")])
  expected = c(weights$scale) * (x %*% t(weights$weight) + rep(weights$bias, each = 150))
  loaded = unserialize(serialize(learner, NULL))
  for (one in list(learner, loaded)) {
    expect_identical(as.integer(one$predict(tsk("iris"))$response), max.col(expected))
  }
  batch = nn_module("batch", inherit = nn_batch_norm1d)
  learner = train_on_iris(nn_sequential(batch(4), nn_linear(4, 3)))
  expect_false(all(as_array(learner$network$buffers$module.0.running_mean) == 0))
})

test_that("mistakes are errors", {
  expect_error(nn_module("mine", inherit = 3), "layer such as `nn_linear`", class = "mlr3libtorch_error_argument")
  lost = nn_module("lost", inherit = nn_linear, initialize = function() NULL)
  expect_error(lost()(torch_ones(1, 2)), "super\\$initialize", class = "mlr3libtorch_error_config")
})

test_that("super has the active fields of the parent", {
  parent = nn_module("parent", initialize = function() self$base = 3, forward = function(x) x,
    active = list(size = function(value) if (missing(value)) self$base else self$base = value))
  child = nn_module("child", inherit = parent, active = list(size = function(value) super$size * 10),
    set_base = function(value) super$size = value)
  module = child()
  expect_identical(module$size, 30)
  module$set_base(5)
  expect_identical(module$size, 50)
  expect_identical(module$clone(deep = TRUE)$size, 50)
})

test_that("a layer in a private field is refused by name", {
  hidden = nn_module("hidden", initialize = function() private$layer = nn_linear(4, 3),
    forward = function(x) private$layer(x), private = list(layer = NULL))
  expect_error(train_on_iris(hidden()), "private field `layer`.*assign it to `self`",
    class = "mlr3libtorch_error_argument")
})
