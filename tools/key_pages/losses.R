# Pages of losses, such as `mlr3libtorch_losses_mse`.

loss_pages = function() lapply(unname(package$registry_entries("loss")), loss_page)

loss_page = function(entry) {
  key = entry$name
  list(
    name = paste0("mlr3libtorch_losses_", key),
    title = paste("Loss:", entry$label),
    aliases = c(paste0("mlr_losses_", key), key),
    keys = key,
    description = sentence_of(entry$doc),
    sections = c(
      list(
        "How to use it" = paste0(sprintf("`t_loss(\"%s\")`, given to a learner as `loss`. ", key),
          "The learner has the parameters below as `loss.<name>`, which can be set and tuned like any other. ",
          sprintf("Task types: %s.", paste(sprintf("`%s`", entry$tags), collapse = ", "))),
        Parameters = parameter_list(entry$arguments)
      ),
      source_section(list(entry))
    ),
    seealso = paste(c("[t_loss()], [TorchLoss], [as_torch_loss()]", module_of_loss(key)), collapse = ", "),
    family = "Loss",
    examples = loss_example(entry)
  )
}

# The same as a function of tensors.
module_of_loss = function(key) {
  module = names(which(package$losses_of_modules == key))
  if (length(module)) sprintf("[%s()] for a loop of your own", module)
}

# Trains on a task of the type.
example_tasks = list(
  regr = "learner$train(tsk(\"mtcars\"))",
  classif = "learner$train(tsk(\"iris\"))",
  surv = c(
    "data = data.frame(age = 40 + 1:32, time = 33 - 1:32, event = rep(c(1, 1, 0, 1), 8))",
    "learner$train(TaskTorchSurv$new(\"patients\", data, time = \"time\", event = \"event\"))"
  )
)

loss_example = function(entry) {
  values = example_of("loss", entry)
  if (is.null(values)) {
    return(sprintf("as.data.table(mlr3libtorch_losses)[\"%s\"]", entry$name))
  }
  task_type = intersect(c("regr", "classif", "surv"), entry$tags)[1L]
  c(
    paste("loss =", call_text("t_loss", c(list(entry$name), values))),
    "loss",
    sprintf("learner = lrn(\"%s.mlp\", loss = loss, epochs = 2, batch_size = 32, seed = 1)", task_type),
    example_tasks[[task_type]],
    "learner$history[, c(\"epoch\", \"train.loss\")]"
  )
}
