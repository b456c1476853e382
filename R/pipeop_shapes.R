# Shapes that a pipeop of a network makes, for those who ask it.

# The shapes of the inputs as a list, with the names of the channels if their number is fixed.
channel_shapes = function(pipeop, shapes_in) {
  shapes = assert_shapes(if (is.list(shapes_in)) shapes_in else list(shapes_in))
  channels = pipeop$input$name
  if ("..." %in% channels) {
    return(shapes)
  }
  if (length(shapes) != length(channels)) {
    abort("argument", sprintf("Pipeop '%s' has %i inputs (%s), but there are %i shapes: %s.", pipeop$id,
      length(channels), str_collapse(channels), length(shapes), shape_to_str(shapes)))
  }
  if (setequal(names(shapes), channels)) shapes[channels] else set_names(shapes, channels)
}

check_shapes_out = function(shapes, pipeop) {
  channels = pipeop$output$name
  if (!is.list(shapes) || length(shapes) != length(channels) || !all(map_lgl(shapes, test_integerish, min.len = 1L))) {
    abort("function", sprintf("Pipeop '%s': '.shapes_out()' %s (%s), not %s.", pipeop$id,
      "must return a list with a shape for each output", str_collapse(channels), as_short_string(shapes)))
  }
  set_names(map(unname(shapes), as.integer), channels)
}

# The shapes of what a part of a network makes of inputs with these shapes; `task` decides what follows from it.
part_shapes = function(part, shapes_in, task) {
  shapes = map(unname(shapes_in), assert_input_shape)
  names(shapes) = paste0("input", seq_along(shapes))
  descriptor = network_descriptor(inputs = map(shapes, function(shape) NULL), pointer = names(shapes))
  descriptor = append_part(descriptor, part, part$id)
  spec = new_spec(names(shapes), descriptor$nodes, descriptor$pointer, shapes)
  examples = spec_examples(spec)
  if (!is.null(task)) {
    outputs = network_outputs(task, as_torch_loss(default_loss(task$task_type)))
    spec$nodes = fill_spec(spec, list(), outputs)$nodes
  }
  spec = settle_shapes(told_spec(spec), examples, task)
  sizes = core_network_shapes(network_pointer(build_network(spec, examples, core_generator_create(1))))
  map(spec$outputs, function(id) c(NA, as.integer(sizes[[id]])))
}
