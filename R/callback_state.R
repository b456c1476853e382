# States that callbacks restore.

# A state that comes from elsewhere may be anything.
check_state_names = function(state, needed, id) {
  absent = setdiff(needed, names(state))
  if (!is.list(state) || length(absent)) {
    abort("state", sprintf("callback '%s': the state must be a list with the elements %s; %s", id,
      str_collapse(needed, quote = "'"), sprintf("it lacks %s.", str_collapse(absent, quote = "'"))))
  }
  invisible(state)
}
