# Where a run goes on from: the checkpoint that `resume` names, or the model of a run that was interrupted.

# The state to go on from, or NULL.
# `resume`: NULL, a folder or file, TRUE for the checkpoint callback's own folder, or an interrupted run's model.
# `validate` is the learner's field.
resume_state = function(resume, sets, task, task_valid, validate) {
  if (is.null(resume) || isFALSE(resume)) {
    return(NULL)
  }
  if (inherits(resume, "learner_torch_model")) {
    assert_same_run(resume$identity, run_identity(task, task_valid), "the model", validate)
    return(resume)
  }
  folder = if (isTRUE(resume)) own_checkpoint_folder(sets) else resume
  state = read_checkpoint(folder)
  assert_same_run(state$identity, run_identity(task, task_valid), sprintf("the checkpoint in '%s'", folder), validate)
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

assert_same_run = function(saved, wanted, what, validate) {
  if (!identical(saved$task, wanted$task)) {
    abort(c("resume", "config"), sprintf(
      "%s was made on another task; resume with the same task, or train without `resume`.", capitalize(what)
    ))
  }
  rows = c(train_rows = "training", valid_rows = "validation")
  differ = rows[!map_lgl(names(rows), function(name) identical(saved[[name]], wanted[[name]]))]
  if (length(differ)) {
    abort(c("resume", "config"), sprintf("%s was made with other %s rows; %s.", capitalize(what),
      str_collapse(differ, sep = " and "), same_rows_remedy(validate)), fields = list(rows = unname(differ)))
  }
}

# How to get the rows of an earlier run again.
same_rows_remedy = function(validate) {
  if (is.numeric(validate)) {
    sprintf(paste(
      "`validate = %s` draws the validation rows anew in each $train(), so call set.seed() with the same number before",
      "both, or choose the rows once with `task$internal_valid_task = <row ids>` and `validate = \"predefined\"`"
    ), format(validate))
  } else {
    "train on the same rows of the task (`row_ids`, `task$filter()`) and validate on the same"
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
