# Classes that users write, as functions that make objects: `optimizer()` and `lr_scheduler()`.

# A class, or the class behind a function that was made of one.
generator_of = function(x, where) {
  generator = attr(x, "generator", exact = TRUE) %??% x
  if (!inherits(generator, "R6ClassGenerator")) {
    abort("argument", sprintf("%s: 'inherit' must be what %s returned, or an R6 class, not %s.", where, where,
      as_short_string(x)), list(argument = "inherit"))
  }
  generator
}

# A function with the arguments of the class's constructor, which its parent may have.
constructor_function = function(generator) {
  level = generator
  while (is.null(level$public_methods$initialize)) level = level$get_inherit()
  arguments = formals(level$public_methods$initialize)
  passed = set_names(map(names(arguments), as.name), replace(names(arguments), names(arguments) == "...", ""))
  eval(call("function", as.pairlist(arguments), as.call(c(list(generator$new), passed))), generator$parent_env)
}

# A function that makes objects of a class whose members are `members`, and whose parent is `inherit`.
class_function = function(where, name, inherit, members, parent_env, ...) {
  if (length(members) && !test_names(names2(members, ""), "unique")) {
    abort("argument", sprintf("%s: methods and fields need unique names, such as `step = function() ...`.", where))
  }
  frame = new.env(parent = parent_env)
  parent = generator_of(inherit, where)
  # R6 looks for the parent class whenever an object is made
  frame$parent = parent
  generator = R6Class(assert_string(name, null.ok = TRUE), inherit = parent, lock_objects = FALSE, public = members,
    parent_env = frame, ...)
  structure(constructor_function(generator), class = c("torch_generator_function", "function"), generator = generator)
}

#' @export
print.torch_generator_function = function(x, ...) {
  catn(sprintf("<function> %s(%s)", attr(x, "generator")$classname %??% "", str_collapse(names(formals(x)))))
  invisible(x)
}
