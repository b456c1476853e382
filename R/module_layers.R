# The layers of the registry as functions, `nn_<operation>()`. There is no wrapper for each: they are made when the
# package is loaded, from the operations' schemas. What the schemas do not know, because a network finds it out, is how
# many features an input has; it is said here, by the arguments that R torch and PyTorch have for it.

#' @title Layers
#'
#' @name torch_layers
#' @description
#' Each operation of networks (see [nn_operations()]) is a function `nn_<operation>()` that makes a layer: a
#' [module][nn_module] whose `forward` is the operation. Each has a page of its own, such as [nn_linear()].
#'
#' Arguments that count an input's features, such as `in_features`, come first, as in R torch and PyTorch. Without them,
#' or if there are none, the layer gets its weights when it is first called. The other arguments have the names and
#' defaults that [nn_operations()] shows. `inplace` and the like are accepted and ignored.
#' Other arguments are refused, with the name that was probably meant, except by `nn_identity()`.
#' `nn_flatten(start_dim = 1)`, which joins the rows as well, is for loops of your own, not for learners.
#' Layers of transposed convolutions take the size of the output as well: `layer(x, output_size = c(11, 11))`.
#' Dimensions and class numbers count from 1; the first dimension of an input is that of the rows.
#'
#' Layers with several results, such as [nn_lstm()], have pages of their own.
#'
#' Initial weights are drawn from LibTorch's generator, see [torch_manual_seed()].
#'
#' @return A module, class `nn_module`.
#' @family Module
#' @examples
#' layer = nn_linear(4, 2)
#' layer(torch_randn(3, 4))
#' layer$weight
#' nn_conv2d
NULL

#' @rawNamespace exportPattern("^nn_")
NULL

# By operation: a function whose arguments count features of the inputs, and which returns the inputs' shapes for one
# row.
layer_examples = local({
  channels = function(...) {
    spatial = c(...)
    function(in_channels) list(c(in_channels, spatial))
  }
  features = function(...) {
    spatial = c(...)
    function(num_features) list(c(num_features, spatial))
  }
  list(
    linear = function(in_features) list(in_features),
    head = function(in_features) list(in_features),
    bilinear = function(in1_features, in2_features) list(in1_features, in2_features),
    conv1d = channels(1), conv2d = channels(1, 1), conv3d = channels(1, 1, 1),
    conv_transpose1d = channels(1), conv_transpose2d = channels(1, 1), conv_transpose3d = channels(1, 1, 1),
    batch_norm1d = features(), batch_norm2d = features(1, 1), batch_norm3d = features(1, 1, 1),
    instance_norm1d = features(1), instance_norm2d = features(1, 1), instance_norm3d = features(1, 1, 1),
    group_norm = function(num_channels) list(num_channels),
    one_hot = function() list(structure(1, is_class = TRUE)),
    prelu = function(num_parameters = 1) list(num_parameters),
    tokenizer_num = function(n_features) list(n_features),
    tokenizer_categ = function(cardinalities) list(structure(length(cardinalities), is_class = TRUE)),
    ft_cls = function(d_token) list(c(1, d_token)),
    ft_transformer_block = function(d_token) list(c(2, d_token)),
    transformer_encoder_layer = function(d_model) list(c(1, d_model))
  )
})

# The order of R torch where it is not: features of inputs, then the schema.
layer_orders = local({
  convolution = c("in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation", "groups", "bias",
    "padding_mode")
  transposed = c("in_channels", "out_channels", "kernel_size", "stride", "padding", "output_padding", "groups", "bias",
    "dilation")
  pooling = c("kernel_size", "stride", "padding", "dilation", "return_indices", "ceil_mode")
  list(
    max_pool1d = pooling, max_pool2d = pooling, max_pool3d = pooling,
    conv1d = convolution, conv2d = convolution, conv3d = convolution,
    conv_transpose1d = transposed, conv_transpose2d = transposed, conv_transpose3d = transposed,
    group_norm = c("num_groups", "num_channels"),
    tokenizer_categ = c("cardinalities", "d_token")
  )
})

# Arguments of R torch that the operation does not have. With another value than this, the layer is a module that calls
# the function `nnf_<operation>()`.
layer_function_arguments = local({
  by_names = function(names, extra) sapply(names, function(name) extra, simplify = FALSE)
  c(
    by_names(sprintf("max_pool%id", 1:3), list(return_indices = FALSE)),
    by_names(sprintf("adaptive_max_pool%id", 1:3), list(return_indices = FALSE)),
    by_names(c("avg_pool2d", "avg_pool3d"), list(divisor_override = NULL))
  )
})

