# The kinds of errors and warnings of this package, once. Classes, the choice between a mistake in the configuration and
# an error of a run, and the help are made from these tables; tests/checks/check_conditions.R compares the code with
# them.

# `fields`: what a condition of this kind may carry beside its message. `runtime`: it comes up while a run is going on,
# or with an object, rather than with a setting; see `error_classes()`.
new_kind = function(meaning, fields = character(), runtime = FALSE) {
  list(meaning = meaning, fields = fields, runtime = runtime)
}

error_kinds = list(
  argument = new_kind("An argument, a parameter or a field was given a value that it cannot take.",
    c("argument", "expected", "given", "known", "node", "operation", "owner", "position", "schema")),
  callback = new_kind("A callback failed.", c("batch", "callback", "epoch", "last_model", "stage"), runtime = TRUE),
  callback_version = new_kind("A callback in C++ was compiled against another version of the package's header.",
    c("expected", "given")),
  checkpoint = new_kind("A folder cannot be used for checkpoints, or holds none that can be read.",
    c("files", "folder")),
  config = new_kind("A setting, or a combination of settings, makes no sense.",
    c("alpha", "argument", "batch_size", "callback", "device", "input", "n", "name", "node", "operation", "parameter",
      "pipeops", "rows", "schema")),
  context = new_kind("A callback set was cloned while it belonged to a run."),
  dataset = new_kind("A dataset, sampler or `collate_fn` in R failed or returned something unusable.",
    c("dataset", "index", "tensor")),
  diverged = new_kind("The loss, a gradient or a prediction is not finite.", runtime = TRUE),
  export = new_kind("A network cannot be exported to TorchScript."),
  features = new_kind("Features are missing, or are not the ones that the learner or the network needs.",
    "features"),
  file = new_kind("A file is missing, cannot be written, or is damaged.", c("path", "row")),
  "function" = new_kind("A function in R, part of a network or a loss, failed or returned something unusable.",
    c("layer", "node")),
  handle = new_kind("An object in C++ is gone: its run has ended, or it was saved and reloaded.", "what",
    runtime = TRUE),
  infinite_values = new_kind("Features hold values that are infinite as float32 numbers.", c("count", "features")),
  internal = new_kind("Something happened that should not: a bug in this package or in LibTorch.", runtime = TRUE),
  internal_tuning = new_kind("Internal tuning lacks a setting that it needs."),
  interrupt = new_kind("A run was ended by SIGTERM.", "last_model", runtime = TRUE),
  invalid_callback = new_kind("The definition or a parameter of a callback breaks a rule."),
  loss = new_kind("The loss does not fit the type of the task.", c("loss", "task_type")),
  measure = new_kind("A measure cannot be used with this learner, task or parameter.", "measure"),
  memory = new_kind("There is not enough memory, or something is too large for any.", "size", runtime = TRUE),
  missing_parameter = new_kind("A required parameter has no value.", c("node", "operation", "parameter")),
  missing_values = new_kind("Features or the target have missing values.", c("count", "features")),
  model = new_kind("The model of a trained learner is damaged or something else.", "element"),
  nested_training = new_kind("A learner that is being trained was asked to train."),
  no_rows = new_kind("There are no rows to train on or to predict."),
  not_compiled = new_kind("A callback in C++ has not been compiled in this process.", "callback"),
  parameter = new_kind("A parameter of a learner, a layer or a loss has a value that it cannot take.",
    c("given", "known", "parameter")),
  plan = new_kind("The compiled step was required, but cannot be used.", "reasons"),
  predict_type = new_kind("The learner or its loss does not give this type of prediction.",
    c("loss", "predict_type")),
  read_only = new_kind("A field that can only be read was written."),
  registry = new_kind("Two things of one registry have the same name.", "name"),
  resume = new_kind("A run cannot go on from this checkpoint or model with this task and these settings.",
    c("rows", "settings")),
  sampler = new_kind("The learner's parameter `sampler` failed or returned something other than positions of rows.",
    c("element", "rows")),
  script = new_kind("TorchScript code cannot be compiled, or does not do what is needed.",
    c("node", "operation", "parameter")),
  shape = new_kind("The shapes of tensors, nodes or data do not fit together.",
    c("expected", "given", "node", "operation", "path", "row", "rows", "tensor")),
  state = new_kind("A saved state does not belong to what it was given to, or cannot be saved.",
    c("callback", "field", "optimizer", "place", "statistic")),
  target = new_kind("A batch's `y` holds values that are not classes of the task.", c("class", "classes")),
  tensor = new_kind("An operation on tensors failed, or R has no value for a tensor.",
    c("given", "known", "operation", "schema"), runtime = TRUE),
  tensor_data = new_kind("The plain data of a tensor is damaged."),
  undefined_score = new_kind("A measure has no value on these rows, whatever is predicted.", "measure",
    runtime = TRUE),
  unknown_argument = new_kind("A function has no such argument.", c("given", "known")),
  unknown_field = new_kind("An object has no such field.", c("given", "known")),
  unknown_name = new_kind("A name or key does not exist.", c("given", "known", "node", "what")),
  unknown_operation = new_kind("There is no such operation on tensors.", c("given", "known", "operation")),
  unknown_parameter = new_kind("There is no such parameter.", c("given", "known")),
  unknown_stage = new_kind("There is no such stage.", c("given", "known", "nearest")),
  unseen_levels = new_kind("A factor has levels that it did not have in training.", c("feature", "known", "levels")),
  unsupported_features = new_kind("Features have a type that cannot be used.", "features"),
  validation = new_kind("Validation data or a validation measure is needed, but not set."),
  weights = new_kind("Weights of rows or of a network have values that cannot be used.",
    c("path", "row", "weights")),
  workers = new_kind("A worker of a run has ended, does not answer, or does not fit to the others.", "workers",
    runtime = TRUE)
)

