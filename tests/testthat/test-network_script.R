scaled = function(...) {
  nn_script("
    def forward(self, x: Tensor) -> Tensor:
      return self.slope * x
  ", parameters = list(slope = c(2, 3, 4, 5)), ...)
}

build_spec = function(spec, x) build_network(spec, list(x = x), core_generator_create(1))

test_that("a node in TorchScript computes with its parameters", {
  x = torch_tensor(matrix(as.numeric(1:8), 2))
  network = build_spec(nn_sequential(scaled()), x)
  expect_named(network$parameters, "script.slope")
  expect_equal(as.array(predict_network(network, list(x = x), 2L)), t(t(matrix(1:8, 2)) * 2:5))
})

test_that("a node in TorchScript reads several nodes", {
  spec = nn_graph(
    first = nn("tanh", reads = "x"),
    both = nn_script("def forward(self, a, b):\n  return a * b", reads = c("first", "x")),
    inputs = list(x = c(NA, 2))
  )
  x = torch_tensor(matrix(c(1, 2, 3, 4), 2))
  output = predict_network(build_spec(spec, x), list(x = x), 2L)
  values = matrix(c(1, 2, 3, 4), 2)
  expect_equal(as.array(output), tanh(values) * values, tolerance = 1e-6)
})

test_that("text that does not compile is an error that names the node and shows the place", {
  spec = nn_sequential(scale = nn_script("def forward(self, x):\n  return y"))
  expect_error(build_spec(spec, torch_ones(2, 3)), "Node 'scale'.*does not compile.*undefined value y.*<--- HERE",
    class = "mlr3libtorch_error_script")
  nothing = nn_sequential(nn_script("def forwrad(self, x):\n  return x"))
  expect_error(build_spec(nothing, torch_ones(2, 3)), "no function 'forward'", class = "mlr3libtorch_error_script")
})

test_that("what does not fit while computing is an error that names the node", {
  spec = nn_sequential(mix = nn_script("def forward(self, x):\n  return torch.mm(x, x)"))
  expect_error(build_spec(spec, torch_ones(2, 3)), "Node 'mix'", class = "mlr3libtorch_error_shape")
})

test_that("parameters that are drawn depend on the seed and follow the input's width", {
  spec = nn_sequential(nn_script("def forward(self, x):\n  return torch.matmul(x, self.weight.t())",
    parameters = list(weight = nn_init(c(2, NA), "normal"))))
  make = function(seed) {
    network = build_network(spec, list(x = torch_ones(2, 7)), core_generator_create(seed))
    as.array(network$parameters[[1L]])
  }
  expect_equal(dim(make(1)), c(2L, 7L))
  expect_identical(make(1), make(1))
  expect_false(identical(make(1), make(2)))
})

test_that("an unknown distribution is an error that names the node, the parameter and those that there are", {
  spec = nn_sequential(nn_script("def forward(self, x):\n  return x", parameters = list(w = nn_init(2, "unifrom"))))
  expect_error(build_spec(spec, torch_ones(2, 3)), "Node 'script'.*'w'.*'unifrom'; known are .*'uniform'",
    class = "mlr3libtorch_error_script")
})

script_learner = function(...) {
  network = nn_sequential(
    nn_script("
      def forward(self, x: Tensor) -> Tensor:
        return torch.dropout(torch.tanh(torch.matmul(x, self.weight)), 0.2, self.training)
    ", parameters = list(weight = nn_init(c(NA, 8)))),
    nn("head")
  )
  lrn("classif.torch_model", network = network, batch_size = 32, seed = 1, ...)
}

test_that("a learner with a script is trained, saved, and goes on with the same bits", {
  task = tsk("iris")
  folder = withr::local_tempfile()
  whole = script_learner(epochs = 4)$train(task)
  script_learner(epochs = 2, callbacks = t_clbk("checkpoint", path = folder))$train(task)
  resumed = script_learner(epochs = 4, resume = folder)$train(task)
  expect_identical(resumed$model$network$state, whole$model$network$state)
  before = script_learner(epochs = 1)$train(task)$model$network$state
  expect_false(identical(before[["script.weight"]], whole$model$network$state[["script.weight"]]))
  expect_saved(whole, task)
})

test_that("the compiled step says that a script hinders it", {
  learner = script_learner(epochs = 1, plan = "require")
  expect_error(learner$train(tsk("iris")), "node 'script'.*no planned kernel", class = "mlr3libtorch_error_plan")
})

script_file = test_path("reference", "script_file.pt")

test_that("a TorchScript file computes what it computes in Python", {
  x = torch_tensor(matrix(0:7 / 8, 2, byrow = TRUE))
  network = build_spec(nn_sequential(net = nn_script_file(script_file)), x)
  expect_subset(c("net.0.weight", "net.1.bias", "net.3.weight"), names(network$parameters))
  expect_subset("net.1.running_mean", names(network$buffers))
  output = predict_network(network, list(x = x), 2L)
  expect_equal(as.vector(as.array(output)), scan(test_path("reference", "script_file.csv"), quiet = TRUE),
    tolerance = 1e-6)
})

test_that("the weights and buffers of a TorchScript file are trained", {
  task = tsk("mtcars")$select(c("wt", "hp", "qsec", "drat"))
  train = function(epochs) {
    lrn("regr.torch_model", network = nn_sequential(net = nn_script_file(script_file)), epochs = epochs,
      batch_size = 8, seed = 1)$train(task)
  }
  states = map(list(train(1), train(2)), function(learner) learner$model$network$state)
  for (name in c("net.0.weight", "net.1.running_mean", "net.1.num_batches_tracked")) {
    expect_false(identical(states[[1L]][[name]], states[[2L]][[name]]))
  }
  expect_saved(train(2), task)
})

test_that("damaged TorchScript files are refused and never crash", {
  bytes = readBin(script_file, "raw", n = file.size(script_file))
  x = torch_ones(2, 4)
  load = function(bytes) {
    tryCatch({
      build_spec(nn_sequential(nn("script_file", file = bytes)), x)
      "loaded"
    }, mlr3libtorch_error = function(condition) "refused")
  }
  outcomes = withr::with_seed(1, map_chr(seq_len(200), function(i) {
    at = sample(length(bytes), 1L)
    mutated = switch(i %% 4L + 1L, bytes[seq_len(at)], bytes[-at], append(bytes, as.raw(7), after = at),
      replace(bytes, at, xor(bytes[[at]], as.raw(sample(255L, 1L)))))
    load(mutated)
  }))
  expect_subset(outcomes, c("loaded", "refused"))
  expect_gt(sum(outcomes == "refused"), 150L)
  expect_error(build_spec(nn_sequential(nn("script_file", file = as.raw(1:9))), x), "not a zip archive",
    class = "mlr3libtorch_error_file")
})
