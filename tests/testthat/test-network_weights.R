trained = function(seed = 1, ...) {
  lrn("classif.mlp", neurons = 4, epochs = 2, batch_size = 50, seed = seed, ...)$train(tsk("iris"))
}

test_that("weights go from one learner to another, which then predicts and goes on with them", {
  path = withr::local_tempfile(fileext = ".safetensors")
  first = trained(1)
  second = trained(2)
  save_weights(first, path)
  load_weights(second, path)
  expect_identical(second$model$network$state, first$model$network$state)
  expect_identical(second$predict(tsk("iris"))$response, first$predict(tsk("iris"))$response)
  expect_saved(second, tsk("iris"))
  expect_setequal(names(torch_load(path)), names(first$model$network$state))
})

test_that("a callback can load weights into the network that is trained", {
  path = withr::local_tempfile(fileext = ".safetensors")
  save_weights(trained(1), path)
  load = torch_callback("load", on_begin = function() load_weights(self$ctx$network, path))
  expect_identical(trained(2, callbacks = load)$model$epochs, 2L)
  none = lrn("classif.mlp", neurons = 4, epochs = 0, batch_size = 50, callbacks = load)$train(tsk("iris"))
  expect_identical(none$model$network$state, trained(1)$model$network$state)
})

test_that("weights that do not fit are refused by name, and nothing is changed", {
  path = withr::local_tempfile(fileext = ".safetensors")
  learner = trained()
  before = learner$model$network$state
  weights = learner$network$state_dict()
  torch_save(weights[-1L], path)
  expect_error(load_weights(learner, path), "lack 'linear1.weight'", class = "mlr3libtorch_error")
  torch_save(c(weights, list(linear9.weight = torch_ones(1))), path)
  expect_error(load_weights(learner, path), "linear9.weight", class = "mlr3libtorch_error_unknown_name")
  weights$linear1.bias = torch_ones(3)
  torch_save(weights, path)
  expect_error(load_weights(learner, path), "linear1.bias", class = "mlr3libtorch_error_shape")
  expect_identical(learner$model$network$state, before)
  weights$linear1.bias = torch_ones(4, dtype = "complex64")
  expect_error(learner$network$load_state_dict(weights), "linear1.bias.*ComplexFloat",
    class = "mlr3libtorch_error_config")
  weights$linear1.bias = torch_ones(4, dtype = "int64")
  torch_save(weights, path)
  expect_error(load_weights(learner, path), "linear1.bias.*Long", class = "mlr3libtorch_error_config")
  for (number in c(NaN, Inf, 1e300)) {
    weights$linear1.bias = torch_full(4, number, dtype = "float64")
    torch_save(weights, path)
    expect_error(load_weights(learner, path), "linear1.bias.*not finite", class = "mlr3libtorch_error_weights")
  }
  expect_identical(learner$model$network$state, before)
  expect_error(save_weights(lrn("classif.mlp"), path), "has not been trained", class = "mlr3libtorch_error_config")
  expect_error(load_weights(list(), path), "must be a learner", class = "mlr3libtorch_error_argument")
})

test_that("weights in double precision are taken, with a warning if they are rounded", {
  path = withr::local_tempfile(fileext = ".safetensors")
  learner = trained()
  weights = learner$network$state_dict()
  weights$linear1.bias = torch_tensor(c(1, 2, 0.5, -4), dtype = "float64")
  torch_save(weights, path)
  expect_no_warning(load_weights(learner, path))
  weights$linear1.bias = torch_tensor(c(0.1, 2, 0.5, -4), dtype = "float64")
  torch_save(weights, path)
  expect_warning(load_weights(learner, path), "1 weights.*float64 to float32.*linear1.bias",
    class = "mlr3libtorch_warning_weights")
  expect_equal(as_array(learner$network$parameters$linear1.bias), c(0.1, 2, 0.5, -4), tolerance = 1e-7)
})