warning_kinds = list(
  broadcast = new_kind("The input and the target of a loss have different shapes that fit by broadcasting.",
    c("input", "target")),
  checkpoint = new_kind("Checkpoints of an earlier run will be removed, or one of them cannot be read.",
    c("folder", "path")),
  diverged = new_kind("The loss at the end of a training is not finite.", c("epoch", "loss")),
  file = new_kind("Rows are left out, since their files cannot be read.", c("path", "row")),
  module_fields = new_kind("Fields of a module were changed in training, which the model does not keep.",
    c("node", "fields")),
  no_descent = new_kind("`lr_finder()` found no learning rate at which the loss clearly falls."),
  no_effect = new_kind("A parameter of another package was set that has nothing to act on here.", "parameter"),
  output_activation = new_kind("A network ends with an activation that its loss applies as well.",
    c("node", "operation")),
  ranges = new_kind("Columns have values that are too large, or too close together, for float32 or for a network.",
    "problems"),
  stop = new_kind("A callback failed in the stage `on_stop`.", "callback"),
  torch = new_kind("LibTorch warns of something in one of its operations."),
  undefined_score = new_kind("A measure had no value in some evaluations.", "measures"),
  unknown_field = new_kind("A stage function reads or writes a field of the context that does not exist.",
    "findings"),
  unused_validation = new_kind("Validation data are set aside, but nothing is measured on them."),
  weights = new_kind("Weights were rounded when they were loaded.", c("path", "weights")),
  workers = new_kind("A worker has not predicted its share of the rows.", "workers"),
  worse_than_constant = new_kind(
    "At the end of a training its mean loss is worse than that of a prediction that is the same for all rows.",
    c("constant", "loss"))
)

#' @title Errors and Warnings
#'
#' @name mlr3libtorch_conditions
#' @description
#' Every error of this package has the class `mlr3libtorch_error` and one for its kind, every warning
#' `mlr3libtorch_warning` and one for its kind, so `tryCatch()` can tell them apart.
#' Besides its message, a condition has the fields that are listed here; a field that does not apply is `NULL`.
#' An error that ends a training that had begun also has `last_model`, see [last_model()].
#'
#' @section Mistakes in the configuration:
#' These also have the classes `mlr3libtorch_error_config` and `Mlr3ErrorConfig`: mlr3 raises them even if a learner has
#' a fallback, so that no mistake is hidden.
#'
#' `r document_kinds(error_kinds[!is_runtime_kind(names(error_kinds))], "mlr3libtorch_error_")`
#'
#' @section Errors of a run:
#' A fallback learner may stand in for these.
#'
#' `r document_kinds(error_kinds[is_runtime_kind(names(error_kinds))], "mlr3libtorch_error_")`
#'
#' @section Warnings:
#' `r document_kinds(warning_kinds, "mlr3libtorch_warning_")`
#'
#' @family Session
#' @examples
#' cond = tryCatch(t_clbk("histroy"), mlr3libtorch_error_unknown_name = identity)
#' cond$given
#' cond$known
NULL

# Kinds as a list in Markdown, for the documentation.
document_kinds = function(kinds, prefix) {
  items = imap_chr(kinds, function(kind, name) {
    fields = if (length(kind$fields)) sprintf(" Fields: %s.", toString(sprintf("`%s`", kind$fields)))
    paste0("* `", prefix, name, "`: ", kind$meaning, fields)
  })
  paste(items, collapse = "\n")
}
