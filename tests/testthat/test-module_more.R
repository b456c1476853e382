# Modules beside the layers of the registry, and what all modules answer.

test_that("adaptive softmax gives PyTorch's numbers", {
  reference = jsonlite::read_json(test_path("reference", "adaptive_softmax.json"))
  module = nn_adaptive_log_softmax_with_loss(6, 20, cutoffs = c(5, 12), div_value = 2, head_bias = TRUE)
  as_matrix = function(x) do.call(rbind, lapply(x, unlist))
  values = list(module$head$weight, module$head$bias, module$tail[[1]][[1]]$weight, module$tail[[1]][[2]]$weight,
    module$tail[[2]][[1]]$weight, module$tail[[2]][[2]]$weight)
  with_no_grad(for (i in seq_along(values)) values[[i]]$copy_(torch_tensor(unlist(reference$weights[[i]]))$reshape(
    values[[i]]$shape)))
  input = torch_tensor(as_matrix(reference$input))
  target = torch_tensor(unlist(reference$target) + 1L)
  result = module(input, target)
  expect_equal(as.numeric(result$output), unlist(reference$output), tolerance = 1e-5)
  expect_equal(result$loss$item(), reference$loss, tolerance = 1e-5)
  expect_equal(as_array(module$log_prob(input)), as_matrix(reference$log_prob), tolerance = 1e-5)
  expect_identical(as.integer(module$predict(input)), as.integer(unlist(reference$predict) + 1L))
  expect_error(nn_adaptive_log_softmax_with_loss(6, 20, c(5, 3)), "increasing", class = "mlr3libtorch_error_argument")
  expect_error(module(input, target + 20L), "from 1 to 20", class = "mlr3libtorch_error_target")
})

test_that("an embedding bag is the mean, sum or largest of its vectors, and is trained", {
  bag = nn_embedding_bag(6, 3)
  input = torch_tensor(rbind(c(1L, 2L), c(6L, 6L)))
  weight = as_array(bag$weight)
  expect_equal(as_array(bag(input)), rbind((weight[1, ] + weight[2, ]) / 2, weight[6, ]), tolerance = 1e-6)
  sums = nn_embedding_bag(6, 3, mode = "sum")
  weight = as_array(sums$weight)
  flat = sums(torch_tensor(c(1L, 2L, 3L)), offsets = torch_tensor(c(1L, 3L)))
  expect_equal(as_array(flat), rbind(weight[1, ] + weight[2, ], weight[3, ]), tolerance = 1e-6)
  bag(input)$sum()$backward()
  expect_equal(as_array(bag$weight$grad)[c(1, 3, 6), 1], c(0.5, 0, 1))
  expect_error(nn_embedding_bag(0, 3), "num_embeddings", class = "mlr3libtorch_error_argument")
})

test_that("an embedding bag leaves out the padding, which counts in no mean and gets no gradient", {
  input = torch_tensor(rbind(c(1L, 2L, 3L), c(3L, 3L, 2L)))
  bag = nn_embedding_bag(4, 2, padding_idx = 3)
  weight = as_array(bag$weight)
  expect_equal(weight[3, ], c(0, 0))
  expect_equal(as_array(bag(input)), rbind((weight[1, ] + weight[2, ]) / 2, weight[2, ]), tolerance = 1e-6)
  bag(input)$sum()$backward()
  expect_equal(as_array(bag$weight$grad)[, 1], c(0.5, 1.5, 0, 0))
  factors = torch_tensor(rbind(c(1, 2, 9), c(9, 9, 3)))
  sums = nnf_embedding_bag(input, bag$weight, mode = "sum", per_sample_weights = factors, padding_idx = 3)
  expect_equal(as_array(sums$detach()), rbind(weight[1, ] + 2 * weight[2, ], 3 * weight[2, ]), tolerance = 1e-6)
  expect_equal(as_array(nnf_embedding_bag(torch_tensor(matrix(3L, 1, 2)), bag$weight, padding_idx = 3)$detach()),
    matrix(0, 1, 2))
  expect_error(nn_embedding_bag(4, 2, padding_idx = 5), "padding_idx", class = "mlr3libtorch_error_argument")
})

