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
