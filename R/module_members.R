# What every module has: its tensors, its parts, and how it is set.

# As in PyTorch, a tensor that is shared has all its names.
module_state = function(module) {
  buffers = weights_by_name(module, "nn_buffer")
  c(weights_by_name(module, "nn_parameter"), keep(buffers, inherits, what = "nn_persistent"))
}

load_module_state = function(module, state, strict) {
  assert_flag(strict)
  own = module_state(module)
  # as they lie in a saved model
  is_saved = map_lgl(state, inherits, what = "torch_tensor_data")
  state[is_saved] = map(state[is_saved], torch_tensor)
  if (!test_list(state, names = "unique") || !all(map_lgl(state, inherits, what = "torch_tensor"))) {
    abort("argument", "load_state_dict(): 'state_dict' must be a named list of tensors, as `$state_dict()` returns.")
  }
  unknown = setdiff(names(state), names(own))
  shared = intersect(names(own), names(state))
  absent = setdiff(names(own), names(state))
  # a shared tensor needs one of its names only
  addresses = map_chr(own, address)
  absent = absent[addresses[absent] %nin% addresses[shared]]
  if (strict && length(unknown)) {
    abort_unknown("unknown_name", sprintf("load_state_dict(): the module %s has no weight '%s'.", module_label(module),
      unknown[[1L]]), unknown[[1L]], names(own))
  }
  if (strict && length(absent)) {
    abort("config", sprintf("load_state_dict(): the weights lack '%s'; %s.", absent[[1L]],
      "give all, or set `strict = FALSE`"), fields = list(name = absent))
  }
  walk(shared, function(name) assert_same_shape(own[[name]], state[[name]], name))
  with_no_grad(walk(shared, function(name) own[[name]]$copy_(state[[name]])))
  invisible(module)
}

assert_same_shape = function(own, given, name) {
  if (!identical(as.numeric(own$shape), as.numeric(given$shape))) {
    abort("shape", sprintf("load_state_dict(): '%s' has the shape %s, but the module needs %s.", name,
      as_short_string(given$shape), as_short_string(own$shape)))
  }
}

set_mode = function(module, mode) {
  assert_flag(mode, .var.name = "mode")
  walk(modules_inside(module), function(inner) assign("training", mode, envir = module_core(inner)))
  invisible(module)
}

# Moves or converts the tensors themselves, so that optimizers and other names for them see it.
convert_module = function(module, dtype = NULL, device = NULL, ...) {
  if (is.null(device) && is_device_name(dtype)) {
    return(convert_module(module, device = dtype))
  }
  assert_module_type(dtype)
  refuse_for_node(module_core(module), "A live network keeps its type and place",
    "convert a tensor, as by `network$parameters[[1]]$double()`")
  convert = function(tensor) {
    tensor$data = tensor$detach()$to(dtype = if (tensor$is_floating_point()) dtype, device = device)
  }
  walk(module_weights(module), convert)
  invisible(module)
}

assert_module_type = function(dtype) {
  if (!is.null(dtype) && format(dtype) %nin% c("float32", "float64", "float", "double")) {
    abort("config", sprintf("A module computes with float32 or float64, not %s; %s.", as_short_string(format(dtype)),
      "convert a tensor, as by `module$weight$half()`"))
  }
}

# Draws the weights of a layer again.
reset_layer = function(module) {
  core = module_core(module)
  refuse_for_node(core, "A node of a live network keeps its weights", "`nn_init_*()` functions change them in place")
  if (is.null(core$layer)) {
    abort("config", sprintf("The module %s has no function 'reset_parameters'; %s.", module_label(module),
      "call it for its layers, or write one in nn_module()"))
  }
  own = own_weights(module, c("nn_parameter", "nn_buffer"))
  if (length(own)) {
    fresh = own_weights(layer_module(core$node, map(core$example, as_example)), c("nn_parameter", "nn_buffer"))
    with_no_grad(iwalk(fresh, function(weight, name) own[[name]]$copy_(weight)))
  }
  invisible(module)
}

#' @rdname nn_module
#' @param object (`nn_module`, or another object with a state)\cr
#'   What gets a state.
#' @param state_dict (named `list()`)\cr
#'   What `$state_dict()` has returned.
#' @return `load_state_dict()`: `object`, invisibly.
#' @export
load_state_dict = function(object, state_dict, ...) {
  if (!is_nn_module(object) && !inherits(object, "torch_optimizer")) {
    abort("argument", sprintf("load_state_dict(): 'object' must be a module or an optimizer, not %s.",
      as_short_string(object)))
  }
  object$load_state_dict(state_dict, ...)
  invisible(object)
}

