# The scores of a run: which measures the core computes, and which mlr3 does.
# See docs/decisions/scores_in_the_core.md.

# How the training rows and the validation rows of a run are scored: list(train, valid) of `scoring_plan()`s.
scoring_plans = function(learner, task, values) {
  train = scoring_plan(values$measures_train, learner, task)
  list(train = train, valid = scoring_plan(values$measures_valid, learner, task$internal_valid_task, train))
}

# list(measures, entries, truth, outputs): all measures by id, the core's scores for those that it has, and what these
# need. NULL without measures or rows. `other`: a plan whose entries may be used again.
scoring_plan = function(measures, learner, task, other = NULL) {
  if (!length(measures) || is.null(task)) {
    return(NULL)
  }
  measures = set_names(measures, ids(measures))
  same = intersect(names(measures), names(other$entries))
  same = same[map_lgl(same, function(id) identical(measures[[id]], other$measures[[id]]))]
  new = map(measures[setdiff(names(measures), same)], native_score, learner = learner, task = task)
  entries = discard(c(other$entries[same], new)[names(measures)], is.null)
  # the core scores classes and single numbers
  is_scored = any(map_lgl(registry_entries("score"), function(entry) task$task_type %in% entry$tags))
  list(measures = measures, entries = entries, truth = if (is_scored) score_truth(task),
    outputs = if (is_scored) number_outputs(learner))
}

# The measures that mlr3 computes.
other_measures = function(plan) plan$measures[setdiff(names(plan$measures), names(plan$entries))]

# What the loop needs to score a pass, list(ids, board, fn): the core's scores, and a function of (y_hat, rows) for
# the scores of other measures. NULL if there is no measure.
score_request = function(context, plan, task, dataset) {
  if (is.null(plan)) {
    return(NULL)
  }
  others = other_measures(plan)
  if (length(others)) {
    lg$info("Measures that are computed in R in each evaluated epoch: %s.", str_collapse(names(others), quote = "'"))
  }
  list(
    ids = names(plan$measures),
    board = if (length(plan$entries)) score_board(plan),
    fn = if (length(others)) mlr3_scorer(context, task, others, dataset)
  )
}

score_board = function(plan) core_board_create(plan$truth, plan$outputs, unname(plan$entries))

# Undefined scores of these are missing whatever the measure's `na_value`, which mlr3measures does not look at.
always_missing = c("mauc_aunp", "fomr", "ktau", "srho")

# The core's score of the same definition, list(id, key, arguments, undefined, weighted); NULL if there is none.
native_score = function(measure, learner, task) {
  key = sub("^mlr3::mlr_measures_", "", measure$man)
  name = sub("^[a-z]+\\.", "", key)
  tags = registry_entries("score")[[name]]$tags
  has_weights = "weights_measure" %in% task$properties
  weighted = has_weights && measure$use_weights == "use"
  # mlr3 raises the error for a measure that cannot have weights
  takes_weights = !has_weights || measure$use_weights == "ignore" || (weighted && "weights" %in% tags)
  fits = task$task_type %in% tags && get_private(learner)$.encodes_as_core() &&
    is_plain_measure(measure, key) && takes_weights && ("twoclass" %nin% tags || "twoclass" %in% task$properties)
  if (fits) {
    undefined = if (name %in% always_missing) NaN else measure$na_value %??% NaN
    list(id = measure$id, key = name, arguments = measure$param_set$values, undefined = undefined, weighted = weighted)
  }
}

# Whether mlr3's measure was changed only in what the core knows: the id, parameter values, the value of an undefined
# score.
is_plain_measure = function(measure, key) {
  if (!mlr_measures$has(key)) {
    return(FALSE)
  }
  hash = measure$hash
  if (identical(hash, cached(paste("measure", key), function() msr(key)$hash))) {
    return(TRUE)
  }
  plain = msr(key)
  plain$id = measure$id
  plain$param_set$values = measure$param_set$values
  if (exists("na_value", envir = plain)) {
    plain$na_value = measure$na_value
  }
  identical(plain$hash, hash)
}

# The truth of the task's rows, in their order. Read once, since a backend may be slow.
score_truth = function(task) {
  weights = if ("weights_measure" %in% task$properties) {
    as.numeric(task$weights_measure$weight[match(task$row_ids, task$weights_measure$row_id)])
  }
  truth = task$truth()
  if (anyNA(truth)) check_missings(task, sprintf("Task '%s' cannot be scored", task$id), task$target_names)
  if (has_classes(task$task_type)) {
    # the codes are much faster than a match by names
    is_in_order = identical(levels(truth), task$class_names)
    numbers = if (is_in_order) as.integer(truth) else match(truth, task$class_names)
    list(classes = length(task$class_names), numbers = numbers, weights = weights)
  } else {
    list(values = as.numeric(truth), weights = weights)
  }
}

# The meaning of the outputs of a network for regression.
number_outputs = function(learner) {
  if (has_classes(learner$task_type)) {
    return(list(response = 1L, levels = NULL, is_log = FALSE))
  }
  outputs = core_loss_outputs(descriptor_request(learner$loss))
  levels = as.numeric(outputs$quantiles)
  response = if (length(levels)) nearest_quantile(levels, learner$quantile_response) else 1L
  list(response = response, levels = levels, is_log = outputs$meaning == "log_value")
}

# A function of (y_hat, rows) that returns the scores of mlr3's measures; NaN if not all outputs are finite.
mlr3_scorer = function(context, task, measures, dataset) {
  function(y_hat, rows) {
    # mlr3 refuses a prediction that is not finite with an error that would hide that training has diverged
    if (!y_hat$isfinite()$all()$item()) {
      return(map(measures, function(measure) NaN))
    }
    encoded = context$prediction_encoder(y_hat, task)
    prediction = as_prediction(checked_prediction_data(encoded, task, get_private(context$learner), task$class_names,
      dataset$row_ids[as.integer(rows)]))
    map(measures, function(measure) {
      # a training set consists of rows of the task that is trained on
      seen = if ("requires_train_set" %in% measure$properties) context$task_train else task
      unname(prediction$score(measure, task = seen, learner = context$learner, train_set = context$task_train$row_ids))
    })
  }
}
