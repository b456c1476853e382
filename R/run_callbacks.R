# The callbacks of a run from its begin to its end, in whichever of its workers they are.

# What is changed here, `close_run()` restores.
begin_run = function(run, state) {
  walk(run$sets, function(set) set$ctx = run$context)
  core_run_begin(run$handle)
  if (!is.null(state)) {
    load_run_state(run$handle, state, run$changed)
    run$context$last_scores_train = state$run$scores$train
    run$context$last_scores_valid = state$run$scores$valid
  }
}

# `on_stop` of every callback, in their order. An error is a warning: what was trained is not lost because a disk is
# full.
run_stops = function(run) {
  walk(names(run$sets), function(id) {
    tryCatch(core_run_call(run$handle, "on_stop", id), error = function(cond) {
      warn("stop", sprintf("Training was stopped, and stage 'on_stop' of callback '%s' failed: %s", id,
        condition_text(cond)), fields = list(callback = id), parent = cond)
    })
  })
}

# Says where an error came from; errors between stages stay as they are, and so do time limits, for which no callback
# is to blame.
# A mistake in the configuration stays one, so that no fallback learner hides it.
# `hint`: what is added to the message.
abort_in_stage = function(cond, running, fields = list(), hint = "") {
  if (is.null(running) || is_time_limit(cond)) {
    return(invisible())
  }
  abort(if (inherits(cond, "Mlr3ErrorConfig")) c("callback", "config") else "callback",
    sprintf("Callback '%s' failed in stage '%s' (epoch %i, batch %i): %s%s", running$callback, running$stage,
      running$epoch, running$batch, condition_text(cond), hint),
    fields = c(running, fields), parent = cond
  )
}

# A method of a field that has no value yet gives an error of R that does not name the field.
hint_at_empty = function(cond, context) {
  if (!identical(conditionMessage(cond), gettext("attempt to apply non-function", domain = "R"))) {
    return("")
  }
  empty = keep(c("y_hat", "last_loss", "batch", "last_scores_train", "last_scores_valid"), function(field) {
    is.null(context[[field]])
  })
  if (!length(empty)) {
    return("")
  }
  sprintf("; at this point the context has no %s yet", str_collapse(empty, quote = "'", sep = ", "))
}

load_filters = function(run, id, done) {
  if (!is.null(done)) core_callback_load_state(run, id, as.list(done))
}

load_callback_state = function(set, id, state) {
  saved = state$callbacks[[id]]
  if (is.null(saved)) {
    return(invisible())
  }
  withCallingHandlers(set$load_state_dict(from_plain_data(saved)), error = function(cond) {
    abort(if (inherits(cond, "Mlr3ErrorConfig")) "state" else "callback",
      sprintf("Callback '%s' failed in load_state_dict(): %s", id, condition_text(cond)),
      fields = list(callback = id), parent = cond)
  })
}

# `exit` of every callback, then the end of the context. An error in `exit` is the error of a run that went well, and a
# warning if another error is already on its way.
close_run = function(run, finished) {
  errors = new.env()
  on.exit({
    walk(run$sets, function(set) set$ctx = NULL)
    core_run_end(run$handle)
    end_team(run$team, finished)
  })
  run_exits(run$handle, run$sets, errors)
  conditions = mget(ls(errors), envir = errors)
  if (finished && length(conditions)) stop(conditions[[1L]])
  walk(conditions, function(cond) warning(condition_text(cond), call. = FALSE))
}

# By on.exit(), so that the next callback's `exit` is called even after a jump out of this one.
run_exits = function(handle, sets, errors) {
  if (!length(sets)) {
    return(invisible())
  }
  on.exit(run_exits(handle, sets[-1L], errors))
  id = names(sets)[1L]
  tryCatch(
    withCallingHandlers(
      core_run_call(handle, "on_exit", id),
      error = function(cond) abort_in_stage(cond, core_run_running(handle))
    ),
    error = function(cond) assign(sprintf("%04i", length(ls(errors))), cond, envir = errors)
  )
}
