#' @title Summary of a Trained Learner
#'
#' @description
#' The layers of the network with their shapes and numbers of parameters, the run with its losses and scores, and where
#' its time went.
#'
#' @param object ([LearnerTorch], or a learner that has one inside, see [torch_learner()])\cr
#'   A trained learner.
#' @param ... (any)\cr
#'   Not used.
#' @return An object of class `summary.LearnerTorch` that can be printed, a list:
#'   * `id` (`character(1)`),
#'   * `layers` ([data.table::data.table()]): a row for each input and node of the network, with the columns `node`,
#'     `operation`, `output` (the shape for one row), `parameters` (how many numbers),
#'   * `parameters` (`numeric(1)`): of all layers,
#'   * `optimizer`, `loss`, `callbacks` (`character()`): their ids,
#'   * `run` (named `list()`): `epochs`, `seconds`, `stopped` (why it ended, a list, see below), `seed`, `plan`,
#'   * `best` (named `list()` or `NULL`): `epoch`, `name` and `score` of the best evaluation,
#'   * `history`: that of the learner,
#'   * `timing`: `learner$model$timing`.
#'
#'   `run$stopped`, which is also `learner$model$stopped`, has the elements `reason` (`"epochs"`, `"early_stopping"`,
#'   `"time_limit"`, `"diverged"` or `"callback"`), `callback` (the id of the one that has ended the run) and `text`.
#'   It is `NULL` if the run was interrupted.
#' @name summary.LearnerTorch
#' @family Learner
#' @examples
#' learner = lrn("classif.mlp", neurons = 8, epochs = 5, batch_size = 50)$train(tsk("iris"))
#' summary(learner)
NULL

#' @rdname summary.LearnerTorch
#' @export
summary.LearnerTorch = function(object, ...) {
  network = live_network(object, "summary()")
  model = object$model
  layers = network_layers(model, network)
  structure(list(
    id = object$id,
    layers = layers,
    parameters = sum(layers$parameters),
    optimizer = object$optimizer$id,
    loss = object$loss$id,
    callbacks = as.character(names(object$callbacks)),
    run = list(epochs = model$epochs, seconds = run_total_seconds(model), stopped = model$stopped, seed = model$seed,
      plan = model$plan),
    facts = run_facts(object, model),
    best = best_of_run(object, model),
    history = object$history,
    timing = model$timing
  ), class = "summary.LearnerTorch")
}

#' @rdname summary.LearnerTorch
#' @export
summary.GraphLearner = function(object, ...) summary(torch_learner(object), ...)

#' @rdname summary.LearnerTorch
#' @export
summary.AutoTuner = function(object, ...) summary(torch_learner(object), ...)

# A row for each input and node: node, operation, output, parameters.
network_layers = function(model, network) {
  shapes = core_network_shapes(network_pointer(network))
  counts = network_summary(model$network$spec$nodes, model$network$parameters)
  inputs = model$network$spec$inputs
  rows = c(inputs, counts$node)
  data.table(
    node = rows,
    operation = c(rep("input", length(inputs)), counts$operation),
    output = map_chr(shapes[rows], shape_text),
    parameters = c(numeric(length(inputs)), counts$parameters)
  )
}

#' @export
print.summary.LearnerTorch = function(x, ...) {
  catn(sprintf("<%s>: a network of %s parameters", x$id, format(x$parameters, big.mark = ",", scientific = FALSE)))
  layers = x$layers
  cells = list(layers$node, layers$operation, layers$output,
    ifelse(layers$parameters == 0, "", format(layers$parameters, big.mark = ",", scientific = FALSE)))
  cells = pmap(list(c("layer", "operation", "output", "parameters"), cells), c)
  numbers = format(cells[[4L]], justify = "right")
  catn(trimws(sprintf("  %s  %s  %s  %s", format(cells[[1L]]), format(cells[[2L]]), format(cells[[3L]]), numbers),
    "right"))
  catn(str_indent("* Optimizer, loss:", paste(x$optimizer, x$loss, sep = ", ")))
  if (length(x$callbacks)) catn(str_indent("* Callbacks:", x$callbacks))
  catn(str_indent("* Trained:", x$facts$trained))
  catn(str_indent("* Last epoch:", x$facts$last))
  if (!is.null(x$facts$best)) catn(str_indent("* Best epoch:", x$facts$best))
  catn(str_indent("* Step:", x$facts$step))
  catn(str_indent("* Time:", timing_text(x$timing)))
  invisible(x)
}

# The parts that took a twentieth of the time or more, largest first.
timing_text = function(timing) {
  name = ifelse(is.na(timing$callback), timing$stage, sprintf("callback '%s'", timing$callback))
  shares = sort(tapply(timing$share, name, sum), decreasing = TRUE)
  shares = shares[shares >= 0.05]
  if (length(shares)) str_collapse(sprintf("%s %.0f%%", names(shares), 100 * shares)) else "-"
}
