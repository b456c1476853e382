# What can be wrong with a learner's settings or a task, found before anything is computed.

# The task, before mlr3 sees it: its own errors for these have no class that tells them apart.
check_task = function(learner, task, row_ids = NULL) {
  where = sprintf("Learner '%s' cannot be trained on task '%s'", learner$id, task$id)
  if (task$nrow == 0L || identical(length(row_ids), 0L) && !is.null(row_ids)) {
    abort("no_rows", sprintf("%s: it has no rows.", where))
  }
  types = column_types(task, task$feature_names)
  unsupported = types[types %nin% learner$feature_types]
  if (length(unsupported)) {
    abort("unsupported_features", sprintf(
      "%s: the features %s are of an unsupported type (%s); convert them, %s.", where,
      str_collapse(names(unsupported), quote = "'", n = 10L), str_collapse(unique(unsupported)),
      "for instance with po(\"encode\") or po(\"colapply\")"
    ), fields = list(features = names(unsupported)))
  }
  if ("missings" %nin% learner$properties) {
    check_missings(task, where)
  }
  invisible(task)
}

check_missings = function(task, where, cols = NULL) {
  missings = task$missings(cols)
  missings = missings[missings > 0L]
  if (length(missings)) {
    counts = sprintf("'%s' (%i)", names(missings), missings)
    remedy = if (any(names(missings) %in% task$target_names)) {
      "leave out the rows without a target, for instance with `task$filter()`"
    } else {
      "impute them, for instance with po(\"imputemedian\") and po(\"imputemode\")"
    }
    abort("missing_values", sprintf("%s: there are missing values in %s; %s.", where, str_collapse(counts, n = 10L),
      remedy),
      fields = list(features = names(missings), count = sum(missings)))
  }
}

# What mlr3 would refuse with one message for everything: which feature, and what is wrong with it.
check_prediction_task = function(learner, task, info) {
  assert_same_features(task, info)
  features = info[!info$target & is_factor_type(info$type), ]
  declared = task$levels(features$id)
  pwalk(list(features$id, features$levels), function(id, levels) {
    if (length(setdiff(declared[[id]], levels))) {
      as_column(task$data(cols = id)[[1L]], id, levels)
    }
  })
  if ("missings" %nin% learner$properties) {
    check_missings(task, sprintf("Learner '%s' cannot predict task '%s'", learner$id, task$id), info$id[!info$target])
  }
  invisible(task)
}

# Settings that do not fit together, or not with the task. `values`: the parameter values of a training run.
check_settings = function(learner, task, values) {
  assert_required_parameters(learner$param_set, values, sprintf("Learner '%s'", learner$id), "train")
  check_loss(learner$loss, learner$task_type, learner$id)
  walk(c("measures_train", "measures_valid"), function(name) {
    check_run_measures(as_measure_list(values[[name]]), name, learner)
  })
  check_validation(learner, values)
  check_predict_type(learner, descriptor_request(learner$loss))
  check_sampler_alone(learner, values)
  if (isTRUE(values$drop_last) && is.null(values$sampler) && task$nrow < values$batch_size) {
    abort("config", sprintf(
      "Learner '%s': 'drop_last' leaves no batch, because the task has %i rows and the batch size is %i.", learner$id,
      task$nrow, values$batch_size))
  }
  invisible(learner)
}

check_task_type = function(task_type) {
  if (!test_choice(task_type, c("classif", "regr"))) {
    abort("argument", sprintf("'task_type' must be 'classif' or 'regr', not %s.", as_short_string(task_type)))
  }
  invisible(task_type)
}

# The field `validate`. A ratio leaves rows on both sides.
check_validate = function(validate, id) {
  words = c("predefined", "test")
  if (is.null(validate) || test_choice(validate, words) || (test_number(validate) && validate > 0 && validate < 1)) {
    return(validate)
  }
  message = sprintf("Learner '%s': 'validate' must be NULL, a ratio between 0 and 1, 'predefined' or 'test', not %s.",
    id, as_short_string(validate))
  meant = if (test_string(validate)) suggest(validate, words)
  abort("validation", if (is.null(meant)) message else with_suggestion(message, validate, words))
}

check_loss = function(loss, task_type, id) {
  if (task_type %nin% loss$task_types) {
    abort("loss", sprintf("Learner '%s': the loss '%s' is for tasks of type %s, not '%s'.", id, loss$id,
      str_collapse(loss$task_types, quote = "'"), task_type), fields = list(loss = loss$id, task_type = task_type))
  }
  invisible(loss)
}

# What a loss's outputs must stand for, by predict type.
predict_type_meanings = c(se = "mean_and_log_variance", quantiles = "quantiles")

