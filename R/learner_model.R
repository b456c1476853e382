# The model of a trained learner: a list of plain data, class `learner_torch_model`.

# mlr3 marshals models that have live parts. This one has none; it is put into a box that says "marshaled", and out
# again.

#' @export
marshal_model.learner_torch_model = function(model, inplace = FALSE, ...) {
  structure(list(marshaled = model, packages = "mlr3libtorch"),
    class = c("learner_torch_model_marshaled", "list_marshaled", "marshaled"))
}

#' @export
unmarshal_model.learner_torch_model_marshaled = function(model, inplace = FALSE, ...) model$marshaled

# The live network of a model.
network_handle = function(model) network_from_data(model$network)

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
