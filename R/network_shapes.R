# Shapes that a function computes, as in `nn("reshape", shape = function(shape) c(shape[1:2], 10))`. They are numbers
# again before the network is built, so that it can be compiled, saved and exported.

# What the inputs of a spec with shapes look like, see `input_examples()`.
spec_examples = function(spec) {
  classes = map_lgl(spec$inputs, function(input) reads_classes(spec, input))
  examples = pmap(list(spec$shapes[spec$inputs], classes), function(shape, is_class) {
    list(shape = c(2, shape[-1L]), dtype = if (is_class) torch_long() else torch_float())
  })
  set_names(examples, spec$inputs)
}

reads_classes = function(spec, input) {
  readers = keep(spec$nodes, function(node) input %in% node$inputs)
  length(readers) > 0L && all(map_chr(readers, "operation") %in% class_operations)
}

# The spec without such functions, and without pipeops whose modules wait for the shapes of their inputs, see
# R/pipeop_made_module.R. Each is called with the shapes of what its node reads; the number of rows is NA.
# `examples`: see `input_examples()`. `task`: for those pipeops.
settle_shapes = function(spec, examples, task = NULL) {
  nodes = spec$nodes
  spec$nodes = list()
  # by the ids that stood for them, the nodes that pipeops have made
  made = character()
  for (node in nodes) {
    node$inputs = replaced_ids(node$inputs, made)
    if (is.null(node$pipeop)) {
      spec$nodes = c(spec$nodes, list(settled_node(spec, node, examples)))
    } else if (node$id %nin% names(made)) {
      inputs = inputs_before(spec, node$inputs, examples)
      part = get_private(node$pipeop)$.made_part(node$owner, inputs, task)
      spec[c("nodes", "weights", "frozen")] = map(c("nodes", "weights", "frozen"), function(x) c(spec[[x]], part[[x]]))
      made = c(made, set_names(part$pointer, node$places))
    }
  }
  if (length(made)) spec$outputs = replaced_ids(spec$outputs %??% nodes[[length(nodes)]]$id, made)
  discard(spec, function(part) !length(part))
}

replaced_ids = function(ids, made) ifelse(ids %in% names(made), made[ids], ids)

settled_node = function(spec, node, examples) {
  if (node$operation == "reshape" && is.function(node$parameters$shape)) {
    before = inputs_before(spec, node$inputs[1L], examples)
    node$parameters$shape = computed_shape(node, c(NA, before[[1L]]$shape[-1L]))
  }
  node
}

# What the next node of a spec reads: list(shape, dtype) by id.
inputs_before = function(spec, reads, examples) {
  known = examples
  if (!all(reads %in% names(examples))) {
    before = list(inputs = spec$inputs, nodes = spec$nodes)
    shapes = core_network_shapes(network_pointer(build_network(before, examples, core_generator_create(1))))
    known = c(known, map(shapes[setdiff(names(shapes), names(examples))], function(sizes) {
      list(shape = c(2, sizes), dtype = torch_float())
    }))
  }
  map(known[reads], function(example) list(shape = example$shape, dtype = example$dtype))
}

computed_shape = function(node, given) {
  where = sprintf("Node '%s' (reshape): the function 'shape'", node$id)
  shape = tryCatch(node$parameters$shape(as.integer(given)), error = function(condition) {
    abort("function", sprintf("%s failed on the shape %s: %s", where, shape_text(given[-1L]),
      condition_text(condition)), fields = list(node = node$id), parent = condition)
  })
  fits = is.atomic(shape) && length(shape) && test_integerish(replace(shape, is.na(shape), -1), lower = -1)
  if (!fits) {
    abort("function", sprintf("%s must return a shape such as c(NA, 12), not %s.", where, as_short_string(shape)),
      fields = list(node = node$id))
  }
  as.numeric(replace(shape, is.na(shape), -1))
}
