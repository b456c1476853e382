one_layer = nn_module("one_layer",
  initialize = function(task, size_hidden, scale = 1) {
    self$hidden = nn("linear", out_features = size_hidden)
    self$weight = nn_parameter(torch_randn(size_hidden) * scale)
    self$output = nn("linear", out_features = output_dim_for(task))
  },
  forward = function(x) self$output(self$hidden(x)$relu() * self$weight)
)

module_learner = function(..., seed = 1) {
  lrn("classif.module", module_generator = one_layer, size_hidden = 5, epochs = 2, batch_size = 50, seed = seed, ...)
}

test_that("a module is made for the task, with the learner's parameters", {
  learner = module_learner(ingress_tokens = list(x = ingress_num()))
  learner$train(tsk("iris"))
  expect_equal(learner$network$parameters$module.hidden.weight$shape, c(5, 4))
  expect_equal(learner$network$parameters$module.output.weight$shape, c(3, 5))
  expect_equal(learner$clone(deep = TRUE)$train(tsk("sonar"))$network$parameters$module.output.weight$shape, c(1, 5))
  expect_subset(c("size_hidden", "scale"), learner$param_set$ids())
  expect_saved(learner, tsk("iris"))
})

test_that("what a module draws depends on the seed", {
  weights = function(seed) module_learner(seed = seed)$train(tsk("iris"))$model$network$state
  expect_identical(weights(1), weights(1))
  expect_false(identical(weights(1), weights(2)))
})

test_that("tokens are arguments of forward, whatever their order", {
  two = nn_module("two", function(task) {
    self$embed = nn("embedding", num_embeddings = 20, embedding_dim = 2)
    self$linear = nn("linear", out_features = output_dim_for(task))
  }, function(classes, numbers) {
    self$linear(torch_cat(list(self$embed(classes)$flatten(start_dim = 2), numbers), dim = 2))
  })
  learner = lrn("classif.module", module_generator = two, epochs = 1, batch_size = 200,
    ingress_tokens = list(numbers = ingress_num(), classes = ingress_categ()))
  expect_length(learner$train(tsk("german_credit"))$predict(tsk("german_credit"))$response, 1000L)
})

test_that("a parameter of the module can be tuned, and is part of the hash", {
  expect_false(module_learner(scale = 2)$hash == module_learner(scale = 3)$hash)
  expect_identical(module_learner()$hash, module_learner()$hash)
  other = nn_module("one_layer", function(task) self$out = nn("linear", out_features = 3), function(x) self$out(x))
  expect_false(lrn("classif.module", module_generator = other)$phash == module_learner()$phash)
})

test_that("a function that returns a network is a generator too", {
  generator = function(task, width) nn_sequential(nn("linear", out_features = width), nn("head"))
  learner = lrn("regr.module", module_generator = generator, width = 3, epochs = 1, batch_size = 16)
  expect_length(learner$train(tsk("mtcars"))$predict(tsk("mtcars"))$response, 32L)
})

test_that("mistakes are errors with the remedy", {
  train = function(...) lrn("classif.module", epochs = 1, batch_size = 50, ...)$train(tsk("iris"))
  expect_error_snapshot({
    train()
    train(module_generator = 3)
    train(module_generator = one_layer)
    train(module_generator = one_layer, size_hidden = 3, ingress_tokens = list(y = ingress_num()))
    train(module_generator = function(task) 3)
    train(module_generator = function(task) nn_sequential(nn("linear", out_features = 2)))
  })
})