test_that("weights of another shape are told in full", {
  path = withr::local_tempfile(fileext = ".safetensors")
  save_weights(trained(), path)
  other = lrn("classif.mlp", neurons = 4, epochs = 1, batch_size = 50)$train(tsk("sonar"))
  expect_error(load_weights(other, path), "has shape (4, 4), but the network needs (4, 60)", fixed = TRUE)
})

test_that("those that fit, or those that are chosen, can be loaded, also into a learner that has not been trained", {
  path = withr::local_tempfile(fileext = ".safetensors")
  source = trained(1)
  save_weights(source, path)
  two_classes = tsk("iris")$filter(1:100)$droplevels()
  others = list(list(strict = FALSE), list(select = select_grep("^linear1")))
  for (arguments in others) {
    learner = lrn("classif.mlp", neurons = 4, epochs = 1, batch_size = 50, seed = 2)
    invoke(load_weights, learner, path, task = two_classes, .args = arguments)
    state = map(learner$network$state_dict(), as.array)
    expect_identical(state$linear1.weight, as.array(source$network$parameters$linear1.weight))
    expect_identical(dim(state$head.weight), c(1L, 4L))
    expect_identical(learner$model$epochs, 0L)
    expect_saved(learner, two_classes)
  }
  whole = load_weights(lrn("classif.mlp", neurons = 4, epochs = 1, batch_size = 50), path, task = tsk("iris"))
  expect_identical(whole$predict(tsk("iris"))$response, source$predict(tsk("iris"))$response)
})

test_that("a learner with loaded weights is trained with callbacks of its own, and no warning names them as new", {
  path = withr::local_tempfile(fileext = ".safetensors")
  save_weights(trained(1), path)
  learner = lrn("classif.mlp", neurons = 4, epochs = 1, batch_size = 50, callbacks = t_clbk("history"))
  load_weights(learner, path, task = tsk("iris"))
  expect_length(logged(learner$continue(tsk("iris"), epochs = 2)), 0L)
  expect_identical(learner$model$callbacks$history$epoch, 1:2)
})

test_that("what cannot be loaded is refused, and the learner stays as it was", {
  path = withr::local_tempfile(fileext = ".safetensors")
  source = trained(1)
  save_weights(source, path)
  fresh = lrn("classif.mlp", neurons = 4, epochs = 1, batch_size = 50)
  expect_config_error(load_weights(fresh, path), "config", "or give a `task`")
  expect_config_error(load_weights(source, path, task = tsk("iris")), "argument", "has its network already")
  expect_config_error(load_weights(fresh, path, select = select_grep("haed"), task = tsk("iris")), "unknown_name",
    "did you mean 'head'?")
  torch_save(list(other = torch_ones(1)), path)
  expect_config_error(load_weights(fresh, path, strict = FALSE, task = tsk("iris")), "config", "no weight in the file")
  expect_config_error(load_weights(fresh, path, select = select_grep("^head"), task = tsk("iris")), "config", "lack")
  expect_null(fresh$model)
})

test_that("a file of PyTorch is told, with the command that converts it", {
  folder = withr::local_tempdir()
  path = file.path(folder, "resnet18.pth")
  learner = lrn("classif.mlp", epochs = 1, batch_size = 150, seed = 1)$train(tsk("iris"))
  # what torch.save() begins with, since version 1.6 and before: a zip archive, and a pickle of its magic number
  for (begin in list(charToRaw("PK\003\004"), as.raw(c(0x80, 0x02, 0x8a, 0x0a)))) {
    writeBin(c(begin, raw(100)), path)
    error = expect_error(load_weights(learner, path), "is a file of PyTorch", class = "mlr3libtorch_error_file")
    expect_match(conditionMessage(error), "s.save_file(torch.load('resnet18.pth'), 'resnet18.safetensors')",
      fixed = TRUE)
    expect_error(torch_load(path), "is a file of PyTorch", class = "mlr3libtorch_error_file")
  }
})
