# Weights split into length and direction; reference/weight_norm.py wrote PyTorch's values.

norm_cases = jsonlite::read_json(test_path("reference", "weight_norm.json"))

eighths = function(shape, start = 0) formula_tensor(shape, function(index) ((index * 7 + start) %% 23 - 11) / 8)

flat = function(tensor) as.numeric(tensor$flatten())

normed_layer = function(case) {
  layer = do.call(case$layer, unname(case$sizes))
  with_no_grad({
    layer$weight$copy_(eighths(layer$weight$shape, 3))
    layer$bias$copy_(eighths(layer$bias$shape, 5))
  })
  nn_utils_weight_norm$new("weight", case$dim)$apply(layer)
}

test_that("a normalised layer computes what PyTorch's does, before and after a step", {
  for (case in norm_cases) {
    layer = normed_layer(case)
    expect_setequal(names(layer$parameters), c("weight_g", "weight_v", "bias"))
    expect_identical(as.integer(layer$weight_g$shape), as.integer(unlist(case$shape)))
    x = eighths(unlist(case$input))
    output = layer(x)
    expect_equal(flat(output), unlist(case$output), tolerance = 1e-5)
    optimizer = optim_sgd(layer$parameters, lr = 0.1)
    output$square()$mean()$backward()
    optimizer$step()
    for (name in c("weight_g", "weight_v", "bias")) {
      expect_equal(flat(layer[[name]]), unlist(case[[name]]), tolerance = 1e-5, info = name)
    }
    expect_equal(flat(layer(x)), unlist(case$after), tolerance = 1e-5)
  }
})

test_that("removing it leaves a layer with the same weight as a parameter", {
  layer = nn_linear(20, 40)
  norm = nn_utils_weight_norm$new("weight", 2)
  norm$apply(layer)
  expect_identical(as.integer(layer$weight_g$shape), c(1L, 20L))
  with_no_grad(layer$weight_g$mul_(2))
  computed = as_array(norm$compute_weight(layer))
  norm$recompute(layer)
  expect_identical(as_array(layer$weight), computed)
  norm$remove(layer)
  expect_setequal(names(layer$parameters), c("weight", "bias"))
  expect_identical(as_array(layer$weight), computed)
  expect_true(layer$weight$requires_grad)
  x = torch_randn(3, 20)
  expect_equal(as_array(layer(x)), as_array(nnf_linear(x, layer$weight, layer$bias)), tolerance = 1e-6)
})

test_that("weights of modules written in R are normalised, and hooks are called as before", {
  scaled = nn_module("scaled",
    initialize = function() self$matrix = nn_parameter(torch_randn(3, 2)),
    forward = function(x) x$matmul(self$matrix)
  )
  module = scaled()
  x = torch_randn(4, 3)
  plain = as_array(module(x))
  calls = 0
  module$register_forward_hook(function(module, inputs, output) {
    calls <<- calls + 1
    NULL
  })
  norm = nn_utils_weight_norm$new("matrix", NULL)$apply(module)
  expect_identical(length(module$matrix_g$shape), 0L)
  for (i in 1:2) expect_equal(as_array(module(x)), plain, tolerance = 1e-6)
  expect_identical(calls, 2)
})

test_that("a learner trains length and direction, keeps both, and predicts in a fresh copy", {
  make = function() {
    torch_manual_seed(1)
    body = nn_linear(4, 8)
    nn_utils_weight_norm$new("weight", 1)$apply(body)
    nn_sequential(body, nn_relu(), nn_linear(8, 3))
  }
  learner = lrn("classif.torch_model", network = make(), epochs = 10, batch_size = 50, seed = 1,
    optimizer = t_opt("sgd", lr = 0.1))$train(tsk("iris"))
  parameters = learner$network$parameters
  expect_setequal(sub("^.*(?=0|2)", "", names(parameters), perl = TRUE),
    c("0.weight_g", "0.weight_v", "0.bias", "2.weight", "2.bias"))
  begun = map(make()$parameters, as_array)
  lengths = grep("weight_g$", names(parameters))
  expect_false(isTRUE(all.equal(as_array(parameters[[lengths]]), begun[["0.weight_g"]])))
  again = unserialize(serialize(learner, NULL))
  expect_identical(again$predict(tsk("iris"))$response, learner$predict(tsk("iris"))$response)
  expect_lt(learner$predict(tsk("iris"))$score(), 0.4)
  copy = learner$network$clone(deep = TRUE)
  x = learner$dataset(tsk("iris"))$x[[1L]]
  expect_equal(as_array(copy(x)), as_array(learner$network(x)), tolerance = 1e-6)
})

test_that("mistakes are errors that say what to do", {
  norm = nn_utils_weight_norm$new("weight", 1)
  layer = nn_linear(4, 3)
  expect_error(norm$apply(3), "'module' must be a module", class = "mlr3libtorch_error_argument")
  expect_error(norm$remove(layer), "`\\$apply\\(module\\)` does it", class = "mlr3libtorch_error_config")
  expect_error(norm$apply(nn_linear(out_features = 3)), "has no weights yet", class = "mlr3libtorch_error_config")
  expect_error(nn_utils_weight_norm$new("wieght")$apply(layer), "did you mean 'weight'",
    class = "mlr3libtorch_error_unknown_name")
  expect_error(nn_utils_weight_norm$new("weight", 3)$apply(layer), "from 1 to 2", class = "mlr3libtorch_error_argument")
  expect_error(nn_utils_weight_norm$new("weight", 0)$apply(layer), "from 1 to 2", class = "mlr3libtorch_error_argument")
  norm$apply(layer)
  expect_error(norm$apply(layer), "is normalised already", class = "mlr3libtorch_error_config")
  network = lrn("classif.mlp", epochs = 1, batch_size = 150)$train(tsk("iris"))$network
  expect_error(norm$apply(network$head), "live network", class = "mlr3libtorch_error_config")
})
