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

# The spec without such functions. Each is called with the shape of what its node reads; the number of rows is NA.
# `examples`: see `input_examples()`.
settle_shapes = function(spec, examples) {
  for (i in seq_along(spec$nodes)) {
    node = spec$nodes[[i]]
    if (node$operation == "reshape" && is.function(node$parameters$shape)) {
      spec$nodes[[i]]$parameters$shape = computed_shape(node, shape_before(spec, i, examples))
    }
  }
  spec
}

# The shape of what the i-th node reads.
shape_before = function(spec, i, examples) {
  read = spec$nodes[[i]]$inputs[[1L]]
  if (read %in% names(examples)) {
    return(c(NA, examples[[read]]$shape[-1L]))
  }
  before = list(inputs = spec$inputs, nodes = spec$nodes[seq_len(i - 1L)])
  c(NA, core_network_shapes(network_pointer(build_network(before, examples, core_generator_create(1))))[[read]])
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