assert_predict_type = function(learner, predict_type) {
  if (test_choice(predict_type, learner$predict_types)) {
    return(predict_type)
  }
  if (learner$task_type == "regr" && test_choice(predict_type, names(predict_type_meanings))) {
    abort_predict_type(learner, predict_type, learner$loss$key)
  }
  abort("predict_type", sprintf("Learner '%s' can predict %s, not %s.", learner$id,
    str_collapse(learner$predict_types, quote = "'", sep = " or "), as_short_string(predict_type)))
}

has_mc_dropout = function(learner) !is.null(learner$param_set$values$mc_dropout)

# The loss may have been changed after the predict type was set, or after training.
check_predict_type = function(learner, loss) {
  needed = predict_type_meanings[learner$predict_type]
  by_draws = learner$predict_type == "se" && has_mc_dropout(learner)
  if (!is.na(needed) && !by_draws && loss_outputs(loss)$meaning != needed) {
    abort_predict_type(learner, learner$predict_type, loss$key)
  }
  invisible(learner)
}

abort_predict_type = function(learner, predict_type, loss) {
  remedy = c(se = "`loss = t_loss(\"gaussian_nll\")`, or set `mc_dropout` if its network has dropout",
    quantiles = "`loss = t_loss(\"quantile\", quantiles = c(0.1, 0.5, 0.9))`")
  abort("predict_type", sprintf("Learner '%s' is to predict '%s', which its loss '%s' does not give; train it with %s.",
    learner$id, predict_type, loss, remedy[[predict_type]]),
    fields = list(predict_type = predict_type, loss = loss))
}

learner_quantiles = function(learner) {
  if (learner$task_type == "regr") {
    quantiles = loss_outputs(descriptor_request(learner$loss))$quantiles
    if (length(quantiles)) quantiles
  }
}

set_quantiles = function(learner, quantiles) {
  if (is.null(learner_quantiles(learner))) {
    abort("predict_type", sprintf("Learner '%s' has no quantiles; give it the loss `t_loss(\"quantile\")` first.",
      learner$id))
  }
  learner$param_set$set_values(loss.quantiles = quantiles)
}

check_quantile_response = function(learner, probability) {
  quantiles = learner_quantiles(learner)
  if (is.null(probability) || isTRUE(probability %in% quantiles)) {
    return(probability)
  }
  abort("predict_type", sprintf("Learner '%s': 'quantile_response' must be one of its quantiles (%s), not %s.",
    learner$id, str_collapse(format(quantiles)), as_short_string(probability)))
}

check_run_measures = function(measures, name, learner) {
  ids = map_chr(measures, "id")
  refuse = function(...) abort("measure", sprintf("Learner '%s', parameter '%s': %s", learner$id, name, sprintf(...)))
  if (anyDuplicated(ids)) {
    refuse("the measure '%1$s' is there twice; give one of them another id, as in `msr(..., id = \"%1$s_2\")`.",
      ids[[anyDuplicated(ids)]])
  }
  if ("epoch" %in% ids) {
    refuse("the id 'epoch' is taken by the history's column; give the measure another one.")
  }
  walk(measures, check_run_measure, learner = learner, refuse = refuse)
}

check_run_measure = function(measure, learner, refuse) {
  if (!is_scalar_na(measure$task_type) && measure$task_type != learner$task_type) {
    refuse("the measure '%s' is for tasks of type '%s', not '%s'.", measure$id, measure$task_type, learner$task_type)
  }
  offered = mlr_reflections$learner_predict_types[[learner$task_type]][[learner$predict_type]]
  if (!is_scalar_na(measure$predict_type) && measure$predict_type %nin% offered) {
    refuse("the measure '%s' needs the predict type '%s', but the learner predicts '%s'; set `predict_type = \"%s\"`.",
      measure$id, measure$predict_type, learner$predict_type, measure$predict_type)
  }
}

check_validation = function(learner, values) {
  measures = as_measure_list(values$measures_valid)
  patience = isTRUE(values$patience > 0)
  if (length(measures) && is.null(learner$validate)) {
    abort("validation", sprintf("Learner '%s' has 'measures_valid', but its field 'validate' is NULL; %s", learner$id,
      "set it, for instance with `validate = 0.3` or set_validate()."))
  }
  if (!patience) {
    return(invisible(learner))
  }
  if (is.null(learner$validate)) {
    abort("validation", sprintf("Learner '%s' has 'patience' above 0, but its field 'validate' is NULL; %s", learner$id,
      "early stopping needs validation data."))
  }
  if (!length(measures)) {
    abort("validation", sprintf("Learner '%s' has 'patience' above 0, but no 'measures_valid'; %s", learner$id,
      "the first validation measure decides when to stop."))
  }
  if (!test_flag(measures[[1L]]$minimize)) {
    abort("measure", sprintf("Learner '%s': the measure '%s' has no direction, so early stopping cannot use it; %s",
      learner$id, measures[[1L]]$id, "put another measure first in 'measures_valid'."))
  }
  invisible(learner)
}
