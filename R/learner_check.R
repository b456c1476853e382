# What can be wrong with a learner's settings or a task, found before anything is computed.

# Checks the task before mlr3 does, whose errors have no class that tells them apart.
check_task = function(learner, task, row_ids = NULL) {
  where = sprintf("Learner '%s' cannot be trained on task '%s'", learner$id, task$id)
  if (task$nrow == 0L || identical(length(row_ids), 0L) && !is.null(row_ids)) {
    abort("no_rows", sprintf("%s: it has no rows.", where))
  }
  types = column_types(task, task$feature_names)
  unsupported = types[types %nin% learner$feature_types]
  if (length(unsupported)) {
    abort("unsupported_features", sprintf(
      "%s: the features %s are of an unsupported type (%s); convert them, for instance with %s.", where,
      str_collapse(names(unsupported), quote = "'", n = 10L), str_collapse(unique(unsupported)),
      str_collapse(unique(map_chr(unsupported, type_converter, task_type = learner$task_type)), sep = " and ")
    ), fields = list(features = names(unsupported)))
  }
  if ("missings" %nin% learner$properties) {
    check_missings(task, where)
  }
  invisible(task)
}

# The pipeop that converts a type of features to one that a network can take.
type_converter = function(type, task_type) {
  switch(type,
    Date = , POSIXct = "po(\"datefeatures\")",
    character = paste("po(\"textvectorizer\") or `po(\"colapply\", applicator = factor)`, or use",
      sprintf("`lrn(\"%s.sequence\")`, which reads texts", task_type)),
    factor = , ordered = "po(\"encode\")",
    lazy_tensor = "`lrn(\"classif.torch_model\")` or a network of pipeops, which read lazy tensors",
    "po(\"colapply\")"
  )
}

# mlr3 has one message for all these cases; here, the feature is named, and what is wrong with it.
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

# The task with validation rows whose classes are in its own order, which the network's outputs follow.
with_training_classes = function(task) {
  valid = task$internal_valid_task
  if (is.null(valid) || !has_classes(task$task_type) || identical(valid$class_names, task$class_names)) {
    return(task)
  }
  if (!setequal(valid$class_names, task$class_names)) {
    abort("features", sprintf(paste(
      "The classes of the validation rows of task '%s' are %s, those of its own rows are %s; give both targets the",
      "same levels."
    ), task$id, str_collapse(valid$class_names), str_collapse(task$class_names)),
      fields = list(features = task$target_names))
  }
  valid = valid$clone(deep = TRUE)
  if (length(task$class_names) == 2L) valid$positive = task$positive else
    valid$set_levels(set_names(list(task$class_names), task$target_names))
  task = task$clone()
  task$internal_valid_task = valid
  task
}

# A network that goes on knows levels by their numbers. `earlier`, `now`: see `column_info()`.
assert_same_levels = function(earlier, now, task) {
  at = match(now$id, earlier$id)
  changed = which(!is.na(at) & !pmap_lgl(list(now$levels, earlier$levels[at]), identical))
  if (length(changed)) {
    first = changed[[1L]]
    abort("resume", sprintf(paste(
      "Training cannot go on with task '%s': '%s' has the levels %s, but had %s before, in an order that weights refer",
      "to. Give it the same levels%s."
    ), task$id, now$id[[first]], str_collapse(now$levels[[first]], n = 10L),
      str_collapse(earlier$levels[[at[[first]]]], n = 10L),
      if (now$target[[first]]) " and the same positive class" else ""))
  }
}

# mlr3 wants the levels of factors in the order of training, which their codes follow.
# Values that training did not see have been refused before.
with_training_levels = function(task, info) {
  features = info[!info$target & is_factor_type(info$type), ]
  declared = task$levels(features$id)
  other = !map_lgl(seq_row(features), function(i) identical(declared[[features$id[[i]]]], features$levels[[i]]))
  if (!any(other)) {
    return(task)
  }
  # set_levels() writes into a table that shallow copies share
  task$clone(deep = TRUE)$set_levels(set_names(features$levels[other], features$id[other]))
}

