vision_learner = function(...) {
  lrn("classif.resnet18", optimizer = "sgd", opt.lr = 0.01, shape = c(NA, 3, 32, 32), epochs = 1, batch_size = 6,
    seed = 1, ...)
}

# A file with the weights of formulas, and the head of another task.
weights_file = function(names = NULL) {
  shapes = read_vision_reference("resnet18")$shapes
  path = withr::local_tempfile(fileext = ".safetensors", .local_envir = parent.frame())
  torch_save(vision_state(shapes[names %??% names(shapes)]), path)
  path
}

test_that("a network for pictures is trained, saved, loaded, and predicts", {
  task = pixel_task()
  learner = vision_learner(predict_type = "prob")$train(task)
  expect_equal(learner$network$state_dict()$fc.weight$shape, c(1, 512))
  expect_equal(rowSums(learner$predict(task)$prob), rep(1, task$nrow), tolerance = 1e-5)
  path = withr::local_tempfile(fileext = ".safetensors")
  save_weights(learner, path)
  again = vision_learner(predict_type = "prob", weights = path)
  again$param_set$set_values(epochs = 0)
  expect_identical(again$train(task)$predict(task)$prob, learner$predict(task)$prob)
})

test_that("a learner with a network for pictures predicts in another process", {
  task = pixel_task()
  learner = lrn("classif.mobilenet_v3_small", optimizer = "sgd", opt.lr = 0.01, shape = c(NA, 3, 32, 32), epochs = 1,
    batch_size = 6, seed = 1)
  expect_saved(learner$train(task), task)
})

test_that("training starts from the weights of a file, with a head of its own; what is frozen keeps its bits", {
  task = pixel_task()
  path = weights_file()
  learner = vision_learner(weights = path, freeze = select_invert(select_grep("^fc")))$train(task)
  trained = learner$network$parameters
  given = torch_load(path)
  backbone = setdiff(names(trained), c("fc.weight", "fc.bias"))
  expect_true(all(map_lgl(backbone, function(name) trained[[name]]$equal(given[[name]]))))
  untrained = vision_learner(weights = path)
  untrained$param_set$set_values(epochs = 0)
  start = untrained$train(task)$network$parameters
  expect_false(start$fc.weight$equal(trained$fc.weight))
})

test_that("the weights of another network are refused by their names", {
  task = pixel_task()
  shapes = read_vision_reference("resnet18")$shapes
  path = weights_file(setdiff(names(shapes), "layer1.0.conv1.weight"))
  expect_error(vision_learner(weights = path)$train(task), "1 missing ('layer1.0.conv1.weight')", fixed = TRUE,
    class = "mlr3libtorch_error_weights")
  complete = weights_file()
  other = lrn("classif.resnet34", shape = c(NA, 3, 32, 32), epochs = 1, batch_size = 6, weights = complete)
  expect_error(other$train(task), "are those of another network: 80 missing ('layer1.2.conv1.weight'", fixed = TRUE)
  grey = lrn("classif.resnet18", shape = c(NA, 1, 32, 96), epochs = 1, batch_size = 6, weights = complete)
  expect_error(grey$train(task), "1 of another shape ('conv1.weight')", fixed = TRUE)
})

test_that("mistakes are named with their remedy", {
  expect_error(lrn("classif.resnet18", weights = "resnet18.pth"), "convert it as ?mlr_learners.vision says",
    fixed = TRUE)
  expect_error(lrn("classif.resnet18", shape = c(3, 32, 32)), "must be c(NA, channels, height, width)", fixed = TRUE)
  expect_error(lrn("classif.resnet18", freeze = "fc"), "must be a selector")
  expect_error(lrn("classif.resnet18", epochs = 1, batch_size = 6)$train(pixel_task()),
    "set it, as in `shape = c(NA, 3, 32, 32)`", fixed = TRUE, class = "mlr3libtorch_error_shape")
  expect_error(vision_learner(freeze = select_grep("nothing"))$train(pixel_task()), "'freeze'",
    class = "mlr3libtorch_error_unknown_name")
  expect_error(LearnerTorchVision$new("resnet19"), "resnet18", class = "mlr3libtorch_error_unknown_name")
})

test_that("every network is in the dictionary, and its hash says which it is", {
  learners = map(paste0("classif.", names(vision_networks)), lrn)
  expect_equal(map_chr(learners, "id"), paste0("classif.", names(vision_networks)))
  walk(learners, function(learner) learner$id = "same")
  expect_equal(anyDuplicated(map_chr(learners, "hash")), 0L)
})
