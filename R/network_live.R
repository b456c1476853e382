#' @title A Live Network
#'
#' @name torch_network
#' @description
#' `ctx$network` in a callback, and `learner$network` after training: a function that computes the network's outputs,
#' with the network's tensors as fields. The first shares its memory with the run: what is changed in place is what
#' training goes on with. The second is made anew each time; see [load_weights()] for putting changed weights into a
#' learner.
#'
#' `network(x)` takes a tensor for each input of the network, in their order or by name, or one list of them, such as
#' `ctx$batch$x`; arrays of numbers become tensors. It returns the output, a tensor with a row for each row of the
#' input, or a list if there are several. Gradients with respect to parameters and inputs can be asked for, see
#' [autograd_grad()]; callbacks run without them, so a callback's computation goes into [with_enable_grad()].
#'
#' @section Fields:
#' * `$parameters`, `$buffers`: named lists of tensors; `$named_parameters()`, `$named_buffers()` are the same.
#' * `$forward(...)`: the function itself.
#' * `$outputs(x, nodes)`: a named list of the outputs of these nodes, by their ids. `x`: a tensor or a list of them.
#' * `$training`: whether calls use dropout and batch statistics. In a callback it is `TRUE` in the stages of a training
#'   batch, from `on_batch_begin` to `on_batch_end`, and `FALSE` in all others; after training it is `FALSE`.
#'   `$train(mode = TRUE)` and `$eval()` set it for the calls that follow, up to the next batch. The loop's own passes
#'   train and validate whatever it is.
#' * `$state_dict()`: parameters and buffers. `$load_state_dict(state_dict, strict = TRUE)` copies values into them;
#'   with `strict = FALSE`, names that one side does not have are left alone.
#' * `$zero_grad()`: sets the parameters' gradients to zero.
#' * `$requires_grad_(requires_grad = TRUE)`: freezes or thaws all parameters.
#' * `$clone(deep = TRUE)`: a module with weights of its own.
#' * `$<node>`: a node as a module, such as `$linear1`.
#' * `$register_forward_hook(hook)`, of the network and of its nodes: `hook(module, inputs, output)` is called whenever
#'   the network computes, in the loop's passes and in calls, and may return another output of the same shape. Gives a
#'   list with the function `remove()`. Inputs are a list. Hooks end with the run, and are not part of a model.
#'
#' @section Hooks and the compiled step:
#' The compiled step does not call hooks, so while there is one, steps and passes for validation are made by autograd;
#' the results are the same, but slower. With `plan = "require"` a hook is an error.
#'
#' @section As a part of another network:
#' A network and its nodes can be parts of modules, as in `nn_sequential(network$linear1, nn_relu(), nn_linear(8, 2))`.
#' The parts share their weights with the live network; a learner that is given the module trains a copy.
#' @return For a call, a tensor or a list of tensors.
#' @family Network
#' @examples
#' learner = lrn("classif.mlp", neurons = 4, epochs = 5, batch_size = 50)$train(tsk("iris"))
#' network = learner$network
#' columns = c("Petal.Length", "Petal.Width", "Sepal.Length", "Sepal.Width")
#' x = torch_tensor(as.matrix(iris[c(1, 51, 101), columns]))
#' network(x)
#' network$outputs(x, c("linear1", "head"))
#'
#' # how the first class's output changes with each feature
#' x$requires_grad_(TRUE)
#' autograd_grad(network(x)[, 1]$sum(), list(x))
NULL

# `pointer`: the external pointer to the core's network. `spec`: what it was built from.
new_network = function(pointer, spec) {
  force(pointer)
  spec[c("weights", "frozen", "start")] = NULL
  structure(function(...) simplify_outputs(forward_network(pointer, list(...))),
    class = c("torch_network", "nn_module"))
}

network_pointer = function(network) environment(network)$pointer

network_spec = function(network) environment(network)$spec

# A list of tensors: the values of `nodes`, or the outputs of the network.
forward_network = function(pointer, inputs, nodes = NULL) {
  if (length(inputs) == 1L && is.list(inputs[[1L]])) inputs = inputs[[1L]]
  core_network_forward(pointer, map(inputs, as_network_input), nodes)
}

as_network_input = function(x) {
  if (is.numeric(x)) x = torch_tensor(x)
  if (!inherits(x, "torch_tensor")) {
    abort("argument", sprintf("A network takes a torch_tensor or an array of numbers for each input, not %s.",
      as_short_string(x)))
  }
  x
}

simplify_outputs = function(outputs) if (length(outputs) == 1L) outputs[[1L]] else outputs

set_training = function(network, training) {
  core_network_training(network_pointer(network), assert_flag(training, .var.name = "mode"))
  invisible(network)
}

