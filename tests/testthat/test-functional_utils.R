with_gradient = function(values) {
  x = torch_zeros(length(values), dtype = "float64", requires_grad = TRUE)
  x$grad = torch_tensor(values, dtype = "float64")
  x
}

test_that("gradients are scaled together, to the norm and only if it is larger", {
  parameters = list(a = with_gradient(c(3, 0)), b = with_gradient(4), c = torch_zeros(2, requires_grad = TRUE))
  expect_equal(nn_utils_clip_grad_norm_(parameters, 10)$item(), 5)
  expect_identical(as_array(parameters$b$grad), 4)
  expect_equal(nn_utils_clip_grad_norm_(parameters, 1)$item(), 5)
  expect_equal(as_array(parameters$a$grad), c(0.6, 0), tolerance = 1e-6)
  expect_equal(as_array(parameters$b$grad), 0.8, tolerance = 1e-6)
  x = with_gradient(c(-3, 1))
  expect_equal(nn_utils_clip_grad_norm_(x, 1.5, Inf)$item(), 3)
  expect_equal(as_array(x$grad), c(-1.5, 0.5), tolerance = 1e-6)
  expect_equal(nn_utils_clip_grad_norm_(with_gradient(c(-3, 1)), 9, 1)$item(), 4)
  expect_identical(nn_utils_clip_grad_norm_(torch_zeros(2), 1)$item(), 0)
})

test_that("gradients are cut element by element", {
  x = with_gradient(c(-3, 0.5, 2))
  expect_null(nn_utils_clip_grad_value_(x, 1))
  expect_identical(as_array(x$grad), c(-1, 0.5, 1))
  expect_error(nn_utils_clip_grad_value_(list(x, 1), 1), "list of them", class = "mlr3libtorch_error_argument")
})

test_that("parameters become a vector and take their values back", {
  parameters = list(torch_tensor(matrix(1:4, 2), dtype = "float32", requires_grad = TRUE), torch_tensor(9))
  expect_identical(as_array(nn_utils_parameters_to_vector(parameters)), c(1, 3, 2, 4, 9))
  nn_utils_vector_to_parameters(torch_tensor(c(10, 20, 30, 40, 50)), parameters)
  expect_identical(as_array(parameters[[1]]), matrix(c(10, 30, 20, 40), 2))
  expect_identical(as_array(parameters[[2]]), 50)
  expect_true(parameters[[1]]$is_leaf)
  expect_error(nn_utils_vector_to_parameters(torch_zeros(4), parameters), "4 numbers",
    class = "mlr3libtorch_error_shape")
})

test_that("sequences are padded, packed and come back", {
  sequences = list(torch_tensor(c(1, 2)), torch_tensor(c(3, 4, 5)), torch_tensor(6))
  padded = nn_utils_rnn_pad_sequence(sequences, batch_first = TRUE, padding_value = -1)
  expect_identical(as_array(padded), rbind(c(1, 2, -1), c(3, 4, 5), c(6, -1, -1)))
  expect_identical(as_array(nn_utils_rnn_pad_sequence(sequences)), cbind(c(1, 2, 0), c(3, 4, 5), c(6, 0, 0)))
  packed = nn_utils_rnn_pack_sequence(sequences, enforce_sorted = FALSE)
  expect_identical(as_array(packed$data), c(3, 1, 6, 4, 2, 5))
  expect_identical(as_array(packed$batch_sizes), c(3L, 2L, 1L))
  expect_identical(as_array(packed$sorted_indices), c(2L, 1L, 3L))
  expect_identical(as_array(packed$unsorted_indices), c(2L, 1L, 3L))
  back = nn_utils_rnn_pad_packed_sequence(packed, batch_first = TRUE, padding_value = -1, total_length = 4)
  expect_identical(as_array(back[[1]]), cbind(as_array(padded), -1))
  expect_identical(as_array(back[[2]]), c(2L, 3L, 1L))
})

test_that("a recurrent layer over packed sequences does what it does over each alone, and gradients come back", {
  torch_manual_seed(1)
  x = torch_randn(4, 3, 2, requires_grad = TRUE)
  lengths = c(2, 4, 1)
  weights = list(torch_randn(12, 2), torch_randn(12, 3), torch_randn(12), torch_randn(12))
  packed = nn_utils_rnn_pack_padded_sequence(x, lengths, enforce_sorted = FALSE)
  start = torch_zeros(1, 3, 3)
  result = torch_lstm(data = packed$data, batch_sizes = packed$batch_sizes, hx = list(start, start), params = weights,
    has_biases = TRUE, num_layers = 1, dropout = 0, train = FALSE, bidirectional = FALSE)
  packed$data = result[[1]]
  together = nn_utils_rnn_pad_packed_sequence(packed)[[1]]
  for (i in 1:3) {
    own = torch_zeros(1, 1, 3)
    alone = torch_lstm(x[seq_len(lengths[[i]]), i, , drop = FALSE], list(own, own), weights, TRUE, 1, 0, FALSE, FALSE,
      FALSE)[[1]]
    expect_equal(c(as_array(together[seq_len(lengths[[i]]), i, ])), c(as_array(alone$squeeze(2))), tolerance = 1e-5)
  }
  gradient = as_array(autograd_grad(together$sum(), x)[[1]])
  expect_true(all(gradient[3:4, 1, ] == 0) && all(gradient[1:4, 2, ] != 0))
})

test_that("lengths that cannot be are refused", {
  x = torch_zeros(4, 2)
  expect_error(nn_utils_rnn_pack_padded_sequence(x, c(1, 2)), "enforce_sorted", class = "mlr3libtorch_error_argument")
  expect_error(nn_utils_rnn_pack_padded_sequence(x, c(5, 2)), "between 1 and 4", class = "mlr3libtorch_error_argument")
  expect_error(nn_utils_rnn_pack_padded_sequence(x, 3), "1 lengths", class = "mlr3libtorch_error_shape")
  packed = nn_utils_rnn_pack_padded_sequence(x, c(4, 2))
  expect_error(nn_utils_rnn_pad_packed_sequence(packed, total_length = 3), "at least 4",
    class = "mlr3libtorch_error_argument")
  expect_error(nn_utils_rnn_pad_packed_sequence(x), "must be packed", class = "mlr3libtorch_error_argument")
})

test_that("labels of nnf_ctc_loss() that do not exist are refused, blanks among them", {
  log_probs = nnf_log_softmax(torch_zeros(5, 1, 4), 3)
  expect_error(nnf_ctc_loss(log_probs, torch_tensor(matrix(c(1L, 4L), 1)), 5L, 2L), "numbers from 0 to 3",
    class = "mlr3libtorch_error_argument")
  expect_error(nnf_ctc_loss(log_probs, torch_tensor(matrix(1:2, 1)), 5L, 2L, blank = 4), "numbers from 0 to 3",
    class = "mlr3libtorch_error_argument")
})
