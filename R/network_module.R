#' @title A Module Written in R
#'
#' @description
#' Makes a kind of node whose forward is an R function, with parameters that are trained.
#' For a function without parameters, use `nn("fn", fn = function(x) ...)`.
#'
#' `initialize` is called when a module is made, and assigns to `self`:
#' * `nn_parameter()` and `nn_buffer()`: tensors that are trained, and tensors that are only kept;
#' * layers: `nn("linear", out_features = 3)` and other operations, what [nn_sequential()] returns, other modules.
#'   `forward` calls them, `self$linear(x)`; the sizes of their inputs are found when the network is built;
#' * functions and plain R values.
#'
#' `forward` takes as many tensors as the node reads, and returns one with as many rows. Autograd tracks
#' what it does. `self$training` says whether the network is being trained. Tensors of whole numbers are class numbers,
#' which count from 1. A buffer is changed in place, as by `self$count$add_(1)`.
#'
#' R code is called once for each batch and node, which costs some microseconds more for each operation than a node of
#' the core. Such a network is trained by autograd, not by the compiled step.
#'
#' @section Saving:
#' A module becomes plain data: its functions, and the variables that they use, except those of packages, as they are
#' when the module is made. In another R process, `nn_module()` needs nothing else; functions of packages other than
#' this one are best written as `package::name()`. The data are code, so treat a model from somebody else like a script
#' from them.
#'
#' @param classname (`character(1)`)\cr
#'   A name for the kind of module; its nodes are named after it.
#' @param initialize (`function` or `NULL`)\cr
#'   Makes a module; its arguments are those of the generator.
#' @param forward (`function`)\cr
#'   Computes the node's value.
#' @param ... (`function`)\cr
#'   Further functions, which `initialize` and `forward` find in `self`.
#' @return `nn_module()`: a generator, a function that takes the arguments of `initialize`, and `id` and `reads` as
#'   [nn()] does, and returns a [PipeOpTorch].
#'
#' @family Network
#' @export
#' @examples
#' scaled = nn_module("scaled",
#'   initialize = function(width) {
#'     self$linear = nn("linear", out_features = width)
#'     self$scale = nn_parameter(torch_ones(width))
#'   },
#'   forward = function(x) torch_tanh(self$linear(x)) * self$scale
#' )
#' network = nn_sequential(scaled(10), nn("head"))
#' learner = lrn("classif.torch_model", network = network, epochs = 2, batch_size = 50)
#' learner$train(tsk("iris"))
nn_module = function(classname = NULL, initialize = NULL, forward = NULL, ...) {
  assert_string(classname, min.chars = 1L, null.ok = TRUE)
  methods = c(list(forward = forward), list(...))
  check_module_functions(initialize, methods)
  generator = function(..., id = classname %??% "module", reads = NULL) {
    make_module(initialize, methods, list(...), id, reads)
  }
  structure(generator, class = c("nn_module_generator", "function"), initialize = initialize, methods = methods,
    classname = classname)
}

#' @rdname nn_module
#' @param x (`numeric()`, `torch_tensor` or `torch_init`)\cr
#'   The initial values: an array, a tensor or [nn_init()].
#' @return `nn_parameter()`, `nn_buffer()`: what `initialize` assigns to `self`.
#' @export
nn_parameter = function(x) structure(list(value = plain_weight(x)), class = "torch_parameter")

#' @rdname nn_module
#' @export
nn_buffer = function(x) structure(list(value = plain_weight(x)), class = "torch_buffer")

#' @export
print.nn_module_generator = function(x, ...) {
  catn(sprintf("<nn_module_generator> %s(%s)", attr(x, "classname") %??% "module",
    str_collapse(names(formals(attr(x, "initialize") %??% function() NULL)), sep = ", ")))
  invisible(x)
}

check_module_functions = function(initialize, methods) {
  if (!is.function(methods$forward)) {
    abort("argument", "nn_module(): 'forward' must be a function, as in `forward = function(x) self$linear(x)`.")
  }
  if (!is.null(initialize) && !is.function(initialize)) {
    abort("argument", sprintf("nn_module(): 'initialize' must be a function, not %s.", as_short_string(initialize)))
  }
  if (!test_names(names2(methods, ""), type = "unique") || !all(map_lgl(methods, is.function))) {
    abort("argument", "nn_module(): further arguments must be functions with unique names.")
  }
  reserved = intersect(names(formals(initialize %??% function() NULL)), c("id", "reads"))
  if (length(reserved)) {
    abort("argument", sprintf("nn_module(): the argument '%s' of 'initialize' has another meaning in nn(); rename it.",
      reserved[[1L]]))
  }
}

