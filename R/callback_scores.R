# Scores as callbacks use them.

# The names of scores in tables and logs: "train.classif.ce".
prefix_names = function(x, prefix) {
  if (length(x)) set_names(as.list(x), paste0(prefix, names(x))) else list()
}

last_score = function(ctx, phase, measure) {
  measures = ids(ctx[[paste0("measures_", phase)]])
  if (measure %nin% measures) {
    message = sprintf("There is no measure '%s' in 'measures_%s'.", measure, phase)
    abort_unknown("unknown_name", message, measure, measures)
  }
  as.numeric(ctx[[paste0("last_scores_", phase)]][[measure]] %??% NaN)
}
