# What a run goes on from: the checkpoint that `resume` names, or the model of a run that was interrupted.

# The state to go on from, or NULL.
# `resume`: NULL, a folder or file, TRUE for the checkpoint callback's own folder, "auto" for the same if it has a
# checkpoint, or an interrupted run's model.
# `validate` is the learner's field.
resume_state = function(resume, sets, task, task_valid, validate) {
  if (is.null(resume) || isFALSE(resume)) {
    return(NULL)
  }
  if (inherits(resume, "learner_torch_model")) {
    assert_same_run(resume$identity, run_identity(task, task_valid), "the model", validate)
    return(resume)
  }
  is_auto = identical(resume, "auto")
  folder = if (isTRUE(resume) || is_auto) own_checkpoint_folder(sets, resume) else resume
  if (is_auto && !nrow(list_checkpoints(folder))) {
    return(NULL)
  }
  state = read_checkpoint(folder)
  assert_same_run(state$identity, run_identity(task, task_valid), sprintf("the checkpoint in '%s'", folder), validate)
  state
}

own_checkpoint_folder = function(sets, resume) {
  folders = discard(map(sets, function(set) get_private(set)$.resume_folder()), is.null)
  if (!length(folders)) {
    abort("resume",
      sprintf(paste(
        "`resume = %s` goes on from the checkpoint callback's folder, but the learner has no checkpoint callback:",
        "add t_clbk(\"checkpoint\", path = ...) or name a folder."
      ), deparse(resume))
    )
  }
  folders[[1L]]
}

assert_same_run = function(saved, wanted, what, validate) {
  if (!identical(saved$task, wanted$task)) {
    abort("resume", sprintf(
      "%s was made on another task; resume with the same task, or train without `resume`.", capitalize(what)
    ))
  }
  rows = c(train_rows = "training", valid_rows = "validation")
  differ = rows[!map_lgl(names(rows), function(name) identical(saved[[name]], wanted[[name]]))]
  if (length(differ)) {
    abort("resume", sprintf("%s was made with other %s rows; %s.", capitalize(what),
      str_collapse(differ, sep = " and "), same_rows_remedy(validate)), fields = list(rows = unname(differ)))
  }
}

# How to get the rows of an earlier run again.
same_rows_remedy = function(validate) {
  if (is.numeric(validate)) {
    sprintf(paste(
      "`validate = %s` draws new validation rows in each $train(), so call set.seed() with the same number before",
      "both, or choose the rows once with `task$internal_valid_task = <row ids>` and `validate = \"predefined\"`"
    ), format(validate))
  } else {
    "train on the same rows of the task (`row_ids`, `task$filter()`) and validate on the same"
  }
}

# What a state must agree with, wherever it comes from. Returns the names of the settings that have changed.
assert_state_fits = function(state, sets, epochs, settings) {
  if (is.null(state)) {
    return(character())
  }
  if (state$epochs > epochs) {
    abort("resume", sprintf(paste(
      "The state to go on from has been trained for %i epochs, but `epochs` is %i:",
      "`epochs` is the total, earlier ones included."
    ), state$epochs, epochs))
  }
  saved = state$run$settings
  for (id in names(sets)) {
    class = unname(saved[sprintf("cb.%s", id)])
    if (isTRUE(class != class(sets[[id]])[1L])) {
      abort("resume", sprintf(
        "The state of callback '%s' was saved by a %s, but the learner's callback '%s' is a %s.",
        id, class, id, class(sets[[id]])[1L]
      ))
    }
  }
  # weights that were loaded into a learner, and not trained since, belong to no run
  has_begun = !isTRUE(state$run$core$global_step == 0)
  check_changed_settings(saved, settings, tell = has_begun)
}

# The state of an optimizer also has its settings, as callbacks had changed them; settings that are asked for replace
# them.
load_run_state = function(handle, state, changed) {
  groups = core_optimizer_groups(handle)
  core_run_load_state(handle, c(state$run$core, list(optimizer = unclass(state$optimizer))))
  settings = sub("^opt[.]", "", grep("^opt[.]", changed, value = TRUE))
  if (length(settings)) {
    iwalk(groups, function(group, i) core_optimizer_set(handle, i, group[settings]))
  }
}
