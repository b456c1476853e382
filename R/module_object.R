# A module: a function of class `nn_module` that computes its forward. What it consists of lies in an environment, its
# core, so that all names for a module mean the same one, as with tensors:
# * members: environment of parameters, buffers, modules and other fields; order: their names as they were assigned
# * methods, active: named lists of functions that see `self`; private: environment
# * forward: what a call runs; training: whether it is set to training
# * layer: the handle of a layer of the registry, or NULL; lazy: names of parameters that wait for the first call
# * id, reads: how it is put into a network, see nn()

new_module = function(classes, forward = NULL) {
  core = new.env(parent = emptyenv())
  core$members = new.env(parent = emptyenv())
  core$order = character()
  core$training = TRUE
  core$forward = forward
  module = function(...) core$forward(...)
  class(module) = c(classes, "nn_module")
  module
}

# What every module has beside its own members, by name: functions of the module. Filled when the package is loaded,
# since they use all that follows.
module_fields = new.env(parent = emptyenv())

module_core = function(module) environment(module)$core

# What the module itself holds of a kind, in the order in which it was assigned.
own_weights = function(module, kind) {
  core = module_core(module)
  keep(mget(core$order, envir = core$members), inherits, what = kind)
}

own_children = function(module) own_weights(module, "nn_module")

#' @export
`$.nn_module` = function(x, name) module_member(x, name)

#' @export
`[[.nn_module` = function(x, i, ...) {
  if (is.character(i)) module_member(x, i) else child_at(x, i)
}

module_member = function(module, name) {
  core = module_core(module)
  core$members[[name]] %??% core$methods[[name]] %??% special_member(module, core, name)
}

special_member = function(module, core, name) {
  active = core$active[[name]]
  if (!is.null(active)) {
    return(active())
  }
  if (name %in% core$order) {
    return(NULL)
  }
  if (!is.null(core$members$.layer) && name %in% layer_settings(module_core(core$members$.layer))) {
    return(module_member(core$members$.layer, name))
  }
  if (!is.null(core$layer) && name %in% c("weight", "bias", layer_settings(core))) {
    return(layer_setting(core, name))
  }
  member = module_fields[[name]]
  if (is.null(member)) {
    abort_unknown_field(sprintf("The module %s", module_label(module)), name, names(module))
  }
  member(module)
}

# What a layer was made with, such as `in_features`. A weight that it does not have is NULL.
layer_settings = function(core) {
  c(names(core$settings), names(registry_entry("operation", core$node$operation)$arguments))
}

layer_setting = function(core, name) {
  arguments = registry_entry("operation", core$node$operation)$arguments
  setting = core$settings[[name]] %??% core$node$parameters[[name]] %??% arguments[[name]]$default
  if (name == "bias") NULL else setting
}

#' @export
`$<-.nn_module` = function(x, name, value) {
  set_module_member(x, name, value)
  x
}

#' @export
`[[<-.nn_module` = function(x, i, value) {
  set_module_member(x, if (is.numeric(i)) child_name(x, i) else i, value)
  x
}

set_module_member = function(module, name, value) {
  core = module_core(module)
  if (!is.null(core$active[[name]])) {
    return(core$active[[name]](value))
  }
  if (name == "training") {
    return(module$train(value))
  }
  if (identical(environment(value), environment(module)) && is.function(value)) {
    abort("argument", sprintf("The module %s cannot be a part of itself.", module_label(module)))
  }
  if (!is.null(module_fields[[name]] %??% core$methods[[name]]) && !is.function(value)) {
    abort("argument", sprintf("The module %s: `%s` already has a meaning; use another name.", module_label(module),
      name))
  }
  if (!is.null(core$layer) && name %in% setdiff(layer_settings(core), names(core$members))) {
    abort_read_only(sprintf("The setting `%s` of the layer %s", name, module_label(module)),
      "make a new layer, and put it in this one's place")
  }
  old = core$members[[name]]
  if (is_weight(old) && !inherits(value, "nn_parameter") && !is.null(value)) {
    return(overwrite_weight(module, old, name, value))
  }
  if (!is.null(core$network) && is.null(core$definition)) {
    return(assert_same_part(core, name, value))
  }
  if (!is.null(core$layer) && is_weight(old)) {
    core_layer_replace(core$layer, name, value)
  }
  if (!is.null(core$members$.layer) && is_weight(old)) {
    set_module_member(core$members$.layer, name, value)
  }
  add_member(core, name, as_member(value))
}