# mlr3 would stop at the first NaN, with an error without a class of its own, for which no fallback could be chosen.
# `y_hat`: see `.encode_prediction()`.
assert_finite_outputs = function(y_hat, learner, task) {
  draws = if (inherits(y_hat, "torch_tensor")) list(y_hat) else y_hat
  if (all(map_lgl(draws, function(output) output$isfinite()$all()$item()))) {
    return(invisible(y_hat))
  }
  abort("diverged", sprintf(paste(
    "Learner '%s' cannot predict %s: its network gives values that are not finite; its training has diverged, or the",
    "features are far beyond those of training. %s"
  ), learner$id, if (is.null(task)) "these rows" else sprintf("task '%s'", task$id), divergence_remedy))
}

# Refuses settings that do not fit together or do not fit the task. `values`: the parameter values of a training run.
# Returns how the run is scored, see `scoring_plans()`.
check_settings = function(learner, task, values) {
  assert_events(task)
  assert_required_parameters(learner$param_set, values, sprintf("Learner '%s'", learner$id), "train")
  # whether workers have something to do is known when there are data, see `training_rows()`
  mention_no_effect(values[names(values) != "num_workers"])
  check_loss(learner$loss, learner$task_type, learner$id)
  walk(c("measures_train", "measures_valid"), function(name) {
    check_run_measures(as_measure_list(values[[name]]), name, learner, task)
  })
  check_validation(learner, values)
  check_predict_type(learner, descriptor_request(learner$loss))
  check_sampler_alone(learner, values)
  if (values$drop_last && is.null(values$sampler) && task$nrow < values$batch_size) {
    abort("config", sprintf(
      "Learner '%s': 'drop_last' leaves no batch, because the task has %i rows and the batch size is %i; %s.",
      learner$id, task$nrow, values$batch_size, "lower 'batch_size' or leave 'drop_last' at FALSE"))
  }
  plans = scoring_plans(learner, task, values)
  rows = list(train = task, valid = task$internal_valid_task)
  iwalk(plans, function(plan, phase) {
    check_measures_have_values(plan, rows[[phase]], sprintf("Learner '%s', 'measures_%s'", learner$id, phase))
  })
  invisible(plans)
}

# `result`: what a subclass's check of a task returned.
assert_fit_task = function(result, learner, task) {
  if (!isTRUE(result)) {
    abort("config", sprintf("Learner '%s' cannot use task '%s': %s", learner$id, task$id,
      as_short_string(result, 1000L)))
  }
}

# list(set, sources): a parameter set, and expressions of sets that belong to something else, such as
# `private$.param_set_base`, which are evaluated in a method of the learner.
own_param_sets = function(param_set, id) {
  if (inherits(param_set, "ParamSet")) {
    return(list(set = check_own_params(param_set, id), sources = list()))
  }
  if (!is.list(param_set)) {
    abort("argument", sprintf("Learner '%s': 'param_set' must be a ParamSet, or a list of them, not %s.", id,
      as_short_string(param_set)))
  }
  is_source = map_lgl(param_set, is.language)
  walk(param_set[is_source], function(source) {
    if (!grepl("^(self|private|super)\\b", deparse(source)[[1L]])) {
      abort("argument", sprintf("Learner '%s': an expression in 'param_set' must begin with `self$` or `private$`, %s.",
        id, sprintf("as `%s` does not", deparse(source)[[1L]])))
    }
  })
  sets = map(param_set[!is_source], function(set) check_own_params(if (is.function(set)) set() else set, id))
  list(set = if (length(sets)) ps_union(unname(sets)) else ps(), sources = param_set[is_source])
}

