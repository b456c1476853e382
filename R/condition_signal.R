# The one place where errors get their classes; every condition of this package is made here.

#' Signal an error of this package
#'
#' @param class (`character()`)\cr
#'   Kinds of `error_kinds`, the most specific one first; each becomes a class `mlr3libtorch_error_<kind>`.
#' @param message (`character(1)`)\cr
#'   What was wrong, where, and what to do.
#' @param fields (named `list()`)\cr
#'   Facts that the condition carries beside its message.
#' @param parent (`condition` or `NULL`)\cr
#'   The condition that caused this one.
#' @param call (`call` or `NULL`)\cr
#'   The call to show with the message.
#' @noRd
abort = function(class, message, fields = list(), parent = NULL, call = NULL) {
  assert_known_kinds(class, error_kinds, message)
  stop(new_condition(c(error_classes(class), "error", "condition"), message, fields, parent, call))
}

# mlr3misc's conditions have the element `raw_message`, the message without decoration, which is what ours always is.
new_condition = function(class, message, fields, parent, call) {
  structure(class = class, c(list(message = message, call = call, parent = parent, raw_message = message), fields))
}

# An error of a run or of an object is not a mistake in the configuration, so a fallback learner may stand in. It must
# not do so for anything else, because it would hide the user's mistake.
error_classes = function(kinds) {
  if (!any(is_runtime_kind(kinds))) {
    kinds = union(kinds, "config")
  }
  c(
    paste0("mlr3libtorch_error_", kinds), "mlr3libtorch_error",
    if ("config" %in% kinds) "Mlr3ErrorConfig", "Mlr3Error"
  )
}

# A kind that is not in its table is a mistake in this package; its message is kept.
assert_known_kinds = function(kinds, known, message) {
  unknown = setdiff(kinds, names(known))
  if (length(unknown)) {
    abort("internal", sprintf("There is no kind '%s' in R/condition_kinds.R. Its message: %s", unknown[[1L]], message))
  }
}

is_runtime_kind = function(kinds) map_lgl(error_kinds[kinds], "runtime")

#' Signal a warning of this package, of a kind of `warning_kinds`; arguments as in `abort()`
#' @noRd
warn = function(class, message, fields = list(), parent = NULL, call = NULL) {
  assert_known_kinds(class, warning_kinds, message)
  classes = c(paste0("mlr3libtorch_warning_", class), "mlr3libtorch_warning", "Mlr3Warning", "warning", "condition")
  warning(new_condition(classes, message, fields, parent, call))
}

#' The words of any condition as one line of text
#'
#' @description
#' The message of a condition from other code may be missing, empty, or several strings.
#' @noRd
condition_text = function(condition) {
  text = str_collapse(as.character(conditionMessage(condition)), sep = " ")
  if (nzchar(trimws(text))) text else sprintf("a condition of class '%s' without a message", class(condition)[[1L]])
}

# For active fields that can be read but not set. `where` says whose field it is.
assert_read_only = function(rhs, name, where = NULL) {
  if (missing(rhs)) {
    return(invisible(NULL))
  }
  what = sprintf("the field '%s'", name)
  abort_read_only(if (is.null(where)) capitalize(what) else sprintf("%s: %s", where, what))
}

# `remedy`: what can be done instead.
abort_read_only = function(what, remedy = NULL) {
  abort("read_only", sprintf("%s is read-only%s.", what, if (is.null(remedy)) "" else paste0("; ", remedy)))
}

# A name that is not one of `known`. `compared`: what to compare the known names with.
abort_unknown = function(kind, message, given, known, fields = list(), compared = given) {
  abort(kind, with_suggestion(message, compared, known), fields = c(list(given = given, known = known), fields))
}

abort_unknown_field = function(owner, given, known) {
  abort_unknown("unknown_field", sprintf("%s has no field '%s'.", owner, given), given, known)
}

abort_unknown_key = function(what, key, known, compared = given) {
  given = if (test_string(key)) key else as_short_string(key)
  abort_unknown("unknown_name", sprintf("There is no %s with the key '%s'.", what, given), given, known,
    compared = compared)
}

abort_missing_parameter = function(where, parameter, remedy, fields = list()) {
  abort("missing_parameter", sprintf("%s: the parameter '%s' has no value; %s.", where, parameter, remedy),
    fields = c(list(parameter = parameter), fields))
}

