# Arguments of functions that are made from the registry when the package is loaded.

# With the registry's defaults.
argument_formals = function(arguments) {
  unlist(map(unname(arguments), function(argument) {
    if (argument$required) without_default(argument$name) else set_names(list(argument$default), argument$name)
  }), recursive = FALSE)
}

without_default = function(names) set_names(rep(as.list(formals(function(x) NULL)), length(names)), names)
