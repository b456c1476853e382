# A module whose forward only calls layers is a graph of nodes of the core, which the compiled step can take. Whether it
# is one is read off the code of `forward`, without running it: assignments, calls of parts, pipes, sums, loops over
# parts, and the few functions below. Anything else makes the module one node that R computes.

# Functions and methods of one tensor that are an operation with its defaults.
activation_functions = c("relu", "relu6", "tanh", "sigmoid", "gelu", "selu", "silu", "softplus", "mish", "hardswish")

# The nodes for these inputs; NULL if the module is no such graph. `path`: the beginning of ids. If there are to be
# several outputs, the nodes have their ids as the attribute `outputs`.
module_graph = function(module, inputs, path, outputs = 1L) {
  graph = new_graph(if (outputs > 1L) path)
  output = tryCatch(graph_part(module, path, as.list(inputs), graph), mlr3libtorch_no_graph = function(condition) NULL)
  nodes = graph$nodes
  weights = module_weights(module)
  held = unlist(unname(map(graph$layers, function(layer) module_weights(layer))), recursive = FALSE)
  if (is.null(output) || !length(nodes) || length(held) != length(weights) || is_tied(held)) {
    return(NULL)
  }
  if (outputs > 1L) {
    return(if (is.list(output) && length(output) == outputs) structure(nodes, outputs = unlist(output)))
  }
  if (nodes[[length(nodes)]]$id == output) nodes
}

# `several_of`: the path of the module that may return a list.
new_graph = function(several_of = NULL) {
  list2env(list(nodes = list(), layers = list(), several_of = several_of), parent = emptyenv())
}

no_graph = function() stop(structure(list(message = "", call = NULL), class = c("mlr3libtorch_no_graph", "condition")))

add_graph_node = function(graph, id, operation, parameters, inputs) {
  # reading the inputs adds their nodes
  force(inputs)
  if (id %in% map_chr(graph$nodes, "id")) no_graph()
  graph$nodes = c(graph$nodes, list(list(id = id, operation = operation, parameters = parameters, inputs = inputs)))
  id
}

# Returns the id of the part's value.
graph_part = function(module, path, inputs, graph) {
  core = module_core(module)
  if (!is.null(core$plain_forward) || length(core$weight_norms)) no_graph()
  if (!is.null(core$layer)) {
    graph$layers = c(graph$layers, list(module))
    node = core$node
    return(add_graph_node(graph, path, node$operation, node$parameters, unlist(inputs)))
  }
  children = own_children(module)
  if (inherits(module, "nn_sequential") && length(children) && length(inputs) == 1L) {
    for (name in names(children)) inputs = list(graph_part(children[[name]], path_to(path, name), inputs, graph))
    return(inputs[[1L]])
  }
  if (inherits(module, "nn_graph") && length(inputs) == length(core$spec$inputs)) {
    return(graph_of_spec(core$spec, children, path, inputs, graph))
  }
  if (is.null(core$definition) || !is.null(core$members$forward) || is.null(core$methods$forward)) no_graph()
  graph_of_forward(module, path, inputs, graph)
}

# The nodes of a network as data, each of which is a child.
graph_of_spec = function(spec, children, path, inputs, graph) {
  values = set_names(inputs, spec$inputs)
  for (node in spec$nodes) {
    values[[node$id]] = graph_part(children[[node$id]], path_to(path, node$id), unname(values[node$inputs]), graph)
  }
  values[[spec$outputs[1L] %??% node$id]]
}

graph_of_forward = function(module, path, inputs, graph) {
  forward = module_core(module)$methods$forward
  arguments = names(formals(forward))
  if (is.null(forward) || length(arguments) != length(inputs) || "..." %in% arguments) no_graph()
  scope = list2env(set_names(inputs, arguments), parent = emptyenv())
  reader = list(module = module, path = path, graph = graph, scope = scope, home = environment(forward))
  value = read_code(body(forward), reader)
  is_fit = is.character(value) || (is.list(value) && identical(path, graph$several_of))
  if (!is_fit) no_graph()
  value
}

# The id of an expression's value; numbers are themselves.
read_code = function(code, reader) {
  if (is.numeric(code)) {
    return(code)
  }
  if (is.name(code)) {
    return(reader$scope[[as.character(code)]] %??% no_graph())
  }
  if (!is.call(code)) no_graph()
  if (!is.name(code[[1L]])) {
    return(read_part_call(code, reader))
  }
  name = as.character(code[[1L]])
  read = code_readers[[name]]
  if (is.null(read)) read_function_call(name, code, reader) else read(code, reader)
}