register_weight = function(module, name, value) {
  assert_string(name, min.chars = 1L)
  set_module_member(module, name, value)
  invisible(module)
}

add_child = function(module, name, child) {
  assert_string(name, min.chars = 1L)
  if (!inherits(as_member(child), "nn_module")) {
    abort("argument", sprintf("add_module(): '%s' must be a module, not %s.", name, as_short_string(child)))
  }
  set_module_member(module, name, child)
  invisible(module)
}

# Of a node of a live network.
refuse_for_node = function(core, why, remedy) {
  if (!is.null(core$network)) abort("config", sprintf("%s; %s.", why, remedy))
}

#' @rdname nn_module
#' @param module (`nn_module`)\cr
#'   A module.
#' @param deep (`logical(1)`)\cr
#'   Whether the clone has weights of its own; if not, it is the module itself.
#' @export
clone_module = function(module, deep = FALSE, ...) {
  if (!is_nn_module(module)) {
    abort("argument", sprintf("clone_module(): 'module' must be a module, not %s.", as_short_string(module)))
  }
  module$clone(deep = assert_flag(deep))
}

define_module_fields = function() list2env(module_members, envir = module_fields)

# Each gets the module and gives the field's value.
module_members = list(
  parameters = function(module) weights_inside(module, "nn_parameter"),
  buffers = function(module) module_buffers(module),
  named_parameters = function(module) {
    function(recursive = TRUE) if (recursive) module$parameters else own_weights(module, "nn_parameter")
  },
  named_buffers = function(module) {
    function(recursive = TRUE) if (recursive) module$buffers else own_weights(module, "nn_buffer")
  },
  children = function(module) own_children(module),
  named_children = function(module) function() module$children,
  modules = function(module) unname(module$named_modules()),
  named_modules = function(module) function() modules_inside(module),
  forward = function(module) module_core(module)$forward,
  training = function(module) module_core(module)$training,
  train = function(module) function(mode = TRUE) set_mode(module, mode),
  eval = function(module) function() set_mode(module, FALSE),
  state_dict = function(module) function() module_state(module),
  load_state_dict = function(module) function(state_dict, strict = TRUE) load_module_state(module, state_dict, strict),
  zero_grad = function(module) {
    function() walk(module$parameters, function(parameter) if (!is.null(parameter$grad)) parameter$grad$zero_())
  },
  requires_grad_ = function(module) {
    function(requires_grad = TRUE) {
      walk(module$parameters, function(parameter) parameter$requires_grad_(requires_grad))
      invisible(module)
    }
  },
  apply = function(module) {
    function(fn) {
      if (!is.function(fn)) {
        abort("argument", sprintf("$apply() takes a function of a module, not %s.", as_short_string(fn)),
          fields = list(argument = "fn"))
      }
      walk(module$children, function(child) child$apply(fn))
      fn(module)
      invisible(module)
    }
  },
  to = function(module) function(dtype = NULL, device = NULL, ...) convert_module(module, dtype, device, ...),
  cpu = function(module) function() convert_module(module, device = "cpu"),
  cuda = function(module) function() convert_module(module, device = "cuda"),
  float = function(module) function() convert_module(module, dtype = "float32"),
  double = function(module) function() convert_module(module, dtype = "float64"),
  half = function(module) function() convert_module(module, dtype = "float16"),
  reset_parameters = function(module) function() reset_layer(module),
  add_module = function(module) function(name, module_to_add) add_child(module, name, module_to_add),
  register_module = function(module) function(name, module_to_add) add_child(module, name, module_to_add),
  register_parameter = function(module) {
    function(name, param) {
      register_weight(module, name, if (is_weight(param) || is.null(param)) param else nn_parameter(param))
    }
  },
  register_buffer = function(module) {
    function(name, tensor, persistent = TRUE) {
      register_weight(module, name, if (!is.null(tensor)) nn_buffer(tensor, persistent))
    }
  },
  register_forward_hook = function(module) function(hook) add_hook(module, "hooks", hook),
  register_forward_pre_hook = function(module) function(hook) add_hook(module, "pre_hooks", hook),
  clone = function(module) function(deep = FALSE, ...) if (deep) copy_module(module) else module,
  print = function(module) function() print(module)
)
