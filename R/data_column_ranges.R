# What is lost when columns become float32: found while they are converted, reported once by the run that trains on
# them.
# See docs/decisions/column_ranges.md.

# Numbers beyond `largest` drown all others, and a network learns nothing from differences below `smallest`.
range_limits = list(largest = 1e6, smallest = 1e-6)

# For each column, what is wrong with its range for float32 or a network: "lost", "large", "small", or "" for nothing.
range_problem = function(low, high) {
  size = pmax(abs(low), abs(high))
  spread = high - low
  # of computed numbers that ought to be equal
  is_constant = !(spread > size * 2^-40)
  problem = rep("", length(low))
  problem[!is_constant & spread < range_limits$smallest] = "small"
  problem[size > range_limits$largest] = "large"
  # fewer than 2^8 different numbers fit between the two
  problem[!is_constant & spread < size * 2^-15] = "lost"
  problem
}

# Nobody but `warn_of_ranges()` listens, so prediction is silent.
note_ranges = function(ids, low, high) {
  problem = range_problem(low, high)
  if (any(problem != "")) {
    signalCondition(structure(class = c("mlr3libtorch_ranges", "condition"),
      list(message = "ranges", call = NULL, problems = set_names(problem, ids)[problem != ""])))
  }
}

# The value of `code`, which makes the dataset that `learner` is trained on. `scaled`: whether its network standardises
# columns, so that only what float32 has lost is lost.
warn_of_ranges = function(code, learner, task, scaled = FALSE) {
  problems = character()
  dataset = withCallingHandlers(code, mlr3libtorch_ranges = function(cond) problems <<- c(problems, cond$problems))
  if (scaled) problems = problems[problems == "lost"]
  if (length(problems)) {
    warn("ranges", ranges_message(problems, learner, task), fields = list(problems = problems))
  }
  dataset
}

ranges_message = function(problems, learner, task) {
  told = c(
    lost = "float32 cannot tell the values of %s apart",
    large = sprintf("numbers beyond %g drown all others (%%s)", range_limits$largest),
    small = sprintf("values that differ by less than %g teach nothing (%%s)", range_limits$smallest)
  )
  facts = imap_chr(told[names(told) %in% problems], function(text, problem) {
    sprintf(text, str_collapse(names(problems)[problems == problem], quote = "'", n = 10L))
  })
  is_target = names(problems) %in% task$target_names
  remedies = c(
    if (!all(is_target)) "scale features, as in `po(\"scale\") %>>% learner`",
    if (any(is_target)) "scale the target, as in `ppl(\"targettrafo\", learner, po(\"targettrafoscalerange\"))`"
  )
  sprintf("Learner '%s' on task '%s': %s; %s.", learner$id, task$id, paste(facts, collapse = "; "),
    paste(remedies, collapse = " and "))
}
