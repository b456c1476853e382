test_that("a lazy tensor is subset, joined, repeated and assigned like a vector", {
  x = lazy_pictures(5)
  rows = function(x) as_array(materialize(x, rbind = TRUE))
  all = rows(x)
  expect_true(is_lazy_tensor(x))
  expect_length(x, 5)
  expect_equal(rows(x[c(4, 2)]), all[c(4, 2), , , ])
  expect_equal(rows(x[-1]), all[-1, , , ])
  expect_equal(rows(c(x[5], x[1:2])), all[c(5, 1, 2), , , ])
  expect_equal(rows(rep(x[1], 2)), all[c(1, 1), , , ])
  x[2] = x[3]
  expect_equal(rows(x), all[c(1, 3, 3, 4, 5), , , ])
  expect_length(unique(x), 4)
  expect_identical(is.na(x), rep(FALSE, 5))
  expect_error(c(x, 1), "must be a lazy tensor")
})

test_that("elements of several sources can be mixed", {
  a = as_lazy_tensor(matrix(1:4, 2))
  b = as_lazy_tensor(matrix(5:8, 2))
  mixed = c(a, b)[c(3, 1, 4)]
  expect_equal(as_array(materialize(mixed, rbind = TRUE)), rbind(c(5, 7), c(1, 3), c(6, 8)))
  expect_equal(map(materialize(mixed), as_array), list(c(5, 7), c(1, 3), c(6, 8)))
  expect_error(materialize(c(a, lazy_pictures(1)), rbind = TRUE), class = "mlr3libtorch_error_shape")
})

test_that("it is a column of a table and a feature of a task", {
  task = picture_task()
  expect_identical(task$feature_types$type, "lazy_tensor")
  expect_true(is_lazy_tensor(task$data(2:3)$image))
  expect_identical(task$missings("image"), c(image = 0L))
  expect_identical(task$hash, picture_task()$hash)
  expect_false(task$hash == picture_task(lazy_pictures(6)[6:1])$hash)
  halves = task$clone()$filter(1:3)$rbind(picture_task(lazy_pictures(3))$data())
  expect_length(materialize(halves$data()$image), 6)
  file = withr::local_tempfile()
  saveRDS(task, file)
  expect_identical(readRDS(file)$hash, task$hash)
})

test_that("it says what it holds", {
  expect_snapshot({
    print(lazy_pictures(2))
    print(lazy_tensor())
    print(lazy_pictures(2)[[1]][[2]])
    data.table(x = lazy_pictures(2))
  })
})

test_that("arguments that make no sense are refused", {
  expect_config_error(lazy_tensor(1), "argument", "must be a DataDescriptor")
  expect_config_error(lazy_tensor(lazy_pictures(2)[[1]][[2]], 3), "argument", "whole numbers from 1 to 2")
  expect_config_error(lazy_shape(1), "argument", "must be a lazy tensor")
  expect_null(lazy_shape(lazy_tensor()))
})

test_that("missing elements are seen, and named by whoever needs them", {
  x = as_lazy_tensor(matrix(1:6, 3))
  expect_identical(is.na(x[c(1, 4)]), c(FALSE, TRUE))
  expect_true(anyNA(x[4]))
  expect_false(anyNA(x))
  expect_error(materialize(x[c(1, 4)]), "1 element.* first at position 2", class = "mlr3libtorch_error_missing_values")
})

test_that("missing elements can be written, joined and found, and a task with them is refused by name", {
  x = as_lazy_tensor(matrix(as.numeric(1:40), 20))
  x[2] = NA
  expect_identical(which(is.na(x)), 2L)
  expect_identical(is.na(c(x[1], NA)), c(FALSE, TRUE))
  expect_error({
    x[1] = 3
  }, "must be a lazy tensor", class = "mlr3libtorch_error")
  expect_identical(dim(data.frame(x = x, y = 1:20)), c(20L, 2L))
  task = as_task_regr(data.table(x = x, y = as.numeric(1:20)), target = "y", id = "holes")
  learner = lrn("regr.torch_model", network = nn_sequential(nn("head")), ingress_tokens = list(x = ingress_ltnsr()),
    epochs = 1, batch_size = 4)
  expect_error(learner$train(task), "'holes': there are missing values in 'x' \\(1\\); leave these rows out",
    class = "mlr3libtorch_error_missing_values")
})
