# Softmax and sigmoid are part of the classification losses and of predictions. At the end of a network they would be
# applied twice, and the network learns slowly or not at all.

output_activations = c("softmax", "sigmoid", "hardsigmoid", "log_sigmoid")

# Called when a network is put together for a task.
warn_output_activation = function(spec, learner) {
  output = spec$outputs[1L] %??% spec$nodes[[length(spec$nodes)]]$id
  node = detect(spec$nodes, function(node) node$id == output)
  if (!has_classes(learner$task_type) || is.null(node) || node$operation %nin% output_activations) {
    return(invisible(spec))
  }
  warn("output_activation", sprintf(paste("Learner '%s': the network ends with '%s' (%s), but the loss '%s' and",
    "predictions take logits and apply softmax or sigmoid themselves; leave '%s' out."), learner$id, node$id,
    node$operation, learner$loss$id, node$id), fields = list(node = node$id, operation = node$operation))
}
