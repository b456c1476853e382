# Classes of datasets and samplers, made by functions that return generators.

# The generator of a class, a function that makes an object.
# `inherit`: an R6 class or such a generator. `members`: methods and fields. `kind`: the generator's own class.
new_generator = function(kind, name, inherit, members, private, active, parent_env) {
  assert_string(name, min.chars = 1L, null.ok = TRUE, .var.name = "name")
  check_generator_members(members, kind)
  # R6 looks for the class from which another one inherits in the environment of that one's methods
  env = new.env(parent = assert_environment(parent_env, .var.name = "parent_env"))
  parent = parent_class(inherit, kind)
  assign("parent", parent, envir = env)
  class = R6Class(name, inherit = parent, public = members, private = private, active = active, lock_objects = FALSE,
    parent_env = env)
  structure(function(...) class$new(...), class = c(kind, "data_generator", "function"), r6_class = class)
}

check_generator_members = function(members, kind) {
  if (length(members) && !test_names(names2(members, ""), type = "unique")) {
    abort("argument", sprintf("%s(): methods and fields must have unique names, as in `.length = function() 10`.",
      generator_function(kind)))
  }
}

# The function that makes generators of this kind.
generator_function = function(kind) sub("^torch_|_generator$", "", kind)

parent_class = function(inherit, kind) {
  class = if (inherits(inherit, "data_generator")) attr(inherit, "r6_class") else inherit
  if (!inherits(class, "R6ClassGenerator")) {
    abort("argument", sprintf("'inherit' must be what %s() or R6Class() returned, not %s.",
      generator_function(kind), as_short_string(inherit)), list(argument = "inherit"))
  }
  class
}

#' @export
print.data_generator = function(x, ...) {
  class = attr(x, "r6_class")
  catn(sprintf("<%s> %s(%s)", class(x)[[1L]], class$classname %??% "", toString(initial_arguments(class))))
  invisible(x)
}

# The names of the arguments of `initialize`, which may be inherited.
initial_arguments = function(class) {
  initialize = class$public_methods$initialize
  parent = if (is.null(initialize)) class$get_inherit()
  if (is.null(parent)) names(formals(initialize)) else initial_arguments(parent)
}
