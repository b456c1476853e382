# Each function of networks against PyTorch's; reference/functional.py wrote the values.

functional_cases = jsonlite::read_json(test_path("reference", "functional.json"))

functional_difference = function(case) {
  reference_difference(do.call(case[["function"]], map(case$arguments, read_argument)), case$results)
}

test_that("every function gives what PyTorch's gives", {
  found = set_names(map_chr(functional_cases, functional_difference), map_chr(functional_cases, "function"))
  expect_identical(found[found != "none"], set_names(character(), character()))
})

test_that("no function is without a case, but those that draw and one that PyTorch does not have", {
  functions = grep("^nnf_", getNamespaceExports("mlr3libtorch"), value = TRUE)
  elsewhere = c("nnf_dropout", "nnf_dropout2d", "nnf_dropout3d", "nnf_alpha_dropout", "nnf_gumbel_softmax",
    "nnf_area_under_min_fpr_fnr")
  expect_set_equal(setdiff(functions, map_chr(functional_cases, "function")), elsewhere)
})

test_that("arguments in place change the input and return it", {
  names = c("elu", "celu", "selu", "relu", "relu6", "silu", "hardswish", "hardsigmoid", "leaky_relu", "hardtanh")
  for (name in names) {
    x = torch_tensor(c(-4, -1, 0.5, 8))
    activation = get(paste0("nnf_", name))
    expected = as_array(activation(x))
    expect_identical(as_array(x), c(-4, -1, 0.5, 8), info = name)
    expect_identical(as_array(activation(x, inplace = TRUE)), expected, info = name)
    expect_identical(as_array(x), expected, info = name)
  }
})

test_that("dropout zeroes in training only, whole channels if it is asked to, and scales what remains", {
  withr::with_seed(1, torch_manual_seed(1))
  x = torch_ones(50, 20, 4)
  for (dropout in list(nnf_dropout, nnf_dropout2d, nnf_dropout3d, nnf_alpha_dropout)) {
    expect_identical(as_array(dropout(x, 0.5, training = FALSE)), as_array(x))
  }
  dropped = as_array(nnf_dropout(x, 0.75))
  expect_setequal(dropped, c(0, 4))
  expect_lt(abs(mean(dropped) - 1), 0.15)
  channels = as_array(nnf_dropout2d(x, 0.75))
  expect_true(all(apply(channels, 1:2, function(channel) length(unique(channel)) == 1L)))
  y = torch_ones(1000)
  nnf_dropout(y, 0.5, inplace = TRUE)
  expect_setequal(as_array(y), c(0, 2))
  normal = nnf_alpha_dropout(torch_randn(20000), 0.3, training = TRUE)
  expect_lt(abs(normal$mean()$item()), 0.05)
  expect_lt(abs(normal$std()$item() - 1), 0.05)
})

test_that("samples of the Gumbel softmax follow the softmax and let gradients through", {
  torch_manual_seed(1)
  probabilities = c(0.1, 0.6, 0.3)
  logits = torch_tensor(log(matrix(probabilities, 5000, 3, byrow = TRUE)), requires_grad = TRUE)
  hard = nnf_gumbel_softmax(logits, hard = TRUE)
  expect_equal(as_array(hard$sum(2)), rep(1, 5000), tolerance = 1e-6)
  expect_lt(max(abs(as_array(hard$mean(1)) - probabilities)), 0.03)
  expect_gt(max(abs(as_array(autograd_grad(hard[, 1]$sum(), logits)[[1]]))), 0)
  soft = as_array(nnf_gumbel_softmax(logits, tau = 0.5))
  expect_equal(rowSums(soft), rep(1, 5000), tolerance = 1e-6)
})

test_that("the area under the smaller of both error rates is that of its definition", {
  scores = c(0.3, -1.2, 2, 0.3, 0.9, -0.4)
  classes = c(2L, 2L, 1L, 1L, 2L, 1L)
  smaller = function(threshold) {
    min(mean(scores[classes == 1] > threshold), mean(scores[classes == 2] <= threshold))
  }
  at = sort(scores)
  expected = sum(diff(at) * map_dbl(at[-length(at)], smaller))
  x = torch_tensor(scores, requires_grad = TRUE)
  area = nnf_area_under_min_fpr_fnr(x, torch_tensor(classes))
  expect_equal(area$item(), expected, tolerance = 1e-6)
  expect_length(as_array(autograd_grad(area, x)[[1]]), 6)
  expect_equal(nnf_area_under_min_fpr_fnr(x, torch_tensor(classes == 2))$item(), expected, tolerance = 1e-6)
})

