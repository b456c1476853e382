#' @title A Trained Learner as a Plain Function
#'
#' @description
#' Makes a function that only predicts, for serving a model: no task, no table of predictions, no
#' learner. It holds the network and the recipe of its inputs as plain data, so it can be saved with `saveRDS()` and
#' called in another process after `loadNamespace("mlr3libtorch")`.
#' One row takes less than a tenth of a millisecond for a small network.
#'
#' @param learner ([LearnerTorch], or a learner that has one inside, see [torch_learner()])\cr
#'   A trained learner. In a graph there may be no other steps than those that build the network. Changing it later does
#'   not change the function.
#' @return A function of class `torch_predictor` with one argument, `newdata`: a data.frame, a list of vectors of equal
#'   length, or a numeric matrix with the features as column names. Other columns are ignored, and the order is
#'   irrelevant. It returns
#'   * for classification a matrix of probabilities with a column for each class,
#'   * for regression a vector, or with the predict type `"se"` a matrix with the columns `response` and `se`, and with
#'     `"quantiles"` one with a column for each quantile.
#'
#'   Missing values, unknown levels, and features that are missing or of another type than in training are errors that
#'   name them. Prediction runs on the CPU.
#' @family Learner
#' @export
#' @examples
#' learner = lrn("classif.mlp", epochs = 5, batch_size = 32)
#' learner$train(tsk("iris"))
#' predictor = as_predictor(learner)
#' predictor(iris[c(1, 51, 101), ])
as_predictor = function(learner) {
  inner = torch_learner(learner)
  outside = steps_outside(learner)
  if (length(outside)) {
    abort("argument", sprintf("as_predictor(): learner '%s' has pipeops that a predictor would leave out: %s; %s.",
      learner$id, str_collapse(outside, quote = "'"),
      paste("predict with `$predict_newdata()`, or give `torch_learner(learner)` for the network alone, whose rows are",
        "then what these pipeops return")),
      fields = list(argument = "learner"))
  }
  if (has_mc_dropout(inner)) {
    abort("argument", sprintf("as_predictor(): learner '%s' predicts by draws of its dropout, which a predictor %s.",
      learner$id, "does not make; predict with `$predict_newdata()`, or set its parameter `mc_dropout` to NULL"),
      fields = list(argument = "learner"))
  }
  recipe = get_private(inner)$.recipe()
  predictor = function(newdata) predicted_numbers(predict_rows(newdata, recipe), recipe$encoding)
  environment(predictor) = list2env(list(recipe = recipe), parent = topenv())
  structure(predictor, class = "torch_predictor")
}

#' @export
print.torch_predictor = function(x, ...) {
  recipe = environment(x)$recipe
  catn(sprintf("<torch_predictor>: %s of %i features", recipe$id, length(recipe$types)))
  catn(str_indent("* Features:", as_short_string(names(recipe$types), 1000L)))
  classes = recipe$encoding$class_names
  catn(str_indent("* Predicts:", if (is.null(classes)) "numbers" else paste("probabilities of", toString(classes))))
  invisible(x)
}

# All that prediction needs, as plain data: list(id, network, inputs, types, encoding, precision). `types`: of the
# features, by name.
new_recipe = function(learner, model, inputs, encoding) {
  features = model$task_col_info[!model$task_col_info$target, ]
  types = set_names(features$type, features$id)
  list(id = learner$id, network = stored_data(model$network), inputs = inputs, types = types,
    encoding = encoding, precision = run_values(learner$param_set)$precision)
}

# The network's output for rows that do not belong to a task.
predict_rows = function(newdata, recipe) {
  inputs = row_inputs(newdata, recipe)
  predict_network(last_network(recipe$network), inputs$x, max(inputs$rows, 1L), "cpu", recipe$precision)
}

# list(x, rows): the network's inputs.
row_inputs = function(newdata, recipe) {
  columns = checked_columns(newdata, recipe)
  rows = if (length(columns)) length(columns[[1L]]) else NROW(newdata)
  list(x = map(recipe$inputs, input_tensor, columns = columns, rows = rows, codes = TRUE), rows = rows)
}

# The result of `$predict()` for such rows, as a list.
predict_plain_rows = function(learner, private, newdata) {
  values = run_values(learner$param_set)
  recipe = private$.recipe()
  with_threads(values$num_threads, {
    inputs = row_inputs(newdata, recipe)
    model = private$.model()
    private$.encode_outputs(outputs_for_rows(model, inputs$x, inputs$rows, values), model)
  })
}

