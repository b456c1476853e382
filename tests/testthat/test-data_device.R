mlp = function(type = "classif", ...) {
  settings = insert_named(list(epochs = 3, batch_size = 16, neurons = 6, seed = 1), list(...))
  invoke(lrn, paste0(type, ".mlp"), .args = settings)
}

test_that("on the CPU, data on the device give the same bits as data in memory", {
  task = mixed_task("regr")
  for (plan in c("auto", "off")) {
    in_memory = mlp("regr", data = "memory", plan = plan)$train(task)
    on_device = mlp("regr", data = "device", plan = plan, device = "cpu")$train(task)
    expect_identical(on_device$model$network$state, in_memory$model$network$state)
    expect_identical(on_device$predict(task)$response, in_memory$predict(task)$response)
  }
})

test_that("a task of a mapped file is read into memory for a device", {
  task = mixed_task("classif")
  in_memory = mlp("classif", data = "memory")$train(task)
  on_device = mlp("classif", data = "device")$train(map_task(task, mapped_path()))
  expect_identical(on_device$model$network$state, in_memory$model$network$state)
})

test_that("a run that was begun in memory goes on with data on the device", {
  task = mixed_task("regr")
  whole = mlp("regr", epochs = 4, data = "memory")$train(task)
  stop_in_epoch_3 = torch_callback("stop", on_batch_end = function() {
    if (self$ctx$epoch == 3L && self$ctx$step == 2L) stop("enough")
  })
  learner = mlp("regr", epochs = 4, data = "memory")
  learner$callbacks = list(stop_in_epoch_3)
  cond = tryCatch(learner$train(task), mlr3libtorch_error_callback = identity)
  resumed = mlp("regr", epochs = 4, data = "device", resume = last_model(cond))$train(task)
  expect_identical(resumed$model$network$state, whole$model$network$state)
})

test_that("rows that are read batch by batch are refused on a device", {
  task = tsk("lazy_iris")
  learner = lrn("classif.torch_model", network = nn("head"), epochs = 1, batch_size = 50, data = "device")
  expect_error(learner$train(task), "read batch by batch", class = "mlr3libtorch_error_config")
})
