# What learners can do, by task type and loss.

tensor_feature_types = function() c("logical", "integer", "numeric", "factor", "ordered")

# Which predict types a loss allows.
loss_predict_types = function(loss, task_type) {
  kind = task_kind(task_type)
  if (!length(kind$meanings)) {
    return(kind$always)
  }
  # the meaning does not depend on numbers, which may be missing as yet
  request = descriptor_request(loss, makes = FALSE)
  numbers = names(keep(registry_entry("loss", loss$key)$arguments, function(argument) {
    isTRUE(argument$required) && argument$type %in% c("float", "float[]", "int", "int[]")
  }))
  request$arguments[setdiff(numbers, names(request$arguments))] = list(1)
  meaning = core_loss_outputs(request)$meaning
  c(kind$always, names(kind$meanings)[kind$meanings == meaning])
}

learner_properties = function(task_type, more) {
  classes = if (has_classes(task_type)) c("twoclass", "multiclass")
  unique(c(classes, "validation", "internal_tuning", "marshal", "hotstart_forward", "weights", more))
}

# After another loss, optimizer or callback was set.
collect_again = function(learner, private) {
  private$.param_set = NULL
  learner$packages = union(learner$packages, part_packages(private))
}

part_packages = function(private) {
  unlist(map(c(list(private$.optimizer, private$.loss), unname(private$.callbacks)), "packages"))
}
