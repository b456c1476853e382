test_that("a loss knows its key, label, task types and parameters", {
  loss = t_loss("cross_entropy", class_weight = c(1, 2), id = "ce", label = "weighted")
  expect_r6(loss, "TorchLoss")
  expect_equal(loss$key, "cross_entropy")
  expect_equal(loss$id, "ce")
  expect_equal(loss$label, "weighted")
  expect_equal(loss$task_types, "classif")
  expect_equal(loss$param_set$values, list(class_weight = c(1, 2)))
  expect_setequal(t_loss("mse")$task_types, c("regr", "multiregr"))
})

test_that("a clone has values of its own", {
  optimizer = t_opt("adam", lr = 0.1)
  clone = optimizer$clone(deep = TRUE)
  clone$param_set$values$lr = 0.2
  expect_equal(optimizer$param_set$values$lr, 0.1)
})

test_that("the phash ignores parameter values", {
  expect_equal(t_opt("adam", lr = 0.1)$phash, t_opt("adam")$phash)
  expect_false(t_opt("adam")$phash == t_opt("adamw")$phash)
  expect_false(t_opt("adam")$phash == t_opt("adam", id = "other")$phash)
})

test_that("the dictionaries list what the core has", {
  expect_set_equal(as.data.table(mlr3libtorch_losses)$key, names(core_registry("loss")))
  expect_set_equal(as.data.table(mlr3libtorch_optimizers)$key, names(core_registry("optimizer")))
  expect_identical(t_loss(), mlr3libtorch_losses)
  expect_identical(t_opt(), mlr3libtorch_optimizers)
  expect_named(t_losses(c("mse", "l1")), c("mse", "l1"))
  expect_named(t_opts(c("adam", "adamw"), lr = 0.1), c("adam", "adamw"))
})

test_that("descriptors are converted from keys and left alone or cloned otherwise", {
  expect_equal(as_torch_loss("mse")$key, "mse")
  loss = t_loss("mse")
  expect_identical(as_torch_loss(loss), loss)
  expect_false(identical(as_torch_loss(loss, clone = TRUE), loss))
  expect_equal(as_torch_optimizer("sgd", lr = 1)$param_set$values$lr, 1)
  expect_error(as_torch_loss(1), "as from t_loss()", fixed = TRUE, class = "mlr3libtorch_error_argument")
  expect_error(as_torch_optimizer(NULL), class = "mlr3libtorch_error_argument")
})

test_that("what does not exist is refused with the nearest name", {
  expect_error(t_loss("cross_entorpy"), "did you mean 'cross_entropy'?", fixed = TRUE,
    class = "mlr3libtorch_error_unknown_name")
  expect_error(t_opt("adma"), "did you mean 'adam'?", fixed = TRUE, class = "mlr3libtorch_error_unknown_name")
  expect_error(t_opt("adam", weigth_decay = 1), "did you mean 'weight_decay'?", fixed = TRUE,
    class = "mlr3libtorch_error_unknown_parameter")
  expect_error(t_opt("adam", lr = -1), "optimizer 'adam'", class = "mlr3libtorch_error_parameter")
  expect_error(t_opt(1), class = "mlr3libtorch_error_unknown_name")
  expect_error(t_opt("adam", 1), "unique names", class = "mlr3libtorch_error_argument")
})

test_that("read-only fields say so", {
  loss = t_loss("mse")
  expect_error({loss$key = "l1"}, "read-only", class = "mlr3libtorch_error_read_only")
  expect_error({loss$phash = "l1"}, "read-only", class = "mlr3libtorch_error_read_only")
})

test_that("descriptors print what they are", {
  expect_snapshot(t_loss("cross_entropy", class_weight = c(1, 2)))
  expect_snapshot(t_opt("adam", lr = 0.01))
})

test_that("keys and registries are named by strings", {
  expect_error(t_opts(globalenv()), "t_opts\\(\\): '.keys' must be strings", class = "mlr3libtorch_error_argument")
  expect_error(t_losses(NA), "t_losses\\(\\): '.keys' must be strings", class = "mlr3libtorch_error_argument")
  expect_error(TorchDescriptor$new(sum, "adam"), "must be a string", class = "mlr3libtorch_error_argument")
})

test_that("the task types of a loss can be set", {
  expect_identical(t_loss("mse", task_types = "classif")$task_types, "classif")
  loss = TorchLoss$new("fn", task_types = "regr")
  expect_identical(loss$task_types, "regr")
  expect_error(lrn("classif.mlp", loss = loss), "is for tasks of type 'regr'", class = "mlr3libtorch_error_loss")
  expect_false(loss$phash == TorchLoss$new("fn")$phash)
  expect_error(t_loss("mse", task_types = "rgr"), "did you mean 'regr'", class = "mlr3libtorch_error_unknown_name")
  expect_error(t_loss("mse", task_types = 1), "must be types of tasks", class = "mlr3libtorch_error_argument")
})

test_that("a loss that is told to fit another type of tasks trains", {
  brier = t_loss("mse", task_types = c("regr", "classif"))
  learner = lrn("classif.mlp", loss = brier, epochs = 1, batch_size = 32)
  task = tsk("sonar")
  expect_error(learner$train(task), NA)
})

test_that("an optimizer's function is the optimizer with that key", {
  expect_identical(as_torch_optimizer(optim_sgd, lr = 1)$key, "sgd")
  expect_identical(as_torch_optimizer(optim_ignite_adam, id = "mine")$id, "mine")
  expect_error(as_torch_optimizer(sum), "such as optim_adam", class = "mlr3libtorch_error_argument")
  learner = lrn("regr.mlp", epochs = 1, batch_size = 16, optimizer = optim_adamw, opt.lr = 0.01)
  expect_identical(learner$optimizer$key, "adamw")
})
