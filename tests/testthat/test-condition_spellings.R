test_that("mlr3torch's names are exported and mean the same things", {
  expect_true(all(names(spellings) %in% getNamespaceExports("mlr3libtorch")))
  expect_identical(mlr3torch_losses, mlr3libtorch_losses)
  expect_identical(mlr3torch_callbacks$get("history")$id, "history")
  expect_identical(mlr3torch_optimizers$keys(), mlr3libtorch_optimizers$keys())
  expect_identical(CallbackSetTB, CallbackSetTb)
  expect_identical(CallbackSetLRSchedulerReduceOnPlateau$classname, t_clbk("lr_reduce_on_plateau")$generator$classname)
})

test_that("classes with mlr3torch's names train", {
  one_cycle = CallbackSetLRSchedulerOneCycle$new(max_lr = 0.1)
  expect_identical(one_cycle$native, "lr_one_cycle")
  callback = as_torch_callback(CallbackSetTB, id = "tb")
  callback$param_set$set_values(path = withr::local_tempdir())
  learner = lrn("regr.mlp", epochs = 1, batch_size = 8, callbacks = callback)
  expect_class(learner$train(tsk("mtcars"))$model, "learner_torch_model")
})

test_that("mlr3's reflections know devices and stages", {
  expect_true(all(c("auto", "cpu", "cuda") %in% mlr_reflections$torch$devices))
  expect_true(all(c("on_begin", "on_batch_end", "on_exit") %in% mlr_reflections$torch$callback_stages))
})
