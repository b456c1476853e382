trained_learner = function() {
  lrn("classif.mlp", neurons = 3, epochs = 1, batch_size = 75, seed = 1, predict_type = "prob",
    callbacks = t_clbk("history"))$train(tsk("iris"))
}

# Every place in a model, as the steps of `[[`.
places_in = function(x, depth = 4L, place = list()) {
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
    for (value in list(NULL, "nonsense", list(), NaN, 1e10)) {
      other$state$model = replaced(model, place, value)
      fine = is_classed(other$predict(tsk("iris"))) && is_classed(other$network) &&
        is_classed(get_private(other)$.hotstart(tsk("iris")))
      if (!fine) unclassed = c(unclassed, sprintf("%s = %s", paste(unlist(place), collapse = "."), format(value)))
    }
  }
  expect_identical(unclassed, character())
})