test_that("nn_aum_loss() is its function", {
  input = torch_tensor(c(0.3, -1, 2, 0.1))
  target = torch_tensor(c(1L, 2L, 1L, 2L))
  expect_equal(nn_aum_loss()(input, target)$item(), nnf_area_under_min_fpr_fnr(input, target)$item())
})

test_that("layers draw their weights again, within the same bounds", {
  layer = nn_linear(100, 5)
  handle = layer$weight
  before = as_array(handle)
  expect_identical(layer$reset_parameters(), layer)
  expect_identical(layer$weight, handle)
  expect_false(any(as_array(handle) == before))
  expect_lte(max(abs(as_array(handle))), 0.1)
  norm = nn_batch_norm1d(3)
  norm(torch_randn(8, 3) + 5)
  norm$reset_parameters()
  expect_equal(as.numeric(norm$running_mean), c(0, 0, 0))
  lstm = nn_lstm(3, 4)
  before = as_array(lstm$weight_ih_l1)
  lstm$reset_parameters()
  expect_false(any(as_array(lstm$weight_ih_l1) == before))
  expect_lte(max(abs(as_array(lstm$weight_ih_l1))), 0.5)
  expect_error(nn_sequential(layer)$reset_parameters(), "call it for its layers", class = "mlr3libtorch_error_config")
})

test_that("types and devices: what is not computed is refused by name", {
  layer = nn_linear(2, 1)
  expect_identical(layer$to("cpu"), layer)
  expect_identical(format(layer$double()$weight$dtype), "float64")
  expect_identical(format(layer$float()$weight$dtype), "float32")
  expect_error(layer$half(), "not \"?float16", class = "mlr3libtorch_error_config")
  expect_error(layer$to(dtype = torch_float16()), "float16", class = "mlr3libtorch_error_config")
  expect_identical(format(torch_ones(2, dtype = "float64")$to("cpu")$dtype), "float64")
  expect_identical(format(torch_ones(2)$to(torch_device("cpu"))$dtype), "float32")
  network = lrn("classif.mlp", epochs = 1, batch_size = 150)$train(tsk("iris"))$network
  expect_identical(network$to("cpu"), network)
  expect_identical(network$float(), network)
  for (convert in c("double", "half")) {
    expect_error(network[[convert]](), "computes with float32", class = "mlr3libtorch_error_config")
  }
})

test_that("a module's weights are saved without the module", {
  layer = nn_linear(2, 1)
  path = tempfile(fileext = ".safetensors")
  torch_save(layer$state_dict(), path)
  other = load_state_dict(nn_linear(2, 1), torch_load(path))
  expect_identical(as_array(other$weight), as_array(layer$weight))
  expect_error(load_state_dict(3, list()), "must be a module", class = "mlr3libtorch_error_argument")
})

# PyTorch: list(M().state_dict()), named_parameters() of the same module
test_that("a state has all names of a tensor that is shared, and is loaded by any of them", {
  shared = nn_module("shared", initialize = function() {
    self$a = nn_linear(3, 3)
    self$b = self$a
    self$c = nn_linear(3, 3)
    self$c$weight = self$a$weight
  }, forward = function(x) self$c(self$b(self$a(x))))
  module = shared()
  state = module$state_dict()
  expect_named(state, c("a.weight", "a.bias", "b.weight", "b.bias", "c.weight", "c.bias"))
  expect_named(module$parameters, c("a.weight", "a.bias", "c.bias"))
  other = shared()
  x = torch_randn(2, 3)
  other$load_state_dict(state)
  expect_equal(as_array(other(x)), as_array(module(x)))
  third = shared()
  third$load_state_dict(state[c("b.weight", "a.bias", "c.bias")])
  expect_equal(as_array(third(x)), as_array(module(x)))
  expect_error(third$load_state_dict(state[c("b.weight", "a.bias")]), "lack 'c.bias'",
    class = "mlr3libtorch_error_config")
})
