#' @title Learners as Tables
#'
#' @name tidy.LearnerTorch
#' @description
#' Methods for the functions of the package \pkg{generics} that \pkg{broom} has as well: load one of them.
#'
#' * `tidy()`: with `what = "history"`, a row for each epoch and result; `"layers"`: the layers of the network, see
#'   [summary.LearnerTorch()]; `"coefficients"`: [those][coef.LearnerTorch] of a linear network.
#' * `glance()`: one row about the whole run.
#' * `augment()`: the rows of a task or a table, with predictions and, if the truth is known, residuals.
#'
#' @param x ([LearnerTorch], or a learner that has one inside, see [torch_learner()])\cr
#'   A trained learner.
#' @param what (`character(1)`)\cr
#'   `"history"`, `"layers"` or `"coefficients"`.
#' @param data ([mlr3::Task] or `data.frame()`)\cr
#'   What to predict. A graph predicts with all its steps.
#' @param ... (any)\cr
#'   Not used.
#' @return A [data.table::data.table()].
#'   * `tidy()`: `epoch`, `set` (`"train"` or `"valid"`), `measure` (`"loss"` or the id of a measure) and `value`; or
#'     the layers; or `term`, `estimate` and, of several outputs, `output`.
#'   * `glance()`: `id`, `epochs`, `best_epoch`, `stopped` (why the run ended), the losses and scores of the last epoch
#'     under the names that they have in the history, `parameters`, `seconds`, `compiled`, `seed`.
#'   * `augment()`: the columns of `data` and `.pred`, `.resid`, `.std_error` for regression, with quantiles
#'     `.pred_q0.1` and so on; `.pred_class` and `.pred_<class>` for classification.
#' @family Learner
#' @examplesIf requireNamespace("generics", quietly = TRUE)
#' learner = lrn("regr.mlp", epochs = 5, batch_size = 16)$train(tsk("mtcars"))
#' generics::glance(learner)
#' generics::tidy(learner)
#' generics::augment(learner, tsk("mtcars"))
NULL

#' @rdname tidy.LearnerTorch
#' @exportS3Method generics::tidy
tidy.LearnerTorch = function(x, what = "history", ...) {
  model = model_of(x)
  known = c("history", "layers", "coefficients")
  if (!test_choice(what, known)) {
    abort_unknown("argument", sprintf("tidy(): 'what' must be one of its tables, not %s.", as_short_string(what)),
      if (test_string(what)) what else "", known)
  }
  switch(what,
    history = long_history(model$history),
    layers = network_layers(model, live_network(x, "tidy()")),
    coefficients = long_coefficients(coef(x))
  )
}

#' @rdname tidy.LearnerTorch
#' @exportS3Method generics::glance
glance.LearnerTorch = function(x, ...) {
  model = model_of(x)
  sizes = map_dbl(network_parameters(model), function(parameter) prod(parameter$shape))
  as.data.table(c(
    list(id = x$id, epochs = as.integer(model$epochs), best_epoch = best_of_run(x, model)$epoch %??% NA_integer_,
      stopped = model$stopped$reason %??% "interrupted"),
    last_results(model),
    list(parameters = sum(sizes), seconds = run_total_seconds(model), compiled = isTRUE(model$plan$used),
      seed = model$seed %??% NA_integer_)
  ))
}

#' @rdname tidy.LearnerTorch
#' @exportS3Method generics::augment
augment.LearnerTorch = function(x, data = NULL, ...) augment_rows(x, data)

#' @rdname tidy.LearnerTorch
#' @exportS3Method generics::tidy
tidy.GraphLearner = function(x, ...) tidy.LearnerTorch(torch_learner(x), ...)

#' @rdname tidy.LearnerTorch
#' @exportS3Method generics::glance
glance.GraphLearner = function(x, ...) glance.LearnerTorch(torch_learner(x), ...)

#' @rdname tidy.LearnerTorch
#' @exportS3Method generics::augment
augment.GraphLearner = function(x, data = NULL, ...) augment_rows(x, data)

#' @rdname tidy.LearnerTorch
#' @exportS3Method generics::tidy
tidy.AutoTuner = tidy.GraphLearner

#' @rdname tidy.LearnerTorch
#' @exportS3Method generics::glance
glance.AutoTuner = glance.GraphLearner

#' @rdname tidy.LearnerTorch
#' @exportS3Method generics::augment
augment.AutoTuner = augment.GraphLearner

# A row for each epoch, set and result that is known.
long_history = function(history) {
  columns = grep("^(train|valid)[.]", names(history), value = TRUE)
  rows = rbindlist(map(columns, function(column) {
    data.table(epoch = history$epoch, set = sub("[.].*", "", column), measure = sub("^[a-z]*[.]", "", column),
      value = as.numeric(history[[column]]))
  }))
  rows[!is.na(rows$value), ]
}

long_coefficients = function(coefficients) {
  if (!is.matrix(coefficients)) {
    return(data.table(term = names(coefficients), estimate = unname(coefficients)))
  }
  data.table(output = rep(colnames(coefficients), each = nrow(coefficients)),
    term = rep(rownames(coefficients), ncol(coefficients)), estimate = as.numeric(coefficients))
}

# Any learner will do.
augment_rows = function(learner, data) {
  if (is.null(learner$model)) {
    abort("argument", sprintf("augment(): learner '%s' has not been trained.", learner$id))
  }
  is_task = inherits(data, "Task")
  if (!is_task && !is.data.frame(data)) {
    abort("argument", sprintf("augment(): 'data' must be a task or a data.frame, not %s.", as_short_string(data)),
      fields = list(argument = "data"))
  }
  prediction = if (is_task) learner$predict(data) else learner$predict_newdata(data)
  columns = if (is_task) data$data() else as.data.table(data)
  cbind(columns, predicted_columns(prediction))
}

predicted_columns = function(prediction) {
  if (inherits(prediction, "PredictionClassif")) {
    prob = prediction$prob
    if (!is.null(prob)) colnames(prob) = paste0(".pred_", colnames(prob))
    return(cbind(data.table(.pred_class = prediction$response), as.data.table(prob)))
  }
  if (is.null(prediction$response) || is.matrix(prediction$response)) {
    columns = as.data.table(prediction)
    given = grep("^(row_ids|weights|time|event|status|truth.*)$", names(columns), value = TRUE)
    predicted = setdiff(names(columns), given)
    return(set_names(columns[, predicted, with = FALSE], paste0(".pred_", predicted)))
  }
  resid = prediction$truth - prediction$response
  quantiles = prediction$data$quantiles
  as.data.table(discard(c(
    list(.pred = prediction$response, .resid = if (!allMissing(resid)) resid, .std_error = prediction$data$se),
    if (!is.null(quantiles)) set_names(as.list(as.data.table(quantiles)), paste0(".pred_", colnames(quantiles)))
  ), is.null))
}
