mlp = function(key, ...) lrn(key, neurons = 4, epochs = 5, batch_size = 8, seed = 1, plan = "off", ...)

squares = t_loss("fn", fn = function(y_hat, y) (y_hat - y)^2)

test_that("a loss that is an R function trains as the built-in one", {
  response = function(loss) mlp("regr.mlp", loss = loss)$train(tsk("mtcars"))$predict(tsk("mtcars"))$response
  expect_equal(response(squares), response(t_loss("mse")), tolerance = 1e-6)
  sum_of = function(loss) {
    loss$param_set$set_values(reduction = "sum")
    loss
  }
  expect_equal(response(sum_of(squares$clone(deep = TRUE))), response(sum_of(t_loss("mse"))), tolerance = 1e-6)
})

test_that("classes count from 1 in a loss of several classes, and are 0 and 1 in one of two", {
  cross_entropy = t_loss("fn", fn = function(y_hat, y) {
    picked = y_hat$log_softmax(dim = 2)$gather(dim = 2, index = y$unsqueeze(2))
    -picked$squeeze(2)
  })
  logits = t_loss("fn", fn = function(y_hat, y) -(y * y_hat$sigmoid()$log() + (1 - y) * (1 - y_hat$sigmoid())$log()))
  for (case in list(list(tsk("iris"), cross_entropy), list(tsk("sonar"), logits))) {
    prob = function(loss) {
      mlp("classif.mlp", loss = loss, predict_type = "prob")$train(case[[1L]])$predict(case[[1L]])$prob
    }
    expect_equal(prob(case[[2L]]), prob(t_loss("cross_entropy")), tolerance = 1e-4)
  }
})

test_that("case weights count in it, but need one number for each row", {
  task = tsk("mtcars")$cbind(data.frame(w = rep(c(1, 3), 16)))$set_col_roles("w", "weights_learner")
  response = function(loss) mlp("regr.mlp", loss = loss)$train(task)$predict(task)$response
  expect_equal(response(squares), response(t_loss("mse")), tolerance = 1e-6)
  mean = t_loss("fn", fn = function(y_hat, y) ((y_hat - y)^2)$mean())
  expect_error(response(mean), "one for each row", class = "mlr3libtorch_error_config")
  task$set_col_roles("w", "feature")
  expect_equal(response(mean), response(t_loss("mse")), tolerance = 1e-6)
})

test_that("a loss of several outputs predicts the first", {
  likelihood = t_loss("fn", outputs = 2, fn = function(y_hat, y) {
    mean = y_hat$narrow(2, 1, 1)
    log_variance = y_hat$narrow(2, 2, 1)
    0.5 * (log_variance + (y - mean)^2 / log_variance$exp())
  })
  task = as_task_regr(as.data.frame(scale(mtcars)), target = "mpg")
  response = function(loss) mlp("regr.mlp", loss = loss, scale = FALSE)$train(task)$predict(task)$response
  expect_equal(response(likelihood), response(t_loss("gaussian_nll")), tolerance = 1e-4)
})

test_that("a learner with such a loss is saved and goes on", {
  learner = mlp("regr.mlp", loss = squares)
  expect_saved(learner$train(tsk("mtcars")), tsk("mtcars"))
})

test_that("mistakes in the function are errors that say what it must return", {
  train = function(fn) mlp("regr.mlp", loss = t_loss("fn", fn = fn))$train(tsk("mtcars"))
  expect_error(train(function(y_hat, y) 3), "must return a tensor", class = "mlr3libtorch_error_function")
  expect_error(train(function(y_hat, y) y_hat - y$squeeze(2)), "one number for each.*[8, 8]",
    class = "mlr3libtorch_error_function")
  expect_error(train(function(y_hat, y) stop("too bad")), "The loss's R function failed: too bad",
    class = "mlr3libtorch_error_function")
  expect_error(train(3), "must be a function, not 3", class = "mlr3libtorch_error_parameter")
})

test_that("a loss in TorchScript trains as the built-in one, with case weights, and is saved", {
  code = "
    def forward(self, y_hat: Tensor, y: Tensor) -> Tensor:
      return torch.pow(y_hat - y, 2)
  "
  task = tsk("mtcars")$cbind(data.frame(w = rep(c(1, 3), 16)))$set_col_roles("w", "weights_learner")
  learner = function(loss) mlp("regr.mlp", loss = loss)$train(task)
  trained = learner(t_loss("script", code = code))
  expect_equal(trained$predict(task)$response, learner(t_loss("mse"))$predict(task)$response, tolerance = 1e-6)
  expect_saved(trained, task)
})

test_that("a loss out of a TorchScript file trains as the built-in one", {
  squares = nn_graph(loss = nn_script("def forward(self, y_hat, y):\n  return torch.pow(y_hat - y, 2)",
    reads = c("y_hat", "y")), inputs = c("y_hat", "y"))
  example = list(y_hat = torch_ones(2, 1), y = torch_ones(2, 1))
  path = withr::local_tempfile(fileext = ".pt")
  jit_save(new_network(core_network_create(squares, example, core_generator_create(1)), squares), path)
  loss = t_loss("script_file", file = readBin(path, "raw", file.size(path)))
  response = function(loss) mlp("regr.mlp", loss = loss)$train(tsk("mtcars"))$predict(tsk("mtcars"))$response
  expect_equal(response(loss), response(t_loss("mse")), tolerance = 1e-6)
  expect_error(response(t_loss("script_file", file = raw(3))), "not a zip archive", class = "mlr3libtorch_error_file")
})

test_that("classes count from 0 in a loss in TorchScript", {
  code = "
    def forward(self, y_hat, y):
      return torch.nll_loss(torch.log_softmax(y_hat, 1), y, reduction = 0)
  "
  prob = function(loss) {
    mlp("classif.mlp", loss = loss, predict_type = "prob")$train(tsk("iris"))$predict(tsk("iris"))$prob
  }
  expect_equal(prob(t_loss("script", code = code)), prob(t_loss("cross_entropy")), tolerance = 1e-4)
})

test_that("a loss in TorchScript that does not compile or fit is an error that says where", {
  train = function(code) mlp("regr.mlp", loss = t_loss("script", code = code))$train(tsk("mtcars"))
  expect_error(train("def forward(self, y_hat, y):\n  return z"), "loss in TorchScript.*undefined value z",
    class = "mlr3libtorch_error_script")
  expect_error(train("def forward(self, y_hat, y):\n  return y_hat - torch.squeeze(y)"), "one number for each.*[8, 8]",
    class = "mlr3libtorch_error_function")
})
