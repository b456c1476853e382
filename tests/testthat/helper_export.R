# Exported networks, run in PyTorch, which knows nothing of this package.

# For each operation an example: the arguments of nn(), and the shape of a row of each input.
operation_examples = function() {
  line = list(c(4, 9))
  plane = list(c(4, 6, 6))
  space = list(c(4, 4, 4, 4))
  steps = list(c(5, 4))
  by_dims = function(name, ...) {
    set_names(map(list(line, plane, space), function(shape) list(list(...), shape)), paste0(name, 1:3, "d"))
  }
  activations = c("celu", "dropout", "elu", "geglu", "gelu", "glu", "hardshrink", "hardsigmoid", "hardswish",
    "hardtanh", "identity", "leaky_relu", "log_sigmoid", "log_softmax", "mish", "prelu", "reglu", "relu", "relu6",
    "rrelu", "selu",
    "sigmoid", "silu", "softmax", "softplus", "softshrink", "softsign", "swiglu", "tanh", "tanhshrink")
  doubled = function(x) torch_cat(list(x, x$tanh()), dim = 2)
  c(
    by_dims("adaptive_avg_pool", output_size = 2), by_dims("adaptive_max_pool", output_size = 2),
    by_dims("avg_pool", kernel_size = 2), by_dims("max_pool", kernel_size = 2), by_dims("batch_norm"),
    by_dims("instance_norm", affine = TRUE), by_dims("conv", out_channels = 3, kernel_size = 2),
    by_dims("conv_transpose", out_channels = 3, kernel_size = 2),
    list(
      bilinear = list(list(out_features = 3), list(5, 4)), channel_shuffle = list(list(groups = 2), plane),
      embedding = list(list(num_embeddings = 5, embedding_dim = 3), list(c(2)), "class"),
      # the form with vectors for each column
      embedding = list(list(cardinalities = c(2, 4), embedding_dim = 3, num_embeddings = 6), list(2), "class"),
      ensemble_linear = list(list(out_features = 3, members = 2), list(c(2, 4))),
      ensemble_scale = list(list(members = 2), list(4)), flatten = list(list(), plane),
      fn = list(list(fn = doubled), list(4)),
      ft_cls = list(list(), steps), ft_transformer_block = list(list(attention_n_heads = 2), steps),
      group_norm = list(list(num_groups = 2), plane), gru = list(list(hidden_size = 3), steps),
      head = list(list(out_features = 3), list(4)), layer_norm = list(list(), list(4)),
      linear = list(list(out_features = 3), list(4)), constant = list(list(out_features = 3), list(4)),
      layer_scale = list(list(init = 0.5), plane), permute = list(list(dims = c(1, 3, 4, 2)), plane),
      select = list(list(dim = 2, index = 1), steps), vit_embedding = list(list(), steps),
      lstm = list(list(hidden_size = 3, num_layers = 2, bidirectional = TRUE), steps),
      merge_cat = list(list(), list(4, 4)), merge_prod = list(list(), list(4, 4)), merge_sum = list(list(), list(4, 4)),
      multihead_attention = list(list(num_heads = 2), list(c(5, 4), c(3, 4), c(3, 4))),
      one_hot = list(list(num_classes = 3), list(c(2)), "class"), pad = list(list(padding = c(1, 2)), line),
      periodic_encoding = list(list(), list(4)),
      piecewise_linear_encoding = list(list(edges = c(-1, 0, 1, -2, 2), bins = c(2, 1)), list(2)),
      padding_mask = list(list(padding_idx = 2), list(4), "class"), position_embedding = list(list(), steps),
      pixel_shuffle = list(list(upscale_factor = 2), plane), pixel_unshuffle = list(list(downscale_factor = 2), plane),
      reshape = list(list(shape = c(NA, 2, 2)), list(4)), rnn = list(list(hidden_size = 3), steps),
      script = list(list(code = "def forward(self, x):\n  return torch.tanh(x) * self.a", parameters = list(a = 1:4)),
        list(4)),
      sequence_mean = list(list(), list(c(5, 4), 5)),
      separate_linear = list(list(out_features = 3), list(c(2, 4))), squeeze = list(list(dim = 2), list(c(1, 4))),
      standardize = list(list(mean = c(0.5, -2), sd = c(2, 0.25), index = c(1, 4)), list(4)),
      unstandardize = list(list(mean = 3, sd = 2), list(4)),
      threshold = list(list(threshold = 0.2, value = 3), list(4)),
      tokenizer_categ = list(list(d_token = 3, cardinalities = c(2, 4)), list(2), "class"),
      tokenizer_num = list(list(d_token = 3), list(4)),
      trim_padding = list(list(), list(c(5, 4), 5), "mask"),
      transformer_encoder_layer = list(list(nhead = 2, dim_feedforward = 6), steps),
      unsqueeze = list(list(dim = 2), list(4)), upsample = list(list(size = 5), line)
    ),
    set_names(map(activations, function(name) list(list(), list(4))), activations)
  )
}

example_network = function(operation, example) {
  inputs = paste0("x", seq_along(example[[2L]]))
  node = invoke(nn, operation, reads = inputs, .args = example[[1L]])
  spec = nn_graph(node = node, inputs = inputs)
  pointer = core_network_create(spec, example_inputs(example, 2), core_generator_create(1))
  list(spec = spec, network = new_network(pointer, spec))
}

example_inputs = function(example, rows) {
  is_class = identical(example[3L], list("class"))
  has_mask = identical(example[3L], list("mask"))
  inputs = map(example[[2L]], function(shape) {
    size = rows * prod(shape)
    values = if (is_class) rep_len(c(1, 2), size) else sin(seq_len(size))
    torch_tensor(array(values, c(rows, shape)), dtype = if (is_class) "int64" else "float32")
  })
  # no sequence has an end
  if (has_mask) inputs[[length(inputs)]] = torch_zeros(c(rows, example[[2L]][[length(inputs)]]))
  set_names(inputs, paste0("x", seq_along(inputs)))
}

# As PyTorch reads them: class numbers from 0, values row by row.
write_inputs = function(inputs, folder, stem) {
  iwalk(unname(inputs), function(tensor, i) {
    is_class = identical(format(tensor$dtype), "int64")
    values = as.numeric(as.array(tensor$reshape(-1))) - is_class
    jsonlite::write_json(list(format(tensor$dtype), tensor$shape, values), digits = NA, auto_unbox = TRUE,
      path = file.path(folder, sprintf("%s_%i.json", stem, i)))
  })
}

run_in_python = function(folder) {
  script = normalizePath(test_path("reference", "run_exported.py"))
  status = system2("/usr/bin/python3", c(shQuote(script), shQuote(folder)))
  expect_identical(status, 0L)
}

read_output = function(folder, stem) {
  result = jsonlite::read_json(file.path(folder, paste0(stem, ".out.json")), simplifyVector = TRUE)
  # row-major
  values = aperm(array(as.numeric(result$values), rev(result$shape)), rev(seq_along(result$shape)))
  list(values = values, parameters = result$parameters)
}
