# Where a run goes on from: the checkpoint folder that `resume` names.

# The state to go on from, or NULL. `resume`: NULL, a folder, or TRUE for the checkpoint callback's own.
resume_state = function(resume, sets, task, task_valid) {
  if (is.null(resume) || isFALSE(resume)) {
    return(NULL)
  }
  folder = if (isTRUE(resume)) own_checkpoint_folder(sets) else resume
  state = read_checkpoint(folder)
  assert_same_run(state$identity, run_identity(task, task_valid), folder)
  state
}

own_checkpoint_folder = function(sets) {
  checkpoint = detect(sets, function(set) inherits(set, "CallbackSetCheckpoint"))
  if (is.null(checkpoint)) {
    abort(c("resume", "config"),
      paste(
        "`resume = TRUE` goes on from the checkpoint callback's folder, but the learner has no checkpoint callback:",
        "add t_clbk(\"checkpoint\", path = ...) or name a folder."
      )
    )
  }
  checkpoint$path
}

assert_same_run = function(saved, wanted, folder) {
  if (!identical(saved$task, wanted$task)) {
    abort(c("resume", "config"), sprintf(paste(
      "The checkpoint in '%s' was made on another task (or other rows of it);",
      "resume with the same task, or train without `resume`."
    ), folder))
  }
  if (!identical(saved$valid_rows, wanted$valid_rows)) {
    abort(c("resume", "config"), sprintf(
      "The checkpoint in '%s' was made with other validation rows; use the same `validate` and the same split.", folder
    ))
  }
}

# What a state must agree with, wherever it comes from.
assert_state_fits = function(state, sets, epochs) {
  if (is.null(state)) {
    return(invisible())
  }
  if (state$epochs > epochs) {
    abort(c("resume", "config"), sprintf(paste(
      "The state to go on from has been trained for %i epochs, but `epochs` is %i:",
      "`epochs` is the total, those before the resume included."
    ), state$epochs, epochs))
  }
  iwalk(state$run$classes[intersect(names(state$run$classes), names(sets))], function(class, id) {
    if (class != class(sets[[id]])[1L]) {
      abort(c("resume", "config"), sprintf(
        "The state of callback '%s' was saved by a %s, but the learner's callback '%s' is a %s.",
        id, class, id, class(sets[[id]])[1L]
      ))
    }
  })
}
