`%>>%` = mlr3pipelines::`%>>%`
po = mlr3pipelines::po

train_cnn = function(task, ..., before = NULL) {
  graph = small_cnn(epochs = 2, batch_size = 4, seed = 1, ...)
  learner = as_learner(if (is.null(before)) graph else before %>>% graph)
  withr::with_seed(1, learner$train(task))
}

weights_of = function(learner) torch_learner(learner)$model$network$state

test_that("a network on lazy tensors learns what one on the same numbers in memory learns", {
  values = withr::with_seed(1, matrix(runif(20 * 48), 20))
  class = factor(rep(c("a", "b"), 10))
  lazy = as_task_classif(data.table(image = as_lazy_tensor(array(values, c(20, 3, 4, 4))), class = class),
    target = "class")
  # array() counts the first dimension fastest, a tensor the last
  columns = as.data.table(matrix(aperm(array(values, c(20, 3, 4, 4)), c(1, 4, 3, 2)), 20))
  # a task sorts them by name
  setnames(columns, sprintf("pixel%02i", 1:48))
  memory = as_task_classif(data.table(columns, class = class), target = "class")
  in_memory = small_cnn(epochs = 2, batch_size = 4, seed = 1)
  in_memory$param_set$set_values(torch_ingress_ltnsr.shape = c(NA, 3, 4, 4))
  in_memory = withr::with_seed(1, as_learner(in_memory)$train(memory))
  expect_identical(weights_of(train_cnn(lazy)), weights_of(in_memory))
})

test_that("augmentation changes what is learned, and the same seed learns the same", {
  task = image_task(picture_folder_of(6))
  crop = function() po("augment_random_crop", size = 8, padding = 2)
  first = train_cnn(task, before = crop())
  expect_identical(weights_of(first), weights_of(train_cnn(task, before = crop())))
  expect_false(identical(weights_of(first), weights_of(train_cnn(task))))
})

test_that("a network that takes several inputs may read some and find others in memory", {
  data = data.table(image = lazy_pictures(8), size = 1:8, class = factor(rep(c("a", "b"), 4)))
  task = as_task_classif(data, target = "class")
  graph = mlr3pipelines::gunion(list(
    po("torch_ingress_ltnsr") %>>% nn("flatten") %>>% nn("linear", out_features = 3),
    po("torch_ingress_num") %>>% nn("linear", out_features = 3, id = "linear_num")
  )) %>>% nn("merge_cat") %>>% nn("head") %>>% po("torch_model_classif", epochs = 1, batch_size = 4, seed = 1)
  learner = as_learner(graph)
  learner$train(task)
  expect_length(learner$predict(task)$response, 8)
})

test_that("rows are validated and predicted from lazy tensors", {
  task = image_task(picture_folder_of(10))
  learner = train_cnn(task, before = po("trafo_resize", size = c(6, 6)))
  learner$predict_type = "prob"
  prediction = learner$predict(task)
  expect_equal(unname(rowSums(prediction$prob)), rep(1, 20))
  new = data.table(image = as_lazy_tensor(list.files(picture_folder_of(2), full.names = TRUE, recursive = TRUE)))
  expect_length(learner$predict_newdata(new)$response, 4)
})

test_that("lrn(\"classif.torch_model\") takes a lazy tensor without saying so", {
  task = tsk("lazy_iris")
  learner = lrn("classif.torch_model", network = nn_sequential(nn("linear", out_features = 8), nn("relu"), nn("head")),
    epochs = 10, batch_size = 50, seed = 1, opt.lr = 0.05)
  withr::with_seed(1, learner$train(task))
  expect_gt(learner$predict(task)$score(msr("classif.acc")), 0.8)
})

test_that("tasks that do not fit are refused with what to do", {
  task = picture_task()
  expect_config_error(lrn("classif.mlp", epochs = 1, batch_size = 2)$train(task), "unsupported_features", "lazy_tensor")
  two = as_task_classif(data.table(a = lazy_pictures(2), b = lazy_pictures(2), class = factor(1:2)), target = "class")
  expect_config_error(train_cnn(two), "features", "one lazy tensor and nothing else")
  trained = train_cnn(task)
  larger = picture_task(as_lazy_tensor(array(1, c(2, 3, 5, 5))))
  expect_config_error(trained$predict(larger), "shape", "transform them as in training")
  graph = small_cnn(epochs = 1, batch_size = 2)
  graph$param_set$set_values(torch_ingress_ltnsr.shape = c(NA, 3, 9, 9))
  expect_config_error(as_learner(graph)$train(task), "shape", "po(\"trafo_resize\")")
})

