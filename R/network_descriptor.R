# What pipeops of networks pass on while a graph is trained: the network so far, and how it is to be trained.
# * nodes: those of the spec; inputs: named list of ingress tokens (NULL if the data are not known)
# * pointer: ids of what the next node reads; prefix: the beginning of ids of nodes
# * weights: named list, what weights begin with; frozen: names of those that are not trained
# * task, loss, optimizer, callbacks: NULL if they have not been set; set_by: the pipeops that set them
network_descriptor = function(inputs = list(), pointer = character(), task = NULL) {
  structure(list(nodes = list(), inputs = inputs, weights = list(), frozen = character(), pointer = pointer,
    prefix = "", task = task, loss = NULL, optimizer = NULL, callbacks = list(), set_by = character()),
    class = c("torch_descriptor", "ModelDescriptor"))
}

#' @export
print.torch_descriptor = function(x, ...) {
  catn(sprintf("<torch_descriptor>: %i nodes, now at %s", length(x$nodes), str_collapse(x$pointer, quote = "'")))
  invisible(x)
}

add_node = function(descriptor, id, operation, parameters) {
  id = paste0(descriptor$prefix, id)
  node = new_node(id, operation, parameters, descriptor$pointer)
  descriptor$nodes = c(descriptor$nodes, list(node))
  descriptor$pointer = id
  descriptor
}

# Adds an operation, another spec, or a graph of pipeops after what the descriptor points to.
append_part = function(descriptor, part, id) {
  if (inherits(part, "torch_spec")) {
    return(append_spec(descriptor, part, id))
  }
  if (inherits(part, "PipeOpTorch")) {
    return(get_private(part)$.append(descriptor, id))
  }
  if (inherits(part, "Graph")) {
    return(append_graph(descriptor, part, paste0(id, ".")))
  }
  if (inherits(part, "nn_module")) {
    return(append_module(descriptor, part, id))
  }
  abort("argument", sprintf("Part '%s' of a network must be %s, not %s.", id,
    "an operation such as nn(\"relu\"), a spec or a graph", as_short_string(part)))
}

append_module = function(descriptor, module, id) {
  spec = as_torch_spec(module, inputs = descriptor$pointer, id = paste0(descriptor$prefix, id))
  descriptor = append_weights(descriptor, spec, identity)
  descriptor$nodes = c(descriptor$nodes, spec$nodes)
  descriptor$pointer = spec$nodes[[length(spec$nodes)]]$id
  descriptor
}

append_weights = function(descriptor, spec, rename) {
  weights = as.list(spec$weights)
  names(weights) = rename(names(weights))
  descriptor$weights = c(descriptor$weights, weights)
  descriptor$frozen = c(descriptor$frozen, rename(spec$frozen))
  descriptor
}

append_spec = function(descriptor, spec, id) {
  if (length(spec$inputs) != length(descriptor$pointer)) {
    abort("argument", sprintf("The network '%s' has %i inputs, but reads %i nodes; set `reads` to as many.", id,
      length(spec$inputs), length(descriptor$pointer)))
  }
  prefix = paste0(descriptor$prefix, id, ".")
  inner = map_chr(spec$nodes, "id")
  renamed = set_names(c(descriptor$pointer, paste0(prefix, inner)), c(spec$inputs, inner))
  nodes = map(spec$nodes, function(node) {
    node$id = renamed[[node$id]]
    node$inputs = unname(renamed[node$inputs])
    node
  })
  descriptor$nodes = c(descriptor$nodes, nodes)
  descriptor = append_weights(descriptor, spec, function(names) sprintf("%s%s", prefix, names))
  descriptor$pointer = unname(renamed[[spec$outputs[1L] %??% inner[[length(inner)]]]])
  descriptor
}

# A graph of pipeops describes nodes when it is trained on a descriptor.
append_graph = function(descriptor, graph, prefix) {
  outer = descriptor$prefix
  descriptor$prefix = paste0(outer, prefix)
  results = graph$clone(deep = TRUE)$train(descriptor)
  if (length(results) != 1L || !inherits(results[[1L]], "torch_descriptor")) {
    abort("argument", sprintf("A graph that is part of a network must have one output, not %i.",
      length(results)))
  }
  insert_named(results[[1L]], list(prefix = outer))
}

