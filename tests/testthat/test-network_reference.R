# What reference/networks.py says that PyTorch's own modules give with the same weights.
reference = jsonlite::read_json(test_path("reference", "networks.json"), simplifyVector = TRUE)

# Row by row, as PyTorch keeps them.
as_reference_array = function(x) {
  aperm(array(x$values, rev(x$shape)))
}

# `inputs`: the reference's inputs as tensors.
expect_reference = function(name, spec, inputs) {
  case = reference[[name]]
  network = build_network(spec, inputs, core_generator_create(1))
  weights = map(keep(case$weights, function(x) length(x$shape) > 0L), function(x) torch_tensor(as_reference_array(x)))
  expect_subset(names(network$parameters), names(weights))
  network$load_state_dict(insert_named(network$state_dict(), weights))
  output = predict_network(network, inputs, 3L)
  expect_equal(unname(as.array(output)), as_reference_array(case$output), tolerance = 1e-5)
}

numbers = function(name, input) torch_tensor(as_reference_array(reference[[name]]$inputs[[input]]))

test_that("tab_resnet gives what PyTorch's modules give", {
  values = list(n_blocks = 2L, d_block = 3L, dropout1 = 0.5, dropout2 = 0.5)
  expect_reference("tab_resnet", tab_resnet_spec(values, 6L, 3L), list(x = numbers("tab_resnet", "x")))
})

test_that("ft_transformer gives what PyTorch's modules give", {
  values = list(n_blocks = 2L, d_token = 4L, init_token = "uniform", attention_n_heads = 2L, ffn_d_hidden = 5L)
  classes = as_reference_array(reference$ft_transformer$inputs$x_categ)
  columns = map(1:2, function(i) core_target_create(factor(classes[, i]), "multiclass", "x"))
  ingress = list(x_num = list(), x_categ = list(levels = list(1:2, 1:4)))
  expect_reference("ft_transformer", ft_transformer_spec(values, ingress, 3L),
    list(x_num = numbers("ft_transformer", "x_num"), x_categ = torch_stack(columns, 2L)))
})

tabm_values = function(...) {
  insert_named(list(arch_type = "tabm-mini", k = 2L, n_blocks = 1L, d_block = 5L, dropout = 0.5, activation = "relu",
    d_embedding = 4L, n_frequencies = 3L, frequency_init_scale = 1), list(...))
}

test_that("tabm gives what its members give by themselves", {
  spec = tabm_spec(tabm_values(arch_type = "tabm", k = 3L, n_blocks = 2L), 2L)
  expect_reference("tabm", spec, list(x = numbers("tabm", "x")))
})

test_that("tabm-mini with periodic embeddings gives what PyTorch gives", {
  values = tabm_values(num_embeddings = "periodic")
  nodes = embedding_nodes(NULL, values, data.frame(type = "numeric", target = FALSE))
  expect_reference("tabm_periodic", tabm_spec(values, 1L, nodes, "x_num"),
    list(x_num = numbers("tabm_periodic", "x_num")))
})

test_that("tabm-mini with piecewise linear embeddings gives what PyTorch gives", {
  values = tabm_values(num_embeddings = "piecewise_linear", n_bins = 3L)
  # whose quantiles are the edges of the reference
  task = as_task_regr(data.frame(a = c(-1, 0, 0.5, 2), b = c(-0.5, 0.25, 0.25, 0.25), y = 1:4), target = "y")
  nodes = embedding_nodes(task, values, column_info(task))
  expect_reference("tabm_piecewise_linear", tabm_spec(values, 1L, nodes, "x_num"),
    list(x_num = numbers("tabm_piecewise_linear", "x_num")))
})
