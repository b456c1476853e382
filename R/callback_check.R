# The rules for classes of callbacks. All are checked when a class is made or wrapped, so that a run does not fail
# later.

abort_callback = function(where, text, ...) {
  abort("invalid_callback", sprintf("%s: %s", where, sprintf(text, ...)))
}

assert_callback_count = function(x, name, where) {
  if (!test_count(x, positive = TRUE)) {
    abort_callback(where, "'%s' must be a whole number of at least 1, not %s.", name, as_short_string(x))
  }
}

assert_callback_flag = function(x, name, where) {
  if (!test_flag(x)) {
    abort_callback(where, "'%s' must be TRUE or FALSE, not %s.", name, as_short_string(x))
  }
}

assert_stage_function = function(f, name, where) {
  if (!is.function(f)) {
    abort_callback(where, "'%s' must be a function without arguments, not %s.", name, as_short_string(f))
  }
}

# Checks the arguments of `callback_set()` or `torch_callback()`, before a class is made of them.
check_class_arguments = function(arguments) {
  classname = arguments$classname
  if (!test_string(classname) || !startsWith(classname, "CallbackSet")) {
    abort_callback("callback_set()", "'classname' must be a string that starts with 'CallbackSet', not %s.",
      as_short_string(classname))
  }
  for (name in c("public", "private", "active")) {
    check_members(arguments[[name]], name, classname)
  }
  if (!all(map_lgl(arguments$active, is.function))) {
    abort_callback(classname, "'active' must be a list of functions.")
  }
  check_public_names(arguments$public, classname)
  for (name in c("state_dict", "load_state_dict", "initialize")) {
    if (!is.null(arguments[[name]]) && !is.function(arguments[[name]])) {
      abort_callback(classname, "'%s' must be a function, not %s.", name, as_short_string(arguments[[name]]))
    }
  }
  if (!is.environment(arguments$parent_env)) {
    abort_callback(classname, "'parent_env' must be an environment.")
  }
  assert_callback_flag(arguments$lock_objects, "lock_objects", classname)
  check_weight(arguments$weight, classname, null_ok = TRUE)
  check_workers_of_callback(arguments$workers, classname, null_ok = TRUE)
  callback_levels(arguments$inherit, sprintf("%s: 'inherit'", classname))
  invisible(arguments)
}

check_members = function(members, name, classname) {
  if (is.null(members)) {
    return(invisible(NULL))
  }
  if (!is.list(members) || (length(members) && !test_names(names2(members, ""), type = "named"))) {
    abort_callback(classname, "'%s' must be a list in which each element has a name.", name)
  }
  repeated = names(members)[duplicated(names(members))]
  if (length(repeated)) {
    abort_callback(classname, "the names in '%s' must be unique; '%s' occurs more than once.", name, repeated[[1L]])
  }
}

check_public_names = function(public, classname) {
  own_arguments = c(stage_names(), "state_dict", "load_state_dict", "initialize", "weight", "workers")
  clash = intersect(names(public), own_arguments)
  if (length(clash)) {
    abort_callback(classname, "'%1$s' has an argument of its own: write `%1$s =` beside `public`, not inside it.",
      clash[[1L]])
  }
}

check_weight = function(weight, where, null_ok = FALSE) {
  if (null_ok && is.null(weight)) {
    return(invisible(NULL))
  }
  if (!test_number(weight)) {
    abort_callback(where, "'weight' must be a number (Inf is allowed, NaN and NA are not), not %s.",
      as_short_string(weight))
  }
  invisible(weight)
}

check_workers_of_callback = function(workers, where, null_ok = FALSE) {
  if (!(null_ok && is.null(workers)) && !test_choice(workers, c("first", "all"))) {
    abort_callback(where, "'workers' must be \"first\" or \"all\", not %s.", as_short_string(workers))
  }
}

# The generators from `generator` up to CallbackSet, which is not included.
callback_levels = function(generator, where) {
  if (!inherits(generator, "R6ClassGenerator")) {
    abort_callback(where, "expected an R6 class that inherits from CallbackSet, not %s.", as_short_string(generator))
  }
  levels = list()
  while (!is.null(generator) && !identical(generator$classname, "CallbackSet")) {
    levels[[length(levels) + 1L]] = generator
    generator = generator$get_inherit()
  }
  if (is.null(generator)) {
    abort_callback(where, "the class %s does not inherit from CallbackSet.", levels[[1L]]$classname)
  }
  levels
}

# Checks a finished class and those it inherits from.
check_callback_class = function(generator) {
  levels = callback_levels(generator, "callback")
  walk(levels, check_callback_level)
  check_native_stages(levels)
  invisible(generator)
}

