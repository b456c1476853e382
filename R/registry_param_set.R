# Makes a paradox ParamSet from what the core says about a registered thing; and the set that a learner has.

# The parameters of an entry of core_registry(). `tags` are those of every parameter.
param_set_from_schema = function(entry, tags = "train") {
  parameters = map(entry$arguments, param_from_argument, tags = tags)
  ChoiceParamSet$new(set_names(parameters, map_chr(entry$arguments, "name")))
}

# Type, default, bounds and choices of an argument come from the core.
param_from_argument = function(argument, tags) {
  settings = list(tags = c(tags, if (isTRUE(argument$required)) "required"))
  has_default = !isTRUE(argument$required) && (!is.null(argument$default) || endsWith(argument$type, "?"))
  if (has_default) {
    settings["default"] = list(argument$default)
  }
  bounds = list(lower = argument$lower %??% -Inf, upper = argument$upper %??% Inf)
  if (length(argument$choices)) {
    return(invoke(p_fct, levels = argument$choices, .args = settings))
  }
  switch(argument$type,
    float = invoke(p_dbl, .args = c(settings, bounds)),
    int = invoke(p_whole, .args = c(settings, bounds)),
    bool = invoke(p_lgl, .args = settings),
    invoke(p_uty, custom_check = argument_check(argument), .args = settings)
  )
}

# paradox keeps whole numbers as R's integers, so larger ones would become NA.
p_whole = function(lower = -Inf, upper = Inf, ...) {
  p_int(lower = lower, upper = min(upper, .Machine$integer.max), ...)
}

# A parameter whose values `check` checks: `TRUE`, or what is wrong with them.
p_checked = function(check, ...) p_uty(custom_check = crate(function(x) check(x), check, .parent = topenv()), ...)

# Parameters that paradox has no type for: vectors, strings, tensors and values that may be NULL.
argument_check = function(argument) {
  if (argument$name == "fn") {
    return(check_is_function)
  }
  type = sub("?", "", argument$type, fixed = TRUE)
  optional = grepl("?", argument$type, fixed = TRUE)
  length = argument$length
  lower = argument$lower %??% -Inf
  upper = argument$upper %??% Inf
  as_given = if (argument$name %in% names(element_owners)) plain_vector else identity
  crate(function(x) check_argument(as_given(x), type, optional, length, lower, upper),
    as_given, type, optional, length, lower, upper, .parent = topenv())
}

# The core has no type for functions; it takes their bytes as a tensor.
check_is_function = function(x) {
  if (is.function(x)) TRUE else sprintf("must be a function, not %s", as_short_string(x))
}

# TRUE, or what is wrong, as a ParamSet's custom check returns it.
check_argument = function(x, type, optional, length, lower, upper) {
  number = function(len) test_numeric(x, lower = lower, upper = upper, any.missing = FALSE, len = len)
  whole = function(len) test_integerish(x, lower = lower, upper = upper, any.missing = FALSE, len = len)
  fits = switch(type,
    float = number(1L),
    int = whole(1L),
    "float[]" = number(length),
    "int[]" = test_whole_numbers(x, length, lower, upper),
    bool = test_flag(x),
    str = test_string(x),
    TRUE
  )
  if (fits || optional && is.null(x)) {
    return(TRUE)
  }
  sprintf("must be %s%s, not %s", argument_words(type, length, lower, upper), if (optional) " or NULL" else "",
    as_short_string(x))
}

argument_words = function(type, length, lower, upper) {
  many = if (is.null(length)) "" else sprintf("%i ", length)
  words = switch(type,
    float = "a number",
    int = "a whole number",
    "float[]" = paste0(many, "numbers"),
    "int[]" = paste0(many, "whole numbers"),
    bool = "TRUE or FALSE",
    str = "a string"
  )
  bounds = c(if (is.finite(lower)) sprintf("at least %g", lower), if (is.finite(upper)) sprintf("at most %g", upper))
  if (length(bounds)) paste(words, "of", str_collapse(bounds, sep = " and ")) else words
}

# One number stands for all of a list of fixed length. NA is a size that is to be found, if -1 is allowed.
test_whole_numbers = function(x, length, lower, upper) {
  if (identical(lower, -1) && is.numeric(x)) {
    x = replace(x, is.na(x), -1)
  }
  test_integerish(x, lower = lower, upper = upper, any.missing = FALSE, len = if (length(x) != 1L) length)
}

