test_that("a misspelt context is found when the callback is made", {
  expect_warning(torch_callback("look", on_end = function() self$cxt$epoch),
    "'on_end' reads 'self$cxt', which nothing sets; did you mean 'self$ctx'?", fixed = TRUE,
    class = "mlr3libtorch_warning_unknown_field")
  expect_warning(torch_callback("look", on_end = function() self[["context"]]$epoch), "self$context", fixed = TRUE)
})

test_that("what a callback sets itself is not taken for the context", {
  expect_no_warning(torch_callback("look",
    on_begin = function() self$ctl = self$ctx$epoch, on_end = function() self$ctl + self$total))
  expect_no_warning(torch_callback("look", initialize = function(context) self$context = context,
    on_end = function() self$context))
  expect_no_warning(torch_callback("look", public = list(cts = 3), on_end = function() self$cts))
})

test_that("a method of a field without a value is told by the fields that have none", {
  early = torch_callback("early", on_batch_begin = function() self$ctx$y_hat$mean())
  expect_error(lrn("regr.mlp", epochs = 1, batch_size = 8, callbacks = early)$train(tsk("mtcars")),
    "the context has no 'y_hat'", class = "mlr3libtorch_error_callback")
  fails = torch_callback("fails", on_batch_begin = function() stop("otherwise"))
  expect_error(lrn("regr.mlp", epochs = 1, batch_size = 8, callbacks = fails)$train(tsk("mtcars")), "otherwise$")
})
