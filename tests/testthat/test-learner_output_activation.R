test_that("a network of classification that ends in softmax or sigmoid is told of", {
  train = function(task, ...) {
    key = paste0(task$task_type, ".torch_model")
    lrn(key, network = nn_sequential(nn("head"), ...), epochs = 1, batch_size = 50, seed = 1)$train(task)
  }
  class = "mlr3libtorch_warning_output_activation"
  expect_warning(train(tsk("iris"), nn("softmax", dim = 2)), "ends with 'softmax'", class = class)
  walk(setdiff(output_activations, "softmax"), function(key) {
    expect_warning(train(tsk("sonar"), nn(key)), "leave", class = class)
  })
  expect_no_warning(train(tsk("iris")))
  expect_no_warning(train(tsk("mtcars"), nn("sigmoid")))
})
