# Arguments that a function does not have. R's own words for them, "unused argument", name neither the function's
# arguments nor the one that was meant. A function that has `...` as its last argument takes what it does not have, and
# can say so; places and abbreviations of its other arguments stay as they are.

# Functions that are written out, or made when the package is built.
refusing_families = paste0("^(nnf_|nn_(init|utils)_|", "nn_(embedding|layer_norm)$|",
  "lr_(lambda|multiplicative|reduce_on_plateau)$|optim_lbfgs$)")

# Called last, when all functions are there.
give_refusals = function(env) {
  for (name in grep(refusing_families, names(env), value = TRUE)) {
    fn = env[[name]]
    if (is_plain_function(fn)) assign(name, with_refusal(fn, name), envir = env)
  }
}

# The function with `...` as its last argument, which is refused.
with_refusal = function(fn, name) {
  refusal = bquote(if (...length()) abort_dots(.(name), match.call(expand.dots = FALSE), .(names(formals(fn)))))
  body = call("{", refusal, body(fn))
  formals(fn) = c(formals(fn), formals(function(...) NULL))
  body(fn) = body
  fn
}

abort_unknown_argument = function(given, known, caller) {
  abort_unknown("unknown_argument", sprintf("%s has no argument '%s'.", caller, given), given, known)
}

# `call`: of the function `name`, by `match.call(expand.dots = FALSE)`; `known`: the function's arguments.
abort_dots = function(name, call, known) abort_unused(name, names2(call$..., ""), known)

# `name`: the function's; `given`: the names of the arguments that were too many, "" for none; `known`: of its own.
abort_unused = function(name, given, known) {
  known = setdiff(known, "...")
  call = sprintf("%s(%s)", name, toString(known))
  named = given[nzchar(given)]
  if (!length(named)) {
    abort("unknown_argument", sprintf("%s was called with %i arguments, more than it has.", call,
      length(known) + length(given)), list(known = known))
  }
  meant = suggest(named[[1L]], known)
  question = if (is.null(meant)) "." else sprintf("; did you mean '%s'?", meant)
  abort("unknown_argument", sprintf("%s has no argument '%s'%s", call, named[[1L]], question),
    list(given = named[[1L]], known = known))
}

# What a function would take if it were called with `arguments`, a list.
assert_takes = function(fn, arguments, name) {
  known = names(formals(fn))
  if (!length(arguments) || "..." %in% known) {
    return(invisible())
  }
  given = names2(arguments, "")
  unknown = nzchar(given) & is.na(pmatch(given, known, duplicates.ok = TRUE))
  if (any(unknown)) abort_unused(name, given[unknown], known)
  if (length(given) > length(known)) abort_unused(name, character(length(given) - length(known)), known)
}