# The descriptor with the loss, the optimizer or callbacks. `settings`: by kind, or by id of callbacks; `id`: of the
# pipeop that sets them. A setting of another pipeop is not replaced.
add_settings = function(descriptor, kind, settings, id) {
  id = paste0(descriptor$prefix, id)
  for (name in names(settings)) {
    label = setting_label(kind, name)
    first = descriptor$set_by[label]
    if (first %nin% c(NA, id)) {
      abort_set_twice(label, first, id, "keep one of them")
    }
    descriptor$set_by[label] = id
  }
  if (kind == "callbacks") {
    descriptor$callbacks[names(settings)] = settings
  } else {
    descriptor[[kind]] = settings[[kind]]
  }
  descriptor
}

setting_label = function(kind, name) if (kind == "callbacks") sprintf("callback '%s'", name) else kind

abort_set_twice = function(label, first, second, remedy) {
  abort("config", sprintf("Pipeops '%s' and '%s' both set the %s of one network; %s.", first, second, label, remedy),
    fields = list(pipeops = unname(c(first, second))))
}

# Joins the descriptors of several branches; the result points to the ends of all of them.
join_descriptors = function(descriptors, id) {
  if (length(descriptors) == 1L) {
    return(descriptors[[1L]])
  }
  joined = descriptors[[1L]]
  nodes = unlist(map(descriptors, "nodes"), recursive = FALSE)
  joined$nodes = nodes[!duplicated(map_chr(nodes, "id"))]
  inputs = unlist(unname(map(descriptors, "inputs")), recursive = FALSE)
  joined$inputs = inputs[!duplicated(names(inputs))]
  weights = unlist(unname(map(descriptors, "weights")), recursive = FALSE)
  joined$weights = weights[!duplicated(names(weights))]
  joined$frozen = unique(unlist(map(descriptors, "frozen")))
  joined$pointer = unlist(unname(map(descriptors, "pointer")))
  joined$task = join_tasks(discard(map(descriptors, "task"), is.null), id)
  joined$loss = the_only(descriptors, function(descriptor) descriptor$loss, "loss", id)
  joined$optimizer = the_only(descriptors, function(descriptor) descriptor$optimizer, "optimizer", id)
  callbacks = unique(unlist(map(descriptors, function(descriptor) names(descriptor$callbacks))))
  joined$callbacks = sapply(callbacks, function(name) {
    the_only(descriptors, function(descriptor) descriptor$callbacks[[name]], setting_label("callbacks", name), id)
  }, simplify = FALSE)
  set_by = unlist(map(unname(descriptors), "set_by"))
  joined$set_by = set_by[!duplicated(names(set_by))]
  joined
}

# A setting of branches that meet. They may have the same one, as after po("copy").
the_only = function(descriptors, read, label, id) {
  descriptors = unname(discard(descriptors, function(descriptor) is.null(read(descriptor))))
  for (other in descriptors[-1L]) {
    if (setting_hash(read(other)) != setting_hash(read(descriptors[[1L]]))) {
      abort_set_twice(label, descriptors[[1L]]$set_by[label], other$set_by[label],
        sprintf("their branches meet at '%s': set it once, after that", id))
    }
  }
  if (length(descriptors)) read(descriptors[[1L]])
}

setting_hash = function(setting) calculate_hash(setting$phash, map(setting$param_set$values, hashable))

# One task with the features of the tasks of several branches.
join_tasks = function(tasks, id) {
  if (!length(tasks)) {
    return(NULL)
  }
  joined = tasks[[1L]]
  for (task in unname(tasks[-1L])) {
    joined = join_two_tasks(joined, task, id)
  }
  joined
}

join_two_tasks = function(first, second, id) {
  if (identical(first$hash, second$hash)) {
    return(first)
  }
  shared = intersect(first$feature_names, second$feature_names)
  if (length(shared) && !isTRUE(all.equal(first$data(cols = shared), second$data(cols = shared)))) {
    abort("features", sprintf("Branches that meet at '%s' have different features of the same name, among %s; %s.", id,
      str_collapse(shared, quote = "'", n = 5L), "rename them in one of the branches with po(\"renamecolumns\")"))
  }
  added = setdiff(second$feature_names, shared)
  joined = first$clone(deep = TRUE)
  if (!length(added)) {
    return(joined)
  }
  valid = first$internal_valid_task
  joined$internal_valid_task = NULL
  joined$cbind(second$data(cols = added))
  if (!is.null(valid)) {
    joined$internal_valid_task = join_two_tasks(valid, second$internal_valid_task, id)
  }
  joined
}
