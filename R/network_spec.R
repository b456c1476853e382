#' @title Networks as Data
#'
#' @description
#' A network is a spec: a plain list of nodes, each with an id, an operation, its parameters and the nodes it reads.
#' `nn_graph()` makes one; so does [nn_sequential()] of [nn()] objects.
#'
#' Each node has a name; `reads` in [nn()] says which nodes or inputs it reads, by default the node before it.
#' Sizes that follow from the data are never given: the network is built on a tiny batch when its inputs are known.
#' With the inputs' shapes, printing shows all shapes; `autoplot()` draws the network.
#' [LearnerTorchModel] trains a spec.
#'
#' @param ... ([nn()] objects, modules, specs or graphs of pipeops)\cr
#'   The nodes. Each has a name, which is its id. A [module][nn_module] brings its weights.
#' @param inputs (`character()` or named `list()`)\cr
#'   The names of the inputs; a list also has their shapes, such as `list(x = c(NA, 4))`, where `NA` stands for the
#'   rows.
#' @param outputs (`character()`)\cr
#'   The nodes whose values the network returns; the last one unless given.
#' @return A spec, class `torch_spec`.
#'
#' @family Network
#' @export
#' @examples
#' nn_graph(
#'   hidden = nn("linear", out_features = 4),
#'   bend = nn("tanh"),
#'   both = nn("merge_sum", reads = c("bend", "x")),
#'   inputs = list(x = c(NA, 4))
#' )
nn_graph = function(..., inputs = "x", outputs = NULL) {
  parts = list(...)
  if (!test_names(names2(parts, ""), type = "unique")) {
    abort("argument", "nn_graph(): each node needs a unique name, as in `hidden = nn(\"linear\", ...)`.")
  }
  make_spec(parts, inputs, outputs)
}

# Nodes that are called after their operations, each reading the one before it.
sequential_spec = function(parts, shape = NULL) {
  ids = unique_ids(imap_chr(parts, part_id))
  if (!is.null(names(parts))) {
    ids = ifelse(nzchar(names(parts)), names(parts), ids)
  }
  make_spec(set_names(parts, ids), if (is.null(shape)) "x" else list(x = shape), NULL)
}

part_id = function(part, i) {
  if (inherits(part, "PipeOp")) part$id else part_label(part)
}

part_label = function(part) if (inherits(part, "nn_module")) class(part)[[1L]] else "block"

unique_ids = function(ids) {
  counts = stats::ave(seq_along(ids), ids, FUN = seq_along)
  repeated = ids %in% ids[duplicated(ids)]
  ifelse(repeated, paste(ids, counts, sep = "_"), ids)
}

# Each part reads what its `reads` say, or the one before it.
make_spec = function(parts, inputs, outputs) {
  shapes = if (is.list(inputs)) map(inputs, assert_input_shape)
  inputs = if (is.list(inputs)) names(inputs) else inputs
  if (!test_character(inputs, min.chars = 1L, min.len = 1L, unique = TRUE, any.missing = FALSE)) {
    abort("argument", "'inputs' must be unique names, or a list of shapes with unique names.")
  }
  descriptor = network_descriptor(inputs = set_names(map(inputs, function(name) NULL), inputs))
  before = inputs[[1L]]
  for (id in names(parts)) {
    descriptor$pointer = part_reads(parts[[id]], id, before, c(inputs, map_chr(descriptor$nodes, "id")))
    descriptor = append_part(descriptor, parts[[id]], id)
    before = descriptor$pointer
  }
  new_spec(inputs, descriptor$nodes, check_outputs(outputs, descriptor), shapes, descriptor$weights, descriptor$frozen)
}

part_reads = function(part, id, before, known) {
  reads = reads_of(part)
  unknown = setdiff(reads, known)
  if (length(unknown)) {
    abort_unknown("unknown_name", sprintf("Node '%s' reads '%s', which is neither an input nor a node before it.", id,
      unknown[[1L]]), unknown[[1L]], known, fields = list(node = id))
  }
  reads %??% before
}

check_outputs = function(outputs, descriptor) {
  known = c(names(descriptor$inputs), map_chr(descriptor$nodes, "id"))
  unknown = setdiff(outputs, known)
  if (length(unknown)) {
    message = sprintf("The output '%s' is neither an input nor a node.", unknown[[1L]])
    abort_unknown("unknown_name", message, unknown[[1L]], known)
  }
  outputs
}

assert_input_shape = function(shape) {
  fits = test_integerish(shape, lower = 1) && length(shape) >= 2L && !anyNA(shape[-1L])
  if (!fits) {
    abort("argument", sprintf("A shape must be a vector such as c(NA, 4), where NA stands for the rows, not %s.",
      as_short_string(shape)))
  }
  as.numeric(shape)
}

# `weights`: named list of torch_tensor_data that parameters and buffers begin with; those that are not named are drawn.
# `frozen`: names of parameters that are not trained.
new_spec = function(inputs, nodes, outputs = NULL, shapes = NULL, weights = NULL, frozen = NULL) {
  if (!length(nodes)) {
    abort("argument", "A network needs at least one node.")
  }
  parts = list(inputs = inputs, nodes = nodes, outputs = outputs, shapes = shapes,
    weights = if (length(weights)) weights, frozen = if (length(frozen)) frozen)
  structure(discard(parts, is.null), class = "torch_spec")
}

#' @export
as_torch_spec.PipeOpTorch = function(x, ...) sequential_spec(list(x))

#' @export
as_torch_spec.Graph = function(x, ...) sequential_spec(list(x))

# A node of a spec, without inputs until it is put into a chain.
spec_node = function(id, operation, parameters = named_list(), inputs = NULL) {
  discard(list(id = id, operation = operation, parameters = parameters, inputs = inputs), is.null)
}

# Nodes, each of which reads the one before it; the first reads `input`.
chain_nodes = function(nodes, input) {
  before = c(input, map_chr(nodes, "id"))
  imap(unname(nodes), function(node, i) c(node, list(inputs = before[[i]])))
}

shape_text = function(sizes) shape_to_str(c(NA, sizes))
