cases = jsonlite::read_json(test_path("reference", "layers.json"))

layer_of_case = function(case) {
  arguments = map(c(case$args, case$named), function(argument) if (is.list(argument)) unlist(argument) else argument)
  do.call(paste0("nn_", case$name), arguments)
}

inputs_of_case = function(case) {
  imap(unname(case$shapes), function(shape, i) {
    if (case$classes) {
      formula_tensor(shape, function(index) index %% 4 + 1)$to(dtype = "int64")
    } else {
      input_values(shape, i)
    }
  })
}

test_that("each layer, made by R torch's arguments, computes what PyTorch's does", {
  for (case in cases) {
    layer = layer_of_case(case)
    expect_true(is_nn_module(layer))
    expect_equal(map(unname(layer$parameters), "shape"), map(case$parameters, unlist), info = case$name)
    fill_weights(layer)
    layer$eval()
    result = do.call(layer, inputs_of_case(case))
    while (is.list(result)) result = result[[1L]]
    expect_equal(result$shape, unlist(case$shape), info = case$name)
    expect_equal(as.numeric(result$flatten()), unlist(case$values), tolerance = 2e-5, info = case$name)
  }
})

test_that("every operation is a layer, and those that PyTorch has are among the cases", {
  operations = nn_operations()$key
  expect_true(all(map_lgl(paste0("nn_", operations), exists)))
  own = c("constant", "ensemble_linear", "ensemble_scale", "fn", "ft_cls", "ft_transformer_block", "geglu", "head",
    "layer_scale", "merge_cat", "merge_prod", "merge_sum", "module", "one_hot", "pad", "padding_mask",
    "periodic_encoding", "permute", "piecewise_linear_encoding", "position_embedding", "reglu", "reshape", "script",
    "script_file", "select", "separate_linear", "sequence_mean", "squeeze", "standardize", "swiglu", "tokenizer_categ",
    "tokenizer_num", "trim_padding", "unsqueeze", "unstandardize", "vit_embedding", "instance_norm3d")
  expect_setequal(setdiff(operations, map_chr(cases, "name")), own)
})

test_that("arguments have R torch's order", {
  expect_identical(names(formals(nn_conv2d)), c("in_channels", "out_channels", "kernel_size", "stride", "padding",
    "dilation", "groups", "bias", "padding_mode", "..."))
  expect_identical(names(formals(nn_linear)), c("in_features", "out_features", "bias", "..."))
  expect_identical(names(formals(nn_max_pool2d))[1:4], c("kernel_size", "stride", "padding", "dilation"))
  expect_identical(names(formals(nn_tokenizer_categ))[1:3], c("cardinalities", "d_token", "bias"))
})

test_that("weights begin as LibTorch's do, from LibTorch's generator", {
  draw = function() with_torch_manual_seed(as.array(nn_linear(100, 50)$weight), seed = 1)
  expect_identical(draw(), draw())
  expect_lte(max(abs(draw())), 0.1)
  expect_equal(sd(draw()), 0.1 / sqrt(3), tolerance = 0.02)
})

test_that("a layer without sizes gets its weights when it is called, and one without weights takes any shape", {
  layer = nn_linear(out_features = 3)
  expect_length(layer$parameters, 0L)
  layer(torch_ones(2, 5))
  expect_equal(layer$weight$shape, c(3, 5))
  expect_error(layer(torch_ones(2, 4)), "does not fit its input of shape", class = "mlr3libtorch_error_shape")
  pool = nn_dropout(0.1)
  expect_equal(pool(torch_ones(2, 3))$shape, c(2, 3))
  expect_equal(pool(torch_ones(2, 3, 4))$shape, c(2, 3, 4))
})

test_that("a layer draws dropout in training only", {
  layer = nn_dropout(0.5)
  x = torch_ones(100)$unsqueeze(1)
  expect_setequal(as.numeric(with_torch_manual_seed(layer(x), seed = 1)), c(0, 2))
  layer$eval()
  expect_setequal(as.numeric(layer(x)), 1)
})

