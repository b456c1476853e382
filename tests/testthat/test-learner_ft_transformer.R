test_that("all types of tasks and features, the same bits again, saved, resumed, without missing values", {
  expect_table_learner("ft_transformer")
})

test_that("numbers and classes are inputs of their own, one of them may be missing", {
  task = mixed_tasks()$regr
  data = table_learner("regr.ft_transformer")$dataset(task)
  expect_equal(map(data$x, function(x) as.numeric(x$shape)), list(x_num = c(40, 3), x_categ = c(40, 4)))
  for (features in list(c("number", "whole"), c("factor", "logical"))) {
    alone = task$clone()$select(features)
    prediction = table_learner("regr.ft_transformer")$train(alone)$predict(alone)
    expect_true(all(is.finite(prediction$response)))
  }
})

test_that("the width of the feed-forward network is given once", {
  learner = table_learner("regr.ft_transformer", ffn_d_hidden = 4, ffn_d_hidden_multiplier = 2)
  expect_error(learner$train(tsk("mtcars")), "leave one of them out", class = "mlr3libtorch_error_parameter")
})

test_that("without blocks, the prediction is computed from the tokens", {
  learner = lrn("regr.ft_transformer", n_blocks = 0, d_token = 4, epochs = 1, batch_size = 8,
    scale = FALSE)
  learner$train(tsk("mtcars"))
  operations = map_chr(learner$model$network$spec$nodes, "operation")
  expect_identical(operations, c("tokenizer_num", "flatten", "layer_norm", "relu", "linear"))
  expect_gt(stats::sd(learner$predict(tsk("mtcars"))$response), 0)
})

test_that("constants and normalisations can be left out", {
  parameters = function(...) {
    learner = lrn("regr.ft_transformer", n_blocks = 2, d_token = 4, attention_n_heads = 2, epochs = 1, batch_size = 8,
      ...)
    names = names(learner$train(tsk("mtcars"))$network$parameters)
    sub("block2.", "", grep("^block2", names, value = TRUE), fixed = TRUE)
  }
  all = parameters()
  left_out = function(...) setdiff(all, parameters(...))
  expect_setequal(left_out(attention_bias = FALSE), c("query_bias", "key_bias", "value_bias", "attention_out_bias"))
  expect_identical(left_out(ffn_bias_first = FALSE), "linear1_bias")
  expect_identical(left_out(ffn_bias_second = FALSE), "linear2_bias")
  expect_setequal(left_out(attention_normalization = "identity"), c("norm1_weight", "norm1_bias"))
  expect_setequal(left_out(ffn_normalization = "identity"), c("norm2_weight", "norm2_bias"))
})

test_that("a block computes the tokens that are asked for, which count from 1", {
  shape = function(...) {
    spec_layout(nn_sequential(nn("ft_transformer_block", attention_n_heads = 2, ...), shape = c(NA, 5, 4)))$shape[[2L]]
  }
  expect_identical(shape(query_idx = -1), "(NA, 1, 4)")
  expect_identical(shape(query_idx = c(1, 5)), "(NA, 2, 4)")
  expect_error(shape(query_idx = 6), "names a token that does not exist", class = "mlr3libtorch_error_shape")
  expect_error(shape(query_idx = 0), "counts from 1", class = "mlr3libtorch_error_argument")
})

test_that("activations and normalisations may be given as layers, also to pipeops", {
  learner = lrn("regr.ft_transformer", n_blocks = 1, d_token = 4, attention_n_heads = 2, epochs = 1, batch_size = 16,
    ffn_activation = nn_geglu, ffn_normalization = nn_layer_norm, attention_normalization = nn_identity)
  expect_identical(learner$param_set$values$ffn_activation, "geglu")
  expect_identical(learner$param_set$values$ffn_normalization, "layer_norm")
  expect_identical(learner$param_set$values$attention_normalization, "identity")
  expect_no_error(learner$train(tsk("mtcars")))
  block = mlr3pipelines::po("nn_ft_transformer_block", attention_n_heads = 2, ffn_activation = nn_reglu)
  expect_identical(block$param_set$values$ffn_activation, "reglu")
  expect_error(block$param_set$set_values(ffn_activation = nn_linear), "linear")
  expect_error(lrn("regr.ft_transformer", ffn_activation = nn_linear), "must be one of 'relu'.*not \"linear\"",
    class = "mlr3libtorch_error_parameter")
})

test_that("the first block may normalise what it reads, which gives it a normalisation more", {
  names_of = function(...) {
    learner = lrn("regr.ft_transformer", n_blocks = 2, d_token = 4, attention_n_heads = 2, epochs = 1, batch_size = 32,
      query_idx = NULL, ...)
    names(learner$train(tsk("mtcars"))$network$parameters)
  }
  expect_length(setdiff(names_of(is_first_layer = FALSE), names_of()), 2L)
  expect_identical(names_of(is_first_layer = TRUE), names_of())
  expect_error(lrn("regr.ft_transformer", query_idx = 1), "can only be NULL", class = "mlr3libtorch_error_parameter")
})
