# The small trainings of the kit for callback authors, see `expect_callback()`.

# A learner with the kit's callback between others; R's generator starts at the same point in each training.
kit_setup = function(kit, before = list(), after = list(), ...) {
  set.seed(1)
  learner = kit$learner$clone(deep = TRUE)
  learner$callbacks = c(as_torch_callbacks(before), list(kit$make()), as_torch_callbacks(after))
  learner$param_set$set_values(keep_on_interrupt = TRUE, ...)
  learner
}

# Trains silently and keeps what would have been shown: list(learner, error, warnings, output).
kit_train = function(learner, task) {
  warnings = character()
  error = NULL
  output = utils::capture.output(withCallingHandlers(
    tryCatch(learner$train(task), error = function(cond) error <<- cond),
    warning = function(cond) {
      warnings <<- c(warnings, condition_text(cond))
      tryInvokeRestart("muffleWarning")
    },
    message = function(cond) tryInvokeRestart("muffleMessage")
  ))
  list(learner = learner, error = error, warnings = warnings)
}

# A training that should succeed; its model, or the error.
kit_model = function(kit, ...) {
  run = kit_train(kit_setup(kit, ...), kit$task)
  if (is.null(run$error)) run$learner$model else run$error
}

# A run that is not stopped, which several rules use: as `kit_train()`, with `before`, the learner's settings.
whole_run = function(kit) {
  if (is.null(kit$whole)) {
    learner = kit_setup(kit)
    before = learner_settings(learner)
    kit$whole = c(kit_train(learner, kit$task), list(before = before))
  }
  kit$whole
}

# Waits at the end of each epoch, so that measured times differ.
kit_sleeper = function() {
  torch_callback("kit_sleeper", on_epoch_end = function() Sys.sleep(0.02), parent_env = topenv())
}

# Stops the run after the second epoch's first batch, as an interrupt would.
kit_stopper = function() {
  torch_callback("kit_stopper", weight = Inf, on_batch_end = function() {
    if (self$ctx$epoch == 2 && self$ctx$step == 1) core_run_ask_to_stop(get_private(self$ctx)$.run)
  }, parent_env = topenv())
}

# What a checkpoint callback, given before the kit's, has written at the end of the first epoch; or the error.
kit_checkpoint = function(kit) {
  folder = tempfile("kit")
  on.exit(unlink(folder, recursive = TRUE))
  model = kit_model(kit, before = t_clbk("checkpoint", path = folder, keep_last = Inf, id = "kit_checkpoint"))
  if (inherits(model, "error")) {
    return(model)
  }
  as_unfinished_model(read_checkpoint(list_checkpoints(folder)$file[[1L]]))
}

# Ends each epoch in its first batch: the first, second and third in different stages.
kit_hurrier = function() {
  torch_callback("kit_hurrier", weight = Inf, parent_env = topenv(),
    on_batch_end = function() if (self$ctx$epoch == 1) self$ctx$stop_epoch = TRUE,
    on_after_backward = function() if (self$ctx$epoch == 2) self$ctx$stop_epoch = TRUE,
    on_batch_begin = function() if (self$ctx$epoch == 3) self$ctx$stop_epoch = TRUE
  )
}

# Fails in a stage, at once or in the second epoch, with an error of its own class.
kit_failure = function(stage, weight, epoch = 0) {
  fail = function() {
    if (self$ctx$epoch >= epoch) stop(errorCondition("on purpose", class = "mlr3libtorch_kit_error"))
  }
  environment(fail) = list2env(list(epoch = epoch), parent = topenv())
  invoke(torch_callback, "kit_failure", weight = weight, parent_env = environment(fail),
    .args = set_names(list(fail), stage))
}

# Calls `look(sets)` with the live sets in a stage.
kit_spy = function(stage, look) {
  invoke(torch_callback, "kit_spy", weight = Inf, parent_env = list2env(list(look = look), parent = topenv()),
    .args = set_names(list(function() look(self$ctx)), stage))
}

# The leaves of a state, named by their place in it.
state_leaves = function(x, place = "state") {
  if (!is.list(x) || inherits(x, "torch_tensor_data") || !length(x)) {
    return(set_names(list(x), place))
  }
  elements = as.list(unclass(x))
  steps = map_chr(seq_along(elements), function(i) element_step(i, names(elements)[i]))
  unlist(unname(map(seq_along(elements), function(i) state_leaves(elements[[i]], paste0(place, steps[[i]])))),
    recursive = FALSE)
}

# The names of the leaves in which two states differ.
differing_leaves = function(x, y) {
  x = state_leaves(x)
  y = state_leaves(y)
  places = union(names(x), names(y))
  places[!map_lgl(places, function(place) identical(x[place], y[place]))]
}

learner_settings = function(learner) {
  list(values = map(learner$param_set$values, hashable), callbacks = map_chr(learner$callbacks, "phash"),
    validate = learner$validate, predict_type = learner$predict_type)
}