test_that("words for the padding of a convolution are numbers of zeros on both sides", {
  x = torch_randn(2, 3, 7, 6)
  same = nn_conv2d(3, 4, c(3, 5), padding = "same", dilation = c(2, 1))
  expect_identical(same(x)$shape, c(2L, 4L, 7L, 6L))
  padded = nnf_pad(x, c(2, 2, 2, 2))
  expect_equal(as_array(same(x)), as_array(nnf_conv2d(padded, same$weight, same$bias, dilation = c(2, 1))))
  expect_identical(nn_conv1d(3, 4, 3, padding = "valid")(torch_randn(2, 3, 5))$shape, c(2L, 4L, 3L))
})

test_that("pooling gives the positions of the largest elements, which unpooling takes", {
  x = torch_tensor(array(as.numeric(c(1, 4, 2, 3, 8, 5, 7, 6)), c(1, 1, 2, 4)))
  both = nn_max_pool2d(2, return_indices = TRUE)(x)
  expect_equal(as.vector(as_array(both[[1]])), c(4, 8))
  expect_equal(as.vector(as_array(both[[2]])), c(5, 3))
  unpooled = nn_max_unpool2d(2)(both[[1]], both[[2]], output_size = c(2, 4))
  expect_equal(as.vector(as_array(unpooled)), c(0, 4, 0, 0, 8, 0, 0, 0))
  adaptive = nn_adaptive_max_pool1d(1, return_indices = TRUE)(x[, 1, , ])
  expect_equal(as.vector(as_array(adaptive[[2]])), c(3, 4))
  half = nn_avg_pool2d(2, divisor_override = 2)(x)
  expect_equal(as.vector(as_array(half)), c(5, 13))
})

test_that("layers of class numbers refuse other numbers, which would count from 0", {
  for (layer in list(nn_embedding(5, 2), nn_one_hot(5), nn_tokenizer_categ(c(3, 3), 2))) {
    expect_error(layer(torch_tensor(matrix(c(1, 2), 1))), "class numbers, which are integers",
      class = "mlr3libtorch_error")
    expect_no_error(layer(torch_tensor(matrix(1:2, 1))))
  }
})

test_that("a layer without sizes that all inputs have has its weights at once", {
  layer = nn_prelu()
  expect_equal(as_array(layer$weight), 0.25)
  optimizer = optim_sgd(nn_sequential(nn_linear(2, 2), nn_prelu())$parameters, lr = 0.1)
  expect_length(optimizer$param_groups[[1]]$params, 3L)
})

test_that("arguments have R torch's order", {
  expect_identical(names(formals(nn_max_pool2d))[5:6], c("return_indices", "ceil_mode"))
  expect_named(nn_max_pool2d(2, 2, 0, 1, TRUE)(torch_randn(1, 1, 4, 4)), NULL)
  expect_identical(nn_conv2d(2, 3, 3, padding_mode = "circular")$padding_mode, "circular")
})

test_that("a layer's settings can be read, not changed", {
  layer = nn_dropout(0.5)
  expect_error(layer$p <- 0, "make a new layer", class = "mlr3libtorch_error_read_only")
  expect_identical(layer$p, 0.5)
  layer$note = "mine"
  expect_identical(layer$note, "mine")
})

test_that("mistakes are named", {
  expect_error_snapshot({
    nn_linear("a", 3)
    nn_linear(3)
    nn_linear(3, out_feature = 4)
    nn_linear(3, -1)
    nn_conv2d(3, 4, 3, padding = "sme")
    nn_conv2d(3, 4, 4, padding = "same")
    nn_embedding(4, 3, sparse = TRUE)
    nn_linear(4, 3)(torch_ones(2, 5))
    nn_linear(4, 3)(1)
    nn_bilinear(2, 3, 1)(torch_ones(2, 2))
    nn_linear(4, 3)$wieght
    nn_lstm(3, -1)
  })
})

test_that("recurrent layers name the shape that they need", {
  for (layer in list(nn_lstm(8, 4), nn_gru(8, 4), nn_rnn(8, 4))) {
    expect_error(layer(torch_randn(3, 8)), "not a tensor of shape (3, 8)", fixed = TRUE,
      class = "mlr3libtorch_error_argument")
    expect_error(layer(5), "three dimensions", class = "mlr3libtorch_error_argument")
  }
})

test_that("a state of tensors that lies in a model can be loaded", {
  keeps = torch_callback("keeps", initialize = function() self$layer = nn_linear(3, 1),
    state_dict = function() list(layer = self$layer$state_dict()), load_state_dict = function(state_dict) NULL)
  learner = lrn("classif.mlp", epochs = 1, batch_size = 50, callbacks = keeps)$train(tsk("iris"))
  saved = learner$model$callbacks$keeps$layer
  layer = nn_linear(3, 1)
  layer$load_state_dict(saved)
  expect_identical(as.array(layer$weight), as.array(torch_tensor(saved$weight)))
})

