# The rules for the measures of a run, and the settings that need measures.

check_run_measures = function(measures, name, learner, task) {
  ids = map_chr(measures, "id")
  refuse = function(...) abort("measure", sprintf("Learner '%s', parameter '%s': %s", learner$id, name, sprintf(...)))
  if (anyDuplicated(ids)) {
    refuse("the measure '%1$s' is given twice; give one of them another id, as in `msr(..., id = \"%1$s_2\")`.",
      ids[[anyDuplicated(ids)]])
  }
  taken = intersect(c("epoch", "loss"), ids)
  if (length(taken)) {
    refuse("the id '%s' is taken by a column of the history; give the measure another one.", taken[[1L]])
  }
  walk(measures, check_run_measure, learner = learner, task = task, refuse = refuse)
}

check_run_measure = function(measure, learner, task, refuse) {
  if (!is_scalar_na(measure$task_type) && measure$task_type != learner$task_type) {
    refuse("the measure '%s' is for tasks of type '%s', not '%s'.", measure$id, measure$task_type, learner$task_type)
  }
  offered = mlr_reflections$learner_predict_types[[learner$task_type]][[learner$predict_type]]
  if (!is_scalar_na(measure$predict_type) && measure$predict_type %nin% offered) {
    refuse("the measure '%s' needs the predict type '%s', but the learner predicts '%s'; set `predict_type = \"%s\"`.",
      measure$id, measure$predict_type, learner$predict_type, measure$predict_type)
  }
  if ("twoclass" %in% measure$task_properties && "multiclass" %in% task$properties) {
    refuse("the measure '%s' is for two classes, but task '%s' has %i.", measure$id, task$id, length(task$class_names))
  }
}

# The area under the curve of rows of one class is not a number, whatever is predicted; such a score decides nothing.
# This depends on how rows were drawn, so a fallback learner may stand in.
check_measures_have_values = function(plan, task, where) {
  may_have_none = keep(plan$measures, function(measure) {
    !is.null(plan$truth) && !is.null(get0("na_value", measure, inherits = FALSE)) &&
      measure$predict_type %in% c("response", "prob")
  })
  if (!length(may_have_none)) {
    return(invisible())
  }
  plan$measures = may_have_none
  plan$entries = plan$entries[intersect(names(plan$entries), names(may_have_none))]
  has_value = have_values(plan, task)
  if (!all(has_value)) {
    id = names(has_value)[!has_value][[1L]]
    abort("undefined_score", sprintf(
      "%s: the measure '%s' is not a number on these %i rows, whatever is predicted; %s.", where, id, task$nrow,
      rows_problem(task)
    ), fields = list(measure = id))
  }
}

# Whether each measure is a number for one of two predictions: all rows right, or all wrong by one class or by 1.
# The rows that can make a difference are enough.
have_values = function(plan, task) {
  rows = telling_rows(plan$truth)
  board = score_board(plan)
  scores = map(0:1, function(mistakes) {
    outputs = torch_tensor(example_outputs(plan$truth, rows, plan$outputs, mistakes))
    native = core_board_scores(board, outputs, torch_tensor(rows))
    others = map(other_measures(plan), function(measure) {
      # warnings of the measure will come again when it is used
      unname(suppressWarnings(example_prediction(task, rows, mistakes)$score(measure, task = task)))
    })
    unlist(c(native, others))[names(plan$measures)]
  })
  map_lgl(set_names(names(plan$measures)), function(id) !all(is.na(map_dbl(scores, id))))
}

# Positions of one row of each class, or of the numbers that are extreme or nearest to zero, among those that count.
telling_rows = function(truth) {
  counting = if (is.null(truth$weights)) seq_along(truth$numbers %??% truth$values) else which(truth$weights > 0)
  if (!is.null(truth$classes)) {
    return(counting[!duplicated(truth$numbers[counting])])
  }
  values = truth$values[counting]
  counting[unique(c(which.min(values), which.max(values), which.min(abs(values))))]
}

# Such predictions as outputs of a network, for the core's scores.
example_outputs = function(truth, rows, outputs, mistakes) {
  if (is.null(truth$classes)) {
    # within the range of float32
    values = pmin(pmax(truth$values[rows] + mistakes, -1e30), 1e30)
    if (outputs$is_log) values = log(pmax(values, 1e-30))
    return(matrix(values, length(rows), max(1L, length(outputs$levels))))
  }
  codes = (truth$numbers[rows] - 1L + mistakes) %% truth$classes + 1L
  if (truth$classes == 2L) matrix(ifelse(codes == 1L, 10, -10)) else 10 * diag(truth$classes)[codes, , drop = FALSE]
}

# The same predictions as mlr3's objects.
example_prediction = function(task, rows, mistakes) {
  row_ids = task$row_ids[rows]
  truth = task$truth(row_ids)
  if (!has_classes(task$task_type)) {
    return(as_prediction(as_prediction_data(list(response = truth + mistakes), task = task, row_ids = row_ids)))
  }
  classes = task$class_names
  codes = (match(truth, classes) - 1L + mistakes) %% length(classes) + 1L
  prob = diag(length(classes))[codes, , drop = FALSE]
  colnames(prob) = classes
  response = factor(classes[codes], levels = classes)
  as_prediction(as_prediction_data(list(response = response, prob = prob), task = task, row_ids = row_ids))
}

rows_problem = function(task) {
  if (has_classes(task$task_type) && length(unique(task$truth())) == 1L) {
    return(sprintf("all are of the class '%s'; take rows of several, for instance by a stratum", task$truth()[[1L]]))
  }
  "take other rows, or another measure"
}

check_validation = function(learner, values) {
  measures = as_measure_list(values$measures_valid)
  patience = values$patience > 0
  if (length(measures) && is.null(learner$validate)) {
    abort_no_validation(learner, "'measures_valid'", "set it, for instance with `validate = 0.3` or set_validate()")
  }
  if (!length(measures) && !patience) {
    warn_unused_validation(learner)
  }
  if (!patience) {
    return(invisible(learner))
  }
  if (is.null(learner$validate)) {
    abort_no_validation(learner, "'patience' above 0", "early stopping needs validation data")
  }
  deciding_measure(measures, sprintf("Learner '%s': early stopping ('patience' above 0)", learner$id))
  invisible(learner)
}

abort_no_validation = function(learner, what, remedy) {
  abort("validation", sprintf("Learner '%s' has %s, but its field 'validate' is NULL; %s. %s", learner$id, what, remedy,
    paste("(An auto_tuner() trains its final model without validation data, whatever 'validate' is; tune 'epochs'",
      "with `internal = TRUE`, and it also removes 'patience' and 'measures_valid' there.)")))
}

# Rows that are set aside but not used would only be missing in training.
warn_unused_validation = function(learner) {
  if (!is.numeric(learner$validate) || some(learner$callbacks, looks_at_validation)) {
    return(invisible(learner))
  }
  warn("unused_validation", sprintf(paste(
    "Learner '%s': `validate = %s` keeps that share of the rows out of training, but only the loss is",
    "measured on them; set 'measures_valid', or `validate = NULL` to train on all rows."
  ), learner$id, format(learner$validate)))
}

# Callbacks of this package use only scores, of which there are none.
looks_at_validation = function(callback) {
  levels = callback_levels(callback$generator, "callback")
  is_user = !in_this_package(callback$generator) || "CallbackSetCompiled" %in% map_chr(levels, "classname")
  is_user && any(c("on_batch_valid_begin", "on_batch_valid_end", "on_valid_end") %in% class_stages(callback$generator))
}
