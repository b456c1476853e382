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
