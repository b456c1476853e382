wave = function(n = 60) {
  as_task_regr(data.table(value = as.numeric(seq_len(n)), other = -seq_len(n), time = rev(seq_len(n))),
    target = "value", id = "wave")
}

test_that("a window has the values before, the oldest first", {
  windows = window_task(wave(), width = 3, horizon = 2, features = "other")
  expect_identical(windows$nrow, 56L)
  expect_identical(windows$feature_names, sprintf("step%i_%s", rep(1:3, each = 2), c("other", "value")))
  first = unlist(windows$data(5L))
  expect_equal(unname(first[c("value", "step1_value", "step3_value", "step3_other")]), c(5, 1, 3, -3))
  expect_match(window_task(wave(), width = 10)$feature_names[[1L]], "^step01_value$")
})

test_that("a column can give the order", {
  windows = window_task(wave(), width = 1, order = "time")
  expect_identical(windows$row_ids[1:2], 59:58)
  expect_equal(windows$data(59L)$value, 59)
  expect_equal(windows$data(59L)$step1_value, 60)
})

test_that("no value of the test part is in a row of the training part", {
  parts = window_task(wave(), width = 4, horizon = 3, split = 0.5)
  # the series is 1, 2, 3, ...: each value says when it was
  expect_equal(max(as.matrix(parts$train$data())), 30)
  expect_equal(min(parts$test$truth()), 31)
  expect_lte(max(parts$test$data(cols = "step4_value")[[1L]]), 57)
})

test_that("mistakes are named", {
  expect_error(window_task(tsk("iris"), 3), "TaskClassif|regr")
  expect_error(window_task(wave(5), 5), "need 6 rows", class = "mlr3libtorch_error_no_rows")
  expect_error(window_task(wave(), 5, features = "ohter"), "'ohter' is not a numeric feature",
    class = "mlr3libtorch_error_features")
  expect_error(window_task(wave(), 5, order = "tiem"), "did you mean 'time'", class = "mlr3libtorch_error_argument")
  expect_error(window_task(wave(), 5, split = 1), "no window is left for testing", class = "mlr3libtorch_error_no_rows")
  same = as_task_regr(data.table(value = 1:9, time = 1), target = "value")
  expect_error(window_task(same, 2, order = "time"), "a task of its own", class = "mlr3libtorch_error_argument")
})

test_that("row ids are those of the target's rows", {
  backend = as_data_backend(data.table(id = 101:112, value = 1:12 + 0), primary_key = "id")
  task = as_task_regr(backend, target = "value")
  windows = window_task(task, width = 2)
  expect_identical(windows$row_ids, 103:112)
  expect_identical(windows$truth(), 3:12 + 0)
  parts = window_task(task, width = 2, split = 0.5)
  expect_identical(c(parts$train$row_ids, parts$test$row_ids), 103:112)
})

test_that("case weights are those of the targets' rows", {
  weights = seq(0.1, 6, length.out = 60)
  task = as_task_regr(data.table(value = as.numeric(1:60), w = weights), target = "value")
  task$set_col_roles("w", "weights_learner")
  windows = window_task(task, width = 3)
  expect_equal(windows$weights_learner$weight, weights[4:60])
  expect_identical(windows$feature_names, sprintf("step%i_value", 1:3))
})

test_that("the task's own order is that of time, and groups are refused", {
  task = as_task_regr(data.table(v = c(3, 1, 2, 5, 4) * 10, o = c(3L, 1L, 2L, 5L, 4L)), target = "v")
  task$set_col_roles("o", "order")
  windows = window_task(task, width = 2)
  expect_equal(windows$data(cols = c("step1_v", "step2_v", "v")),
    data.table(step1_v = c(10, 20, 30), step2_v = c(20, 30, 40), v = c(30, 40, 50)))
  task = as_task_regr(data.table(v = 1:10 + 0, g = rep(c("a", "b"), 5)), target = "v")
  task$set_col_roles("g", "group")
  expect_error(window_task(task, width = 2), "has groups by 'g'", class = "mlr3libtorch_error_argument")
})

test_that("windows with missing values are left out, and a share of the steps is not rounded down twice", {
  task = as_task_regr(data.table(v = c(1, 2, NA, 4, 5, 6, 7)), target = "v")
  windows = window_task(task, width = 2)
  expect_identical(windows$row_ids, 6:7)
  expect_equal(windows$truth(), c(6, 7))
  expect_error(window_task(as_task_regr(data.table(v = c(1, NA, 3, NA)), target = "v"), width = 1),
    "has missing values", class = "mlr3libtorch_error_no_rows")
  parts = window_task(as_task_regr(data.table(v = 1:100 + 0), target = "v"), width = 1, split = 0.29)
  expect_equal(max(parts$train$truth()), 29)
})
