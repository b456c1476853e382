# The model of a trained learner: a list of plain data, class `learner_torch_model`.

# mlr3 marshals models that have live parts. This one has none; it is only put into a box that says "marshaled", and
# taken out again.

#' @export
marshal_model.learner_torch_model = function(model, inplace = FALSE, ...) {
  structure(list(marshaled = model, packages = "mlr3libtorch"),
    class = c("learner_torch_model_marshaled", "list_marshaled", "marshaled"))
}

#' @export
unmarshal_model.learner_torch_model_marshaled = function(model, inplace = FALSE, ...) model$marshaled

# The network's data can be called, see `callable_data()`; the model itself holds them as they are saved.
#' @export
`$.learner_torch_model` = function(x, name) {
  value = .subset2(x, name)
  if (inherits(value, "torch_network_data")) callable_data(value) else value
}

#' @export
`$<-.learner_torch_model` = function(x, name, value) {
  class = class(x)
  x = unclass(x)
  x[[name]] = if (inherits(value, "torch_network_data")) stored_data(value) else value
  structure(x, class = class)
}

# The classes that a model predicts; `NULL` for numbers.
predicted_classes = function(model) {
  targets = which(model$task_col_info$target)
  if (length(targets) == 1L) model$task_col_info$levels[[targets]]
}

# The names of the tensors of numbers that hold NaN or Inf.
weights_not_finite = function(tensors) {
  names(discard(tensors, function(tensor) tensor$isfinite()$all()$item()))
}

is_request = function(x) is.list(x) && test_string(x$key) && is.list(x$arguments)

is_column_info = function(x) {
  is.data.frame(x) && all(c("id", "type", "levels", "target") %in% names(x)) && is.character(x$id) &&
    is.character(x$type) && is.list(x$levels) && is.logical(x$target) && !anyNA(x$target)
}

# The elements of a model that prediction and further training rely on.
model_elements = list(
  network = list(is = function(x) is_network_data(x), words = "a network as plain data"),
  loss_fn = list(is = is_request, words = "the key of a loss and its arguments"),
  task_col_info = list(is = is_column_info, words = "a table of the task's columns"),
  epochs = list(is = function(x) test_count(x), words = "a number of epochs"),
  optimizer = list(is = is.list, words = "a list"),
  callbacks = list(is = is.list, words = "a list"),
  history = list(is = function(x) is.null(x) || (is.data.frame(x) && is.integer(x$epoch)), words = "a table"),
  run = list(is = is.list, words = "a list")
)

# A model may have been changed by hand or may come from elsewhere.
assert_model = function(model) {
  if (!inherits(model, "learner_torch_model") || !is.list(model)) {
    abort("model", sprintf("The model of a learner must be a learner_torch_model, not %s.", as_short_string(model)))
  }
  iwalk(model_elements, function(element, name) {
    if (!element$is(model[[name]])) {
      abort("model", sprintf("The model is damaged: its element '%s' must be %s, not %s. Train the learner again.",
        name, element$words, as_short_string(model[[name]], width = 60L)), fields = list(element = name))
    }
  })
  invisible(model)
}

# What a run goes on from, besides the network, which has its own checksum.
continued_elements = c("optimizer", "callbacks", "run")

# A state to go on from, or NULL.
assert_whole_state = function(state) {
  if (!is.null(state)) {
    assert_model(state)
    assert_intact(state$network$state, state$network$checksum, "The network's weights were")
    assert_intact(state[continued_elements], state$checksum, "The state of optimizer, callbacks or run was")
  }
}

#' @export
print.learner_torch_model = function(x, ...) {
  scores = if (length(x$internal_valid_scores)) as_short_string(x$internal_valid_scores, 1000L) else "-"
  states = if (length(x$callbacks)) str_collapse(names(x$callbacks)) else "-"
  catn("<learner_torch_model>")
  catn(str_indent("* Epochs:", paste0(x$epochs, if (isTRUE(x$interrupted)) " (interrupted)")))
  catn(str_indent("* Seed:", format(x$seed)))
  catn(str_indent("* Validation scores:", scores))
  catn(str_indent("* Callback states:", states))
  print(x$network)
  invisible(x)
}

#' @export
format.learner_torch_model = function(x, ...) {
  sprintf("<learner_torch_model: %i epochs>", as.integer(x$epochs))
}