# Only the core's stages of a native callback are called; those written in R would be silently left out.
check_native_stages = function(levels) {
  stages = intersect(unlist(map(levels, function(level) names(level$public_methods))), stage_names())
  if (length(stages) && some(levels, function(level) identical(level$private_fields$.language, "C++"))) {
    abort_callback(levels[[1L]]$classname, "the stage '%s' would never be called, because the class inherits from %s",
      stages[[1L]], "a native callback, whose stages run in C++; make it a separate callback.")
  }
}

check_callback_level = function(level) {
  where = level$classname
  check_method_names(level, where)
  walk(intersect(names(level$public_methods), stage_names()), function(stage) {
    check_stage_function(level$public_methods[[stage]], stage, where)
  })
  check_state_methods(level, where)
  check_constructor(level$public_methods$initialize, where)
  taken = intersect(c(names(level$public_fields), names(level$public_methods), names(level$active)), c("ctx", "stages"))
  if (length(taken) && !in_this_package(level)) {
    abort_callback(where, "the member '%s' belongs to CallbackSet and cannot be redefined.", taken[[1L]])
  }
  check_weight(level$public_fields$weight, where, null_ok = TRUE)
  check_workers_of_callback(level$public_fields$workers, where, null_ok = TRUE)
}

check_method_names = function(level, where) {
  misspelled = misspelled_stages(names(level$public_methods))
  if (length(misspelled)) {
    abort_unknown_stage(misspelled[[1L]], where)
  }
  hidden = c(names(level$private_methods), names(level$active))
  misspelled = misspelled_stages(hidden)
  if (length(misspelled)) {
    abort_unknown_stage(misspelled[[1L]], where)
  }
  hidden = intersect(hidden, stage_names())
  if (length(hidden)) {
    abort_callback(where, "the stage '%s' is private or active and would never be called; make it a public method.",
      hidden[[1L]])
  }
}

check_stage_function = function(stage_function, stage, where) {
  assert_stage_function(stage_function, stage, where)
  arguments = argument_names(stage_function)
  if (length(arguments)) {
    abort_callback(where, "the stage function '%s' must not take arguments, but has %s; use `self$ctx`.", stage,
      str_collapse(arguments, quote = "'"))
  }
  check_stage_filter(stage_function, stage, where)
}

check_state_methods = function(level, where) {
  methods = level$public_methods
  has = c("state_dict", "load_state_dict") %in% names(methods)
  if (xor(has[[1L]], has[[2L]])) {
    written = c("state_dict", "load_state_dict")[has]
    absent = c("state_dict", "load_state_dict")[!has]
    abort_callback(where, "'%s' is defined without '%s'; a state needs both.", written, absent)
  }
  if (all(has)) {
    if (length(argument_names(methods$state_dict))) {
      abort_callback(where, "'state_dict' must be a function without arguments.")
    }
    if (!identical(argument_names(methods$load_state_dict), "state_dict")) {
      abort_callback(where, "'load_state_dict' must be a function with exactly one argument, 'state_dict'.")
    }
  }
}

check_constructor = function(initialize, where) {
  reserved = intersect(argument_names(initialize), c("ctx", "weight"))
  if (length(reserved)) {
    abort_callback(where, "the argument '%s' of 'initialize' is reserved.", reserved[[1L]])
  }
}

# args() knows the arguments of primitive functions too.
argument_names = function(f) {
  if (is.function(f)) names(formals(args(f))) else character()
}

in_this_package = function(generator) {
  identical(generator$parent_env, topenv(environment(in_this_package)))
}

# Checks a live set: a constructor may have added members that the class does not show.
check_callback_set = function(set, id) {
  if (!inherits(set, "CallbackSet")) {
    abort_callback(sprintf("callback '%s'", id), "generated a %s instead of a CallbackSet.", class(set)[[1L]])
  }
  where = class(set)[[1L]]
  methods = keep(names(set), function(name) name %nin% c("ctx", "stages") && is.function(.subset2(set, name)))
  misspelled = misspelled_stages(methods)
  if (length(misspelled)) {
    abort_unknown_stage(misspelled[[1L]], where)
  }
  walk(intersect(methods, stage_names()), function(stage) check_stage_function(.subset2(set, stage), stage, where))
  check_weight(set$weight, where)
  check_workers_of_callback(set$workers, where)
  invisible(set)
}

# Counting batches makes no sense in other stages.
check_stage_filter = function(stage_function, stage, where) {
  if (identical(attr(stage_function, "stage_filter")$unit, "batch") && !grepl("batch|backward", stage)) {
    abort_callback(where, "'%s' is not a stage of batches, so `every_n(n, f)` cannot count them; use %s.", stage,
      "`every_n(\"epoch\", n, f)`")
  }
}
