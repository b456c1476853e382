#' @title Types of Tasks
#'
#' @name torch_task_types
#'
#' @description
#' What learners of this package need to know about a type of tasks, as four generics of the task's class. With methods
#' for a class of your own, and its type in [mlr3::mlr_reflections], the learners that take any network
#' ([LearnerTorchModel], [LearnerTorchModule], classes of your own, see [torch_learner_classes]) train on its tasks.
#'
#' * `output_dim_for()`: how many outputs a network for the task needs.
#' * `get_target_batchgetter()`: the function that makes the tensor of the truth, which the loss gets.
#' * `encode_prediction()`: from the network's output to what [mlr3::as_prediction_data()] takes.
#' * `get_batch_constructor()`: the function that makes a whole batch of a [task_dataset()]; the default calls the
#'   tokens and the batchgetter of the target, which is enough for most types.
#'
#' @section Encodings:
#' | class of the task | truth | outputs of the network | prediction |
#' |---|---|---|---|
#' | `TaskClassif`, two classes | (rows, 1), 1 for the positive class | a logit | `response`, `prob` |
#' | `TaskClassif`, K classes | (rows), class numbers | K logits | `response`, `prob` |
#' | `TaskRegr` | (rows, 1) | one, or as many as the loss needs | `response`, `se`, `quantiles` |
#' | [TaskMultiRegr] | (rows, targets) | one for each target | `response`, a matrix |
#' | [TaskTorchSurv], `TaskSurv` | (rows, 2): time and event | what the loss needs | `crank`, `lp`, `distr` |
#'
#' @param task ([mlr3::Task])\cr
#'   The task.
#' @param loss ([TorchLoss] or `character(1)`)\cr
#'   The loss; the learners' default unless given.
#' @param ... (any)\cr
#'   Further arguments of methods. Methods of your own should have `...`, too.
#' @return `output_dim_for()`: `integer(1)`. `get_target_batchgetter()`: a function of (data, device); `data` is a table
#'   of the target's columns. `encode_prediction()`: a named list, with an element for each predict type that
#'   `predict_type` includes. `get_batch_constructor()`: a function of (data, device) that returns `list(x, y)`; `data`
#'   is a table of features and target.
#' @family Data
#' @examples
#' output_dim_for(tsk("iris"))
#' get_target_batchgetter(tsk("mtcars"))(data.frame(mpg = c(21, 22.8)), "cpu")
#' encode_prediction(tsk("iris"), torch_randn(2, 3), "prob")
NULL

#' @rdname torch_task_types
#' @export
output_dim_for = function(task, loss = NULL, ...) UseMethod("output_dim_for")

#' @export
output_dim_for.default = function(task, loss = NULL, ...) {
  if (!inherits(task, "Task")) {
    return(output_dim_for(assert_task(as_task(task)), loss, ...))
  }
  abort_no_method("output_dim_for", task, "which returns the number of outputs that a network for it needs")
}

#' @export
output_dim_for.TaskClassif = function(task, loss = NULL, ...) {
  classes = length(task$class_names)
  as.integer(outputs_of_loss(task, loss)$count * if (classes == 2L) 1L else classes)
}

#' @export
output_dim_for.TaskRegr = function(task, loss = NULL, ...) as.integer(outputs_of_loss(task, loss)$count)

# The same with the loss of a run.
network_outputs = function(task, loss) as.integer(output_dim_for(task, loss = loss))

outputs_of_loss = function(task, loss) {
  core_loss_outputs(descriptor_request(as_torch_loss(loss %??% default_loss(task$task_type))))
}

abort_no_method = function(generic, task, what) {
  class = class(task)[[1L]]
  abort("config", sprintf("Task '%s' is of class %s, for which there is no method of %s(); define `%s.%s`, %s.",
    task$id, class, generic, generic, class, what))
}

#' @rdname torch_task_types
#' @export
get_target_batchgetter = function(task, ...) UseMethod("get_target_batchgetter")

#' @export
get_target_batchgetter.default = function(task, ...) {
  if (!inherits(task, "Task")) {
    return(get_target_batchgetter(assert_task(as_task(task)), ...))
  }
  abort_no_method("get_target_batchgetter", task, "which returns a function of (data, device) that makes a tensor")
}

