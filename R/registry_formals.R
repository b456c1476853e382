# Functions that are made from the registry when the package is loaded, and their arguments.

# `arguments`: by name, with their defaults; `...` comes after them and is refused, unless the function `takes_others`.
registry_function = function(name, arguments, body, env, takes_others = FALSE) {
  if (takes_others) arguments = c(arguments, formals(function(...) NULL))
  fn = eval(call("function", as.pairlist(arguments), body), env)
  if (takes_others) fn else with_refusal(fn, name)
}

# With the registry's defaults.
argument_formals = function(arguments) {
  unlist(map(unname(arguments), function(argument) {
    if (argument$required) without_default(argument$name) else set_names(list(argument$default), argument$name)
  }), recursive = FALSE)
}

# For the documentation: registered things as a list in Markdown; each has a page, whose topic begins with `topic`.
list_entries = function(entries, topic) {
  items = imap_chr(entries, function(entry, name) {
    sprintf("* [`%1$s`][%2$s%1$s], %3$s: %4$s", name, topic, entry$label, first_sentence(entry$doc))
  })
  str_collapse(items, sep = "\n")
}

first_sentence = function(doc) sub("(?<=[.]) [A-Z].*$", "", doc, perl = TRUE)

without_default = function(names) set_names(rep(as.list(formals(function(x) NULL)), length(names)), names)
