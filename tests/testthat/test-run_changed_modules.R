# A module with a plain field that a callback changes, and ones that its forward changes.
counting_module = nn_module("counting",
  initialize = function(task) {
    self$layer = nn_linear(length(task$feature_names), length(task$class_names))
    self$calls = 0
    self$factor = 1
    self$seen = NULL
    self$tensor = torch_ones(1)
  },
  forward = function(x) {
    self$calls = self$calls + 1
    self$seen = x
    self$layer(x) * self$factor
  }
)

train_counting = function(change, module_generator = counting_module) {
  learner = lrn("classif.module", module_generator = module_generator, ingress_tokens = list(x = ingress_num()),
    epochs = 2, batch_size = 75, callbacks = torch_callback("change", on_end = function() change(self$ctx)))
  messages = testthat::capture_warnings(learner$train(tsk("iris")))
  grep("changed in training", messages, value = TRUE)
}

test_that("plain fields that changed are named, since the model does not have them", {
  text = train_counting(function(ctx) {
    module = ctx$network$module
    module$factor = 0.5
    module$tensor$add_(1)
    NULL
  })
  expect_length(text, 1L)
  expect_match(text, "the module 'module' changed in training.*: `calls`, `factor`, `tensor`[.]")
})

test_that("parts that were replaced or removed are named", {
  quiet = nn_module("quiet", initialize = function(task) {
    self$inner = nn_module_list(list(nn_linear(4, 3), nn_dropout(0.1)))
    self$drop = nn_dropout(0.5)
  }, forward = function(x) if (self$training) self$drop(self$inner[[1]](x)) else self$inner[[1]](x))
  expect_length(train_counting(function(ctx) NULL, quiet), 0L)
  text = train_counting(function(ctx) {
    module = ctx$network$module
    module$drop = NULL
    inner = module$inner
    inner[[1]] = nn_linear(4, 4)
    NULL
  }, quiet)
  expect_match(text, "`inner[.]0.*`, `drop`")
})

test_that("parts of a network of the core cannot be replaced", {
  refused = function(change) {
    learner = lrn("classif.mlp", neurons = 4, epochs = 1, batch_size = 75,
      callbacks = torch_callback("change", on_begin = function() change(self$ctx$network)))
    expect_error(learner$train(tsk("iris")), "live network is read-only.*in place", class = "mlr3libtorch_error")
  }
  refused(function(network) {
    part = network$linear1
    part$weight = nn_parameter(torch_ones(4, 4))
  })
  refused(function(network) {
    part = network$linear1
    part$note = 1
  })
  learner = lrn("classif.mlp", neurons = 4, epochs = 1, batch_size = 75)$train(tsk("iris"))
  part = learner$network$linear1
  with_no_grad(part$weight$zero_())
  expect_error(part$bias <- NULL, "read-only")
})
