# Features and targets that are standardised inside the network, by nodes whose numbers are fixed.
# See docs/decisions/scaled_inside_the_network.md.

scale_param = function() p_lgl(init = TRUE, tags = "train")

scale_operations = c("standardize", "unstandardize")

# The spec with a node after each input that has numeric features, a last node that gives the target's unit, and what
# the head starts with. `dataset`: the training rows; `inputs`: the recipes of their tensors; `loss`: for the core, for
# a network of so many outputs.
scaled_spec = function(spec, dataset, inputs, info, loss, task, output_count) {
  inputs = inputs[spec$inputs]
  scales = discard(imap(inputs, function(input, name) {
    if (input$kind == "sequence") sequence_moments(dataset, name, mask_of(input, inputs)) else
      input_scale(input, dataset, name, info)
  }), is.null)
  for (name in names(scales)) {
    spec = standardize_input(spec, name, scales[[name]], if (length(scales) > 1L) paste0("_", name) else "")
  }
  outputs = core_loss_outputs(loss)
  is_number = task$task_type == "regr"
  spec$start = list(head.bias = core_loss_start(loss, dataset$y, dataset$weights, output_count,
    if (task$task_type == "classif") length(task$class_names) else 0L))
  if (is_number && outputs$has_units) {
    scale = output_scale(core_column_moments(dataset$y, dataset$weights), outputs)
    last = spec$nodes[[length(spec$nodes)]]$id
    spec$nodes = c(spec$nodes, list(spec_node("unstandardize", "unstandardize", scale, last)))
  }
  spec
}

# The name of the input with the mask of a sequence.
mask_of = function(input, inputs) {
  names(keep(inputs, function(other) other$kind == "sequence_mask" && other$id == input$id))[[1L]]
}

# The dataset with the targets of all rows as `y`; NULL if they are not known before training, as those that R code
# reads. What a `collate_fn` will make of rows in memory is not looked at.
with_all_targets = function(dataset) {
  if (!is.null(dataset$in_memory)) {
    return(replace(dataset$in_memory, "weights", list(dataset$weights)))
  }
  source = dataset$source
  if (!is.null(source)) {
    dataset$y = if (is_core_source(source)) core_source_targets(source$handle)
  }
  if (!is.null(dataset$y)) dataset
}

# list(mean, sd) of each column of an input.
input_moments = function(dataset, name) {
  source = dataset$source
  if (!is.null(source)) {
    return(core_source_moments(source$handle, length(source$inputs), match(name, source$inputs), dataset$weights))
  }
  x = dataset$x[[name]]
  core_column_moments(if (inherits(x, "torch_codes")) x$values else x, dataset$weights)
}

# Mean, sd and index of the numeric features of an input; NULL without any.
input_scale = function(input, dataset, name, info) {
  is_number = input$kind == "columns" & is_number_type(info$type[match(input$id, info$id)])
  if (!any(is_number)) {
    return(NULL)
  }
  is_coded = inherits(dataset$x[[name]], "torch_codes")
  positions = function(in_codes) cumsum(column_counts(input, in_codes))[is_number]
  moments = input_moments(dataset, name)
  stored = positions(is_coded & is_wide(input))
  scale = list(mean = moments$mean[stored], sd = moments$sd[stored])
  if (!all(is_number)) scale$index = positions(FALSE)
  scale
}

standardize_input = function(spec, name, scale, suffix) {
  id = paste0("standardize", suffix)
  spec$nodes = map(spec$nodes, function(node) {
    if (name %in% node$inputs && node$operation == "piecewise_linear_encoding") {
      node$parameters$edges = standardized_edges(node$parameters, scale)
    }
    node$inputs[node$inputs == name] = id
    node
  })
  spec$nodes = c(list(spec_node(id, "standardize", scale, name)), spec$nodes)
  spec
}

# The edges of bins, in the unit of the numbers that now come to them.
standardized_edges = function(bins, scale) {
  feature = rep(seq_along(bins$bins), bins$bins + 1L)
  (bins$edges - scale$mean[feature]) / scale$sd[feature]
}

# A variance that is a times as large has a logarithm that is log(a) more. Of a loss that a user has written, only the
# first output is known to be the prediction.
output_scale = function(target, outputs) {
  others = outputs$count - 1L
  switch(outputs$meaning,
    mean_and_log_variance = list(mean = c(target$mean, 2 * log(target$sd)), sd = c(target$sd, 1)),
    quantiles = target,
    list(mean = c(target$mean, numeric(others)), sd = c(target$sd, rep(1, others)))
  )
}

# A run that goes on keeps the numbers that it began with, whatever rows it sees now.
with_earlier_scale = function(spec, state) {
  # a model may have been changed by hand, which is found later
  earlier = keep(as.list(state$network$spec$nodes), function(node) is.list(node) && test_string(node$id))
  earlier = set_names(earlier, map_chr(earlier, "id"))
  spec$nodes = map(spec$nodes, function(node) {
    same = if (node$operation %in% scale_operations) earlier[[node$id]]
    if (identical(same$operation, node$operation)) node$parameters = same$parameters
    node
  })
  spec
}
