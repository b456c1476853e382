test_that("mlr3torch's tokens and batchgetters", {
  expect_identical(TorchIngressToken("a", batchgetter_num, c(NA, 1)), ingress_num(c(NA, 1), "a"))
  expect_identical(TorchIngressToken("a", batchgetter_categ), ingress_categ("a"))
  expect_error(TorchIngressToken("a", function(data) data), "must be a function of .data, device.",
    class = "mlr3libtorch_error_argument")
  expect_equal(as_array(batchgetter_num(data.frame(a = 1:2, b = c(0.5, 1)))), matrix(c(1, 2, 0.5, 1), 2L))
  classes = batchgetter_categ(data.frame(a = factor(c("x", "y")), b = c(TRUE, FALSE)))
  expect_equal(as_array(classes), matrix(c(1, 2, 2, 1), 2L))
  expect_error(batchgetter_num(data.frame(a = "x")), "'a' is of class 'character'",
    class = "mlr3libtorch_error_features")
  expect_error(batchgetter_categ(1), "must be a table", class = "mlr3libtorch_error_argument")
})

test_that("a token's shape must fit its features", {
  learner = lrn("regr.torch_model", network = nn_sequential(nn("head")), epochs = 1, batch_size = 16,
    ingress_tokens = list(x = ingress_num(shape = c(NA, 10))))
  expect_class(learner$train(tsk("mtcars"))$model, "learner_torch_model")
  wrong = lrn("regr.torch_model", network = nn_sequential(nn("head")), epochs = 1, batch_size = 16,
    ingress_tokens = list(x = ingress_num(shape = c(NA, 4))))
  expect_error(wrong$train(tsk("mtcars")), "has 10 features, but its shape", class = "mlr3libtorch_error_shape")
})