test_that("the signatures are visible and the help lists them", {
  expect_identical(names(formals(nnf_elu)), c("input", "alpha", "inplace", "..."))
  expect_identical(signature_text("nnf_pad", functional_rows$nnf_pad$signature),
    "nnf_pad(input, pad, mode = \"constant\", value = 0)")
  expect_match(functionals_as_rd(), "\\item \\code{nnf_glu(input, dim = -1)}", fixed = TRUE)
})

test_that("wrong arguments are named with the nearest word", {
  x = torch_randn(2, 3)
  expect_error(nnf_cross_entropy(x, torch_tensor(1:2), reduction = "maen"), "did you mean 'mean'",
    class = "mlr3libtorch_error_argument")
  expect_error(nnf_kl_div(x, x, "batch_mean"), "did you mean 'batchmean'", class = "mlr3libtorch_error_argument")
  expect_error(nnf_interpolate(x$reshape(c(1, 2, 3)), size = 4, mode = "bilinaer"), "did you mean 'bilinear'",
    class = "mlr3libtorch_error_argument")
  expect_error(nnf_interpolate(x$reshape(c(1, 2, 3)), size = 4, mode = "bilinear"), "needs an input of 4 dimensions",
    class = "mlr3libtorch_error_shape")
  expect_error(nnf_interpolate(x$reshape(c(1, 2, 3))), "Exactly one of", class = "mlr3libtorch_error_argument")
  expect_error(nnf_max_unpool2d(x, x, c(1, 2, 3)), "one for each of 2", class = "mlr3libtorch_error_argument")
  expect_error(nnf_grid_sample(x, x, "liner"), "nearest", class = "mlr3libtorch_error_argument")
  expect_error(nnf_embedding_bag(torch_tensor(matrix(1L, 2, 2)), x, offsets = torch_tensor(1L)), "takes no 'offsets'",
    class = "mlr3libtorch_error_argument")
  expect_error(nnf_fractional_max_pool2d(x$reshape(c(1, 1, 2, 3)), 1), "must be given",
    class = "mlr3libtorch_error_argument")
  expect_error(nnf_local_response_norm(x, 2), "at least 3 dimensions", class = "mlr3libtorch_error_shape")
  attend = function(heads, size) {
    nnf_multi_head_attention_forward(torch_ones(2, 1, 4), torch_ones(2, 1, 4), torch_ones(2, 1, 4), size, heads,
      torch_ones(12, 4), NULL, NULL, NULL, FALSE, 0, torch_ones(4, 4), NULL)
  }
  expect_error(attend(3, 4), "cannot be divided", class = "mlr3libtorch_error_shape")
  expect_error(attend(2, 5), "must have the shape", class = "mlr3libtorch_error_shape")
  expect_error(nnf_cross_entropy(x, torch_tensor(c(0L, 1L))), "counts from 1|cannot be 0",
    class = "mlr3libtorch_error_argument")
})

test_that("an input and a target of different shapes are broadcast with a warning", {
  x = torch_tensor(c(1, 2))
  expect_warning(nnf_mse_loss(x, x$reshape(c(2, 1))), "[2, 1]", fixed = TRUE, class = "mlr3libtorch_warning_broadcast")
  expect_no_warning(nnf_mse_loss(x, x))
})

test_that("scaled attention is its formula, with what is masked left out", {
  torch_manual_seed(1)
  x = torch_randn(2, 3, 4, dtype = "float64")
  k = torch_randn(2, 3, 4, dtype = "float64")
  formula = function(keep) {
    scores = as_array(x[1, , ]) %*% t(as_array(k[1, , ])) / 2
    weights = exp(scores) * keep
    weights / rowSums(weights)
  }
  attend = function(...) as_array(torch_scaled_dot_product_attention(x, k, k, ...)[1, , ])
  keys = as_array(k[1, , ])
  expect_equal(attend(), formula(1) %*% keys, tolerance = 1e-7)
  lower = lower.tri(diag(3), diag = TRUE)
  expect_equal(attend(is_causal = TRUE), formula(lower) %*% keys, tolerance = 1e-7)
  expect_equal(attend(attn_mask = torch_tensor(lower)), formula(lower) %*% keys, tolerance = 1e-7)
  expect_equal(attend(attn_mask = torch_tensor(log(1 + lower), dtype = "float64")), formula(1 + lower) %*% keys,
    tolerance = 1e-7)
  expect_error(attend(attn_mask = torch_tensor(lower), is_causal = TRUE), "exclude each other",
    class = "mlr3libtorch_error_argument")
})
