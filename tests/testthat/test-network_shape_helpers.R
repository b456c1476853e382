test_that("shapes are checked", {
  expect_identical(assert_shape(c(NA, 3)), c(NA, 3L))
  expect_null(assert_shape(NULL, null_ok = TRUE))
  refused = function(...) expect_error(assert_shape(...), "A shape must be", class = "mlr3libtorch_error_argument")
  refused("a")
  refused(NULL)
  refused(c(2, 3), unknown_batch = TRUE)
  refused(c(NA, 3), unknown_batch = FALSE)
  refused(c(NA, 3), len = 3)
  expect_identical(assert_shapes(list(a = c(NA, 3)), named = TRUE), list(a = c(NA, 3L)))
  expect_error(assert_shapes(list(c(NA, 3)), named = TRUE), "unique names", class = "mlr3libtorch_error_argument")
})

test_that("dimensions are resolved and checked, with the pipeop in the message", {
  expect_identical(resolve_dim(c(-1, 2), c(NA, 3, 8)), c(3L, 2L))
  expect_identical(resolve_dim(-1, c(NA, 3, 8), insert = TRUE), 4L)
  refused = function(code, message) {
    expect_error(code, paste0("Pipeop 'mine' .*", message), class = "mlr3libtorch_error_shape")
  }
  shape = c(NA, 3, NA)
  refused(assert_dim_in_range(5, 5, shape, "mine"), "has no dimension 5")
  refused(assert_not_batch_dim(1, shape, "mine"), "that of the rows")
  refused(assert_known_dims(shape, 3, "the length", "mine"), "needs to know the length")
  refused(assert_ndim(shape, c(2, 4), "mine"), "of 2 or 4 dimensions")
  refused(assert_ndim(shape, id = "mine", min = 4), "at least 4 dimensions")
  refused(assert_same_ndim(list(shape, c(NA, 1)), "mine"), "same number of dimensions")
  refused(assert_positive_extent(c(0, NA), shape, "mine"), "smaller window")
  refused(assert_same_batch_size(list(c(2, 3), c(4, 3)), "mine"), "same number of rows")
  expect_identical(assert_same_batch_size(list(c(NA, 3), c(4, 3)), "mine"), 4L)
  expect_identical(assert_ndim(shape, id = "mine", min = 2, max = 3), shape)
})

test_that("shapes follow from shapes", {
  expect_identical(broadcast_shapes(list(c(NA, 1, NA), c(NA, 6, 1)), "mine"), c(NA, 6L, NA))
  expect_error(broadcast_shapes(list(c(NA, 2), c(NA, 6)), "mine"), "must be equal or 1",
    class = "mlr3libtorch_error_shape")
  expect_identical(reshape_output_shape(c(2, 3, 4), c(-1, 12), "mine"), c(2L, 12L))
  expect_identical(reshape_output_shape(c(NA, 3, 4), function(shape) c(shape[1L], 12), "mine"), c(NA, 12L))
  expect_error(reshape_output_shape(c(2, 3, 4), c(-1, 5), "mine"), "which has 24 numbers",
    class = "mlr3libtorch_error_shape")
  expect_error(reshape_output_shape(c(2, 3), c(-1, -1), "mine"), "one of them may be -1",
    class = "mlr3libtorch_error_shape")
  expect_identical(shape_to_str(list(c(NA, 3), c(NA, 4, 5))), "(NA, 3), (NA, 4, 5)")
})

test_that("the shapes that a function returns are found by calling it", {
  flat = function(x, extra) x$flatten(start_dim = 2)
  expect_identical(infer_shapes(list(c(NA, 3, 4)), list(extra = 1, other = 2), "output", flat, FALSE, "mine"),
    list(output = c(NA, 12L)))
  expect_identical(infer_shapes(list(c(NA, 3)), list(), "output", function(x) torch_cat(list(x, x), dim = 1), TRUE,
    "mine"), list(output = c(NA, 6L)))
  expect_error(infer_shapes(list(c(NA, 3)), list(), "output", function(x) stop("no"), FALSE, "mine"),
    "fails on the shape \\(NA, 3\\): no", class = "mlr3libtorch_error_shape")
})

test_that("the batch size of a phase", {
  expect_identical(get_batch_size(list(batch_size = 16, batch_size_predict = 32), "predict"), 32)
  expect_identical(get_batch_size(list(batch_size = 16), "predict"), 16)
  expect_null(get_batch_size(list(batch_size_predict = 32), "train"))
  expect_error(get_batch_size(list(), "tset"), "'phase' must be", class = "mlr3libtorch_error_argument")
})
