numbers = function(rows = 5, columns = 4) withr::with_seed(1, matrix(rnorm(rows * columns), rows))

built = function(spec, x) build_network(as_torch_spec(spec), list(x = x), core_generator_create(1))

output_of = function(network, x) as.array(predict_network(network, list(x = x), nrow(as.array(x))))

scaled = nn_module("scaled",
  initialize = function(width, factor = 1) {
    self$linear = nn("linear", out_features = width)
    self$scale = nn_parameter(seq_len(width))
    self$calls = nn_buffer(0)
    self$factor = factor
  },
  forward = function(x) {
    if (self$training) self$calls$add_(1)
    self$bend(self$linear(x)) * self$scale * self$factor
  },
  bend = function(x) x$tanh()
)

test_that("a function is a node, with what it uses from outside packages", {
  factor = 3
  helper = function(x) x * factor
  node = nn("fn", fn = function(x) helper(x)$tanh())
  spec = nn_sequential(node)
  x = torch_tensor(numbers())
  factor = 100
  expect_equal(output_of(built(spec, x), x), tanh(numbers() * 3), tolerance = 1e-6)
})

test_that("a function that calls itself, and a tensor that it uses, are kept", {
  shift = torch_tensor(c(1, 2, 3, 4))
  add = function(x, times) if (times == 0) x else add(x + shift, times - 1)
  x = torch_tensor(numbers())
  spec = unserialize(serialize(nn_sequential(nn("fn", fn = function(x) add(x, 2))), NULL))
  expect_equal(output_of(built(spec, x), x), t(t(numbers()) + 2 * 1:4), tolerance = 1e-6)
})

test_that("a module computes with its parameters, its layers and its fields", {
  x = torch_tensor(numbers())
  network = built(scaled(3, factor = 2), x)
  expect_setequal(names(network$parameters), c("scaled.scale", "scaled.linear.weight", "scaled.linear.bias"))
  weight = as.array(network$parameters$scaled.linear.weight)
  bias = as.vector(as.array(network$parameters$scaled.linear.bias))
  expected = t(t(tanh(t(t(numbers() %*% t(weight)) + bias))) * 1:3 * 2)
  expect_equal(output_of(network, x), expected, tolerance = 1e-6)
})

test_that("a module of layers is trained as the network of the same layers", {
  layers = function() nn_sequential(nn("linear", out_features = 6), nn("tanh"), nn("head", out_features = 1))
  module = nn_module("net", function() self$all = layers(), function(x) self$all(x))
  train = function(network) {
    learner = lrn("regr.torch_model", network = network, epochs = 3, batch_size = 8, seed = 1, plan = "off")
    learner$train(tsk("mtcars"))$predict(tsk("mtcars"))$response
  }
  expect_equal(train(nn_sequential(module())), train(layers()), tolerance = 1e-5)
})

test_that("dropout and what a function draws follow the seed, and leave LibTorch's generator alone", {
  noisy = nn_module("noisy", function() self$drop = nn("dropout", p = 0.5),
    function(x) if (self$training) self$drop(x) + torch_randn(x$shape) else x)
  train = function(seed) {
    network = nn_sequential(noisy(), nn("head"))
    lrn("classif.torch_model", network = network, epochs = 2, batch_size = 32, seed = seed)$train(tsk("iris"))
  }
  state = as.array(torch_get_rng_state())
  first = train(1)$model$network$state
  torch_randn(3)
  expect_identical(train(1)$model$network$state, first)
  expect_false(identical(train(2)$model$network$state, first))
  expect_saved(train(1), tsk("iris"))
  with_torch_manual_seed(train(1), seed = 3)
  torch_set_rng_state(torch_tensor(state, dtype = "uint8"))
  train(1)
  expect_identical(as.array(torch_get_rng_state()), state)
})

test_that("a learner with a module is saved, goes on with the same bits, and counts in its buffer", {
  task = tsk("iris")
  train = function(epochs, ...) {
    network = nn_sequential(scaled(3), nn("head"))
    lrn("classif.torch_model", network = network, epochs = epochs, batch_size = 50, seed = 1, ...)$train(task)
  }
  folder = withr::local_tempfile()
  whole = train(4)
  train(2, callbacks = t_clbk("checkpoint", path = folder))
  expect_identical(train(4, resume = folder)$model$network$state, whole$model$network$state)
  expect_identical(as.numeric(whole$network$buffers$scaled.calls), 12)
  expect_saved(whole, task)
})

