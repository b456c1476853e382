# A spec as text: a line for each node, with what it reads, and its shape and number of parameters if they are known.

#' @export
print.torch_spec = function(x, ...) {
  catn(format(x))
  invisible(x)
}

#' @export
format.torch_spec = function(x, ...) {
  layout = spec_layout(x)
  total = if (!anyNA(layout$parameters)) sprintf(", %s parameters", format(sum(layout$parameters), big.mark = ","))
  rows = sprintf("  %s  %s  %s", format(layout$id), format(layout$text), format(layout$shape))
  counts = ifelse(is.na(layout$parameters) | layout$parameters == 0, "",
    format(layout$parameters, big.mark = ",", width = 1L))
  c(sprintf("<torch_spec>: %i nodes%s", length(x$nodes), total %??% ""), trimws(paste(rows, counts, sep = "  "),
    "right"))
}

# A row for each input and node: id, operation, text, reads, and what `sizes` says: shape, parameters.
# Shapes and numbers of parameters are those of the network that the core builds from the spec.
spec_layout = function(spec, sizes = spec_sizes(spec)) {
  before = c(NA, map_chr(spec$nodes, "id"))
  inputs = data.table(id = spec$inputs, operation = "input", text = "input", reads = list(character()))
  nodes = rbindlist(imap(unname(spec$nodes), function(node, i) {
    reads = node$inputs
    is_next = i > 1L && identical(reads, before[[i]]) || i == 1L && identical(reads, spec$inputs)
    parameters = discard(node$parameters, is_tensor_data)
    operation = if (is.null(node$pipeop)) node$operation else class(node$pipeop)[[1L]]
    text = paste0(operation, if (length(parameters)) sprintf("(%s)", parameter_text(parameters)),
      if (!is_next) paste(" <-", str_collapse(reads)))
    list(id = node$id, operation = node$operation, text = text, reads = list(reads))
  }))
  cbind(rbind(inputs, nodes), sizes)
}

parameter_text = function(parameters) {
  str_collapse(sprintf("%s = %s", names(parameters), map_chr(parameters, as_short_string, width = 30L)))
}

spec_sizes = function(spec) {
  n = length(spec$inputs) + length(spec$nodes)
  if (is.null(spec$shapes)) {
    return(data.table(shape = rep("", n), parameters = NA_real_)[rep_len(1L, n)])
  }
  examples = spec_examples(spec)
  network_sizes(build_network(settle_shapes(told_spec(spec), examples), examples, core_generator_create(1)))
}

# The shape and the number of parameters of each input and node of a network.
network_sizes = function(network) {
  sizes = map_dbl(network$parameters, function(parameter) prod(parameter$shape))
  shapes = core_network_shapes(network_pointer(network))
  owner = map_chr(names(sizes), owner_of_parameter, ids = names(shapes))
  data.table(
    shape = map_chr(shapes, shape_text),
    parameters = map_dbl(names(shapes), function(id) sum(sizes[owner == id]))
  )
}

# Ids and names of parameters may have dots in them.
owner_of_parameter = function(name, ids) {
  owners = ids[startsWith(name, paste0(ids, "."))]
  owners[[which.max(nchar(owners))]]
}

# A spec that can be built without a task: what a task would decide is 1.
told_spec = function(spec) {
  spec$nodes = map(spec$nodes, function(node) {
    if (!is.null(node$pipeop)) {
      return(node)
    }
    needed = names(keep(registry_entry("operation", node$operation)$arguments, function(argument) argument$required))
    told = task_parameters[[node$operation]]
    for (name in setdiff(intersect(names(told), needed), names(node$parameters))) {
      node$parameters[[name]] = told[[name]](1L, list(), node$parameters) %??% 1L
    }
    node
  })
  spec
}
