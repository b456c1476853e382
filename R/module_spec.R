# A module as a network: a spec with weights.

#' @export
as_torch_spec.nn_module = function(x, shape = NULL, inputs = NULL, id = module_id(x), ...) {
  inputs = inputs %??% module_core(x)$reads %??% module_inputs(x)
  nodes = module_nodes(x, inputs, id)
  spec = new_spec(inputs, nodes, shapes = if (!is.null(shape)) list(x = assert_shape(shape)))
  with_module_weights(spec, x, if (is_row_of_layers(x)) "" else nodes[[1L]]$id)
}

#' @export
reads_of.nn_module = function(part) module_core(part)$reads

# One input for each argument of `forward`; "x" if there is one.
module_inputs = function(module) {
  forward = module_core(module)$methods$forward
  arguments = setdiff(names(formals(args(forward %??% function(x) NULL))), "...")
  if (length(arguments) > 1L) arguments else "x"
}

# A row of layers is a chain of nodes of the core; everything else is one node that R computes.
module_nodes = function(module, inputs, id) {
  if (is_row_of_layers(module)) {
    layers = row_of_layers(module)
    nodes = imap(layers, function(layer, path) insert_named(module_core(layer)$node, list(id = path)))
    return(chain_nodes(map(unname(nodes), function(node) node[names(node) != "inputs"]), inputs))
  }
  data = module_data(module)
  definition = function_data(data$functions, tree = data$tree)
  list(new_node(id, "module", list(definition = definition), inputs))
}

module_id = function(module) {
  core = module_core(module)
  core$id %??% core$node$id %??% core$definition$classes[1L] %??% "module"
}

# Whether it is a layer, or nn_sequential() of such, without hooks and with no weight in two places.
is_row_of_layers = function(module) {
  layers = row_of_layers(module)
  if (is.null(layers)) {
    return(FALSE)
  }
  weights = map(unname(layers), own_weights, kind = c("nn_parameter", "nn_buffer"))
  !anyDuplicated(map(layers, module_core)) && !is_tied(unlist(weights, recursive = FALSE))
}

is_tied = function(weights) {
  seen = new_seen()
  !all(map_lgl(weights, seen$add))
}

# The layers of a row by their paths; NULL if something else is inside.
row_of_layers = function(module, path = NULL) {
  core = module_core(module)
  if (!is.null(core$plain_forward)) {
    return(NULL)
  }
  if (!is.null(core$layer)) {
    return(set_names(list(module), path %??% module_id(module)))
  }
  children = own_children(module)
  if (!inherits(module, "nn_sequential") || !length(children)) {
    return(NULL)
  }
  inner = imap(children, function(child, name) row_of_layers(child, path_to(path %??% "", name)))
  if (!any(map_lgl(inner, is.null))) unlist(unname(inner), recursive = FALSE)
}

# The spec with what the module's weights are, by the names that they have in the network.
with_module_weights = function(spec, module, prefix) {
  weights = module_weights(module)
  if (!is.null(module_core(module)$layer)) prefix = spec$nodes[[1L]]$id
  names(weights) = map_chr(names(weights), path_to, prefix = prefix)
  frozen = names(discard(keep(weights, is_nn_parameter), function(parameter) parameter$requires_grad))
  spec$weights = map(weights, core_tensor_to_plain)
  spec$frozen = frozen
  spec[lengths(spec) > 0L | names(spec) == "nodes"]
}