#' @export
get_target_batchgetter.TaskClassif = function(task, ...) {
  kind = if (length(task$class_names) == 2L) "twoclass" else "multiclass"
  function(data, device = "cpu") {
    truth = factor(data[[1L]], levels = task$class_names)
    on_device(core_target_create(truth, kind, task$target_names), device)
  }
}

#' @export
get_target_batchgetter.TaskRegr = function(task, ...) number_getter(task$target_names)

# Columns of numbers as a tensor of shape (rows, columns).
number_getter = function(names) {
  force(names)
  function(data, device = "cpu") on_device(column_tensor(as.list(data)[names]), device)
}

on_device = function(tensor, device) if (identical(device, "cpu")) tensor else tensor$to(device = device)

#' @rdname torch_task_types
#' @param network_output (`torch_tensor`)\cr
#'   The output of the network outside of training; with Monte Carlo dropout, a list of several draws of it.
#' @param predict_type (`character(1)`)\cr
#'   What is predicted.
#' @export
encode_prediction = function(task, network_output, predict_type, ...) UseMethod("encode_prediction")

#' @export
encode_prediction.default = function(task, network_output, predict_type, ...) {
  if (!inherits(task, "Task")) {
    return(encode_prediction(assert_task(as_task(task)), network_output, predict_type, ...))
  }
  abort_no_method("encode_prediction", task, "which returns a list for as_prediction_data()")
}

# `encoding`: what a learner knows, see `new_encoding()`.
#' @export
encode_prediction.TaskClassif = function(task, network_output, predict_type, ..., encoding = new_encoding(task)) {
  y_hat = row_outputs(network_output, "logits", encoding)
  encode = if (inherits(y_hat, "torch_tensor")) encode_classif else encode_classif_draws
  encode(y_hat, encoding$class_names, predict_type)
}

#' @export
encode_prediction.TaskRegr = function(task, network_output, predict_type, ..., encoding = new_encoding(task)) {
  y_hat = row_outputs(network_output, encoding$outputs$meaning, encoding)
  encode = if (inherits(y_hat, "torch_tensor")) encode_regr else encode_regr_draws
  encode(y_hat, encoding$outputs, predict_type, encoding$response_quantile)
}

# What predictions depend on besides the output: the classes, what the outputs mean (see `core_loss_outputs()`), the
# probability of the quantile that is the response, whether the outputs are those of an ensemble's members, of shape
# (rows, members, outputs).
new_encoding = function(task, class_names = task$class_names, outputs = outputs_of_loss(task, NULL),
  response_quantile = NULL, averages_members = FALSE) {
  list(task_class = class(task), class_names = class_names, outputs = outputs, response_quantile = response_quantile,
    averages_members = averages_members)
}

# Stands for a task of that class if there is none: rows that do not belong to a task.
task_stand_in = function(encoding) structure(list(), class = encoding$task_class)

#' @rdname torch_task_types
#' @param feature_ingress_tokens (named `list()` of [TorchIngressToken()])\cr
#'   Which features become which element of `x`; their features are names.
#' @param target_batchgetter (`function` or `NULL`)\cr
#'   A function of (data, device), or of data alone, that makes the tensor of the target; without it, there is no `y`.
#' @export
get_batch_constructor = function(task, feature_ingress_tokens, target_batchgetter = NULL, ...) {
  UseMethod("get_batch_constructor")
}

#' @export
get_batch_constructor.default = function(task, feature_ingress_tokens, target_batchgetter = NULL, ...) {
  tokens = assert_tokens(feature_ingress_tokens, "feature_ingress_tokens")
  target = if (!is.null(target_batchgetter)) task$target_names
  function(data, device = "cpu") {
    data = as.data.table(data)
    columns = function(names) data[, names, with = FALSE]
    batch = list(x = map(tokens, function(token) token_batchgetter(token)(columns(token$features), device)))
    batch$y = if (length(target)) call_batchgetter(target_batchgetter, columns(target), device)
    batch
  }
}

# A function of the data may have no argument for the device.
call_batchgetter = function(fn, data, device) {
  if (any(c("device", "...") %in% names(formals(args(fn))))) fn(data, device) else fn(data)
}

token_batchgetter = function(token) {
  switch(token$kind,
    num = ,
    ltnsr = function(data, device) {
      tensor = batchgetter_num(data, device)
      if (is.null(token$shape)) tensor else tensor$reshape(c(-1, token$shape[-1L]))
    },
    categ = batchgetter_categ,
    token$batchgetter
  )
}
