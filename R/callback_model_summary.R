#' @title Callback: Model Summary
#'
#' @aliases mlr_callback_set.model_summary mlr_callbacks_model_summary model_summary
#'
#' @description
#' Prints the network's nodes when training begins: id, operation, shapes and number of parameters.
#' After training, `summary(learner$model$network)` returns the same as a [data.table::data.table()].
#'
#' @family Callback
#' @export
#' @examples
#' t_clbk("model_summary")
CallbackSetModelSummary = R6Class("CallbackSetModelSummary",
  inherit = CallbackSet,
  lock_objects = FALSE,
  public = list(
    #' @description Prints the summary.
    on_begin = function() {
      nodes = get_private(self$ctx)$.values$spec$nodes
      print_network_summary(network_summary(nodes, self$ctx$network$parameters))
    }
  )
)

model_summary_callback = function() {
  TorchCallback$new(CallbackSetModelSummary, param_set = ps(), id = "model_summary", label = "Model Summary",
    man = "mlr3libtorch::CallbackSetModelSummary")
}

#' @title Summary of a Network
#'
#' @description
#' One row for each node of a trained network.
#'
#' @param object (`torch_network_data`)\cr
#'   `learner$model$network`.
#' @param ... (any)\cr
#'   Not used.
#' @return A [data.table::data.table()] with the columns `node`, `operation`, `shapes` (of the node's parameters) and
#'   `parameters` (how many numbers they hold).
#' @family Learner
#' @export
#' @examples
#' learner = lrn("classif.mlp", neurons = c(16, 8), epochs = 1, batch_size = 50)
#' learner$train(tsk("iris"))
#' summary(learner$model$network)
summary.torch_network_data = function(object, ...) {
  network_summary(object$spec$nodes, object$parameters)
}

# A parameter's name is the id of its node, a dot and its own name.
network_summary = function(nodes, parameters) {
  owner = sub("\\.[^.]*$", "", names(parameters))
  rows = map(unname(nodes), function(node) {
    own = parameters[owner == node$id]
    shapes = map_chr(own, function(parameter) paste(parameter$shape, collapse = " x "))
    data.table(node = node$id, operation = node$operation, shapes = paste(shapes, collapse = ", "),
      parameters = sum(0, map_dbl(own, function(parameter) prod(parameter$shape))))
  })
  rbindlist(rows)
}

print_network_summary = function(summary) {
  catn(sprintf("Network of %s parameters", format(sum(summary$parameters), big.mark = ",")))
  catn(sprintf("  %s  %s  %s  %s", format(summary$node), format(summary$operation),
    format(summary$parameters, big.mark = ","), summary$shapes))
}
