#' @title Coefficients of a Linear Network
#'
#' @name coef.LearnerTorch
#' @description
#' The coefficients of a network that is linear in its features, such as `lrn("regr.mlp")` without hidden layers, with
#' the features' names. If features or target are standardised inside the network, the coefficients are those of the
#' features and the target as they are in the task. Of a factor, each level has one.
#'
#' Other networks have no coefficients: the error names the node because of which the network is not linear. Their
#' weights are in `learner$network$parameters`.
#'
#' @param object ([LearnerTorch], or a learner that has one inside, see [torch_learner()])\cr
#'   A trained learner. Those of a graph are for the features as they come to the network.
#' @param ... (any)\cr
#'   Not used.
#' @return A named `numeric()`, `"(Intercept)"` first; of several outputs, a matrix with a column for each: for three
#'   classes or more, their logits. For two classes, the coefficients of the positive class's logit.
#' @section Errors:
#' A network that is not linear, or has not one input of columns: `mlr3libtorch_error_config`.
#' @family Learner
#' @examples
#' learner = lrn("regr.mlp", epochs = 50, batch_size = 16, opt.lr = 0.01, seed = 1)
#' learner$train(tsk("mtcars"))
#' coef(learner)
NULL

#' @rdname coef.LearnerTorch
#' @importFrom stats coef
#' @export
coef.LearnerTorch = function(object, ...) {
  network = live_network(object, "coef()")
  model = object$model
  inputs = get_private(object)$.inputs(run_values(object$param_set), model$task_col_info)
  assert_linear(object$id, model$network$spec, inputs)
  terms = input_terms(inputs[[1L]])
  coefficients = linear_map(network, length(terms))
  rownames(coefficients) = c("(Intercept)", terms)
  if (ncol(coefficients) == 1L) {
    return(coefficients[, 1L])
  }
  colnames(coefficients) = output_terms(object, ncol(coefficients))
  coefficients
}

#' @rdname coef.LearnerTorch
#' @export
coef.GraphLearner = function(object, ...) coef(torch_learner(object), ...)

#' @rdname coef.LearnerTorch
#' @export
coef.AutoTuner = function(object, ...) coef(torch_learner(object), ...)

# What is linear, or, like dropout, does nothing in prediction.
linear_operations = c("linear", "dropout", "identity", "standardize", "unstandardize")

assert_linear = function(id, spec, inputs) {
  other = discard(spec$nodes, function(node) node$operation %in% linear_operations)
  if (length(other)) {
    abort("config", sprintf("coef(): the network of learner '%s' is not linear because of its node '%s' (%s); %s.", id,
      other[[1L]]$id, other[[1L]]$operation, "its weights are in `learner$network$parameters`"),
      fields = list(node = other[[1L]]$id))
  }
  if (length(inputs) != 1L || inputs[[1L]]$kind != "columns") {
    abort("config", sprintf("coef(): the network of learner '%s' must have one input, of columns of the task.", id))
  }
}

# Slopes are gradients, which lose no digits; differences of outputs would.
linear_map = function(network, columns) {
  x = torch_zeros(1, columns)$requires_grad_(TRUE)
  with_enable_grad({
    y = network(x)
    outputs = y$shape[[2L]]
    slopes = map(seq_len(outputs), function(i) {
      as.numeric(autograd_grad(y[1, i], list(x), retain_graph = TRUE)[[1L]])
    })
  })
  rbind(as.numeric(y$detach()), do.call(cbind, slopes))
}

# The names of the columns of an input: of a factor, one for each level.
input_terms = function(input) {
  unlist(map(seq_along(input$id), function(i) {
    if (input$coded[[i]]) paste0(input$id[[i]], input$levels[[i]]) else input$id[[i]]
  }))
}

output_terms = function(learner, outputs) {
  classes = predicted_classes(learner$model)
  if (length(classes) == outputs) classes else paste0("output", seq_len(outputs))
}
