# What is inside a module and inside its parts.

# All modules inside, each once, by path; the module itself has the path "".
modules_inside = function(module, prefix = "", seen = new_seen()) {
  if (!seen$add(module_core(module))) {
    return(list())
  }
  inner = imap(own_children(module), function(child, name) modules_inside(child, path_to(prefix, name), seen))
  c(set_names(list(module), prefix), unlist(unname(inner), recursive = FALSE))
}

path_to = function(prefix, name) if (nzchar(prefix)) sprintf("%s.%s", prefix, name) else name

# Remembers environments and handles by where they lie, and under which path they were seen first. They are kept, so
# that nothing else comes to lie there.
new_seen = function() {
  seen = new.env(parent = emptyenv())
  list(
    add = function(object, path = "") {
      key = address(object)
      is_new = !exists(key, envir = seen, inherits = FALSE)
      if (is_new) assign(key, list(object = object, path = path), envir = seen)
      is_new
    },
    path = function(object) get(address(object), envir = seen)$path
  )
}

# The weights of these modules themselves, by path.
weights_at = function(modules, kind) {
  found = imap(modules, function(module, path) {
    own = own_weights(module, kind)
    set_names(own, map_chr(names(own), path_to, prefix = path))
  })
  unlist(unname(found), recursive = FALSE) %??% named_list()
}

# All tensors of a kind inside, by path; a tensor that several modules share is there several times.
weights_by_name = function(module, kind) weights_at(modules_inside(module, seen = list(add = function(...) TRUE)), kind)

# All tensors of a kind inside, each once, by path.
weights_inside = function(module, kind) {
  seen = new_seen()
  keep(weights_at(modules_inside(module), kind), function(tensor) seen$add(tensor))
}

module_buffers = function(module) weights_inside(module, "nn_buffer")

module_weights = function(module) c(weights_inside(module, "nn_parameter"), module_buffers(module))

# Whether one of these tensors is there twice.
is_tied = function(weights) {
  seen = new_seen()
  !all(map_lgl(weights, function(weight) seen$add(weight)))
}
