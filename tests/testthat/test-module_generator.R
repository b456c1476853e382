test_that("modules inherit functions and fields, and see private and active ones", {
  base = nn_module("base",
    width = 3,
    initialize = function(scale) {
      self$scale = scale
      private$calls = 0
    },
    forward = function(x) {
      private$calls = private$calls + 1
      self$bend(x) * self$scale
    },
    bend = function(x) x + 1,
    private = list(calls = NULL),
    active = list(count = function(value) {
      if (!missing(value)) private$calls = value
      private$calls
    })
  )
  child = nn_module("child", inherit = base,
    initialize = function() super$initialize(2),
    bend = function(x) super$bend(x) * 10
  )
  module = child()
  expect_identical(class(module)[1:3], c("child", "base", "nn_module"))
  expect_equal(as.numeric(module(torch_tensor(1))), 40)
  expect_equal(module$count, 1)
  module$count = 7
  expect_equal(module$count, 7)
  expect_equal(module$width, 3)
})

test_that("tensors are listed by their kind, in the order of assignment", {
  make = nn_module("mine", function() {
    self$b = nn_parameter(torch_ones(2), requires_grad = FALSE)
    self$a = nn_linear(2, 1)
    self$register_buffer("seen", torch_zeros(1))
    self$register_buffer("hidden", torch_zeros(1), persistent = FALSE)
    self$register_parameter("c", torch_ones(1))
    self$constant = torch_ones(3)
  })
  module = make()
  expect_identical(names(module$parameters), c("b", "c", "a.weight", "a.bias"))
  expect_identical(names(module$buffers), c("seen", "hidden"))
  expect_identical(names(module$state_dict()), c("b", "c", "a.weight", "a.bias", "seen"))
  expect_identical(names(module$named_parameters(recursive = FALSE)), c("b", "c"))
  expect_false(module$b$requires_grad)
  expect_true(module$c$requires_grad)
  expect_named(module$children, "a")
  expect_length(module$modules, 2L)
})

test_that("state is loaded, strictly or not", {
  source = nn_sequential(nn_linear(2, 3), nn_linear(3, 1))
  target = nn_sequential(nn_linear(2, 3), nn_linear(3, 1))
  target$load_state_dict(source$state_dict())
  x = torch_randn(4, 2)
  expect_identical(as.array(target(x)), as.array(source(x)))
  state = source$state_dict()
  expect_error_snapshot({
    target$load_state_dict(state[-1])
    target$load_state_dict(c(state, list(more = torch_ones(1))))
    target$load_state_dict(list("0.weight" = torch_ones(1)), strict = FALSE)
    target$load_state_dict(3)
  })
  expect_no_error(target$load_state_dict(state[-1], strict = FALSE))
})

test_that("training and evaluation reach every part; apply, to and requires_grad_ too", {
  net = nn_sequential(nn_linear(2, 2), nn_sequential(nn_dropout(0.5)))
  net$eval()
  expect_false(net[[2]][[1]]$training)
  net$train()
  expect_true(net[[2]][[1]]$training)
  seen = character()
  net$apply(function(module) seen <<- c(seen, class(module)[[1L]]))
  expect_identical(seen, c("nn_linear", "nn_dropout", "nn_sequential", "nn_sequential"))
  net$double()
  expect_equal(format(net[[1]]$weight$dtype), "float64")
  net$requires_grad_(FALSE)
  expect_false(net[[1]]$weight$requires_grad)
})

test_that("hooks see and change inputs and outputs, and can be taken out", {
  layer = nn_linear(2, 1)
  x = torch_ones(1, 2)
  before = as.numeric(layer(x))
  hook = layer$register_forward_hook(function(module, inputs, output) output * 2)
  twice = layer$register_forward_pre_hook(function(module, inputs) list(inputs[[1]] * 0))
  expect_equal(as.numeric(layer(x)), 2 * as.numeric(layer$bias))
  twice$remove()
  expect_equal(as.numeric(layer(x)), 2 * before)
  hook$remove()
  expect_equal(as.numeric(layer(x)), before)
})

test_that("a deep clone has its own weights, the same where they are tied", {
  module = nn_sequential(a = nn_linear(2, 2), b = nn_linear(2, 2))
  module$b$weight = module$a$weight
  copy = clone_module(module, deep = TRUE)
  with_no_grad(module$a$weight$zero_())
  expect_false(identical(as.array(copy$a$weight), as.array(module$a$weight)))
  expect_length(copy$parameters, 3L)
  expect_identical(module$clone(), module)
})

