operations_of = function(module, ...) map_chr(as_torch_spec(module, ...)$nodes, "operation")

trained = function(network, ...) {
  lrn("regr.torch_model", network = network, epochs = 3, batch_size = 8, seed = 1, ...)$train(tsk("mtcars"))
}

test_that("layers, sequences and modules that only call layers become nodes with the module's names", {
  block = nn_module("block",
    initialize = function(width) {
      self$inner = nn_linear(width, width)
      self$norm = nn_batch_norm1d(width)
    },
    forward = function(x) x + nnf_relu(self$norm(self$inner(x)))
  )
  net = nn_module("net",
    initialize = function() {
      self$first = nn_linear(4, 8)
      self$blocks = nn_module_list(list(block(8), block(8)))
      self$rest = nn_sequential(nn_tanh(), nn_linear(8, 2))
    },
    forward = function(input) {
      x = self$first(input)
      for (i in seq_along(self$blocks)) {
        x <- self$blocks[[i]](x)
      }
      y = x$relu() |> torch_tanh()
      return(torch_cat(list(self$rest(x), y), dim = 2))
    }
  )
  module = net()
  expect_identical(operations_of(module), c("linear", "linear", "batch_norm1d", "relu", "merge_sum", "linear",
    "batch_norm1d", "relu", "merge_sum", "relu", "tanh", "tanh", "linear", "merge_cat"))
  spec = as_torch_spec(module)
  expect_setequal(names(spec$weights), paste0("net.", names(module$state_dict())))
  x = torch_randn(6, 4)
  network = build_network(spec, list(x = x), core_generator_create(1))
  module$eval()
  expect_equal(as.array(network(x)), as.array(module(x)), tolerance = 1e-6)
})

test_that("such a module is compiled, and ends as the same module does that R computes", {
  make = function(bend) {
    with_torch_manual_seed(seed = 1, nn_module("net", function() {
      self$hidden = nn_linear(10, 6)
      self$out = nn_linear(6, 1)
    }, bend)())
  }
  trained = function(network) {
    learner = lrn("regr.torch_model", network = network, epochs = 3, batch_size = 8, seed = 1, optimizer = "sgd",
      opt.lr = 1e-4)
    learner$train(tsk("mtcars"))
  }
  plain = trained(make(function(x) self$out(torch_tanh(self$hidden(x)))))
  in_r = trained(make(function(x) {
    if (TRUE) self$out(torch_tanh(self$hidden(x)))
  }))
  expect_true(plain$model$plan$used)
  expect_false(in_r$model$plan$used)
  # plain gradient descent, since Adam makes large steps of gradients that are rounding errors
  expect_equal(map(plain$network$parameters, as.array), map(in_r$network$parameters, as.array), tolerance = 1e-5)
})

test_that("what is more than a graph of layers stays in R", {
  module = function(forward, initialize = function() self$layer = nn_linear(4, 4)) {
    nn_module("mine", initialize, forward)()
  }
  twice = function(x) self$layer(self$layer(x))
  shadowed = local({
    torch_relu = function(x) x * 2
    function(x) torch_relu(self$layer(x))
  })
  forwards = list(twice, shadowed,
    function(x) if (self$training) self$layer(x) else x,
    function(x) self$layer(x) * 2,
    function(x) self$layer(x)$relu_(),
    function(x, y = 3) self$layer(x),
    function(x) {
      return(self$layer(x))
      x
    },
    function(x) {
      y = self$layer(x)
      x
    },
    function(x) self$layer(x)[, 1:2])
  for (forward in forwards) expect_identical(operations_of(module(forward), inputs = "x"), "module")
  unused = module(function(x) self$layer(x), function() {
    self$layer = nn_linear(4, 4)
    self$other = nn_linear(4, 4)
  })
  expect_identical(operations_of(unused), "module")
  hooked = module(function(x) self$layer(x))
  hooked$layer$register_forward_hook(function(module, inputs, output) output * 2)
  expect_identical(operations_of(hooked), "module")
})

test_that("a weight in two places is trained as one", {
  tied = nn_module("tied", function() {
    self$first = nn_linear(10, 10)
    self$second = nn_linear(10, 10)
    self$second$weight = self$first$weight
    self$out = nn_linear(10, 1)
  }, function(x) self$out(torch_tanh(self$second(torch_tanh(self$first(x))))))
  module = tied()
  expect_length(module$parameters, 5L)
  learner = trained(module)
  expect_length(learner$network$parameters, 5L)
  inner = learner$network$tied
  expect_identical(as.array(inner$first$weight), as.array(inner$second$weight))
  expect_false(identical(as.array(inner$first$weight), as.array(module$first$weight)))
  expect_saved(learner, tsk("mtcars"))
})

test_that("frozen parameters of a module are not trained", {
  net = nn_sequential(nn_linear(10, 4), nn_tanh(), nn_linear(4, 1))
  net[[1]]$requires_grad_(FALSE)
  learner = trained(net)
  expect_identical(as.array(learner$network$parameters[["0.weight"]]), as.array(net[[1]]$weight))
  expect_false(identical(as.array(learner$network$parameters[["2.weight"]]), as.array(net[[3]]$weight)))
})