# References: torch.nn.Upsample of PyTorch 1.13.
test_that("upsampling uses the factor that is given, not the ratio of the sizes", {
  x = torch_tensor(array(0:4, c(1, 1, 5)), dtype = "float32")
  values = function(layer, x) round(as.numeric(as_array(layer(x)$permute(c(3, 1, 2)))), 4)
  expect_identical(values(nn_upsample(scale_factor = 1.5, mode = "linear"), x),
    c(0, 0.5, 1.1667, 1.8333, 2.5, 3.1667, 3.8333))
  expect_identical(values(nn_upsample(scale_factor = 1.7, mode = "nearest"), x), c(0, 0, 1, 1, 2, 2, 3, 4))
  y = torch_tensor(aperm(array(0:11, c(4, 3, 1, 1)), 4:1), dtype = "float32")
  rows = function(mode) round(as_array(nn_upsample(scale_factor = c(1.5, 1.3), mode = mode)(y))[1, 1, c(1, 3), ], 4)
  expect_equal(rows("bilinear"), rbind(c(0, 0.6538, 1.4231, 2.1923, 2.9615), c(4.6667, 5.3205, 6.0897, 6.859, 7.6282)))
  expect_equal(rows("bicubic"), rbind(c(-0.4149, 0.213, 1.0946, 1.9153, 2.6239),
    c(4.8536, 5.4816, 6.3631, 7.1838, 7.8924)), tolerance = 1e-3)
})

test_that("nn_flatten() can join the rows, and nn_identity() takes the arguments of any layer", {
  x = torch_tensor(array(as.numeric(1:24), c(2, 3, 4)))
  expect_equal(nn_flatten()(x)$shape, c(2, 12))
  expect_equal(nn_flatten(start_dim = 1)(x)$shape, 24)
  expect_equal(as_array(nn_flatten(1)(x)), as.numeric(aperm(as_array(x))))
  expect_equal(nn_flatten(start_dim = 1, end_dim = 2)(x)$shape, c(6, 4))
  expect_equal(nn_flatten(2, 3)(x)$shape, c(2, 12))
  expect_equal(as_array(nn_identity(54, unused = TRUE, 3)(x)), as_array(x))
  expect_length(nn_identity(in_features = 3)$parameters, 0L)
})

test_that("a transposed convolution makes an output of the size that is asked for", {
  # PyTorch: ConvTranspose1d(1, 1, 3, stride=2), weight 1, bias 0, on [[[1, 2, 3]]]; output_size=[8], then without
  layer = nn_conv_transpose1d(1, 1, 3, stride = 2)
  with_no_grad({
    layer$weight$fill_(1)
    layer$bias$fill_(0)
  })
  x = torch_tensor(array(c(1, 2, 3), c(1, 1, 3)))
  expect_equal(as.numeric(layer(x, output_size = 8)), c(1, 1, 3, 2, 5, 3, 3, 0))
  expect_equal(as.numeric(layer(x)), c(1, 1, 3, 2, 5, 3, 3))
  expect_equal(as.numeric(layer(x, output_size = c(1, 1, 7))), c(1, 1, 3, 2, 5, 3, 3))
  expect_error(layer(x, output_size = 9), "from 7 to 8 for this input, not 9", class = "mlr3libtorch_error_shape")
  image = torch_randn(2, 3, 5, 5)
  wide = nn_conv_transpose2d(3, 4, 3, stride = c(2, 3), padding = 1)
  expect_equal(wide(image)$shape, c(2, 4, 9, 13))
  expect_equal(wide(image, output_size = c(10, 15))$shape, c(2, 4, 10, 15))
  expect_equal(as_array(wide(image, output_size = c(10, 15))[, , 1:9, 1:13]), as_array(wide(image)), tolerance = 1e-5)
  expect_equal(wide$clone(deep = TRUE)(image, output_size = list(9, 14))$shape, c(2, 4, 9, 14))
  waiting = nn_conv_transpose2d(out_channels = 2, kernel_size = 2, stride = 2)
  expect_equal(waiting(image, c(11, 10))$shape, c(2, 2, 11, 10))
})
