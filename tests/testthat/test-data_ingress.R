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

test_that("a selector of mlr3pipelines picks the features, by name and by type", {
  petal = ingress_num(mlr3pipelines::selector_grep("^Petal"))
  learner = lrn("classif.torch_model", network = nn_sequential(nn("head")), epochs = 1, batch_size = 50,
    ingress_tokens = list(x = petal))
  expect_identical(learner$train(tsk("iris"))$network$parameters$head.weight$shape, c(3L, 2L))
  expect_length(learner$predict(tsk("iris"))$response, 150L)
  token = TorchIngressToken(mlr3pipelines::selector_type("factor"), batchgetter_categ)
  info = column_info(tsk("german_credit"))
  expect_identical(resolve_ingress(token, info, "x")$features, info$id[info$type == "factor" & !info$target])
  expect_error(resolve_ingress(token, column_info(tsk("iris")), "x"), "picks none",
    class = "mlr3libtorch_error_features")
  expect_error(resolve_ingress(ingress_num(mlr3pipelines::selector_all()), info, "x"), "but its selector picks",
    class = "mlr3libtorch_error_features")
  expect_error(resolve_ingress(ingress_num(function(task) 3), info, "x"), "must pick features",
    class = "mlr3libtorch_error_features")
})