test_that("a picture of another size, or a damaged one, ends the run with its file and row", {
  folder = picture_folder_of(3)
  write_picture(array(0.5, c(4, 4, 3)), file.path(folder, "light", "02.png"))
  expect_error(train_cnn(image_task(folder)), "Row 5 .*02.png.*need to be resized",
    class = "mlr3libtorch_error_shape")
  writeLines("text", file.path(folder, "light", "02.png"))
  expect_error(train_cnn(image_task(folder)), "Row 5: .*02.png.*neither a JPEG nor a PNG",
    class = "mlr3libtorch_error_file")
})

test_that("what is learned does not depend on the threads that read pictures ahead", {
  task = tsk("shapes")$filter(c(1:20, 41:60, 81:100))
  learned = map(c(0, 1, 3), function(workers) {
    weights_of(withr::with_seed(1, shapes_learner(epochs = 2, num_workers = workers)$train(task)))
  })
  expect_identical(learned[[2]], learned[[1]])
  expect_identical(learned[[3]], learned[[1]])
})

test_that("augmentation differs from epoch to epoch", {
  values = list()
  spy = torch_callback("spy", on_batch_end = function() {
    values[[length(values) + 1L]] <<- as_array(self$ctx$batch$x[[1]]$sum())
  })
  task = tsk("shapes")$filter(1:20)
  graph = po("augment_random_crop", size = 16) %>>% po("torch_ingress_ltnsr") %>>% nn("flatten") %>>% nn("head") %>>%
    po("torch_callbacks", spy) %>>% po("torch_model_classif", epochs = 3, batch_size = 20, seed = 1)
  as_learner(graph)$train(task)
  expect_length(unique(unlist(values)), 3)
})

test_that("a run on pictures that was killed goes on from its checkpoint with the same bits", {
  task = tsk("shapes")$filter(c(1:20, 41:60, 81:100))
  folder = withr::local_tempdir()
  whole = withr::with_seed(1, shapes_learner(epochs = 4, num_workers = 1)$train(task))
  stopping = torch_callback("stopping", on_batch_begin = function() if (self$ctx$global_step == 8) stop("killed"))
  checkpoint = t_clbk("checkpoint", path = folder, freq = "1 batches")
  killed = shapes_learner(list(checkpoint, stopping), epochs = 4)
  expect_error(withr::with_seed(1, killed$train(task)), "killed")
  resumed = shapes_learner(list(checkpoint), epochs = 4, num_workers = 2, resume = TRUE)
  withr::with_seed(2, resumed$train(task))
  expect_identical(weights_of(resumed), weights_of(whole))
})

test_that("from files to a saved learner that predicts new files in another process", {
  task = image_task(system.file("extdata", "pictures", package = "mlr3libtorch"))
  train = task$clone()$filter(setdiff(task$row_ids, seq(5, 120, by = 5)))
  learner = shapes_learner(epochs = 3)
  learner$predict_type = "prob"
  withr::with_seed(1, learner$train(train))
  file = withr::local_tempfile(fileext = ".rds")
  saveRDS(learner, file)
  # neither pictures nor their paths
  expect_false(grepl("01.jpg", rawToChar(serialize(learner, NULL, ascii = TRUE)), fixed = TRUE))
  new = list.files(system.file("extdata", "pictures", package = "mlr3libtorch"), full.names = TRUE,
    recursive = TRUE)[seq(5, 120, by = 5)]
  there = callr::r(function(file, new) {
    library(mlr3libtorch)
    readRDS(file)$predict_newdata(data.table::data.table(image = as_lazy_tensor(new)))$prob
  }, list(file, new))
  expect_identical(unname(there), unname(learner$predict(task, seq(5, 120, by = 5))$prob))
})
