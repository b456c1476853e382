# Layers of sequences of different lengths; reference/packed.py wrote what PyTorch computes of packed sequences.

packed_cases = jsonlite::read_json(test_path("reference", "packed.json"), simplifyVector = TRUE,
  simplifyDataFrame = FALSE)

# 1 beyond the end of each of the sequences.
mask_of_lengths = function(lengths, steps) torch_tensor(1 * (col(matrix(0, length(lengths), steps)) > lengths))

packed_network = function(case, output, inputs) {
  node = nn(case$operation, hidden_size = 4, num_layers = 2, bidirectional = case$bidirectional, output = output,
    reads = names(inputs))
  network = build_network(nn_graph(node = node, inputs = names(inputs)), inputs, core_generator_create(1))
  parameters = network$parameters
  weights = imap(unname(parameters), function(weight, i) weight_values(weight$shape, i))
  network$load_state_dict(set_names(weights, names(parameters)))
  network
}

row_major = function(x) aperm(array(x$values, rev(x$shape)))

test_that("recurrent layers with a padding mask are PyTorch's with packed sequences", {
  for (case in packed_cases) {
    inputs = list(x = input_values(c(4, 5, 3)), mask = mask_of_lengths(case$lengths, 5))
    for (output in c("all", "last")) {
      result = predict_network(packed_network(case, output, inputs), inputs, 4L)
      expected = case[[if (output == "all") "output" else "last"]]
      expect_equal(unname(as.array(result)), row_major(expected), tolerance = 1e-5)
    }
  }
})

test_that("a mask of another shape is refused", {
  inputs = list(x = torch_zeros(2, 5, 3), mask = torch_zeros(2, 4))
  expect_error(packed_network(packed_cases[[1L]], "last", inputs), "must have the shape \\(rows, 5\\)",
    class = "mlr3libtorch_error_shape")
})

test_that("a padding mask leaves the first step, and the mean leaves out what it marks", {
  numbers = torch_tensor(rbind(c(3, 1, 2, 1), c(1, 1, 1, 1)), dtype = torch_long())
  spec = nn_graph(mask = nn("padding_mask", padding_idx = 1, reads = "x"), inputs = "x")
  mask = predict_network(build_network(spec, list(x = numbers), core_generator_create(1)), list(x = numbers), 2L)
  expect_equal(as.array(mask), rbind(c(0, 1, 0, 1), c(0, 1, 1, 1)), ignore_attr = TRUE)
  x = torch_tensor(array(1:16, c(2, 4, 2)), dtype = torch_float())
  inputs = list(x = x, mask = mask)
  spec = nn_graph(mean = nn("sequence_mean", reads = names(inputs)), inputs = names(inputs))
  mean = predict_network(build_network(spec, inputs, core_generator_create(1)), inputs, 2L)
  values = array(1:16, c(2, 4, 2))
  expected = rbind((values[1, 1, ] + values[1, 3, ]) / 2, values[2, 1, ])
  expect_equal(as.array(mean), expected, ignore_attr = TRUE)
})