test_that("gradients of a module are PyTorch's closed form", {
  layer = nn_linear(2, 1)
  x = torch_tensor(matrix(as.numeric(1:6), 3))
  (layer(x)$sum())$backward()
  expect_equal(as.numeric(layer$weight$grad), c(6, 15))
  expect_equal(as.numeric(layer$bias$grad), 3)
  layer$zero_grad()
  expect_equal(as.numeric(layer$bias$grad), 0)
})

test_that("a module's own random state does not disturb a run, and a learner leaves the module as it was", {
  net = with_torch_manual_seed(nn_sequential(nn_linear(4, 5), nn_relu(), nn_linear(5, 3)), seed = 1)
  before = map(net$parameters, as.array)
  learner = lrn("classif.torch_model", network = net, epochs = 2, batch_size = 50, seed = 1)$train(tsk("iris"))
  expect_identical(map(net$parameters, as.array), before)
  expect_false(identical(map(learner$network$parameters, as.array), before))
  expect_identical(names(learner$network$parameters), names(net$parameters))
  expect_saved(learner, tsk("iris"))
})

test_that("mistakes are errors that say what to do", {
  make = nn_module("mine", function(width) self$layer = nn_linear(width, 1), function(x) self$layer(x))
  expect_error_snapshot({
    make()
    make(3, 4)
    make(3)$leyer
    nn_module("mine", inherit = 3)
    nn_module("mine", forward = function(x) x)(3)
    nn_module("mine")()(3)
    nn_module(3)
    nn_module("mine", active = list(a = 3))
    module = make(2)
    module$layer$weight = torch_ones(1)
    module$layer$weight = nn_parameter(torch_ones(3))
    module$add_module("x", 3)
    module$forward = 3
    nn_parameter("a")
    clone_module(3)
    nn_module_list(list(nn_relu(), 3))
    nn_module_list(list(nn_relu()))(1)
    nn_sequential(nn_relu())[[3]]
    nn_prune_head(nn_sequential(nn_relu()), 2)
    lrn("classif.torch_model", network = nn_sequential(), epochs = 1, batch_size = 10)$train(tsk("iris"))
  })
})

test_that("what a learner could not train or keep is refused by name", {
  train = function(network) {
    lrn("classif.torch_model", network = network, epochs = 1, batch_size = 50)$train(tsk("iris"))
  }
  live = lrn("classif.mlp", epochs = 0, batch_size = 50)$train(tsk("iris"))$network
  listed = nn_module("listed", function() self$parts = list(nn_linear(4, 3)), function(x) self$parts[[1]](x))
  weights = nn_module("weights", function() self$w = list(nn_parameter(torch_ones(1))), function(x) x[, 1:3])
  hooked = nn_linear(4, 3)
  hooked$register_forward_hook(function(module, inputs, output) output)
  loss = nn_module("loss", function() self$scale = nn_parameter(1), function(input, target) torch_mean(input))
  expect_error_snapshot({
    train(listed())
    train(weights())
    train(hooked)
    train(nn_linear(4, 3)$double())
    train(nn_sequential(nn_linear(4, 3), nn_relu))
    as_torch_loss(loss)
    lrn("classif.module", module_generator = nn_linear(4, 3))
    live$head$register_forward_pre_hook(function(module, inputs) inputs)
    live$head$double()
    live$head = nn_linear(4, 3)
    nn_sequential(a = nn_relu(), a = nn_relu())
    nn_instance_norm1d(0)
  })
})

test_that("an argument with a default is a setting, not an input; layers tell how they were made", {
  net = nn_module("net", function() self$out = nn_linear(4, 3), function(x, mask = NULL) self$out(x))
  learner = lrn("classif.torch_model", network = net(), epochs = 1, batch_size = 50)$train(tsk("iris"))
  expect_length(learner$network$parameters, 2L)
  layer = nn_linear(4, 3, bias = FALSE)
  expect_null(layer$bias)
  expect_equal(c(layer$in_features, layer$out_features), c(4, 3))
  expect_equal(nn_conv2d(1, 2, 3)$kernel_size, 3)
  layer$training = FALSE
  expect_false(layer$training)
})

test_that("a module's weights go into a file and come back", {
  path = withr::local_tempfile(fileext = ".safetensors")
  first = nn_sequential(nn_linear(4, 3), nn_relu())
  second = nn_sequential(nn_linear(4, 3), nn_relu())
  save_weights(first, path)
  load_weights(second, path)
  expect_identical(as.array(second[[1]]$weight), as.array(first[[1]]$weight))
})
