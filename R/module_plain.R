# A module as plain data: what it consists of, without the numbers in its weights.

# list(tree, functions). The tree of a layer: kind "layer", node, example. Of a module written in R: kind "written",
# classes, levels (in which functions are positions in `functions`), and members: plain values, functions (positions),
# weights (shapes), modules (trees). Of a container: kind "container", class, members. What is used twice is there
# once; the other place is of kind "same" and has its path.
module_data = function(module) {
  functions = list()
  add = function(fn) {
    functions[[length(functions) + 1L]] <<- fn
    structure(length(functions), class = "function_position")
  }
  seen = new_seen()
  tree = plain_module(module, "", seen, add)
  list(tree = tree, functions = functions)
}

plain_module = function(module, path, seen, add) {
  core = module_core(module)
  if (!seen$add(core, path)) {
    return(list(kind = "same", path = seen$path(core)))
  }
  members = mget(setdiff(core$order, names(core$weight_norms)), envir = core$members)
  members = imap(members, function(value, name) plain_member(value, path_to(path, name), seen, add))
  if (!is.null(core$layer)) {
    tied = keep(members, function(member) identical(member$kind, "same"))
    frozen = names(discard(own_weights(module, "nn_parameter"), function(parameter) parameter$requires_grad))
    return(list(kind = "layer", node = core$node, example = core$example, tied = tied, frozen = frozen,
      weight_norms = core$weight_norms))
  }
  if (is.null(core$definition)) {
    return(list(kind = "container", class = class(module)[[1L]], members = members, spec = core$spec))
  }
  assert_plain_private(core$private, module, path)
  levels = map(core$definition$levels, function(level) map(level, plain_functions, add = add))
  list(kind = "written", classes = core$definition$classes, levels = levels, members = members,
    private = plain_functions(discard(as.list(core$private, all.names = TRUE), is.function), add),
    weight_norms = core$weight_norms)
}

# Private fields are not part of a module's weights, so what is in them would neither be trained nor kept.
assert_plain_private = function(private, module, path) {
  holds_weights = function(value) {
    is_nn_module(value) || inherits(value, "torch_tensor") || (is.list(value) && any(map_lgl(value, holds_weights)))
  }
  held = names(keep(as.list(private, all.names = TRUE), holds_weights))
  if (length(held)) {
    abort("argument", sprintf("The module %s%s: its private field `%s` holds a layer or a tensor, %s; %s.",
      module_label(module), if (nzchar(path)) sprintf(" (%s)", path) else "", sort(held)[[1L]],
      "which is neither trained nor kept", "assign it to `self`, a tensor as nn_buffer()"))
  }
}

plain_functions = function(values, add) map(values, function(value) if (is.function(value)) add(value) else value)

plain_member = function(value, path, seen, add) {
  if (is_nn_module(value)) {
    return(structure(plain_module(value, path, seen, add), class = "plain_part"))
  }
  if (is_weight(value)) {
    return(structure(plain_weight_member(value, path, seen), class = "plain_part"))
  }
  if (is.list(value) && any(map_lgl(value, function(part) is_nn_module(part) || is_weight(part)))) {
    abort("argument", sprintf("The field `%s` of a module is a list of modules or weights, which is not trained; %s.",
      path, "put modules into nn_module_list(), and assign weights to `self` one by one"))
  }
  if (is.function(value)) add(value) else value
}

plain_weight_member = function(tensor, path, seen) {
  if (!seen$add(tensor, path)) {
    return(list(kind = "same", path = seen$path(tensor)))
  }
  list(kind = "weight", class = setdiff(class(tensor), "torch_tensor"), shape = tensor$shape,
    dtype = format(tensor$dtype), requires_grad = tensor$requires_grad)
}

# A module from its data: with new weights.
module_from_data = function(tree, functions) {
  made = new.env(parent = emptyenv())
  restore_part(tree, "", functions, made)
}

