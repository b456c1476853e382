# The first validation measure decides: when to stop, when to lower the learning rate, which checkpoints are the best.

# That measure as list(id, minimize). The errors begin with `who`: there is no measure, or one that cannot tell which of
# two scores is better. `minimize` is given by callbacks that know the direction.
deciding_measure = function(measures, who, minimize = NULL) {
  if (!length(measures)) {
    abort("validation", paste(who, "needs a validation measure: set the parameter 'measures_valid' and the field",
      "'validate'."))
  }
  measure = measures[[1L]]
  minimize = minimize %??% measure$minimize
  if (!test_flag(minimize)) {
    abort("measure", sprintf("%s cannot use the measure '%s', which has no direction (its 'minimize' is NA); %s", who,
      measure$id, "put another measure first in 'measures_valid'."), fields = list(measure = measure$id))
  }
  list(id = measure$id, minimize = minimize)
}