test_that("class numbers that a function sees count from 1", {
  spec = nn_graph(numbers = nn("fn", fn = function(x) x$to(dtype = "float32"), reads = "x"), inputs = "x")
  task = as_task_regr(data.frame(f = factor(c("a", "b", "c", "a")), y = 1:4), target = "y")
  learner = lrn("regr.torch_model", network = spec, ingress_tokens = list(x = ingress_categ()), epochs = 0,
    batch_size = 4)
  expect_equal(learner$train(task)$predict(task)$response, c(1, 2, 3, 1))
})

test_that("printing a network with a module counts what is inside it", {
  spec = nn_sequential(scaled(3), nn("head"), shape = c(NA, 4))
  expect_match(format(spec)[[1L]], "22 parameters")
  expect_match(format(spec)[[3L]], "scaled  module.* 18$")
})

test_that("mistakes in modules are errors that name the node and the remedy", {
  build = function(forward, initialize = NULL, ...) {
    built(nn_module("mine", initialize = initialize, forward = forward, ...)(), torch_tensor(numbers()))
  }
  expect_error_snapshot({
    nn_module("mine", forward = 3)
    nn_module("mine", forward = function(x) x, 3)
    nn_module("mine", forward = function(x) x, bend = 1, bend = 2)
    nn_module("mine", initialize = function(id) NULL, forward = function(x) x)
    build(function(x) x$sum())
    build(function(x) 3)
    build(function(x) stop("too bad"))
    build(function(x) x$matmul(x))
    build(function(x) x, function() self$mask = torch_ones(3))
    build(function(x) x, function() self$training = TRUE)
    late = function(x) if (x$shape[[1L]] > 2) self$layer(x) else x
    module = nn_module("late", function() self$layer = nn("linear", out_features = 4), late)
    network = nn_sequential(module(), nn("head"))
    lrn("classif.torch_model", network = network, epochs = 1, batch_size = 50)$train(tsk("iris"))
    build(function(x) self$layer(x, x), function() self$layer = nn("relu"))
    build(function(x) self$layer(x$sum(dim = 2)), function() {
      self$layer = nn("conv1d", out_channels = 2, kernel_size = 2)
    })
    build(function(x) self$weight = x, function() self$weight = nn_parameter(1))
    nn("fn", fn = 3)
  })
})

test_that("what a module keeps lives on when its network is gone", {
  kept = new.env()
  keep = nn_module("keep", function() self$layer = nn("linear", out_features = 2), function(x) {
    assign("self", self, envir = get("kept", envir = globalenv()))
    self$layer(x)
  })
  withr::defer(rm(kept, envir = globalenv()))
  assign("kept", kept, envir = globalenv())
  x = torch_tensor(numbers())
  network = built(keep(), x)
  expected = output_of(network, x)
  rm(network)
  gc()
  expect_equal(as.array(kept$self$layer(x)), expected, tolerance = 1e-6)
})

test_that("a layer that is called in training only is built, and what the function counts begins at zero", {
  helped = nn_module("helped",
    initialize = function() {
      self$linear = nn("linear", out_features = 4)
      self$aside = nn("batch_norm1d")
      self$count = nn_buffer(torch_zeros(1))
    },
    forward = function(x) {
      x = self$linear(x)
      if (!self$training) {
        return(x)
      }
      self$count$add_(1)
      x + self$aside(x)
    }
  )
  learner = lrn("classif.torch_model", network = nn_sequential(helped(), nn("head")), epochs = 0, batch_size = 50)
  learner$train(tsk("iris"))
  buffers = map(learner$network$buffers, as.numeric)
  expect_true("helped.aside.weight" %in% names(learner$network$parameters))
  expect_equal(buffers$helped.count, 0)
  expect_equal(buffers$helped.aside.running_mean, rep(0, 4))
  learner$param_set$set_values(epochs = 2)
  learner$train(tsk("iris"))
  expect_equal(as.numeric(learner$network$buffers$helped.count), 6)
  expect_saved(learner, tsk("iris"))
})