restore_part = function(tree, path, functions, made) {
  if (tree$kind == "same") {
    return(get(paste0(".", tree$path), envir = made))
  }
  part = switch(tree$kind,
    weight = restore_weight(tree),
    layer = restore_layer(tree, path, made),
    container = restore_container(tree),
    written = restore_written(tree, functions)
  )
  assign(paste0(".", path), part, envir = made)
  if (tree$kind %in% c("container", "written")) {
    iwalk(tree$members, function(member, name) {
      value = restore_member(member, path_to(path, name), functions, made)
      add_member(module_core(part), name, seeing_self(value, part))
    })
    iwalk(tree$weight_norms, function(dims, name) begin_weight_norm(part, name, dims))
  }
  part
}

# A function that was assigned to `self` may use it.
seeing_self = function(value, module) {
  if (!is.function(value) || is_nn_module(value) || is.primitive(value) || is_package_environment(environment(value))) {
    return(value)
  }
  bind_function(value, module, module_core(module)$private, list())
}

restore_member = function(member, path, functions, made) {
  if (inherits(member, "plain_part")) {
    return(restore_part(unclass(member), path, functions, made))
  }
  if (inherits(member, "function_position")) functions[[member]] else member
}

restore_weight = function(tree) {
  tensor = torch_zeros(as.integer(tree$shape), dtype = tree$dtype)
  as_weight(tensor$requires_grad_(tree$requires_grad), tree$class)
}

restore_layer = function(tree, path, made) {
  # errors name it as the module does
  node = insert_named(tree$node, list(id = if (nzchar(path)) path else tree$node$id))
  module = layer_module(node, if (length(tree$example)) map(tree$example, as_example))
  core = module_core(module)
  iwalk(tree$weight_norms, function(dims, name) split_weight(module, name, dims))
  iwalk(tree$tied, function(weight, name) set_module_member(module, name, get(paste0(".", weight$path), envir = made)))
  walk(tree$frozen, function(name) core$members[[name]]$requires_grad_(FALSE))
  iwalk(own_weights(module, c("nn_parameter", "nn_buffer")), function(weight, name) {
    assign(paste0(".", path_to(path, name)), weight, envir = made)
  })
  module
}

as_example = function(input) if (input$is_class) structure(input$shape, is_class = TRUE) else input$shape

restore_container = function(tree) {
  module = container(tree$class, list())
  core = module_core(module)
  core$forward = switch(tree$class,
    nn_sequential = function(...) call_in_turn(core, ...),
    nn_graph = function(...) call_graph(core, list(...)),
    core$forward
  )
  core$spec = tree$spec
  module
}

restore_written = function(tree, functions) {
  levels = map(tree$levels, function(level) {
    map(level, function(values) map(values, restore_member, functions = functions))
  })
  module = bare_module(list(classes = tree$classes, levels = levels))
  assign_all(tree$private, module_core(module)$private)
  module
}

# A deep clone.
copy_module = function(module) {
  data = module_data(module)
  copy = module_from_data(data$tree, data$functions)
  fill_module(copy, map(module_weights(module), function(weight) weight$detach()$clone()), modules_training(module))
}

# A module that was made from data, with its weights, also of another type, by path, and with what of it is in training.
fill_module = function(module, weights, training) {
  own = module_weights(module)
  parts = modules_inside(module)
  if (!setequal(names(own), names(weights)) || length(parts) != length(training)) {
    abort("argument", sprintf("The module %s has other weights or parts than are given.", module_label(module)))
  }
  iwalk(own, function(weight, name) {
    if (!identical(weight$shape, weights[[name]]$shape)) {
      abort("shape", sprintf("The weight '%s' has the shape [%s], not [%s].", name, toString(weight$shape),
        toString(weights[[name]]$shape)))
    }
    weight$data = weights[[name]]
  })
  walk(seq_along(parts), function(i) assign("training", training[[i]], envir = module_core(parts[[i]])))
  module
}

modules_training = function(module) map_lgl(modules_inside(module), function(part) part$training)