# Each gets the network and gives the field's value. Some are those of every module.
network_members = c(module_members[c("apply", "modules", "named_children", "requires_grad_", "zero_grad")], list(
  parameters = function(network) core_network_parameters(network_pointer(network)),
  buffers = function(network) core_network_buffers(network_pointer(network)),
  named_parameters = function(network) function() network$parameters,
  named_buffers = function(network) function() network$buffers,
  forward = function(network) network,
  outputs = function(network) {
    function(x, nodes) {
      assert_character(nodes, any.missing = FALSE, min.len = 1L)
      set_names(forward_network(network_pointer(network), list(x), nodes), nodes)
    }
  },
  children = function(network) network_children(network),
  named_modules = function(network) function() network_modules(network),
  to = function(network) {
    function(dtype = NULL, device = NULL, ...) {
      if (is.null(device) && is_device_name(dtype)) {
        device = dtype
        dtype = NULL
      }
      if (!all(c(format(dtype), format(device)) %in% c("NULL", "float32", network$parameters[[1L]]$device))) {
        abort("config", paste("A live network computes with float32 and stays where it is; the learner's parameter",
          "`device` says where. `$clone(deep = TRUE)` gives a module that can be converted."))
      }
      invisible(network)
    }
  },
  cpu = function(network) function() network$to(device = "cpu"),
  cuda = function(network) function() network$to(device = "cuda"),
  float = function(network) function() network$to(dtype = "float32"),
  double = function(network) function() network$to(dtype = "float64"),
  half = function(network) function() network$to(dtype = "float16"),
  register_forward_hook = function(network) {
    function(hook) hook_network(network_pointer(network), "", network, hook)
  },
  register_forward_pre_hook = function(network) function(hook) refuse_pre_hook(),
  training = function(network) core_network_training(network_pointer(network), NULL),
  train = function(network) function(mode = TRUE) set_training(network, mode),
  eval = function(network) function() set_training(network, FALSE),
  state_dict = function(network) {
    function() c(network$parameters, network$buffers)
  },
  clone = function(network) function(deep = FALSE, ...) if (deep) copy_module(as_member(network)) else network,
  load_state_dict = function(network) {
    function(state_dict, strict = TRUE) {
      if (!assert_flag(strict)) {
        known = network$state_dict()
        state_dict = insert_named(known, state_dict[intersect(names(state_dict), names(known))])
      }
      invisible(core_network_load(network_pointer(network), state_dict))
    }
  }
))

#' @export
`$.torch_network` = function(x, name) network_member(x, name)

#' @export
`[[.torch_network` = function(x, i, ...) network_member(x, i)

network_member = function(network, name) {
  member = network_members[[name]]
  if (!is.null(member)) {
    return(member(network))
  }
  children = network_children(network)
  children[[name]] %??% abort_unknown_field("A network", name, c(names(network_members), names(children)))
}

# The nodes as modules that share the network's weights, by id.
network_nodes = function(network) {
  nodes = set_names(network_spec(network)$nodes, map_chr(network_spec(network)$nodes, "id"))
  imap(core_network_layers(network_pointer(network)), function(layer, id) {
    module = layer
    if (!is_nn_module(layer)) module = layer_around(layer$handle, insert_named(nodes[[id]], list(inputs = character())))
    assign("network", network_pointer(network), envir = module_core(module))
    assign("network_node", id, envir = module_core(module))
    set_mode(module, network$training)
  })
}

# A dot in an id leads into a part that is not called itself.
network_children = function(network) nested_modules(network_nodes(network), network_pointer(network))

# The network as a part of modules, with the same weights.
#' @export
as_member.torch_network = function(value) {
  spec = network_spec(value)
  if (length(spec$outputs) > 1L) {
    abort("argument", sprintf("A live network with several outputs, %s, cannot be a part of a module; %s.",
      str_collapse(spec$outputs, quote = "'"), "use its nodes, as in `network$linear1`"))
  }
  graph_module(network_nodes(value), spec)
}

#' @export
as_torch_spec.torch_network = function(x, ...) as_torch_spec(as_member(x), ...)

nested_modules = function(modules, pointer) {
  first = sub("[.].*", "", names(modules))
  sapply(unique(first), simplify = FALSE, function(name) {
    inside = modules[first == name]
    if (length(inside) == 1L && names(inside) == name) {
      return(inside[[1L]])
    }
    own = inside[[name]]
    inside[[name]] = NULL
    names(inside) = substring(names(inside), nchar(name) + 2L)
    part = container("nn_module_dict", nested_modules(inside, pointer))
    # a node may be called like a group of others: its weights are the group's own
    iwalk(own$parameters, function(parameter, name) part$register_parameter(name, parameter))
    assign("network", pointer, envir = module_core(part))
    part
  })
}

network_modules = function(network) {
  inner = imap(network_children(network), function(child, name) modules_inside(child, name))
  c(list(network), unlist(unname(inner), recursive = FALSE))
}

# `network$parameters$linear1.weight$requires_grad_(FALSE)` and the like end by assigning the same thing
#' @export
`$<-.torch_network` = function(x, name, value) {
  if (is_nn_module(value) && identical(module_core(value)$network, network_pointer(x))) {
    return(x)
  }
  network_member(x, name)
  abort_read_only(sprintf("The network's field '%s'", name),
    "change tensors in place (`$mul_()`, `$copy_()`), or use `$load_state_dict()`, `$train()` or `$eval()`")
}

#' @export
names.torch_network = function(x) c(names(network_members), names(network_children(x)))

#' @export
print.torch_network = function(x, ...) {
  cat(format_parameters("<torch_network>", x$parameters), sep = "\n")
  invisible(x)
}

format_parameters = function(header, parameters) {
  shapes = map_chr(parameters, function(parameter) paste(parameter$shape, collapse = " x "))
  total = sum(map_dbl(parameters, function(parameter) prod(parameter$shape)))
  rows = if (length(parameters)) sprintf("  %s: %s", format(names(parameters)), shapes)
  c(sprintf("%s: %s parameters", header, format(total, big.mark = ",")), rows)
}
