# Functions and modules as TorchScript.

test_that("a traced function computes the same for any number of rows, and after a file", {
  half = 0.5
  traced = jit_trace(function(x) torch_relu(x)$sum(dim = 2, keepdim = TRUE) * half, torch_randn(3, 4))
  path = tempfile(fileext = ".pt")
  jit_save(traced, path)
  x = torch_randn(7, 4)
  expected = 0.5 * rowSums(pmax(as_array(x), 0))
  for (one in list(traced, jit_load(path), jit_unserialize(jit_serialize(traced)))) {
    expect_equal(as.numeric(one(x)), expected, tolerance = 1e-6)
    expect_identical(dim(one(x[1:2, ])), c(2L, 1L))
  }
})

test_that("a traced function of two tensors runs in PyTorch", {
  traced = jit_trace(function(x, y) torch_cat(list(x, y * 2), dim = 2), torch_ones(2, 1), torch_ones(2, 2))
  path = tempfile(fileext = ".pt")
  jit_save(traced, path)
  code = sprintf("import torch; m = torch.jit.load('%s'); print(m(torch.ones(3, 1), torch.ones(3, 2)).sum().item())",
    path)
  expect_identical(as.numeric(system2("/usr/bin/python3", c("-c", shQuote(code)), stdout = TRUE)), 15)
})

test_that("modules and live networks are traced, and modules whose first layer has sizes are saved as they are", {
  scaled = nn_module("scaled", function() self$linear = nn_linear(4, 3), function(x) self$linear(x) * 2)
  x = torch_randn(5, 4)
  for (module in list(scaled(), nn_sequential(nn_linear(4, 8), nn_dropout(0.5), nn_linear(8, 1)))) {
    module$eval()
    expect_equal(as_array(jit_trace(module, torch_randn(2, 4))(x)), as_array(module(x)), tolerance = 1e-6)
  }
  path = tempfile(fileext = ".pt")
  jit_save(module, path)
  expect_equal(as_array(jit_load(path)(x)), as_array(module(x)), tolerance = 1e-6)
  network = lrn("classif.mlp", epochs = 1, batch_size = 150)$train(tsk("iris"))$network
  expect_equal(as_array(jit_trace(network, x)(x)), as_array(network(x)), tolerance = 1e-6)
})

test_that("the functions of a module are traced by their names", {
  net = nn_module("net",
    initialize = function() {
      self$first = nn_linear(4, 2)
      self$second = nn_linear(2, 1)
    },
    encode = function(x) torch_tanh(self$first(x)),
    forward = function(x) self$second(self$encode(x))
  )
  module = net()
  x = torch_randn(5, 4)
  traced = jit_trace_module(module, forward = list(torch_randn(2, 4)), encode = torch_randn(2, 4))
  expect_equal(as_array(traced(x)), as_array(module(x)), tolerance = 1e-6)
  expect_equal(as_array(traced$forward(x)), as_array(module(x)), tolerance = 1e-6)
  expect_equal(as_array(traced$encode(x)), as_array(module$encode(x)), tolerance = 1e-6)
  path = tempfile(fileext = ".pt")
  jit_save(traced$encode, path)
  expect_equal(as_array(jit_load(path)(x)), as_array(module$encode(x)), tolerance = 1e-6)
  linear = nn_linear(4, 1)
  single = jit_trace_module(linear, forward = list(x), respect_mode = FALSE)
  expect_equal(as_array(single(x)), as_array(linear(x)), tolerance = 1e-6)
  jit_save(single, path)
  expect_error(jit_save(traced, path), "jit_save\\(traced\\$encode, path\\)", class = "mlr3libtorch_error_config")
  expect_error(jit_serialize(traced), "one function", class = "mlr3libtorch_error_config")
  expect_error(traced$enocde, "did you mean 'encode'", class = "mlr3libtorch_error_unknown_field")
  expect_error(jit_trace_module(module, forward = list(x), decode = list(x)), "has no function 'decode'",
    class = "mlr3libtorch_error_unknown_name")
  expect_error(jit_trace_module(module, encode = list(x)), "forward = list", class = "mlr3libtorch_error_argument")
  expect_error(jit_trace_module(module, list(x)), "forward = list", class = "mlr3libtorch_error_argument")
  expect_error(jit_trace_module(module, forward = list(3)), "'forward': the example",
    class = "mlr3libtorch_error_argument")
  expect_error(jit_trace_module(torch_relu, forward = list(x)), "must be a module, not",
    class = "mlr3libtorch_error_argument")
})

test_that("mistakes are errors", {
  expect_error(jit_trace(function(x) x), "example", class = "mlr3libtorch_error_argument")
  expect_error(jit_trace(3, torch_ones(2, 1)), "a function or a module", class = "mlr3libtorch_error_argument")
  expect_error(jit_trace(nn_linear(3, 1), torch_ones(2, 4)), class = "mlr3libtorch_error")
  expect_error(jit_save(nn_module("f", forward = function(x) x)(), tempfile()), "jit_trace\\(module, example\\)",
    class = "mlr3libtorch_error_config")
  expect_error(jit_save(jit_trace(torch_relu, torch_ones(2, 1)), file.path(tempfile(), "no.pt")), "cannot be written",
    class = "mlr3libtorch_error_file")
  expect_error(jit_unserialize("x"), "jit_serialize", class = "mlr3libtorch_error_argument")
})

test_that("gradients go through what was traced", {
  x = torch_tensor(2)$requires_grad_()
  traced = jit_trace(function(a) a * 3, torch_ones(1))
  (traced(x) + x)$backward()
  expect_identical(as.numeric(as.array(x$grad)), 4)
  layer = nn_linear(2, 1)
  traced = jit_trace(layer, torch_ones(4, 2))
  x = torch_ones(4, 2)$requires_grad_()
  traced(x)$sum()$backward()
  expect_equal(as.array(x$grad)[1, ], as.numeric(as.array(layer$weight)), tolerance = 1e-7)
  expect_equal(as.array(with_no_grad(traced(x))), as.array(traced(x)$detach()), tolerance = 1e-6)
})

test_that("positions between brackets are constants, and those from the end stay there", {
  x = torch_tensor(matrix(as.numeric(1:18), 2))
  same = function(f) expect_identical(as_array(jit_trace(f, torch_randn(2, 5))(x)), as_array(f(x)))
  same(function(x) x[, -1])
  same(function(x) x[, -2] + x[, 1])
  same(function(x) x[, c(1, 3)])
  same(function(x) x[, torch_tensor(c(2L, 4L))])
  same(function(x) {
    y = x * 1
    y[, c(1, 3)] = 0
    y
  })
})

test_that("a function that calls a module is told how to be traced", {
  layer = nn_linear(3, 2)
  expect_error(jit_trace(function(x) torch_relu(layer(x)), torch_randn(2, 3)), "calls the module 'layer'.*nn_module",
    class = "mlr3libtorch_error_argument")
})
