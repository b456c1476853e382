# Values that are the same in every call are made in the first one.

cache = new.env(parent = emptyenv())

# The value of `make()`, kept under `name`. It must not depend on anything that can change.
cached = function(name, make) {
  if (is.null(cache[[name]])) {
    assign(name, make(), envir = cache)
  }
  cache[[name]]
}

# What the core has registered under a kind, such as "loss"; it does so while the library is loaded.
registry_entries = function(registry) {
  if (!is.character(registry) || length(registry) != 1L || is.na(registry)) {
    abort("argument", sprintf("The name of a registry must be a string, not %s.", as_short_string(registry)))
  }
  cached(paste("registry", registry), function() core_registry(registry))
}

# A parameter set that differs between objects only in its values: cloning one is many times faster than making one.
param_set_like = function(name, make) {
  cached(paste("param_set", name), make)$clone(deep = TRUE)
}
