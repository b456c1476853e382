# The learner's parameter `sampler`: a function of the number of rows, and perhaps of the task, that returns the order
# of an epoch.

check_sampler = function(x) {
  if (is.null(x) || (is.function(x) && length(setdiff(argument_names(x), "...")) %in% 1:2)) {
    return(TRUE)
  }
  paste("must be a function of the number of rows, or of that and the task, that returns the positions of an epoch's",
    "rows, or NULL")
}

# Both would decide in which order the rows are visited.
check_sampler_alone = function(learner, values) {
  if (is.function(values$sampler) && values$shuffle) {
    abort("sampler", sprintf(
      "Learner '%s': 'sampler' decides the order of the rows, so 'shuffle' must not; set `shuffle = FALSE`.", learner$id
    ))
  }
}

# The sampler as the run calls it: an error says where it came from.
run_sampler = function(sampler, task) {
  if (is.null(sampler)) {
    return(NULL)
  }
  takes_task = length(setdiff(argument_names(sampler), "...")) == 2L
  function(rows) {
    withCallingHandlers(if (takes_task) sampler(rows, task) else sampler(rows), error = function(condition) {
      abort("sampler", sprintf("The learner's 'sampler' failed: %s", condition_text(condition)), parent = condition)
    })
  }
}