code_readers = list(
  "(" = function(code, reader) read_code(code[[2L]], reader),
  "return" = function(code, reader) {
    # only at the end, where it says nothing; elsewhere the code after it would be read
    assign(".returned", TRUE, envir = reader$scope)
    read_code(code[[2L]], reader)
  },
  "{" = function(code, reader) {
    value = NULL
    for (step in as.list(code)[-1L]) {
      if (isTRUE(reader$scope$.returned)) no_graph()
      value = read_code(step, reader)
    }
    value
  },
  "list" = function(code, reader) map(as.list(code)[-1L], read_tensor_code, reader = reader),
  "=" = function(code, reader) read_assignment(code, reader),
  "<-" = function(code, reader) read_assignment(code, reader),
  "%>%" = function(code, reader) {
    step = code[[3L]]
    if (!is.call(step)) no_graph()
    read_code(as.call(append(as.list(step), code[[2L]], after = 1L)), reader)
  },
  "+" = function(code, reader) {
    if (length(code) != 3L) no_graph()
    terms = map_chr(as.list(code)[-1L], read_tensor_code, reader = reader)
    add_numbered_node("sum", "merge_sum", named_list(), terms, reader)
  },
  "for" = function(code, reader) {
    for (i in seq_along(read_parts(code[[3L]], reader))) {
      assign(as.character(code[[2L]]), i, envir = reader$scope)
      read_code(code[[4L]], reader)
    }
    NULL
  }
)

read_assignment = function(code, reader) {
  if (!is.name(code[[2L]])) no_graph()
  value = read_code(code[[3L]], reader)
  assign(as.character(code[[2L]]), value, envir = reader$scope)
  value
}

read_tensor_code = function(code, reader) {
  value = read_code(code, reader)
  if (is.character(value)) value else no_graph()
}

# `seq_along(self$layers)`
read_parts = function(code, reader) {
  if (!is.call(code) || !identical(code[[1L]], quote(seq_along))) no_graph()
  own_children(find_part(code[[2L]], reader)$module)
}

# `self$layer(x)`, `self$layers[[1]](x)`, and methods such as `x$relu()`
read_part_call = function(code, reader) {
  callee = code[[1L]]
  if (!is.null(names(code))) no_graph()
  if (is.call(callee) && identical(callee[[1L]], quote(`$`)) && length(code) == 1L &&
    as.character(callee[[3L]]) %in% activation_functions && !begins_with_self(callee[[2L]])) {
    operation = as.character(callee[[3L]])
    return(add_numbered_node(operation, operation, named_list(), read_tensor_code(callee[[2L]], reader), reader))
  }
  part = find_part(callee, reader)
  inputs = map(as.list(code)[-1L], read_tensor_code, reader = reader)
  graph_part(part$module, part$path, inputs, reader$graph)
}

begins_with_self = function(code) {
  while (is.call(code) && length(code) > 1L && as.character(code[[1L]])[[1L]] %in% c("$", "[[")) code = code[[2L]]
  identical(code, quote(self))
}

# list(module, path) of `self$a$b[[i]]`
find_part = function(code, reader) {
  if (identical(code, quote(self))) {
    return(list(module = reader$module, path = reader$path))
  }
  if (!is.call(code) || length(code) != 3L) no_graph()
  owner = find_part(code[[2L]], reader)
  children = own_children(owner$module)
  name = switch(as.character(code[[1L]])[[1L]],
    "$" = as.character(code[[3L]]),
    "[[" = names(children)[read_index(code[[3L]], reader)],
    no_graph()
  )
  if (length(name) != 1L || is.na(name) || is.null(children[[name]])) no_graph()
  list(module = children[[name]], path = path_to(owner$path, name))
}

read_index = function(code, reader) {
  index = read_code(code, reader)
  if (is.numeric(index)) index else no_graph()
}

# `nnf_relu(x)`, `torch_relu(x)`, `torch_cat(list(x, y), dim = 2)`, unless the name means something else there.
read_function_call = function(name, code, reader) {
  own = get0(name, envir = topenv(), inherits = FALSE)
  if (is.null(own) || !identical(get0(name, envir = reader$home), own)) no_graph()
  operation = sub("^(nnf|torch)_", "", name)
  if (operation %in% activation_functions && length(code) == 2L && is.null(names(code))) {
    return(add_numbered_node(operation, operation, named_list(), read_tensor_code(code[[2L]], reader), reader))
  }
  is_join = name == "torch_cat" && length(code) == 3L && is.call(code[[2L]]) && is.numeric(code[[3L]]) &&
    identical(code[[2L]][[1L]], quote(list)) && names2(as.list(code), "")[[3L]] == "dim"
  if (!is_join) no_graph()
  joined = map_chr(unname(as.list(code[[2L]])[-1L]), read_tensor_code, reader = reader)
  add_numbered_node("cat", "merge_cat", list(dim = as.integer(code[[3L]])), joined, reader)
}

# Nodes that have no name in the module: relu, relu_2, ...
add_numbered_node = function(name, operation, parameters, inputs, reader) {
  force(inputs)
  taken = map_chr(reader$graph$nodes, "id")
  ids = path_to(reader$path, c(name, paste(name, seq_len(length(taken) + 1L) + 1L, sep = "_")))
  add_graph_node(reader$graph, setdiff(ids, c(taken, path_to(reader$path, names(own_children(reader$module)))))[[1L]],
    operation, parameters, unname(inputs))
}
