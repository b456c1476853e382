# What learners can do, by task type and loss.

tensor_feature_types = function() c("logical", "integer", "numeric", "factor", "ordered")

# Which predict types a loss allows.
loss_predict_types = function(loss, task_type) {
  if (task_type == "classif") {
    return(c("response", "prob"))
  }
  meaning = core_loss_outputs(descriptor_request(loss))$meaning
  c("response", names(predict_type_meanings)[predict_type_meanings == meaning])
}

learner_properties = function(task_type, more) {
  classes = if (task_type == "classif") c("twoclass", "multiclass")
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

default_loss = function(task_type) if (task_type == "classif") "cross_entropy" else "mse"

# What a loss's outputs must stand for, by predict type.
predict_type_meanings = c(se = "mean_and_log_variance", quantiles = "quantiles")