# A learner's parameters. Every mistake in a value or a name becomes a configuration error of this package, which names
# the learner's parameter that was probably meant.
LearnerParamSet = R6Class("LearnerParamSet",
  inherit = paradox::ParamSetCollection,
  public = list(
    assert = function(xs, ...) {
      unknown = setdiff(names(xs), self$ids())
      if (length(unknown)) {
        abort_unknown("unknown_parameter", sprintf("There is no parameter '%s'.", unknown[[1L]]), unknown[[1L]],
          self$ids())
      }
      refuse_untyped_ranges(self, xs)
      xs = as_choices(xs, self)
      new = private$.new_values(xs)
      checked = tryCatch(super$assert(xs[new], ...), error = function(condition) abort_bad_value(condition, self, xs))
      xs[new] = checked
      plain_elements_of(xs)
    },

    # mlr3 asks for tokens whenever a learner is trained or predicts; looking for them here is faster.
    get_values = function(class = NULL, tags = NULL, any_tags = NULL, type = "with_token", check_required = TRUE,
      remove_dependencies = TRUE) {
      if (type == "only_token" && !check_required && !some(self$values, inherits, what = "TuneToken")) {
        return(named_list())
      }
      super$get_values(class, tags, any_tags, type, check_required, remove_dependencies)
    }
  ),

  private = list(
    # Which of the values are not set already, and so must be checked: all of them if the check of one looks at others.
    .new_values = function(xs) {
      if (!test_names(names(xs), "unique") || some(xs, inherits, what = "TuneToken") || nrow(self$deps)) {
        return(rep(TRUE, length(xs)))
      }
      held = self$values
      !imap_lgl(xs, function(value, name) name %in% names(held) && identical(value, held[[name]]))
    }
  )
)

# A set whose choices may be given as what they name, such as `nn_relu`.
ChoiceParamSet = R6Class("ChoiceParamSet",
  inherit = paradox::ParamSet,
  public = list(
    assert = function(xs, ...) super$assert(as_choices(xs, self), ...)
  )
)

as_choices = function(xs, param_set) {
  if (!is.list(xs)) {
    return(xs)
  }
  # not by the set's `ids()`, which takes 2 ms
  of_choices = names(which(param_set$class == "ParamFct"))
  chosen = names(xs) %in% of_choices
  xs[chosen] = map(xs[chosen], as_choice)
  xs
}

# The key of what a choice names. A generic, because a parameter set must not know what that may be.
as_choice = function(x) UseMethod("as_choice")

#' @export
as_choice.default = function(x) x

# Only numbers have ranges; for another parameter, the type of the range must be given.
refuse_untyped_ranges = function(param_set, values) {
  ranges = keep(values, inherits, what = "RangeTuneToken")
  untyped = names(ranges)[param_set$class[names(ranges)] %nin% c("ParamInt", "ParamDbl")]
  if (length(untyped)) {
    bounds = discard(ranges[[untyped[[1L]]]]$content[c("lower", "upper")], is.null)
    typed = sprintf("`to_tune(%s(%s))`", if (every(bounds, test_int)) "p_int" else "p_dbl",
      str_collapse(sprintf("%s = %s", names(bounds), map_chr(bounds, format))))
    abort("parameter", sprintf("'%s' is not a single number, so its range needs a type; write %s.", untyped[[1L]],
      typed),
      fields = list(parameter = untyped[[1L]]))
  }
}

# Turns a parameter set's error about `values` into one that names the parameter, what it accepts, and what was given.
# `where` says whose parameter it is.
abort_bad_value = function(condition, param_set, values, where = NULL) {
  problem = sub("^Assertion on '[^']*' failed: ", "", conditionMessage(condition))
  id = sub(":.*$", "", problem)
  expected = if (id %in% param_set$ids()) parameter_expectation(param_set, id, values[[id]])
  if (!is.null(expected)) {
    given = values[[id]]
    # a number in quotes looks like the number, unless its quotes are shown
    given = if (test_string(given)) sprintf("\"%s\"", given) else as_short_string(given)
    problem = sprintf("'%s' must be %s, not %s.", id, expected, given)
  }
  problem = sub("([?.])[.]$", "\\1", problem)
  abort("parameter", paste(c(where, problem), collapse = ": "), fields = list(parameter = id), parent = condition)
}

# What a parameter accepts, in words; NULL for parameters whose own check says it.
# (The set's own message shows bounds of integers shifted by a half.)
# The upper limit of integers is only mentioned if a value is beyond it.
parameter_expectation = function(param_set, name, given = NULL) {
  upper = param_set$upper[[name]]
  tells_upper = is.finite(upper) && (upper < .Machine$integer.max || test_number(given, lower = upper))
  bounds = c(
    if (is.finite(param_set$lower[[name]])) sprintf("at least %g", param_set$lower[[name]]),
    if (tells_upper) sprintf("at most %.10g", upper)
  )
  number = switch(param_set$class[[name]], ParamInt = "a whole number", ParamDbl = "a number")
  if (!is.null(number)) {
    return(paste(c(number, if (length(bounds)) paste("of", str_collapse(bounds, sep = " and "))), collapse = " "))
  }
  switch(param_set$class[[name]],
    ParamLgl = "TRUE or FALSE",
    ParamFct = paste("one of", str_collapse(param_set$levels[[name]], quote = "'"))
  )
}

# Refuses a required parameter with the tag `tag` that has no value in `values`.
assert_required_parameters = function(param_set, values, where, tag) {
  needed = intersect(param_set$ids(tags = "required"), param_set$ids(tags = tag))
  absent = setdiff(needed, names(values))
  if (length(absent)) {
    abort_missing_parameter(where, absent[[1L]],
      sprintf("set it, for instance with `learner$param_set$set_values(%s = ...)`", absent[[1L]]))
  }
  invisible(param_set)
}