# A subclass's own parameters. The learner's other parameters begin with a prefix that says what they belong to.
check_own_params = function(param_set, id) {
  if (!inherits(param_set, "ParamSet")) {
    abort("argument", sprintf("Learner '%s': 'param_set' must be a ParamSet, not %s.", id, as_short_string(param_set)))
  }
  taken = grep("^(opt|loss|cb)[.]", param_set$ids(), value = TRUE)
  if (length(taken)) {
    abort("parameter", sprintf(paste("Learner '%s' cannot have a parameter '%s' of its own: the prefixes 'opt.',",
      "'loss.' and 'cb.' belong to the optimizer, the loss and the callbacks; choose another name."), id, taken[[1L]]),
      fields = list(parameter = taken[[1L]]))
  }
  param_set
}

# The field `validate`. A ratio must leave rows on both sides.
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

# What a run minimises: a subclass may wrap the learner's loss, or have one of its own.
run_loss = function(learner, private, task, values) {
  if (private$.has_inherited(".loss_fn")) {
    return(learner$loss)
  }
  loss = as_torch_loss(private$.loss_fn(task, values))
  check_loss(loss, learner$task_type, learner$id)
  loss
}

# The optimizer of a run, with the learner's own learning rate if it has one and none was set.
run_optimizer = function(learner, private, values) {
  optimizer = learner$optimizer
  rate = private$.learning_rate(values)
  if (is.null(rate) || optimizer$key != "adam" || !is.null(optimizer$param_set$values$lr)) {
    return(optimizer)
  }
  optimizer = optimizer$clone(deep = TRUE)
  optimizer$param_set$set_values(lr = rate)
  optimizer
}

check_loss = function(loss, task_type, id) {
  if (task_type %nin% loss$task_types) {
    abort("loss", sprintf("Learner '%s': the loss '%s' is for tasks of type %s, not '%s'; losses for it are %s.", id,
      loss$id, str_collapse(loss$task_types, quote = "'"), task_type,
      str_collapse(losses_of(task_type), quote = "'")), fields = list(loss = loss$id, task_type = task_type))
  }
  invisible(loss)
}

assert_predict_type = function(learner, predict_type) {
  if (test_choice(predict_type, learner$predict_types)) {
    return(predict_type)
  }
  if (test_choice(predict_type, names(task_kind(learner$task_type)$meanings))) {
    abort_predict_type(learner, predict_type, learner$loss$key)
  }
  abort("predict_type", sprintf("Learner '%s' can predict %s, not %s.", learner$id,
    str_collapse(learner$predict_types, quote = "'", sep = " or "), as_short_string(predict_type)))
}

has_mc_dropout = function(learner) !is.null(learner$param_set$values$mc_dropout)

# The loss may have been changed after the predict type was set, or after training.
check_predict_type = function(learner, loss) {
  needed = task_kind(learner$task_type)$meanings[learner$predict_type]
  by_draws = learner$predict_type == "se" && has_mc_dropout(learner)
  if (!is.na(needed) && !by_draws && core_loss_outputs(loss)$meaning != needed) {
    abort_predict_type(learner, learner$predict_type, loss$key)
  }
  invisible(learner)
}

abort_predict_type = function(learner, predict_type, loss) {
  remedy = c(lp = "`loss = t_loss(\"cox_ph\")`", distr = "`loss = t_loss(\"discrete_hazard\", cuts = ...)`",
    se = "`loss = t_loss(\"gaussian_nll\")`, or set `mc_dropout` if its network has dropout",
    quantiles = "`loss = t_loss(\"quantile\", quantiles = c(0.1, 0.5, 0.9))`")
  abort("predict_type", sprintf("Learner '%s' cannot predict '%s' with its loss '%s'; train it with %s.",
    learner$id, predict_type, loss, remedy[[predict_type]]),
    fields = list(predict_type = predict_type, loss = loss))
}

learner_quantiles = function(learner) {
  if ("quantiles" %in% names(task_kind(learner$task_type)$meanings)) {
    quantiles = core_loss_outputs(descriptor_request(learner$loss))$quantiles
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
