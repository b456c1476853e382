trained_learner = function() {
  lrn("classif.mlp", neurons = 3, epochs = 1, batch_size = 75, seed = 1, predict_type = "prob",
    callbacks = t_clbk("history"))$train(tsk("iris"))
}

# Every place in a model, as the steps of `[[`.
places_in = function(x, depth = 3L, place = list()) {
  inner = if (is.list(x) && depth) {
    unlist(map(seq_along(x), function(i) places_in(x[[i]], depth - 1L, c(place, i))), recursive = FALSE)
  }
  c(if (length(place)) list(place), inner)
}

replaced = function(model, place, value) {
  classes = class(model)
  model = unclass(model)
  if (length(place) > 1L) value = replaced(model[[place[[1L]]]], place[-1L], value)
  model[place[[1L]]] = list(value)
  class(model) = classes
  model
}

# TRUE if it works, or fails with an error of this package or of mlr3 that has a class
is_classed = function(code) {
  tryCatch({
    suppressWarnings(code)
    TRUE
  }, error = function(cond) inherits(cond, c("mlr3libtorch_error", "Mlr3Error")))
}

test_that("a model that was changed by hand predicts, trains on, or says what is wrong", {
  learner = trained_learner()
  model = learner$model
  unclassed = character()
  other = learner$clone(deep = TRUE)
  other$param_set$set_values(epochs = 2)
  for (place in places_in(model)) {
    for (value in list(NULL, "nonsense", NaN)) {
      other$state$model = replaced(model, place, value)
      fine = is_classed(other$predict(tsk("iris"))) && is_classed(other$network) &&
        is_classed(get_private(other)$.hotstart(tsk("iris")))
      if (!fine) unclassed = c(unclassed, sprintf("%s = %s", paste(unlist(place), collapse = "."), format(value)))
    }
  }
  expect_identical(unclassed, character())
})

test_that("bytes that were changed are noticed where they are used, older models without a checksum are taken", {
  learner = trained_learner()
  damage = function(...) {
    damaged = learner$clone(deep = TRUE)
    damaged$param_set$set_values(epochs = 2)
    place = c(...)
    byte = learner$model[[place]]$data[[1L]]
    damaged$state$model[[place]]$data[[1L]] = xor(byte, as.raw(1))
    damaged
  }
  weights = damage("network", "state", "linear1.weight")
  expect_error(weights$predict(tsk("iris")), "the checksum does not match", class = "mlr3libtorch_error_model")
  expect_error(weights$network, "the checksum does not match", class = "mlr3libtorch_error_model")
  expect_error(get_private(weights)$.hotstart(tsk("iris")), "does not match", class = "mlr3libtorch_error_model")
  weights$state$model$network$checksum = NULL
  expect_no_error(weights$predict(tsk("iris")))
})

test_that("what a run goes on from is checked as well", {
  learner = trained_learner()
  learner$param_set$set_values(epochs = 2)
  expect_no_error(get_private(learner$clone(deep = TRUE))$.hotstart(tsk("iris")))
  for (element in continued_elements) {
    other = learner$clone(deep = TRUE)
    other$state$model[[element]] = c(other$state$model[[element]], list(more = 1))
    expect_error(get_private(other)$.hotstart(tsk("iris")), "does not match", class = "mlr3libtorch_error_model")
  }
})

test_that("a learner whose weights are not finite does not predict", {
  learner = trained_learner()
  weights = learner$network$state_dict()
  for (number in c(NaN, Inf)) {
    network = learner$network
    network$load_state_dict(replace(weights, "linear1.bias", list(torch_full(3, number))))
    learner$state$model$network = with_state(learner$model$network, network)
    expect_error(learner$predict(tsk("iris")), "not finite.*diverged",
      class = "mlr3libtorch_error_diverged")
  }
  learner$encapsulate("try", fallback = lrn("classif.featureless", predict_type = "prob"))
  learner$state$fallback_state = lrn("classif.featureless")$train(tsk("iris"))$state
  expect_length(learner$predict(tsk("iris"))$response, 150L)
})

test_that("a model's optimizer has its groups", {
  groups = list(list(params = select_grep("bias"), weight_decay = 0, lr = 0.25))
  learner = lrn("regr.mlp", neurons = 2, optimizer = t_opt("adamw", lr = 0.5, param_groups = groups), epochs = 1,
    batch_size = 8)
  learner$train(tsk("mtcars"))
  shown = learner$model$optimizer$param_groups
  expect_identical(map(shown, "params"), list(c("linear1.bias", "head.bias"), c("linear1.weight", "head.weight")))
  expect_identical(map_dbl(shown, "lr"), c(0.25, 0.5))
  expect_identical(shown[[1L]]$weight_decay, 0)
  expect_identical(learner$model$optimizer[["param_groups"]], shown)
  expect_identical(learner$model$optimizer$name, "adamw")
})

test_that("the network of a model is called as the live one, and is saved as data", {
  learner = trained_learner()
  x = torch_tensor(as.matrix(tsk("iris")$data(1:3, tsk("iris")$feature_names)))
  output = learner$model$network(x)
  expect_equal(as_array(output), as_array(learner$network(x)))
  expect_true(output$requires_grad)
  expect_equal(as_array(learner$model$network$linear1$weight), as_array(learner$network$linear1$weight))
  expect_false(learner$model$network$training)
  expect_error(learner$model$network$linaer1, "did you mean 'linear1'", class = "mlr3libtorch_error_unknown_field")

  expect_type(learner$model[["network"]], "list")
  expect_identical(names(learner$model$network), c("spec", "example", "state", "checksum"))
  expect_identical(learner$model$network, learner$clone(deep = TRUE)$model$network)
  expect_identical(learner$model$network[["state"]], learner$model[["network"]]$state)
  expect_false(identical(trained_learner()$train(tsk("iris"), 1:75)$model$network, learner$model$network))
  copy = learner$model
  copy$network = learner$model$network
  expect_identical(copy, learner$model)
  own = unserialize(serialize(learner$model$network, NULL))
  expect_equal(as_array(own(x)), as_array(output))
  expect_identical(learner$clone(deep = TRUE)$marshal()$unmarshal()$model, learner$model)
})
