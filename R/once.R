# What is the same in every call is made in the first one.

made_once = new.env(parent = emptyenv())

# The value of `make()`, kept under `name`. It must not depend on anything that can change.
make_once = function(name, make) {
  if (is.null(made_once[[name]])) {
    assign(name, make(), envir = made_once)
  }
  made_once[[name]]
}

# What the core has registered under a kind, such as "loss"; it does so while the library is loaded.
registry_entries = function(registry) {
  if (!test_string(registry)) {
    abort("argument", sprintf("A registry is named by a string, not %s.", as_short_string(registry)))
  }
  make_once(paste("registry", registry), function() core_registry(registry))
}

# A parameter set that differs between objects in its values only: a clone is many times faster than making one.
param_set_like = function(name, make) {
  make_once(paste("param_set", name), make)$clone(deep = TRUE)
}
