test_that("one row is kept for each evaluated epoch", {
  set = t_clbk("history")$generate()
  run_epochs(set, fake_context(last_scores_train = list(a = 0)), list(list(a = 1), list(a = 2), list(a = 3)))
  history = set$state_dict()
  expect_s3_class(history, c("torch_history", "data.table", "data.frame"), exact = TRUE)
  expect_named(history, c("epoch", "train.a", "valid.a"))
  expect_identical(history$epoch, 1:3)
  expect_equal(history$valid.a, c(1, 2, 3))
})

test_that("scores of an earlier epoch are not repeated where an epoch is not evaluated", {
  set = CallbackSetHistory$new()
  context = fake_context(last_scores_train = list(a = 0))
  set$ctx = context
  for (epoch in 1:3) {
    context$epoch = epoch
    context$evaluated = epoch > 1
    set$on_epoch_end()
  }
  expect_identical(set$history$epoch, 2:3)
})

test_that("an epoch that a callback made the last one is kept, with its scores", {
  stopper = torch_callback("stopper", on_before_valid = function() self$ctx$terminate = self$ctx$epoch == 2)
  learner = lrn("regr.mlp", callbacks = list(t_clbk("history"), stopper), epochs = 9, batch_size = 16, eval_freq = 5,
    measures_train = msr("regr.mse"), measures_valid = msr("regr.mae"), validate = 0.3)
  history = learner$train(tsk("mtcars"))$model$callbacks$history
  expect_identical(history$epoch, 2L)
  expect_true(history$train.regr.mse > 0 && history$valid.regr.mae > 0)
})

test_that("without scores an evaluated epoch is a row all the same, and no epoch is an empty table", {
  set = run_epochs(CallbackSetHistory$new(), fake_context(), list(NULL, NULL))
  expect_named(set$history, "epoch")
  expect_identical(set$history$epoch, 1:2)
  expect_identical(CallbackSetHistory$new()$history$epoch, integer())
})

test_that("a resumed run appends", {
  first = run_epochs(CallbackSetHistory$new(), fake_context(), list(list(a = 1), list(a = 2)))
  second = CallbackSetHistory$new()
  second$load_state_dict(unserialize(serialize(first$state_dict(), NULL)))
  expect_equal(second$history, first$history)
  run_epochs(second, fake_context(epoch = 2L), list(list(a = 3, b = 0)))
  expect_identical(second$history$epoch, 1:3)
  expect_equal(second$history$valid.b, c(NA, NA, 0))
})

test_that("a history that is not a table is refused", {
  expect_config_error(CallbackSetHistory$new()$load_state_dict(list(1)), "state", "a table with a column 'epoch'")
  set = CallbackSetHistory$new()
  expect_config_error(set$history <- 1, "read_only", "'history' is read-only")
})

test_that("the state is plain data and the table can be used further", {
  set = run_epochs(CallbackSetHistory$new(), fake_context(), list(list(a = 1), list(a = 2)))
  plain = as_plain_data(set$state_dict(), "history")
  expect_equal(plain[epoch == 2L, ]$valid.a, 2)
  expect_output(print(plain), "valid.a")
})
