# The stages exist once, in the core (`src/core/callback/stage.h`); everything here is derived from that list.

# Names of all stages, in the order of `callback_set()`'s arguments.
stage_names = function() {
  core_stages()$name
}

# Which of `names` are not stages, but were surely meant to be.
# These are names with the prefix "on_", names that differ from a stage only in case and separators, and names with one
# typing error.
misspelled_stages = function(names) {
  stages = stage_names()
  names = setdiff(names, stages)
  if (!length(names)) {
    return(character())
  }
  plain = function(x) gsub("[._]", "", tolower(x))
  promised = startsWith(tolower(names), "on_") | sub("^no_", "on_", names) %in% stages
  near = apply(utils::adist(names, stages), 1L, min) <= 1L
  names[promised | near | plain(names) %in% plain(stages)]
}

# The stages as a list in Markdown, for the documentation.
document_stages = function() {
  stages = core_stages()
  paste(sprintf("* `%s`: %s", stages$name, stages$doc), collapse = "\n")
}

# Refuses a name that was meant to be a stage; `where` says who uses it.
abort_unknown_stage = function(given, where) {
  nearest = nearest_stage(given)
  abort("unknown_stage",
    sprintf("%s: '%s' is not a stage; did you mean '%s'?", where, given, nearest),
    fields = list(given = given, known = stage_names(), nearest = nearest))
}

# The stage that was abbreviated, the one that another tool calls so, or else the one with the fewest letters to change.
nearest_stage = function(given) {
  elsewhere = stage_elsewhere(given)
  if (!is.null(elsewhere)) {
    return(elsewhere)
  }
  stages = stage_names()
  completed = stages[startsWith(stages, given)]
  if (length(completed)) {
    return(completed[[1L]])
  }
  stages[[which.min(map_dbl(stages, function(stage) edit_distance(tolower(given), stage)))]]
}

# The stage functions in the frame of a constructor that has them as arguments.
stage_arguments = function(frame) {
  discard(mget(stage_names(), envir = frame), is.null)
}

# Refuses what `...` caught, and abbreviations, which R would silently complete.
# `call` is the call as written, `known` the arguments of the function, `caller` its name.
refuse_unknown_arguments = function(dots, call, known, caller) {
  known = setdiff(known, "...")
  written = names2(as.list(call)[-1L])
  written = written[!is.na(written) & nzchar(written)]
  given = setdiff(c(names2(dots), written), c(known, ""))
  given = given[!is.na(given)]
  misspelled = misspelled_stages(given)
  if (length(misspelled)) {
    abort_unknown_stage(misspelled[[1L]], caller)
  }
  if (length(given)) {
    abort_unknown_argument(given[[1L]], known, caller)
  }
  if (length(dots)) {
    abort("unknown_argument", sprintf("%s: there are too many arguments without a name.", caller))
  }
}
