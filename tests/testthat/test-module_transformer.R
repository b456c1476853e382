# Attention's two results; reference/attention_weights.py wrote PyTorch's values.

attention_cases = jsonlite::read_json(test_path("reference", "attention_weights.json"), simplifyVector = TRUE,
  simplifyDataFrame = FALSE, simplifyMatrix = TRUE)

expect_values = function(tensor, expected) {
  expect_identical(as.integer(tensor$shape), as.integer(expected$shape))
  expect_equal(as.numeric(tensor$flatten()), expected$values, tolerance = 1e-5)
}

test_that("attention gives PyTorch's output and weights, averaged over heads or not, with and without masks", {
  for (case in attention_cases) {
    shapes = case$inputs
    shapes = if (is.matrix(shapes)) asplit(shapes, 1) else shapes
    inputs = imap(unname(shapes), function(shape, i) input_values(as.integer(shape), i))
    module = fill_weights(do.call(nn_multihead_attention, c(list(6, 2), case$arguments))$eval())
    result = module(inputs[[1L]], inputs[[2L]], inputs[[3L]], avg_weights = case$average,
      key_padding_mask = if (!is.null(case$padding)) torch_tensor(case$padding),
      attn_mask = if (!is.null(case$mask)) torch_tensor(case$mask))
    expect_length(result, 2L)
    expect_values(result[[1L]], case$output)
    expect_values(result[[2L]], case$weights)
    short = module(inputs[[1L]], inputs[[2L]], inputs[[3L]], need_weights = FALSE)
    expect_null(short[[2L]])
  }
})

test_that("the weights of attention are a second output for a module of a learner", {
  tokens = nn_module("tokens",
    initialize = function() {
      self$attention = nn_multihead_attention(4, 2, batch_first = TRUE)
      self$weights = nn_buffer(torch_zeros(4, 4))
      self$head = nn_linear(4, 3)
    },
    forward = function(x) {
      tokens = torch_stack(list(x, x * 2, x * 3, x * 4), dim = 2)
      result = self$attention(tokens, tokens, tokens)
      with_no_grad(self$weights$copy_(result[[2L]]$mean(dim = 1)))
      self$head(result[[1L]]$mean(dim = 2))
    }
  )
  learner = lrn("classif.torch_model", network = tokens(), epochs = 1, batch_size = 75, seed = 1)$train(tsk("iris"))
  expect_equal(rowSums(as_array(learner$network$buffers$tokens.weights)), rep(1, 4), tolerance = 1e-5)
})