# Parts of a live network are made anew when they are asked for, so what is assigned to them would be lost. The likes of
# `x$weight$requires_grad = FALSE` end by assigning the same thing.
assert_same_part = function(core, name, value) {
  old = core$members[[name]]
  are_modules = inherits(old, "nn_module") && inherits(value, "nn_module")
  if (!identical(old, value) && !(are_modules && identical(module_core(old), module_core(value)))) {
    abort_read_only(sprintf("The part `%s` of a live network", name), paste("change tensors in place, or train a",
      "network that is built in another way; `network$clone(deep = TRUE)` gives a module of its own"))
  }
}

# The name is kept even if the value is NULL.
add_member = function(core, name, value) {
  if (inherits(value, "torch_lazy_weight")) core$lazy = union(core$lazy, name)
  assign(name, value, envir = core$members)
  if (name %nin% core$order) core$order = c(core$order, name)
}

# Operations without sizes become layers that are made when they are first called.
as_member = function(value) UseMethod("as_member")

#' @export
as_member.default = function(value) value

is_weight = function(x) inherits(x, c("nn_parameter", "nn_buffer"))

# A buffer gets the numbers of another tensor, in the same memory, so that whoever shares it sees them.
overwrite_weight = function(module, old, name, value) {
  if (inherits(old, "nn_parameter") || !inherits(value, "torch_tensor")) {
    abort("read_only", sprintf("The module %s: `%s` is a weight; change it in place, as by `$add_(1)`, or assign %s.",
      module_label(module), name, "an nn_parameter() or nn_buffer()"))
  }
  if (inherits(value, "nn_buffer") || !identical(old$shape, value$shape)) {
    return(add_member(module_core(module), name, nn_buffer(value, persistent = inherits(old, "nn_persistent"))))
  }
  with_no_grad(old$copy_(value))
  invisible()
}

module_label = function(module) sprintf("'%s'", class(module)[[1L]])

#' @export
names.nn_module = function(x) {
  core = module_core(x)
  unique(c(core$order, names(core$methods), names(core$active), ls(module_fields)))
}

#' @export
length.nn_module = function(x) length(own_children(x))

#' @export
print.nn_module = function(x, ...) {
  cat(format(x, ...), sep = "\n")
  invisible(x)
}

#' @export
format.nn_module = function(x, ...) {
  count = function(module) sum(map_dbl(module$parameters, function(parameter) parameter$numel()))
  children = own_children(x)
  rows = imap_chr(children, function(child, name) {
    sprintf("  %s: <%s> %s", name, class(child)[[1L]], format(count(child), big.mark = ","))
  })
  own = own_weights(x, "nn_parameter")
  c(sprintf("<nn_module> %s: %s parameters", class(x)[[1L]], format(count(x), big.mark = ",")), unname(rows),
    sprintf("  %s: (%s)", names(own), map_chr(own, function(parameter) str_collapse(parameter$shape))))
}

# Of lists of modules, and of those that are called in turn.
child_at = function(module, i) {
  own_children(module)[[child_name(module, i)]] %??% child_name(module, i, more = 0L)
}


# `more`: how many places after the last one there may be.
child_name = function(module, i, more = 1L) {
  known = names(own_children(module))
  if (!test_int(i, lower = 1, upper = length(known) + more) && !test_int(i, lower = -length(known), upper = -1L)) {
    abort("argument", sprintf("The module %s has no part %s; it has %i.", module_label(module), as_short_string(i),
      length(known)))
  }
  if (i < 0) i = length(known) + 1L + i
  if (i > length(known)) as.character(length(known)) else known[[i]]
}
