test_that("a spec is trained as the mlp learner trains the same network", {
  network = nn_sequential(nn("linear", out_features = 6), nn("tanh"), nn("head"))
  model = lrn("regr.torch_model", network = network, epochs = 2, batch_size = 16, seed = 1)
  mlp = lrn("regr.mlp", neurons = 6, activation = "tanh", p = 0, epochs = 2, batch_size = 16, seed = 1,
    scale = FALSE)
  model$train(tsk("mtcars"))
  mlp$train(tsk("mtcars"))
  expect_identical(model$predict(tsk("mtcars"))$response, mlp$predict(tsk("mtcars"))$response)
})

test_that("several inputs get the features that their ingress says", {
  network = nn_graph(both = nn("merge_cat", reads = c("wide", "long")), head = nn("head"), inputs = c("wide", "long"))
  ingress = list(wide = ingress_num(c("Petal.Width", "Sepal.Width")), long = ingress_num("Petal.Length"))
  learner = lrn("classif.torch_model", network = network, ingress_tokens = ingress, epochs = 1, batch_size = 50)
  learner$train(tsk("iris"))
  expect_equal(as.numeric(learner$network$parameters$head.weight$shape), c(3, 3))
  expect_length(learner$predict(tsk("iris"))$response, 150L)
  expect_identical(learner$clone(deep = TRUE)$predict(tsk("iris"))$response, learner$predict(tsk("iris"))$response)
})

test_that("what does not make a learner is refused with the remedy", {
  train = function(...) lrn("classif.torch_model", epochs = 1, batch_size = 50, ...)$train(tsk("iris"))
  two = nn_graph(both = nn("merge_cat", reads = c("a", "b")), head = nn("head"), inputs = c("a", "b"))
  expect_error_snapshot(train())
  expect_error_snapshot(train(network = 3))
  expect_error_snapshot(train(network = two))
  expect_error_snapshot(train(network = two, ingress_tokens = list(a = ingress_num())))
  expect_error_snapshot(train(network = two, ingress_tokens = list(a = ingress_num(), b = ingress_categ())))
  expect_error_snapshot(train(network = nn_sequential(nn("linear", out_features = 2))))
})

test_that("two networks have different hashes, the same one the same", {
  learner = function(width) lrn("classif.torch_model", network = nn("linear", out_features = width))
  expect_identical(learner(2)$hash, learner(2)$hash)
  expect_false(learner(2)$hash == learner(3)$hash)
})

test_that("a run with two inputs goes on from a checkpoint to the same bits", {
  network = nn_graph(
    wide = nn("linear", out_features = 4, reads = "numbers"),
    vector = nn("embedding", embedding_dim = 2, reads = "classes"),
    flat = nn("flatten"),
    both = nn("merge_cat", reads = c("wide", "flat")),
    left_out = nn("dropout"),
    head = nn("head"),
    inputs = c("numbers", "classes")
  )
  ingress = list(numbers = ingress_num(), classes = ingress_categ())
  trained = function(path, ...) {
    callback = t_clbk("checkpoint", path = path)
    lrn("classif.torch_model", network = network, ingress_tokens = ingress, callbacks = callback, batch_size = 300,
      seed = 1, ...)$train(tsk("german_credit"))
  }
  weights = function(learner) learner$model$network$state
  path = withr::local_tempdir()
  trained(file.path(path, "stopped"), epochs = 1)
  resumed = trained(file.path(path, "stopped"), epochs = 3, resume = TRUE)
  straight = trained(file.path(path, "straight"), epochs = 3)
  expect_identical(weights(resumed), weights(straight))
})

test_that("a head has as many outputs as the loss needs", {
  learner = lrn("regr.torch_model", network = nn("head"), loss = t_loss("quantile", quantiles = c(0.1, 0.9)),
    predict_type = "quantiles", epochs = 1, batch_size = 16)
  expect_equal(ncol(learner$train(tsk("mtcars"))$predict(tsk("mtcars"))$quantiles), 2)
})

test_that("a network's packages are the learner's", {
  learner = LearnerTorchModel$new("regr", nn_sequential(nn("head")), packages = "stats")
  expect_true(all(c("stats", "mlr3libtorch") %in% learner$packages))
})

test_that("ingress tokens can be set later", {
  learner = LearnerTorchModel$new("regr", nn_sequential(nn("head")))
  learner$ingress_tokens = list(x = ingress_num(features = c("cyl", "hp")))
  learner$param_set$set_values(epochs = 1, batch_size = 16)
  expect_identical(learner$train(tsk("mtcars"))$network$parameters$head.weight$shape[[2L]], 2L)
  expect_named(learner$ingress_tokens, "x")
  expect_error({
    learner$ingress_tokens = list(3)
  }, class = "mlr3libtorch_error")
})
