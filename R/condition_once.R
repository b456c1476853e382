# What is said once in a session.

said = new.env(parent = emptyenv())

# Arguments and parameters that other tools have and that mean nothing here. `reasons`: why, named by argument; `owner`:
# the function that was called, if the reason is its own.
warn_no_effect = function(reasons, owner = NULL) {
  prefix = if (is.null(owner)) "" else paste0(owner, ": ")
  iwalk(reasons, function(reason, argument) {
    text = sprintf("%s'%s' has no effect: %s. (Said once in a session.)", prefix, argument, reason)
    if (!exists(text, envir = said, inherits = FALSE)) {
      assign(text, TRUE, envir = said)
      warn("no_effect", text, fields = list(parameter = argument))
    }
  })
}