# Called by the guard around every export.
raise_core_error = function(kind, message, fields) {
  if (!is.null(fields$known) && !is.null(fields$given)) {
    message = with_suggestion(message, fields$given, fields$known)
  }
  abort(kind, message, fields)
}

#' A message that ends with the name that was probably meant, or else with the known names if they are few
#' @noRd
with_suggestion = function(message, given, known) {
  sentence = sub("[.]$", "", message)
  place = if (test_string(given) && is.null(name_elsewhere(given, known))) find_plain_name(given, other_places)
  if (!is.null(place)) {
    return(sprintf("%s; %s.", sentence, place))
  }
  meant = suggest(given, known)
  if (!is.null(meant)) {
    return(sprintf("%s; did you mean '%s'?", sentence, meant))
  }
  if (length(known) == 0L || length(known) > 20L) {
    return(message)
  }
  sprintf("%s. Known are %s.", sentence, toString(sprintf("'%s'", known)))
}

#' The known name that was probably meant, or `NULL`
#'
#' @description
#' The names of other tools come first, see `other_names`.
#' mlr3misc's `did_you_mean()` counts two swapped letters as two mistakes and so finds nothing for `on_edn`.
#' Here a swap is one mistake, and one mistake in three letters is forgiven.
#' Else it may be the beginning of a longer name, with one mistake in five letters: `hiden` is `hidden_size`.
#'
#' @param given (`character(1)`)\cr
#'   What was written.
#' @param known (`character()`)\cr
#'   The known names.
#' @return (`character(1)` or `NULL`)
#' @noRd
suggest = function(given, known) {
  if (!is.character(given) || length(given) != 1L || is.na(given) || !nzchar(given)) {
    return(NULL)
  }
  elsewhere = if (given %nin% known) name_elsewhere(given, known)
  if (!is.null(elsewhere)) {
    return(elsewhere)
  }
  known = unique(known)
  nearest_name(given, known) %??% name_begun(given, known)
}

nearest_name = function(given, known) {
  allowed = ceiling(nchar(given) / 3)
  # adist() is fast but counts a swap as two, so it never rules out more than half of what it finds.
  near = known[drop(utils::adist(given, known, ignore.case = TRUE)) <= 2 * allowed]
  if (length(near) == 0L) {
    return(NULL)
  }
  distances = map_dbl(near, function(name) edit_distance(tolower(given), tolower(name)))
  if (min(distances) > allowed) {
    return(NULL)
  }
  # of several that are equally near, the one that differs only in doubled letters
  single = function(x) gsub("(.)\\1+", "\\1", tolower(x))
  undoubled = map_dbl(near, function(name) edit_distance(single(given), single(name)))
  near[[order(distances, undoubled)[[1L]]]]
}

name_begun = function(given, known) {
  # two letters are the beginning of too many names
  if (nchar(given) < 3L) {
    return(NULL)
  }
  allowed = nchar(given) %/% 5L
  near = known[drop(utils::adist(given, known, ignore.case = TRUE, partial = TRUE)) <= 2 * allowed]
  distances = map_dbl(near, function(name) min(edit_costs(tolower(given), tolower(name))[nchar(given) + 1L, ]))
  if (length(near) && min(distances) <= allowed) near[[which.min(distances)]]
}

edit_distance = function(from, to) edit_costs(from, to)[nchar(from) + 1L, nchar(to) + 1L]

# Insertions, deletions, replacements and swaps of neighbours, each counted as one, that turn the first i - 1 letters of
# `from` into the first j - 1 of `to`: the element [i, j].
edit_costs = function(from, to) {
  from = strsplit(from, "", fixed = TRUE)[[1L]]
  to = strsplit(to, "", fixed = TRUE)[[1L]]
  cost = outer(0:length(from), 0:length(to), pmax)
  for (i in seq_along(from)) {
    for (j in seq_along(to)) {
      differs = from[[i]] != to[[j]]
      best = min(cost[i, j + 1L] + 1, cost[i + 1L, j] + 1, cost[i, j] + differs)
      swapped = i > 1L && j > 1L && from[[i]] == to[[j - 1L]] && from[[i - 1L]] == to[[j]]
      cost[i + 1L, j + 1L] = if (swapped) min(best, cost[i - 1L, j - 1L] + 1) else best
    }
  }
  cost
}

# R gives these errors no class.
is_time_limit = function(cond) {
  condition_text(cond) %in% gettext("reached elapsed time limit", "reached session elapsed time limit",
    "reached CPU time limit", "reached session CPU time limit", domain = "R")
}
