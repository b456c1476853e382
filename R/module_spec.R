# A module as a network: a spec with weights.

# `id`: of the node, or the beginning of the ids of several; those of a sequence begin with nothing unless given.
#' @export
as_torch_spec.nn_module = function(x, shape = NULL, inputs = NULL, id = NULL, ...) {
  assert_trainable(x)
  inputs = inputs %??% module_core(x)$reads %??% module_inputs(x)
  prefix = id %??% if (inherits(x, "nn_sequential")) "" else module_id(x)
  nodes = module_graph(x, inputs, prefix) %??% r_node(x, inputs, if (nzchar(prefix)) prefix else module_id(x))
  spec = new_spec(inputs, nodes, shapes = if (!is.null(shape)) list(x = assert_shape(shape)))
  with_module_weights(spec, x, if (nodes[[1L]]$operation == "module") nodes[[1L]]$id else prefix)
}

# The module as nodes of the core with several outputs, named `names`; NULL if it is no such graph.
graph_with_outputs = function(module, inputs, id, names) {
  assert_trainable(module)
  nodes = module_graph(module, inputs, id, outputs = length(names))
  if (is.null(nodes)) {
    return(NULL)
  }
  outputs = attr(nodes, "outputs")
  if (setequal(names(outputs), names)) outputs = outputs[names]
  spec = new_spec(inputs, structure(nodes, outputs = NULL), unname(outputs))
  with_module_weights(spec, module, id)
}

# What a learner would leave out without a word.
assert_trainable = function(module) {
  if (inherits(module, "nn_sequential") && !length(module)) {
    abort("argument", "A network needs at least one node.")
  }
  for (part in modules_inside(module)) {
    if (!is.null(module_core(part)$plain_forward)) {
      abort("config", sprintf("The module %s has hooks, which a learner does not call; %s.", module_label(part),
        "write what they do into a `forward`"))
    }
  }
  types = map_chr(weights_inside(module, "nn_parameter"), function(parameter) format(parameter$dtype))
  other = setdiff(types, "float32")
  if (length(other)) {
    abort("config", sprintf("The module %s has weights of type %s, but learners train float32; %s.",
      module_label(module), other[[1L]], "convert it with `$float()`"))
  }
}

#' @export
reads_of.nn_module = function(part) module_core(part)$reads

# One input for each argument of `forward`; "x" if there is one.
module_inputs = function(module) {
  forward = module_core(module)$methods$forward
  arguments = required_arguments(forward %??% function(x) NULL)
  if (length(arguments) > 1L) arguments else "x"
}

# One node that R computes.
r_node = function(module, inputs, id) {
  data = module_data(module)
  list(new_node(id, "module", list(definition = function_data(data$functions, tree = data$tree)), inputs))
}

# An argument with a default is a setting of R code, not an input.
required_arguments = function(fn) {
  arguments = formals(args(fn))
  setdiff(names(keep(arguments, is_empty_symbol)), "...")
}

module_id = function(module) {
  core = module_core(module)
  core$id %??% core$node$id %??% core$definition$classes[1L] %??% "module"
}

# The spec with what the module's weights are, by the names that they have in the network.
with_module_weights = function(spec, module, prefix) {
  weights = module_weights(module)
  names(weights) = map_chr(names(weights), path_to, prefix = prefix)
  frozen = names(discard(keep(weights, is_nn_parameter), function(parameter) parameter$requires_grad))
  spec$weights = if (length(weights)) map(weights, core_tensor_to_plain)
  spec$frozen = if (length(frozen)) frozen
  spec
}
