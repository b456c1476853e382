# The rules of `expect_callback()`. Each is a function of the kit that returns what is wrong: a sentence for each
# problem, which says where it is and how to fix it.

rule_runs = function(kit) {
  set = kit$make()$generate()
  used = unlist(map(callback_levels(kit$callback$generator, "callback"), level_findings))
  run = whole_run(kit)
  c(
    if (!length(set$stages)) "It has no stage, so it is never called; give it one, such as 'on_epoch_end'.",
    used,
    if (!is.null(run$error)) sprintf("The training fails: %s", condition_text(run$error))
  )
}

rule_state = function(kit) {
  state = whole_run(kit)$learner$model$callbacks[[kit$id]]
  file = tempfile(fileext = ".rds")
  on.exit(unlink(file))
  saveRDS(state, file)
  places = differing_leaves(state, readRDS(file))
  if (length(places)) {
    sprintf("'%s' has another value after it was saved and read again; keep plain data that do not need this session.",
      places)
  }
}

# Within an epoch, a run goes on from where it was stopped; at the end of one, from a checkpoint.
rule_resume = function(kit) {
  again = kit_model(kit, after = kit_sleeper())
  part = kit_model(kit, after = kit_stopper())
  unique(c(
    resume_problems(kit, again, if (inherits(part, "learner_torch_model")) through_file(part) else part),
    resume_problems(kit, again, kit_checkpoint(kit))
  ))
}

# `again`: the model of another run that was not stopped; `part`: what to go on from, or an error.
resume_problems = function(kit, again, part) {
  whole = whole_run(kit)$learner$model
  resumed = if (inherits(part, "learner_torch_model")) kit_model(kit, resume = part) else part
  if (inherits(resumed, "error")) {
    return(sprintf("A run that was stopped cannot go on: %s", condition_text(resumed)))
  }
  places = setdiff(differing_leaves(whole$callbacks[[kit$id]], resumed$callbacks[[kit$id]]),
    differing_leaves(whole$callbacks[[kit$id]], again$callbacks[[kit$id]]))
  parts = compare_models(again, resumed)
  parts = parts$part[!parts$identical & !startsWith(parts$part, "callback ")]
  c(
    if (length(places)) sprintf(paste("'%s' differs after a resume from that of a run that was not stopped;",
      "what it depends on must be in state_dict(), and load_state_dict() must restore it."), places),
    if (length(parts)) sprintf(paste("After a resume, the run ends with another value of '%s' than a run that was not",
      "stopped; what the stages depend on must be in state_dict(), and load_state_dict() must restore it."), parts)
  )
}

# Whatever ends an epoch, the run goes on with the next one.
rule_epochs = function(kit) {
  model = kit_model(kit, after = kit_hurrier())
  if (inherits(model, "error")) {
    sprintf("The training fails if `ctx$stop_epoch` ends an epoch (%s); do not rely on a number of batches.",
      condition_text(model))
  }
}

rule_learner = function(kit) {
  learner_problems(whole_run(kit)$before, whole_run(kit)$learner, "training")
}

rule_errors = function(kit) {
  # a run that is stopped on purpose has `on_stop`, in which an error is a warning
  stages = setdiff(stage_names(), "on_stop")
  if (is.null(kit$learner$validate)) stages = grep("valid_", stages, value = TRUE, invert = TRUE)
  problems = map(stages, function(stage) error_problems(kit, stage))
  unique(c(unlist(problems), exit_problems(kit)))
}

# An error right after the callback's own stage, in the second epoch so that there is something to lose.
error_problems = function(kit, stage) {
  is_between = stage %in% c("on_begin", "on_exit")
  weight = kit$callback$weight
  learner = kit_setup(kit, after = kit_failure(stage, weight, epoch = if (is_between) 0 else 2))
  before = learner_settings(learner)
  run = kit_train(learner, kit$task)
  c(
    if (is.null(run$error)) sprintf("An error in '%s' does not end the training; do not catch all conditions.", stage),
    if (!is.null(learner$model)) sprintf("After an error in '%s' the learner has a model; it had none before.", stage),
    learner_problems(before, learner, sprintf("an error in '%s'", stage)),
    exit_warnings(kit, run$warnings)
  )
}

