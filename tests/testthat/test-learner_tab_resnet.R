test_that("all types of tasks and features, the same bits again, saved, resumed, without missing values", {
  expect_table_learner("tab_resnet")
})

test_that("the width of a block is given once", {
  expect_equal(hidden_width(list(d_block = 6L), "id"), 12L)
  expect_equal(hidden_width(list(d_block = 6L, d_hidden_multiplier = 0.5), "id"), 3L)
  expect_equal(hidden_width(list(d_block = 6L, d_hidden = 5L), "id"), 5L)
  expect_error(hidden_width(list(d_block = 6L, d_hidden = 5L, d_hidden_multiplier = 2), "id"), "leave one of them out",
    class = "mlr3libtorch_error_parameter")
})
