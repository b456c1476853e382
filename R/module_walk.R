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

# Remembers objects that have an identity, and under which path they were seen first.
new_seen = function() {
  objects = list()
  paths = character()
  list(
    add = function(object, path = "") {
      is_new = is.na(position_of(object, objects))
      if (is_new) {
        objects[[length(objects) + 1L]] <<- object
        paths[[length(paths) + 1L]] <<- path
      }
      is_new
    },
    path = function(object) paths[position_of(object, objects)]
  )
}

position_of = function(object, objects) Position(function(other) identical(other, object), objects)

# All tensors of a kind inside, each once, by path.
weights_inside = function(module, kind) {
  seen = new_seen()
  found = imap(modules_inside(module), function(inner, path) {
    own = own_weights(inner, kind)
    set_names(own, map_chr(names(own), path_to, prefix = path))
  })
  keep(unlist(unname(found), recursive = FALSE) %??% named_list(), function(tensor) seen$add(tensor))
}

module_buffers = function(module) weights_inside(module, "nn_buffer")

module_weights = function(module) c(weights_inside(module, "nn_parameter"), module_buffers(module))

# Whether one of these tensors is there twice.
is_tied = function(weights) {
  seen = new_seen()
  !all(map_lgl(weights, function(weight) seen$add(weight)))
}