# `on_exit` after an error that came before the callback's own `on_begin`.
exit_problems = function(kit) {
  run = kit_train(kit_setup(kit, before = kit_failure("on_begin", -Inf)), kit$task)
  exit_warnings(kit, run$warnings)
}

exit_warnings = function(kit, warnings) {
  failed = grep(sprintf("Callback '%s' failed in stage 'on_exit'", kit$id), warnings, fixed = TRUE, value = TRUE)
  if (length(failed)) {
    sprintf(paste("%s. It is also called after an error, even one that came before 'on_begin';",
      "do not use anything there that an earlier stage may not have set."), sub("[.]$", "", failed))
  }
}

learner_problems = function(before, learner, occasion) {
  after = learner_settings(learner)
  values = union(names(before$values), names(after$values))
  changed = values[!map_lgl(values, function(name) identical(before$values[[name]], after$values[[name]]))]
  fields = setdiff(names(before), "values")
  changed = c(changed, fields[!map_lgl(fields, function(name) identical(before[[name]], after[[name]]))])
  if (length(changed)) {
    sprintf("After %s, the learner's '%s' has changed; change fields of `self$ctx` instead.", occasion,
      changed)
  }
}

rule_clones = function(kit) {
  running = NULL
  kit_model(kit, after = kit_spy("on_epoch_end", function(ctx) {
    running <<- tryCatch(ctx$callbacks[[kit$id]]$clone(deep = TRUE), error = identity)
  }))
  callback = kit$make()
  set = callback$generate()
  copy = tryCatch(set$clone(deep = TRUE), error = identity)
  if (inherits(copy, "error")) {
    return(sprintf("A set cannot be cloned: %s", condition_text(copy)))
  }
  given = c(callback$param_set$values, get_private(callback)$.additional_args)
  c(
    if (!inherits(running, "error")) "A set can be cloned while its 'ctx' is set; leave clone() as it is.",
    if (!identical(set$stages, copy$stages)) "A clone of a set does not have the same stages as the set.",
    shared_problems(set, callback$generate(), given, "each run; make it in 'initialize'"),
    shared_problems(set, copy, given, "a set and its clone; make a new one in the private method 'deep_clone'")
  )
}

# Fields that are one and the same environment in two sets, unless it was given as an argument.
shared_problems = function(set, other, given, where) {
  mine = mutable_fields(set)
  theirs = mutable_fields(other)
  shared = keep(intersect(names(mine), names(theirs)), function(name) {
    identical(mine[[name]], theirs[[name]]) && !is_part_of(mine[[name]], given)
  })
  if (length(shared)) sprintf("The field '%s' is the same object in %s.", shared, where)
}

mutable_fields = function(set) {
  fields = unlist(map(list(set, get_private(set)), function(members) {
    names = discard(ls(members, all.names = TRUE), bindingIsActive, env = members)
    mget(names, envir = members)
  }), recursive = FALSE)
  keep(fields, function(field) {
    typeof(field) %in% c("environment", "externalptr") && !inherits(field, "R6ClassGenerator")
  })
}

is_part_of = function(x, values) {
  identical(x, values) || is.list(values) && any(map_lgl(values, function(value) is_part_of(x, value)))
}

# Bytes that a callback may keep for each epoch.
kept_of_epoch = 1000

rule_memory = function(kit) {
  epochs = c(10, 20, 30)
  held = numeric()
  look = function(ctx) {
    if (ctx$epoch %in% epochs) held <<- c(held, held_bytes())
  }
  model = kit_model(kit, after = kit_spy("on_epoch_end", look), epochs = max(epochs), patience = 0)
  growth = diff(held) / diff(epochs)
  # growth in one half only is a cache that has been filled
  if (length(growth) == 2L && all(growth > kept_of_epoch)) {
    sprintf(paste("Training holds %.0f bytes more after each epoch; keep less than a whole batch,",
      "and numbers instead of tensors."), min(growth))
  }
}

# Bytes that R's objects and the tensors they refer to occupy. A second collection frees what finalizers released in the
# first.
held_bytes = function() {
  gc(full = TRUE)
  used = gc(full = TRUE)[, 1L]
  sum(used * c(56, 8)) + core_held_bytes()
}

callback_rules = list(
  runs = rule_runs, state = rule_state, resume = rule_resume, epochs = rule_epochs, learner = rule_learner,
  errors = rule_errors, clones = rule_clones, memory = rule_memory
)
