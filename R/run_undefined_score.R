# Scores that are not a number: the core counts them during a run; they are reported once, at its end.

# `model`: what the run has left.
warn_undefined_scores = function(context, model) {
  counts = keep(core_run_score_counts(get_private(context)$.run), function(count) count$undefined > 0)
  if (!length(counts)) {
    return(invisible())
  }
  sentences = map_chr(counts, function(count) {
    sprintf("the measure '%s' was not a number in %i of %i evaluations of the %s rows", count$measure, count$undefined,
      count$evaluations, c(train = "training", valid = "validation")[[count$phase]])
  })
  warn("undefined_score", paste0(sprintf("Learner '%s': %s.", context$learner$id, str_collapse(sentences, sep = "; ")),
    early_stopping_outcome(context, model, counts)), fields = list(measures = unique(map_chr(counts, "measure"))))
}

# The consequence for early stopping, if its measure is among those without a value.
early_stopping_outcome = function(context, model, counts) {
  state = model$callbacks$early_stopping
  is_deciding = function(count) count$phase == "valid" && identical(count$measure, state$measure)
  if (!some(counts, is_deciding)) {
    return("")
  }
  if (is.null(state$best_epochs)) {
    return(sprintf(" Early stopping had nothing to compare: training ended after epoch %i, and %s", model$epochs,
      "no best number of epochs is known ('internal_tuned_values' is empty)."))
  }
  sprintf(" Early stopping counted each of them as no improvement; the best epoch it saw is %i.",
    state$best_epochs)
}
