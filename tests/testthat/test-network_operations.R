test_that("the table of operations is the registry", {
  operations = nn_operations()
  expect_identical(operations$key, sort(names(core_registry("operation")), method = "radix"))
  expect_true(all(nzchar(operations$label)) && all(nzchar(operations$doc)))
  parameters = operations["linear"]$parameters[[1L]]
  expect_identical(parameters$name, c("out_features", "bias"))
  expect_identical(parameters$required, c(TRUE, FALSE))
  expect_identical(parameters$default, c("", "TRUE"))
})

test_that("layers and activations of the contract are there", {
  dims = function(names) as.vector(outer(names, 1:3, function(name, n) sprintf("%s%id", name, n)))
  wanted = c(dims(c("conv", "conv_transpose", "avg_pool", "max_pool", "adaptive_avg_pool", "batch_norm",
    "instance_norm")), "linear", "layer_norm", "group_norm", "dropout", "flatten", "reshape", "squeeze", "unsqueeze",
  "softmax", "identity", "head", "merge_sum", "merge_prod", "merge_cat", "tokenizer_num", "tokenizer_categ", "ft_cls",
  "ft_transformer_block", "multihead_attention", "transformer_encoder_layer", "embedding", "lstm", "gru", "rnn",
  "bilinear", "upsample", "pad", "pixel_shuffle", "elu", "hardshrink", "hardsigmoid", "hardtanh", "leaky_relu",
  "log_sigmoid", "prelu", "relu", "relu6", "rrelu", "selu", "celu", "gelu", "sigmoid", "softplus", "softshrink",
  "softsign", "tanh", "tanhshrink", "threshold", "glu", "reglu", "geglu")
  expect_identical(setdiff(wanted, nn_operations()$key), character())
})

test_that("dimensions count from 1", {
  flatten = registry_entry("operation", "flatten")$arguments
  expect_equal(flatten$start_dim$default, 2)
  expect_equal(flatten$end_dim$default, -1)
  shape = function(...) spec_layout(nn_sequential(nn(...), shape = c(NA, 3, 4)))$shape[[2L]]
  expect_identical(shape("flatten"), "(NA, 12)")
  expect_identical(shape("unsqueeze", dim = 2), "(NA, 1, 3, 4)")
  expect_identical(shape("reshape", shape = c(NA, 2, 6)), "(NA, 2, 6)")
  expect_error(shape("unsqueeze", dim = 1), "the first dimension is that of the rows")
  expect_error(shape("unsqueeze", dim = 0), "counts from 1", class = "mlr3libtorch_error_argument")
  # a number of dimensions, not one of them
  expect_identical(spec_layout(nn_sequential(nn("layer_norm", dims = 2), shape = c(NA, 3, 4)))$parameters[[2L]], 24)
})

test_that("attention takes masks, other sizes of key and value, and gives its weights", {
  shape = function(..., inputs) {
    spec_layout(nn_graph(node = nn("multihead_attention", num_heads = 2, reads = names(inputs), ...),
      inputs = inputs))$shape[[length(inputs) + 1L]]
  }
  query = list(q = c(NA, 5, 4))
  key = list(k = c(NA, 3, 6), v = c(NA, 3, 7))
  expect_identical(shape(inputs = c(query, key)), "(NA, 5, 4)")
  expect_identical(shape(inputs = c(query, key), output = "weights"), "(NA, 5, 3)")
  expect_identical(shape(inputs = c(query, key), output = "weights", avg_weights = FALSE, add_bias_kv = TRUE),
    "(NA, 2, 5, 4)")
  masks = list(p = c(NA, 3), m = c(NA, 5, 3))
  expect_identical(shape(inputs = c(query, key, masks)), "(NA, 5, 4)")
  expect_error(shape(inputs = c(query, key, list(p = c(NA, 4)))), "the padding mask must have the shape \\(rows, 3\\)",
    class = "mlr3libtorch_error_shape")
  expect_error(shape(inputs = c(query, key), is_causal = TRUE), "as many tokens as the query",
    class = "mlr3libtorch_error_shape")
  expect_error(nn("multihead_attention", num_heads = 2, need_weights = TRUE), "output = \"weights\"",
    class = "mlr3libtorch_error_unknown_parameter")
})

test_that("a transposed convolution pads with zeros only", {
  expect_equal(nn("conv_transpose2d", padding_mode = "zeros")$param_set$values$padding_mode, "zeros")
  expect_error(nn("conv_transpose2d", padding_mode = "reflect"), "'padding_mode' must be one of 'zeros'",
    class = "mlr3libtorch_error_parameter")
})
