# Pages of the operations of networks, such as `mlr_pipeops_nn_linear`, which is also the page of `nn_linear()`.
# Operations that differ only in the number of dimensions, such as conv1d and conv2d, share one.

# Arguments and shapes of inputs by operation, and networks made from them: those of the tests.
test_examples = new.env(parent = package)
sys.source(file.path("tests", "testthat", "helper_export.R"), test_examples)
operation_examples = test_examples$operation_examples()

operation_pages = function() {
  entries = package$registry_entries("operation")
  families = split(entries, factor(family_of(names(entries)), unique(family_of(names(entries)))))
  lapply(unname(families), operation_page)
}

family_of = function(keys) {
  plain = sub("[123]d$", "", keys)
  ifelse(plain %in% plain[duplicated(plain)], plain, keys)
}

# The layers whose functions are made from the registry; others have pages of their own.
layers_of = function(keys) {
  Filter(function(name) inherits(package[[name]], "torch_layer"), paste0("nn_", keys))
}

operation_page = function(entries) {
  keys = vapply(entries, function(entry) entry$name, "", USE.NAMES = FALSE)
  family = if (length(keys) == 1L) keys else unique(sub("[123]d$", "", keys))
  layers = layers_of(keys)
  list(
    name = paste0("mlr_pipeops_nn_", family),
    title = operation_title(entries),
    aliases = c(paste0("mlr_pipeops_nn_", keys), layers, vapply(paste0("nn_", keys), package$pipeop_class_name, ""),
      keys, family),
    keys = c(keys, family),
    description = operation_description(entries),
    usage = usage_of(layers),
    params = param_texts(entries, layers, layer_argument),
    value = if (length(layers)) "A module, class `nn_module`, see [nn_module()].",
    sections = c(
      list("How to use it" = operation_use(keys, layers)),
      if (!length(layers)) list(Parameters = parameter_list(entries[[1L]]$arguments)),
      task_section(keys), shape_section(keys), source_section(entries)
    ),
    seealso = operation_seealso(keys, layers),
    family = "Layer",
    examples = unlist(lapply(keys, operation_example))
  )
}

operation_title = function(entries) {
  label = entries[[1L]]$label
  kind = if ("activation" %in% entries[[1L]]$tags) "Activation:" else "Layer:"
  paste(kind, if (length(entries) > 1L) sub(" 1d$", "", label) else label)
}

operation_description = function(entries) {
  sentences = vapply(entries, function(entry) sentence_of(entry$doc), "")
  if (length(unique(sentences)) == 1L) {
    return(sentences[[1L]])
  }
  paste(sprintf("* `%s`: %s", vapply(entries, function(entry) entry$name, ""), sentences), collapse = "\n")
}

operation_use = function(keys, layers) {
  key = keys[[1L]]
  class = package$pipeop_class_name(paste0("nn_", key))
  paste(c(
    sprintf("* In [nn_sequential()], [nn_graph()] or a graph of \\pkg{mlr3pipelines}: `nn(\"%s\")`.", key),
    sprintf("* As a [pipeop][PipeOpTorch]: `po(\"nn_%s\")`, class `%s`. Its parameters can be tuned.", key, class),
    if (length(layers)) sprintf("* As a [module][nn_module], a function of tensors: `%s()`.", layers[[1L]]),
    if (!length(layers) && exists(paste0("nn_", key), package)) sprintf("* As a [module][nn_module]: [nn_%s()].", key)
  ), collapse = "\n")
}

# Parameters that need not be given in a learner.
task_section = function(keys) {
  parameters = unique(unlist(lapply(package$task_parameters[keys], names)))
  if (length(parameters)) {
    list("In a learner" = sprintf("%s %s from the task and need not be given%s.",
      paste(sprintf("`%s`", parameters), collapse = " and "), if (length(parameters) > 1L) "follow" else "follows",
      if ("head" %in% keys) "" else ", if the layer reads categorical features"))
  }
}

