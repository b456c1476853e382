# What is said once in a session.

said = new.env(parent = emptyenv())

# Whether `text` is asked about for the first time.
is_first = function(text) {
  known = exists(text, envir = said, inherits = FALSE)
  assign(text, TRUE, envir = said)
  !known
}

# Arguments that other tools have and that mean nothing here: a warning for each, once in a session.
# `reasons`: why, named by argument.
warn_ignored = function(owner, reasons) {
  iwalk(reasons, function(reason, argument) {
    if (is_first(sprintf("%s %s", owner, argument))) {
      warn("ignored", sprintf("%s: the argument '%s' has no effect; %s.", owner, argument, reason),
        fields = list(argument = argument))
    }
  })
}
