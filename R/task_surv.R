#' @title Survival Task
#'
#' @description
#' A task whose target is the time until an event, of rows that may not have been seen for long enough (right censored):
#' `time` is the time of the event or, if `event` is 0, the last time that the row was seen without one.
#'
#' The learners `lrn("surv.mlp")`, `lrn("surv.torch_model")` and `lrn("surv.module")` and `po("torch_model_surv")` train
#' on it, and on the `TaskSurv` of the package mlr3proba where that is installed, with the losses
#' * `t_loss("cox_ph")`, the default: Cox's partial likelihood. The network's output is the logarithm of a row's hazard
#'   relative to others, `lp`. The risk sets are those of a batch, so the batches should not be small.
#' * `t_loss("discrete_hazard", cuts = )`: the network has an output for the hazard in each interval of time, which end
#'   at the cuts. With `predict_type = "distr"` the prediction is the probability to survive each of them.
#'
#' Its predictions are a `PredictionTorchSurv`: `crank`, a number that is larger for rows whose event comes earlier,
#' `lp` or `distr`. `msr("surv.concordance")` is the share of pairs of rows that are in the right order.
#'
#' @family Data
#' @export
#' @examples
#' data = data.frame(age = c(40, 61, 55, 38, 70, 66),
#'   time = c(9, 2, 4, 8, 1, 3), event = c(0, 1, 1, 1, 1, 0))
#' task = TaskTorchSurv$new("patients", data, time = "time", event = "event")
#' learner = lrn("surv.mlp", epochs = 10, batch_size = 6, opt.lr = 0.05, seed = 1)
#' learner$train(task)$predict(task)$score(msr("surv.concordance"))
TaskTorchSurv = R6Class("TaskTorchSurv",
  inherit = mlr3::TaskSupervised,
  public = list(
    #' @description Makes a task.
    #' @param id (`character(1)`)\cr
    #'   The id.
    #' @param backend ([mlr3::DataBackend], or what [mlr3::as_data_backend()] takes)\cr
    #'   The data.
    #' @param time,event (`character(1)`)\cr
    #'   The columns: times above 0, and 1 or `TRUE` for an event, 0 or `FALSE` for none.
    #' @param label (`character(1)`)\cr
    #'   A readable name.
    initialize = function(id, backend, time = "time", event = "event", label = NA_character_) {
      super$initialize(id = id, task_type = "surv", backend = backend, target = c(time, event), label = label,
        extra_args = list())
      check_survival_columns(self, time, event)
    },

    #' @description The truth of rows.
    #' @param rows (`integer()` or `NULL`)\cr
    #'   The rows; all unless given.
    #' @return A matrix with the columns `time` and `status`; of class `Surv` if mlr3proba is loaded.
    truth = function(rows = NULL) {
      data = target_matrix(self, rows)
      truth = matrix(as.numeric(data), nrow(data), dimnames = list(NULL, c("time", "status")))
      if (survival_package() == "mlr3proba") structure(truth, type = "right", class = "Surv") else truth
    }
  )
)

# Which package has made "surv" a type of tasks.
survival_package = function() {
  types = mlr_reflections$task_types
  types$package[match("surv", types$type)]
}

check_survival_columns = function(task, time, event) {
  check_number_columns(task, time)
  values = task$data(cols = c(time, event))
  if (isTRUE(any(values[[1L]] <= 0))) {
    abort("config", sprintf("Task '%s': the times in '%s' must be above 0, but the smallest is %s.", task$id, time,
      format(min(values[[1L]], na.rm = TRUE))))
  }
  other = setdiff(as.character(values[[2L]]), c("0", "1", "TRUE", "FALSE", NA))
  if (length(other)) {
    abort("config", sprintf("Task '%s': '%s' must be 1 or TRUE for an event, and 0 or FALSE for none, not '%s'.",
      task$id, event, other[[1L]]))
  }
}

# The losses for survival compare rows with an event.
assert_events = function(task) {
  if (task$task_type == "surv" && !any(as.logical(task$data(cols = task$target_names[[2L]])[[1L]]))) {
    abort("config", sprintf("Task '%s': none of its training rows has an event, so that there is nothing to learn.",
      task$id))
  }
}

# Of mlr3proba, which knows other kinds of censoring.
assert_right_censored = function(task) {
  kind = get0("cens_type", envir = task) %??% get0("censtype", envir = task)
  if (is.character(kind) && !identical(kind, "right")) {
    abort("config", sprintf("Task '%s' is %s censored; the losses for survival take right censored rows.", task$id,
      kind))
  }
}

survival_outputs = function(task, loss) {
  assert_right_censored(task)
  as.integer(outputs_of_loss(task, loss)$count)
}

#' @export
output_dim_for.TaskTorchSurv = function(task, loss = NULL, ...) survival_outputs(task, loss)

#' @export
output_dim_for.TaskSurv = function(task, loss = NULL, ...) survival_outputs(task, loss)

#' @export
get_target_batchgetter.TaskTorchSurv = function(task, ...) number_getter(task$target_names)

#' @export
get_target_batchgetter.TaskSurv = function(task, ...) number_getter(task$target_names)

#' @export
encode_prediction.TaskTorchSurv = function(task, network_output, predict_type, ..., encoding = new_encoding(task)) {
  encode_survival(network_output, encoding$outputs, predict_type)
}

#' @export
encode_prediction.TaskSurv = function(task, network_output, predict_type, ..., encoding = new_encoding(task)) {
  encode_survival(network_output, encoding$outputs, predict_type)
}

# `outputs`: see `core_loss_outputs()`.
encode_survival = function(network_output, outputs, predict_type) {
  draws = if (inherits(network_output, "torch_tensor")) list(network_output) else network_output
  values = map(draws, function(y_hat) as.matrix(as.array(y_hat)))
  average = function(x) Reduce(`+`, x) / length(x)
  if (outputs$meaning != "hazards") {
    risk = average(values)[, 1L]
    return(if (predict_type == "lp") list(crank = risk, lp = risk) else list(crank = risk))
  }
  survival = average(map(values, survival_of_logits))
  colnames(survival) = format(outputs$cuts, digits = 15L, trim = TRUE)
  # minus the mean time of survival up to the last cut
  crank = -as.vector(cbind(1, survival[, -ncol(survival), drop = FALSE]) %*% diff(c(0, outputs$cuts)))
  if (predict_type == "distr") list(crank = crank, distr = survival) else list(crank = crank)
}

# The probability to survive each interval, from the logits of the hazards.
survival_of_logits = function(logits) {
  survival = stats::plogis(-logits)
  for (k in seq_len(ncol(survival))[-1L]) survival[, k] = survival[, k] * survival[, k - 1L]
  survival
}
