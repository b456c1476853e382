# Functions as plain data: bytes from which another process can make the same functions.
# What a function uses, except for functions of packages, is kept as it is when the bytes are written.

# Names that a module gives its functions when it is started.
given_names = c("self", "private", "super")

# `functions`: named list of functions; further arguments are kept with them. Tensors among them are kept, too.
# Returns a `torch_tensor_data` of bytes, which `read_function_data()` reads.
function_data = function(functions, ...) {
  top = new.env(parent = globalenv())
  homes = new.env()
  functions = map(functions, portable_function, top = top, homes = homes)
  bytes = serialize(list(top = top, functions = functions, ...), NULL, refhook = tensor_text)
  core_tensor_to_plain(torch_tensor(bytes))
}

# The bytes of one function, called `name` there. A generic: a module is more than a function.
function_bytes = function(x, name) UseMethod("function_bytes")

#' @export
function_bytes.default = function(x, name) function_data(set_names(list(x), name))

read_function_data = function(bytes) {
  data = tryCatch(unserialize(bytes, refhook = text_tensor), error = function(condition) NULL)
  if (!is.list(data) || !is.list(data$functions) || !all(map_lgl(data$functions, is.function))) {
    abort("function", "A function was expected, but the value is not one, or its bytes are damaged.")
  }
  if ("package:mlr3libtorch" %nin% search()) {
    parent.env(data$top) = exported_functions()
  }
  data
}

# The function with a new environment that holds what it uses. Functions of one environment share a new one.
portable_function = function(fn, top, homes) {
  origin = environment(fn)
  if (is.primitive(fn) || is_package_environment(origin)) {
    return(fn)
  }
  key = format(origin)
  if (is.null(homes[[key]])) {
    homes[[key]] = new.env(parent = package_above(origin) %??% top)
  }
  home = homes[[key]]
  for (name in setdiff(codetools::findGlobals(fn), c(given_names, ls(home, all.names = TRUE)))) {
    copy_variable(name, origin, home, top, homes)
  }
  fn = utils::removeSource(fn)
  environment(fn) = home
  fn
}

copy_variable = function(name, origin, home, top, homes) {
  owner = owner_outside_packages(name, origin)
  if (is.null(owner)) {
    return(invisible())
  }
  value = get(name, envir = owner)
  # first, for a function that uses itself
  assign(name, NULL, envir = home)
  assign(name, if (is.function(value)) portable_function(value, top, homes) else value, envir = home)
}

# What a function uses and does not get, except for what packages have, by name.
used_values = function(fn) {
  names = if (is.primitive(fn)) character() else sort(codetools::findGlobals(fn))
  discard(sapply(names, function(name) {
    owner = owner_outside_packages(name, environment(fn))
    if (!is.null(owner)) get(name, envir = owner)
  }, simplify = FALSE), is.null)
}

is_package_environment = function(env) {
  isNamespace(env) || identical(env, baseenv()) || startsWith(environmentName(env), "package:") ||
    startsWith(attr(env, "name") %??% "", "package:")
}

# The first environment outside packages that has the variable; NULL if none has it.
owner_outside_packages = function(name, env) {
  while (!is_package_environment(env) && !identical(env, emptyenv())) {
    if (exists(name, envir = env, inherits = FALSE)) {
      return(env)
    }
    env = parent.env(env)
  }
  NULL
}

# The package in which a function was written, but not at its top level.
package_above = function(env) {
  while (!identical(env, emptyenv()) && !identical(env, globalenv())) {
    if (isNamespace(env)) {
      return(env)
    }
    env = parent.env(env)
  }
  NULL
}

# Stands for this package if it is loaded but not attached, as in parallel workers.
exported_functions = function() {
  namespace = topenv()
  list2env(mget(getNamespaceExports(namespace), envir = namespace), parent = globalenv())
}

tensor_text = function(x) {
  if (inherits(x, "torch_tensor")) jsonlite::base64_enc(serialize(core_tensor_to_plain(x), NULL))
}

text_tensor = function(text) core_plain_to_tensor(unserialize(jsonlite::base64_dec(text)))
