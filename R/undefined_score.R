# Scores that are not a number: counted while a run goes on, told once when it has ended.

# Keeps in how many of a run's evaluations a measure had no value. Those of a network that has diverged are told of by
# `warn_if_diverged()`.
count_scores = function(context, phase, scores) {
  private = get_private(context)
  iwalk(scores, function(score, id) {
    key = paste(phase, id)
    before = private$.score_counts[[key]] %??% list(phase = phase, measure = id, evaluations = 0L, undefined = 0L)
    before$evaluations = before$evaluations + 1L
    before$undefined = before$undefined + is.na(score)
    private$.score_counts[[key]] = before
  })
}

warn_undefined_scores = function(context, model) {
  counts = keep(get_private(context)$.score_counts, function(count) count$undefined > 0L)
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

# What became of early stopping, where its measure is among those without a value.
early_stopping_outcome = function(context, model, counts) {
  deciding = paste("valid", c(ids(context$measures_valid), "")[[1L]])
  state = model$callbacks$early_stopping
  if (is.null(state) || deciding %nin% names(counts)) {
    return("")
  }
  if (is.null(state$best_epochs)) {
    return(sprintf(" Early stopping had nothing to compare: the training ended after epoch %i, and %s", model$epochs,
      "no best number of epochs is known ('internal_tuned_values' is empty)."))
  }
  sprintf(" For early stopping each of them counted as no improvement; the best epoch it saw is %i.",
    state$best_epochs)
}
