# Shapes that a pipeop of a network makes, for those who ask it.

# The shape of what a part of a network makes of inputs with these shapes; `task` decides what follows from it.
part_shape = function(part, shapes_in, task) {
  shapes = map(if (is.list(shapes_in)) unname(shapes_in) else list(shapes_in), assert_input_shape)
  names(shapes) = paste0("input", seq_along(shapes))
  descriptor = network_descriptor(inputs = map(shapes, function(shape) NULL), pointer = names(shapes))
  descriptor = append_part(descriptor, part, part$id)
  spec = new_spec(names(shapes), descriptor$nodes, descriptor$pointer, shapes)
  examples = spec_examples(spec)
  if (!is.null(task)) {
    outputs = network_outputs(task, as_torch_loss(default_loss(task$task_type)))
    spec$nodes = fill_spec(spec, list(), outputs)$nodes
  }
  spec = settle_shapes(told_spec(spec), examples)
  sizes = core_network_shapes(network_pointer(build_network(spec, examples, core_generator_create(1))))
  c(NA, as.integer(sizes[[descriptor$pointer]]))
}
