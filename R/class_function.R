# Classes that users write, as functions that make objects: what dataset(), sampler(), optimizer() and lr_scheduler()
# return.

# A function that makes objects of a class whose members are `members`.
# `kind`: the function's own class; `maker`: the function that was called for it; `inherit`: an R6 class, or such a
# function.
class_function = function(kind, maker, name, inherit, members, parent_env, ...) {
  assert_string(name, min.chars = 1L, null.ok = TRUE, .var.name = "name")
  if (length(members) && !test_names(names2(members, ""), type = "unique")) {
    abort("argument", sprintf("%s: methods and fields must have unique names, as in `step = function() ...`.", maker))
  }
  frame = new.env(parent = assert_environment(parent_env, .var.name = "parent_env"))
  parent = class_behind(inherit, maker)
  # R6 looks for the parent class whenever an object is made
  frame$parent = parent
  generator = R6Class(name, inherit = parent, public = members, lock_objects = FALSE, parent_env = frame, ...)
  structure(constructor_function(generator), class = c(kind, "torch_class_function", "function"), generator = generator)
}

class_behind = function(x, maker) {
  generator = attr(x, "generator", exact = TRUE) %??% x
  if (!inherits(generator, "R6ClassGenerator")) {
    abort("argument", sprintf("%s: 'inherit' must be what %s or R6Class() returned, not %s.", maker, maker,
      as_short_string(x)), list(argument = "inherit"))
  }
  generator
}

# A function with the arguments of the class's constructor, which its parent may have.
constructor_function = function(generator) {
  arguments = constructor_arguments(generator)
  passed = set_names(map(names(arguments), as.name), replace(names(arguments), names(arguments) == "...", ""))
  eval(call("function", as.pairlist(arguments), as.call(c(list(generator$new), passed))), generator$parent_env)
}

# As a list, by name; those of a parent class if the class has no constructor of its own.
constructor_arguments = function(generator) {
  initialize = generator$public_methods$initialize
  parent = if (is.null(initialize)) generator$get_inherit()
  if (is.null(parent)) as.list(formals(initialize %??% function() NULL)) else constructor_arguments(parent)
}

# One parameter of any type for each argument. A default that is a plain value is shown as the parameter's default.
constructor_param_set = function(arguments) {
  do.call(ps, map(arguments[setdiff(names(arguments), "...")], function(default) {
    if (is.language(default)) p_uty(tags = "train") else p_uty(default = default, tags = "train")
  }))
}

# How formals() shows an argument without a default.
is_empty_symbol = function(default) {
  is.symbol(default) && !nzchar(as.character(default))
}

#' @export
print.torch_class_function = function(x, ...) {
  catn(sprintf("<%s> %s(%s)", class(x)[[1L]], attr(x, "generator")$classname %??% "", toString(names(formals(x)))))
  invisible(x)
}