# Whether a prediction of new rows needs nothing that only mlr3's way by a task has.
predicts_plainly = function(learner, newdata) {
  model = learner$model
  is_plain = is.data.frame(newdata) && inherits(model, "learner_torch_model") && nrow(newdata) > 0L &&
    task_kind(learner$task_type)$plain_rows && learner$encapsulation[["predict"]] == "none" && !learner$predict_raw &&
    !isTRUE(learner$parallel_predict) && is.null(learner$param_set$values$collate_fn) &&
    is.null(workers_of_prediction(learner$param_set$values$workers)) &&
    get_private(learner)$.has_inherited(c(".predict", ".predict_task", ".dataset", ".encode_prediction"))
  if (!is_plain) {
    return(FALSE)
  }
  info = model$task_col_info
  columns = as.list(newdata)[intersect(info$id, names(newdata))]
  types = set_names(info$type, info$id)[names(columns)]
  # lazy tensors are read batch by batch
  "lazy_tensor" %nin% types && all(info$id[!info$target] %in% names(columns)) &&
    identical(unname(map_chr(columns, class_name)), unname(types)) &&
    !length(learner$state$train_task$col_roles$weights_measure)
}

class_name = function(x) class(x)[[1L]]

# The prediction for new rows, a data.frame, without a task of them.
predict_new_rows = function(learner, private, newdata) {
  start = proc.time()[["elapsed"]]
  task = learner$state$train_task
  values = as.list(newdata)
  truth = values[[task$target_names]] %??% rep(NA_real_, nrow(newdata))
  if (has_classes(task$task_type)) truth = factor(as.character(truth), levels = task$class_names)
  result = c(list(row_ids = seq_row(newdata), truth = truth), predict_plain_rows(learner, private, values))
  types = mlr_reflections$task_types
  class = types$prediction_data[match(task$task_type, types$type)]
  data = structure(result, class = c(class, "PredictionData"))
  # See checked_prediction_data(): probabilities that were made here are not checked again.
  if (!has_classes(task$task_type)) data = check_prediction_data(data, train_task = task)
  learner$state$predict_time = proc.time()[["elapsed"]] - start
  as_prediction(data)
}

assert_trained = function(model, learner) {
  if (is.null(model)) {
    abort("model", sprintf("Learner '%s' has not been trained, so it cannot predict.", learner$id))
  }
  model
}

# By the fallback learner, if training has failed.
predict_fast = function(learner, private, newdata) {
  fallback = learner$state$fallback_state
  if (is.null(learner$model) && !is.null(fallback$model)) {
    return(stand_in(learner$fallback, fallback, learner$predict_type)$predict_newdata_fast(newdata))
  }
  predict_plain_rows(learner, private, newdata)
}

# The fallback learner in its trained state.
stand_in = function(fallback, state, predict_type) {
  fallback$predict_type = predict_type
  fallback$state = state
  fallback
}

# The columns of the features; text becomes a factor if one is expected.
checked_columns = function(newdata, recipe) {
  types = recipe$types
  columns = if (is.matrix(newdata)) as.list(as.data.frame(newdata)) else as.list(newdata)
  absent = setdiff(names(types), names(columns))
  if (length(absent)) {
    abort("features", sprintf("The features %s are missing, but %s was trained on them.",
      str_collapse(absent, quote = "'", n = 10L), recipe$id), fields = list(features = absent))
  }
  columns = columns[names(types)]
  fits = map_lgl(columns, is.numeric)
  fits[fits] = types[fits] %in% c("numeric", "integer")
  walk(names(types)[fits & types == "integer"], function(name) check_whole(columns[[name]], name))
  walk(names(types)[types == "character"], function(name) check_text(columns[[name]], name))
  for (name in names(types)[!fits]) columns[[name]] = checked_column(columns[[name]], name, types[[name]])
  if (length(unique(lengths(columns))) > 1L) {
    abort("features", sprintf("All features must have the same number of values, but they have %s.",
      str_collapse(unique(lengths(columns)), sep = " and ")))
  }
  columns
}

check_whole = function(values, name) {
  if (!is.integer(values) && any(values != trunc(values), na.rm = TRUE)) {
    abort("features", sprintf("Feature '%s' has numbers that are not whole, but was integer in training.", name),
      fields = list(features = name))
  }
}

check_text = function(values, name) {
  if (anyNA(values)) {
    abort("missing_values", sprintf("Feature '%s' has missing texts; impute them, for instance with %s.", name,
      "po(\"imputeconstant\")"), fields = list(features = name, count = sum(is.na(values))))
  }
}

checked_column = function(values, name, type) {
  if (is_factor_type(type) && (is.factor(values) || is.character(values))) {
    return(as.factor(values))
  }
  if (type %in% class(values)) {
    return(values)
  }
  abort("features", sprintf("Feature '%s' is %s, but was %s in training.", name, class(values)[[1L]], type),
    fields = list(features = name))
}

predicted_numbers = function(y_hat, encoding) {
  predict_type = if (is.null(encoding$class_names)) encoding$predict_type else "prob"
  prediction = encode_prediction(task_stand_in(encoding), y_hat, predict_type, encoding = encoding)
  numbers = switch(predict_type,
    crank = , lp = prediction$crank,
    distr = prediction$distr,
    prob = prediction$prob,
    se = cbind(response = prediction$response, se = prediction$se),
    quantiles = structure(prediction$quantiles, response = NULL),
    prediction$response
  )
  if (!all(is.finite(numbers))) {
    abort("diverged", "The network gives values that are not finite; the features are far beyond those of training.")
  }
  numbers
}
