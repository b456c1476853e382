# What a module that is written in R keeps in plain fields is not trained and not in checkpoints, so the model has it as
# it was when the run began. A run in which it changed says so.

warn_changed_modules = function(network, id) {
  for (node in keep(network_spec(network)$nodes, function(node) node$operation == "module")) {
    before = read_function_data(node$parameters$definition$data)
    after = module_data(network_nodes(network)[[node$id]])
    fields = changed_fields(before$tree, after$tree)
    if (length(fields)) {
      warn("module_fields", sprintf(paste("Learner '%s': the module '%s' changed in training, but the model has it as",
        "it was before: %s. Keep what shall last in an nn_buffer(), or in the state of a callback."), id, node$id,
        str_collapse(sprintf("`%s`", fields), n = 5L)), fields = list(node = node$id, fields = fields))
    }
  }
}

# The paths of fields that were there and are not what they were. Functions are not compared.
changed_fields = function(before, after, path = "") {
  names = names(before$members)
  unlist(map(names, function(name) {
    old = before$members[[name]]
    new = after$members[[name]]
    here = path_to(path, name)
    if (is_tree(old) && is_tree(new)) changed_fields(old, new, here) else if (!same_member(old, new)) here
  }), use.names = FALSE)
}

is_tree = function(member) inherits(member, "plain_part") && unclass(member)$kind %in% c("container", "written")

same_member = function(old, new) {
  if (inherits(old, "function_position")) {
    return(inherits(new, "function_position"))
  }
  # what is filled while it computes
  if (is.null(old)) {
    return(TRUE)
  }
  if (inherits(old, "torch_tensor")) {
    return(inherits(new, "torch_tensor") && isTRUE(all.equal(old, new, tolerance = 0)))
  }
  if (inherits(old, "plain_part") && inherits(new, "plain_part")) {
    # a layer's id in a network is its path
    kept = function(part) list(part[c("kind", "path", "class", "shape")], part$node[c("operation", "parameters")])
    return(identical(kept(unclass(old)), kept(unclass(new))))
  }
  identical(old, new)
}