# What the examples show: shapes of inputs and outputs, and weights. `NA` stands for the rows.
shape_section = function(keys) {
  lines = unlist(lapply(keys, function(key) {
    example = operation_examples[[key]]
    if (is.null(example)) return(NULL)
    module = run_example(key, example)
    shapes = vapply(example[[2L]], function(shape) shape_text(c(NA, shape)), "")
    sprintf("* `%s`: %s becomes %s%s", node_text(key, example[[1L]]), paste(shapes, collapse = " and "),
      shape_text(module$shape), weights_text(module$parameters))
  }))
  if (length(lines)) list(Shapes = paste(c("`NA` stands for the rows.", lines), collapse = "\n"))
}

shape_text = function(shape) sprintf("`c(%s)`", paste(shape, collapse = ", "))

weights_text = function(parameters) {
  if (!length(parameters)) return(".")
  shapes = vapply(parameters, function(parameter) sprintf("(%s)", paste(parameter$shape, collapse = ", ")), "")
  described = sprintf("`%s` %s", sub("^node[.]", "", names(parameters)), shapes)
  sprintf("; parameters: %s.", paste(described, collapse = ", "))
}

# The shape of what an example gives, and its weights.
run_example = function(key, example) {
  network = test_examples$example_network(key, example)$network
  output = network(unname(test_examples$example_inputs(example, 2)))
  list(shape = c(NA, output$shape[-1L]), parameters = network$parameters)
}

# Arguments that count features of the input; R torch and PyTorch have them.
counting_arguments = c(
  in_features = "features of the input", in1_features = "features of the first input",
  in2_features = "features of the second input", in_channels = "channels of the input",
  num_features = "channels (features) of the input", num_channels = "channels of the input",
  n_features = "features of the input", d_token = "features of a token", d_model = "features of a token"
)

layer_argument = function(name) {
  if (name %in% names(counting_arguments)) {
    return(sprintf("(`integer(1)`)\\cr\n  Number of %s; found when the layer is first called unless given.",
      counting_arguments[[name]]))
  }
  switch(name,
    inplace = "(`logical(1)`)\\cr\n  Accepted, without effect.",
    return_indices = paste0("(`logical(1)`)\\cr\n  Whether the layer returns a list of the largest values and ",
      "their positions."),
    divisor_override = "(`integer(1)` or `NULL`)\\cr\n  What sums are divided by instead of the window's size.",
    stop("say what '", name, "' means in tools/key_pages/operations.R")
  )
}

operation_seealso = function(keys, layers) {
  functional = intersect(paste0("nnf_", keys), ls(package))
  paste(c("[nn()], [nn_operations()], [PipeOpTorch], [torch_layers]", sprintf("[%s()]", utils::head(functional, 1L))),
    collapse = ", ")
}

node_text = function(key, arguments) call_text("nn", c(list(key), arguments))

operation_example = function(key) {
  example = operation_examples[[key]]
  if (is.null(example)) {
    return(sprintf("nn_operations()[\"%s\"]$parameters[[1]]", key))
  }
  node = node_text(key, example[[1L]])
  has_one_input = length(example[[2L]]) == 1L && !"class" %in% unlist(example[-(1:2)])
  if (!has_one_input || !length(layers_of(key))) {
    return(node)
  }
  shape = example[[2L]][[1L]]
  c(
    node,
    paste("layer =", call_text(paste0("nn_", key), c(counted(key, shape, names(example[[1L]])), example[[1L]]))),
    sprintf("layer(torch_randn(%s))$shape", paste(c(2, shape), collapse = ", "))
  )
}

# The arguments of a layer that count an input's features, for a row of this shape, except those that are given.
counted = function(key, shape, given) {
  arguments = intersect(names(formals(package[[paste0("nn_", key)]])), names(counting_arguments))
  arguments = setdiff(arguments, given)
  sizes = lapply(arguments, function(name) {
    if (name %in% c("in_channels", "num_features", "num_channels")) shape[[1L]] else shape[[length(shape)]]
  })
  stats::setNames(sizes, arguments)
}
