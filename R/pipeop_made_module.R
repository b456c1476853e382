# Pipeops whose modules are made when the shapes of their inputs are known. Until then, nodes of the operation "pipeop"
# stand for them: each has the pipeop, its own place among the pipeop's outputs, and the ids of all of these nodes.

add_pipeop_nodes = function(descriptor, id, pipeop) {
  reads = descriptor$pointer
  takes = pipeop$input$name
  if ("..." %nin% takes && length(reads) != length(takes)) {
    abort("argument", sprintf("Pipeop '%s' takes %i inputs (%s), but reads %i nodes; set `reads` to as many.",
      pipeop$id, length(takes), str_collapse(takes), length(reads)), fields = list(node = id))
  }
  id = paste0(descriptor$prefix, id)
  names = pipeop$output$name
  ids = if (length(names) == 1L) id else paste(id, names, sep = ".")
  nodes = map(ids, function(place) {
    list(id = place, operation = "pipeop", parameters = named_list(), inputs = reads, pipeop = pipeop, owner = id,
      places = ids)
  })
  descriptor$nodes = c(descriptor$nodes, nodes)
  descriptor$pointer = ids
  descriptor
}

# A descriptor with the nodes and weights of what a pipeop has made; it points to the pipeop's outputs.
# `inputs`: list(shape, dtype) by the ids of the nodes that it reads.
made_part = function(module, pipeop, id, inputs) {
  if (!inherits(module, c("nn_module", "torch_spec"))) {
    abort("argument", sprintf("Pipeop '%s' must make a module, as nn_linear() does, or a network, not %s.", pipeop$id,
      as_short_string(module)), fields = list(node = id))
  }
  inputs = in_order_of_forward(inputs, module, pipeop)
  outputs = pipeop$output$name
  descriptor = network_descriptor(pointer = names(inputs))
  if (length(outputs) == 1L) {
    return(append_part(descriptor, module, id))
  }
  part = if (inherits(module, "nn_module")) graph_with_outputs(module, names(inputs), id, outputs)
  if (is.null(part)) several_outputs(descriptor, module, id, inputs, outputs) else append_outputs(descriptor, part)
}

# The inputs in the order of the arguments of `forward`, if these have the channels' names.
in_order_of_forward = function(inputs, module, pipeop) {
  forward = if (inherits(module, "nn_module")) module_core(module)$methods$forward
  arguments = names(formals(forward %??% function(...) NULL))
  channels = pipeop$input$name
  if (setequal(arguments, channels)) inputs[match(arguments, channels)] else inputs
}

append_outputs = function(descriptor, spec) {
  descriptor = append_weights(descriptor, spec, identity)
  descriptor$nodes = spec$nodes
  descriptor$pointer = spec$outputs
  descriptor
}

# A node returns one tensor: R code with several results puts them side by side, and a node for each takes it out again.
several_outputs = function(descriptor, module, id, inputs, names) {
  if (!inherits(module, "nn_module")) {
    abort("argument", sprintf("Pipeop '%s' has the outputs %s, but makes a network with one; make a module.", id,
      str_collapse(names, quote = "'")), fields = list(node = id))
  }
  example = map(unname(inputs), function(input) torch_ones(c(2, input$shape[-1L]), dtype = input$dtype))
  results = with_no_grad(naming_node(id, named_outputs(do.call(module, example), names)))
  shapes = map(results, function(result) result$shape[-1L])
  descriptor = append_part(descriptor, packed_outputs(module, names), id)
  packed = descriptor$pointer
  ends = cumsum(map_dbl(shapes, prod))
  nodes = map(seq_along(names), function(i) {
    fn = output_taker(ends[[i]] - prod(shapes[[i]]), shapes[[i]])
    new_node(paste(id, names[[i]], sep = "."), "fn", list(fn = fn), packed)
  })
  descriptor$nodes = c(descriptor$nodes, nodes)
  descriptor$pointer = map_chr(nodes, "id")
  descriptor
}

packed_outputs = nn_module("packed_outputs",
  initialize = function(module, names) {
    self$module = module
    self$output_names = names
  },
  forward = function(...) pack_outputs(self$module(...), self$output_names)
)

pack_outputs = function(value, names) {
  torch_cat(map(unname(named_outputs(value, names)), function(x) x$reshape(c(x$shape[[1L]], -1))), dim = 2L)
}

# What a module returned, in the order of the outputs.
named_outputs = function(value, names) {
  is_fit = is.list(value) && length(value) == length(names) && all(map_lgl(value, inherits, what = "torch_tensor"))
  if (!is_fit) {
    abort("function", sprintf("'forward' must return a list of %i tensors, for the outputs %s, not %s.", length(names),
      str_collapse(names, quote = "'"), as_short_string(value)))
  }
  if (setequal(names(value), names)) value[names] else set_names(value, names)
}

# A function that takes the columns after `before` as an array of this shape for each row.
output_taker = function(before, shape) {
  width = prod(shape)
  eval(bquote(function(x) x$narrow(2L, .(before + 1), .(width))$reshape(.(c(-1, shape)))), globalenv())
}

# `forward` of a generator that nn_module() has made; of others it is not known what they take.
generator_forward = function(generator) {
  own = if (inherits(generator, "nn_module_generator")) method_of(attr(generator, "definition"), "forward")
  own %??% function(...) NULL
}

# The names of what `forward` takes; "..." if that is not known.
forward_arguments = function(generator) {
  names = setdiff(names(formals(generator_forward(generator))), "...")
  if (length(names)) names else "..."
}

check_pipeop_inputs = function(names, generator, id) {
  check_channel_names(names, "inname", id)
  forward = generator_forward(generator)
  arguments = names(formals(forward))
  if ("..." %in% c(names, arguments)) {
    return(names)
  }
  if (length(names) < length(required_arguments(forward)) || length(names) > length(arguments)) {
    abort("argument", sprintf("Pipeop '%s': 'forward' takes %i arguments (%s), but there are %i inputs (%s).", id,
      length(arguments), str_collapse(arguments), length(names), str_collapse(names)))
  }
  names
}

check_channel_names = function(names, argument, id) {
  if (!test_character(names, min.chars = 1L, min.len = 1L, any.missing = FALSE, unique = TRUE)) {
    abort("argument", sprintf("Pipeop '%s': '%s' must be unique names, not %s.", id, argument, as_short_string(names)))
  }
  if ("..." %in% names && (length(names) > 1L || argument != "inname")) {
    abort("argument", sprintf("Pipeop '%s': \"...\" in '%s' stands for any number of inputs, and must be alone.", id,
      argument))
  }
  names
}
