#' @title Operations of Networks
#'
#' @description
#' The layers, activations and merges of networks that the C++ core has.
#' Each can be put into a network as `nn("<key>")` and is also the pipeop `po("nn_<key>")`.
#'
#' @section Operations:
#' `r mlr3libtorch:::list_entries(mlr3libtorch:::registry_entries("operation"), "mlr_pipeops_nn_")`
#'
#' @return `nn_operations()`: a [data.table::data.table()] with a row for each operation: `key`, `label`, `doc`, `tags`,
#'   the smallest and the largest number of inputs, and in the list column `parameters` a table of its parameters with
#'   their type, whether they are required, their default and what they mean.
#'
#' @family Network
#' @export
#' @examples
#' nn_operations()[, c("key", "label")]
#' nn_operations()["conv2d"]$parameters[[1]]
nn_operations = function() {
  entries = registry_entries("operation")
  rows = map(entries, function(entry) {
    list(key = entry$name, label = entry$label, doc = entry$doc, tags = list(entry$tags),
      inputs_least = entry$inputs[[1L]], inputs_most = entry$inputs[[2L]],
      parameters = list(parameter_table(entry$arguments)))
  })
  setkeyv(rbindlist(unname(rows)), "key")[]
}

parameter_table = function(arguments) {
  rows = map(arguments, function(argument) {
    default = if (argument$required) "" else as_short_string(argument$default %??% "NULL", width = 40L)
    list(name = argument$name, type = argument$type, required = argument$required, default = default,
      lower = argument$lower, upper = argument$upper, choices = list(argument$choices), doc = argument$doc)
  })
  rbindlist(unname(rows))
}

# Parameters of nodes that a task and its loss decide, by operation and parameter. `outputs`: how many the network
# needs; `inputs`: what is known about the data that the node reads, if these are features. Each function returns NULL
# if nothing is decided. `given`: the node's parameters so far. If the size of an embedding's table is given, all
# features share it.
task_parameters = list(
  head = list(out_features = function(outputs, inputs, given) outputs),
  tokenizer_categ = list(cardinalities = function(outputs, inputs, given) categ_levels(inputs)),
  embedding = list(
    cardinalities = function(outputs, inputs, given) {
      levels = categ_levels(inputs)
      if (is.null(given$num_embeddings) && length(levels) > 1L) levels
    },
    num_embeddings = function(outputs, inputs, given) {
      levels = given$cardinalities %??% categ_levels(inputs) %??% token_count(inputs)
      if (length(levels)) sum(levels)
    }
  ),
  one_hot = list(num_classes = function(outputs, inputs, given) {
    levels = categ_levels(inputs)
    if (length(levels)) max(levels)
  })
)

# Those that read class numbers.
class_operations = c(setdiff(names(task_parameters), "head"), "padding_mask")

categ_levels = function(inputs) {
  if (length(inputs) == 1L && identical(inputs[[1L]]$kind, "categ")) lengths(inputs[[1L]]$levels)
}

# Of an input of text: its tokens, padding, and what stands for unknown ones.
token_count = function(inputs) {
  if (length(inputs) == 1L && identical(inputs[[1L]]$kind, "text")) length(inputs[[1L]]$vocabulary) + 2L
}

# The entry of an operation, in which parameters that a task decides are not required.
operation_entry = function(operation) {
  cached(paste("operation", operation), function() {
    entry = registry_entry("operation", operation)
    for (name in names(task_parameters[[operation]])) {
      entry$arguments[[name]]$required = FALSE
    }
    entry$needed = names(keep(entry$arguments, function(argument) argument$required))
    entry
  })
}

operation_param_set = function(operation) {
  param_set_like(paste("operation", operation), function() {
    param_set = param_set_from_schema(operation_entry(operation))
    if (operation == "reshape") {
      param_set = ps(shape = p_checked(check_reshape, tags = c("train", "required")))
    }
    with_no_effect(param_set, "operation", operation)
  })
}

# TRUE, or what is wrong with the parameter `shape`.
check_reshape = function(x) {
  if (is.function(x)) {
    return(check_function(x, nargs = 1L))
  }
  if (test_integerish(replace(x, is.na(x), -1), lower = -1, min.len = 1L)) {
    return(TRUE)
  }
  sprintf("must be whole numbers of at least -1, or a function of the input's shape that returns them, not %s",
    as_short_string(x))
}

# A node of a spec. For a size that is to be found, R writes NA, the core -1.
new_node = function(id, operation, parameters, inputs) {
  entry = operation_entry(operation)
  parameters = with_effect(parameters)
  for (name in names(parameters)) {
    value = parameters[[name]]
    if (is.numeric(value) && anyNA(value)) value = replace(value, is.na(value), -1)
    parameters[name] = list(plain_node_value(value, entry$arguments[[name]]$type %??% ""))
  }
  check_node_parameters(id, operation, parameters)
  list(id = id, operation = operation, parameters = parameters, inputs = inputs)
}

check_node_parameters = function(id, operation, parameters) {
  needed = operation_entry(operation)$needed
  absent = needed[needed %nin% names(parameters)]
  if (length(absent)) {
    abort_missing_parameter(sprintf("Node '%s' (%s)", id, operation), absent[[1L]],
      sprintf("give one, as in `nn(\"%s\", %s = ...)`", operation, absent[[1L]]),
      fields = list(node = id, operation = operation))
  }
}