# Calls `initialize`, and makes a node from what it has assigned to `self`.
make_module = function(initialize, methods, arguments, id, reads) {
  self = new.env()
  iwalk(methods, function(method, name) assign(name, with_self(method, self), envir = self))
  if (!is.null(initialize)) {
    invoke(with_self(initialize, self), .args = arguments)
  } else if (length(arguments)) {
    abort("argument", sprintf("The module '%s' takes no arguments: it has no function 'initialize'.", id))
  }
  names = sort(setdiff(ls(self, all.names = TRUE), names(methods)))
  members = set_names(mget(names, envir = self), names)
  check_module_members(members, id)
  is_layer = map_lgl(members, inherits, what = c("PipeOpTorch", "torch_spec", "Graph"))
  kinds = ifelse(is_layer, "layer", map_chr(members, function(member) class(member)[[1L]]))
  is_tensor = kinds %in% c("torch_parameter", "torch_buffer")
  own = keep(members, is.function)
  fields = members[!is_layer & !is_tensor & !map_lgl(members, is.function)]
  definition = function_data(c(methods, own), fields = fields, layers = map(members[is_layer], as_torch_spec),
    tensors = names(members)[is_tensor])
  nn("module", id = id, reads = reads, definition = definition,
    parameters = tensors_of_kind(members, kinds, "torch_parameter"),
    buffers = tensors_of_kind(members, kinds, "torch_buffer"))
}

tensors_of_kind = function(members, kinds, kind) {
  found = members[kinds == kind]
  if (length(found)) map(found, "value")
}

check_module_members = function(members, id) {
  tensors = names(keep(members, inherits, what = "torch_tensor"))
  if (length(tensors)) {
    abort("argument", sprintf("Module '%s': `self$%s` is a tensor; say whether it is trained: %s.", id, tensors[[1L]],
      sprintf("`self$%1$s = nn_parameter(...)` or `self$%1$s = nn_buffer(...)`", tensors[[1L]])))
  }
  reserved = intersect(names(members), c("training", "forward"))
  if (length(reserved)) {
    abort("argument", sprintf("Module '%s': `self$%s` already has a meaning; use another name.", id, reserved[[1L]]))
  }
}

with_self = function(fn, self) {
  env = new.env(parent = environment(fn))
  env$self = self
  environment(fn) = env
  fn
}

# Called by the core when it builds a node: the other half of `make_module()`.
# `module`: the handle by which tensors and layers are reached.
# Returns the function that computes the node from a list of tensors, and the nodes that are its layers.
start_module = function(bytes, node, module) {
  definition = naming_node(node, read_function_data(bytes))
  self = new.env()
  layers = definition$layers
  iwalk(layers, function(spec, name) assign(name, layer_function(spec, name, module), envir = self))
  list2env(definition$fields %??% list(), envir = self)
  iwalk(definition$functions, function(fn, name) assign(name, with_self(fn, self), envir = self))
  makeActiveBinding("training", function() core_module_training(module), self)
  walk(definition$tensors, bind_tensor, self = self, module = module)
  list(
    forward = function(inputs) naming_node(node, do.call(self$forward, inputs)),
    layers = unlist(unname(imap(layers, layer_nodes)), recursive = FALSE)
  )
}

# `self$weight` is what the core has at that moment.
bind_tensor = function(name, self, module) {
  get_tensor = function(value) {
    if (!missing(value)) {
      abort("read_only", sprintf("`self$%s` is a weight of the network; change it in place, %s.", name,
        sprintf("as by `self$%s$add_(1)`", name)))
    }
    core_module_tensor(module, name)
  }
  makeActiveBinding(name, get_tensor, self)
}

# A layer of one node takes what its operation takes; a layer of several nodes computes them in turn.
layer_function = function(spec, name, module) {
  if (length(spec$nodes) == 1L) {
    return(function(...) core_module_call(module, name, list(...)))
  }
  function(...) {
    values = set_names(list(...), spec$inputs)
    for (node in spec$nodes) {
      values[[node$id]] = core_module_call(module, inner_name(spec, name, node), unname(values[node$inputs]))
    }
    values[[spec$outputs[1L] %??% node$id]]
  }
}

layer_nodes = function(spec, name) {
  map(spec$nodes, function(node) insert_named(node, list(id = inner_name(spec, name, node), inputs = character())))
}

inner_name = function(spec, name, node) if (length(spec$nodes) == 1L) name else paste(name, node$id, sep = ".")

# An error inside names the node.
naming_node = function(node, code) {
  withCallingHandlers(code, error = function(condition) {
    if (!inherits(condition, "mlr3libtorch_error_function")) {
      abort("function", sprintf("Node '%s': its R function failed: %s", node, condition_text(condition)),
        fields = list(node = node), parent = condition)
    }
  })
}