define_layers = function(env = topenv()) {
  for (operation in names(registry_entries("operation"))) {
    name = paste0("nn_", operation)
    if (!exists(name, envir = env, inherits = FALSE)) assign(name, layer_function(operation, env), envir = env)
  }
}

layer_function = function(operation, env) {
  arguments = layer_arguments(operation)
  body = bquote({
    given = names(match.call())[-1L]
    make_layer_from(.(operation), if (length(given)) mget(given) else list())
  })
  # it may stand in the place of any other layer
  is_identity = operation == "identity"
  if (is_identity) body = quote(make_layer_from("identity", list()))
  layer = registry_function(paste0("nn_", operation), arguments, body, env, takes_others = is_identity)
  structure(layer, class = c("torch_layer", "function"), operation = operation)
}

# The arguments with their defaults, in R torch's order.
layer_arguments = function(operation) {
  own = argument_formals(registry_entry("operation", operation)$arguments)
  sizes = as.list(formals(layer_examples[[operation]] %??% function() NULL))
  in_place = if (operation %in% inplace_operations) list(inplace = FALSE)
  all = c(remove_named(sizes, names(own)), own, layer_function_arguments[[operation]], in_place)
  all[union(intersect(layer_orders[[operation]], names(all)), names(all))]
}

# `given`: the arguments of a call, by name.
make_layer_from = function(operation, given) {
  if (operation == "flatten" && identical(as.numeric(given$start_dim), 1)) {
    return(do.call(flatten_rows_module, given))
  }
  if (is_function_layer(operation, given)) {
    return(do.call(functional_module(paste0("nn_", operation), 1L), given))
  }
  given = read_padding(operation, given)
  mention_no_effect(given)
  arguments = operation_entry(operation)$arguments
  module = new_layer(operation, given[names(given) %in% names(arguments)], layer_example(operation, given))
  assign("settings", given, envir = module_core(module))
  module
}

is_function_layer = function(operation, given) {
  besides = layer_function_arguments[[operation]]
  if (is.null(besides)) {
    return(FALSE)
  }
  some(intersect(names(given), names(besides)), function(name) !identical(given[[name]], besides[[name]]))
}

# PyTorch's words for the padding of a convolution. "same" keeps the input's size.
read_padding = function(operation, given) {
  if (!startsWith(operation, "conv") || !test_string(given[["padding"]])) {
    return(given)
  }
  where = sprintf("nn_%s(): padding", operation)
  if (given[["padding"]] %nin% c("valid", "same")) {
    abort_unknown("argument", sprintf("%s = \"%s\" is not known.", where, given[["padding"]]), given[["padding"]],
      c("valid", "same"), fields = list(argument = "padding"))
  }
  reach = (given$dilation %??% 1) * (given$kernel_size - 1)
  if (given[["padding"]] == "same" && (any(reach %% 2 != 0) || any((given$stride %??% 1) != 1))) {
    abort("argument", sprintf("%s = \"same\" needs a stride of 1 and as many zeros on both sides; %s.", where,
      "choose a kernel of odd size"), fields = list(argument = "padding"))
  }
  insert_named(given, list(padding = if (given[["padding"]] == "same") reach / 2 else 0))
}

# The shapes of the inputs, if the sizes that have no default are given.
layer_example = function(operation, given) {
  shapes = layer_examples[[operation]]
  sizes = layer_sizes(operation)
  if (is.null(shapes) || !all(sizes$needed %in% names(given))) {
    return(NULL)
  }
  given = given[names(given) %in% sizes$all]
  for (name in names(given)) assert_size(given[[name]], sprintf("nn_%s(): '%s'", operation, name))
  do.call(shapes, given)
}

# The names of the sizes that a layer's weights depend on, and of those that have no default.
layer_sizes = function(operation) {
  cached(paste("sizes", operation), function() {
    sizes = formals(layer_examples[[operation]] %??% function() NULL)
    list(all = names(sizes), needed = names(sizes)[!nzchar(as.character(sizes))])
  })
}

assert_size = function(x, where) {
  if (!test_integerish(x, lower = 1, upper = 1e9, any.missing = FALSE, min.len = 1L)) {
    abort("argument", sprintf("%s must be a whole number from 1 to 1e9, not %s.", where, as_short_string(x)))
  }
}

# The key of a layer's function.
layer_operation = function(layer) attr(layer, "operation")

#' @export
layer_maker.torch_layer = function(x) paste0("nn_", layer_operation(x))

#' @export
print.torch_layer = function(x, ...) {
  operation = layer_operation(x)
  catn(sprintf("<torch_layer> nn_%s(%s)", operation, toString(setdiff(names(formals(x)), "..."))))
  catn(str_indent("", registry_entry("operation", operation)$doc))
  invisible(x)
}
