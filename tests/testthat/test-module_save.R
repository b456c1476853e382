# Modules in files.

# What a module computes after it was saved and loaded.
loaded_again = function(module) {
  path = withr::local_tempfile(fileext = ".safetensors")
  torch_save(module, path)
  torch_load(path)
}

expect_same_outputs = function(module, ...) {
  again = loaded_again(module)
  expect_identical(as_array(again(...)), as_array(module(...)))
  expect_identical(names(again$state_dict()), names(module$state_dict()))
  invisible(again)
}

residual = nn_module("residual",
  initialize = function(width) {
    self$inner = nn_sequential(nn_linear(width, width), nn_batch_norm1d(width), nn_relu())
    self$scale = nn_parameter(torch_tensor(0.5))
    self$offset = nn_buffer(torch_ones(width))
    self$width = width
    private$power = 2
  },
  forward = function(x) raised(x + self$scale * self$inner(x) + self$offset, private$power),
  private = list(power = NULL)
)
# what `forward` uses is kept, too
raised = function(x, power) x^power

test_that("layers, sequences and modules written in R compute the same bits after they were loaded", {
  torch_manual_seed(3)
  x = torch_randn(5, 3)
  linear = expect_same_outputs(nn_linear(3, 2), x)
  expect_s3_class(linear, "nn_linear")
  expect_true(linear$weight$requires_grad)
  sequence = nn_sequential(nn_linear(3, 4), nn_batch_norm1d(4), nn_dropout(0.5), nn_linear(4, 1))
  sequence(x)
  sequence$eval()
  sequence$parameters[[1L]]$requires_grad_(FALSE)
  again = expect_same_outputs(sequence, x)
  expect_false(again$training)
  expect_identical(map_lgl(again$parameters, function(weight) weight$requires_grad),
    map_lgl(sequence$parameters, function(weight) weight$requires_grad))
  module = residual(3)
  module(x)
  module$eval()
  again = expect_same_outputs(module, x)
  expect_identical(again$width, 3)
  again$train()(x)$sum()$backward()
  expect_false(is.null(again$scale$grad))
  expect_same_outputs(nn_embedding(4, 2), torch_tensor(c(1L, 4L)))
})

test_that("float64, shared weights and weight norms are as before", {
  x = torch_randn(2, 3, dtype = "float64")
  wide = nn_linear(3, 3)$to(dtype = torch_double())
  expect_identical(format(expect_same_outputs(wide, x)$weight$dtype), format(torch_double()))
  copy = wide$clone(deep = TRUE)
  expect_identical(as_array(copy(x)), as_array(wide(x)))
  layer = nn_linear(3, 3)
  twice = loaded_again(nn_sequential(layer, layer))
  expect_length(twice$parameters, 2L)
  normed = nn_linear(3, 2)
  nn_utils_weight_norm$new("weight", 1)$apply(normed)
  expect_named(expect_same_outputs(normed, torch_randn(2, 3))$parameters, names(normed$parameters))
})

test_that("a trained network of a learner is saved as a module", {
  learner = lrn("regr.mlp", epochs = 1, batch_size = 16, neurons = 4, seed = 1)
  suppressWarnings(learner$train(tsk("mtcars")))
  expect_same_outputs(learner$network, torch_randn(3, 10))
})

test_that("another process computes the same", {
  path = withr::local_tempfile(fileext = ".safetensors")
  module = residual(3)$eval()
  torch_save(module, path)
  seen = callr::r(function(path) {
    library(mlr3libtorch)
    as_array(torch_load(path)(torch_ones(2, 3) / 7))
  }, list(path))
  expect_identical(seen, as_array(module(torch_ones(2, 3) / 7)))
})

test_that("layers are plain data: no function is in their file", {
  path = withr::local_tempfile(fileext = ".safetensors")
  torch_save(nn_sequential(nn_linear(3, 2), nn_relu()), path)
  data = read_plain_file(path, "module")
  expect_null(data$functions)
  torch_save(residual(3), path)
  expect_s3_class(read_plain_file(path, "module")$functions, "torch_tensor_data")
})

test_that("what cannot be saved or made is an error that says where", {
  path = withr::local_tempfile(fileext = ".safetensors")
  module = residual(3)
  module$log = new.env()
  expect_error(torch_save(module, path), "log", class = "mlr3libtorch_error_state")
  data = module_file_data(nn_linear(3, 2))
  write = function(change) write_plain_file(path, change(data), content = "module")
  write(function(data) insert_named(data, list(weights = data$weights[1L])))
  expect_error(torch_load(path), "other weights", class = "mlr3libtorch_error_file")
  write(function(data) {
    data$tree$node$operation = "none"
    data
  })
  expect_error(torch_load(path), "cannot be made", class = "mlr3libtorch_error_file")
  write(function(data) data["weights"])
  expect_error(torch_load(path), "cannot be made", class = "mlr3libtorch_error_file")
  write(function(data) insert_named(data, list(weights = rev(data$weights), functions = data$weights[[1L]])))
  expect_error(torch_load(path), "cannot be made", class = "mlr3libtorch_error_file")
})
