# The model of a trained learner: a list of plain data, class `learner_torch_model`.

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
