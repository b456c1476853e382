#' @title Regression with Several Targets
#'
#' @description
#' A task whose target are several columns of numbers, which one network predicts together: the learners
#' `lrn("multiregr.mlp")`, `lrn("multiregr.torch_model")` and `lrn("multiregr.module")`, and
#' `po("torch_model_multiregr")`. The losses are those of regression with one output for each number, such as
#' `t_loss("mse")`. Targets of different scales are best scaled before.
#'
#' Its predictions are a `PredictionMultiRegr`, whose `response` and `truth` are matrices. The measures
#' `msr("multiregr.rmse")`, `msr("multiregr.mae")` and `msr("multiregr.rsq")` are means over the targets.
#'
#' @family Data
#' @export
#' @examples
#' task = TaskMultiRegr$new("cars", mtcars, target = c("mpg", "qsec"))
#' learner = lrn("multiregr.mlp", neurons = 8, epochs = 20, batch_size = 8, seed = 1)
#' prediction = learner$train(task)$predict(task)
#' prediction$score(msrs(c("multiregr.rmse", "multiregr.rsq")))
TaskMultiRegr = R6Class("TaskMultiRegr",
  inherit = mlr3::TaskSupervised,
  public = list(
    #' @description Makes a task.
    #' @param id (`character(1)`)\cr
    #'   The id.
    #' @param backend ([mlr3::DataBackend], or what [mlr3::as_data_backend()] takes)\cr
    #'   The data.
    #' @param target (`character()`)\cr
    #'   The columns of the target.
    #' @param label (`character(1)`)\cr
    #'   A readable name.
    initialize = function(id, backend, target, label = NA_character_) {
      super$initialize(id = id, task_type = "multiregr", backend = backend, target = target, label = label,
        extra_args = list())
      check_number_columns(self, self$target_names)
    },

    #' @description The truth of rows.
    #' @param rows (`integer()` or `NULL`)\cr
    #'   The rows; all unless given.
    #' @return A matrix with a column for each target.
    truth = function(rows = NULL) target_matrix(self, rows)
  )
)

target_matrix = function(task, rows) as.matrix(task$data(rows %??% task$row_ids, task$target_names))

check_number_columns = function(task, names) {
  types = column_types(task, names)
  wrong = names[types %nin% c("numeric", "integer")]
  if (length(wrong)) {
    abort("config", sprintf("Task '%s': the target '%s' must be numbers, but is of type '%s'.", task$id, wrong[[1L]],
      types[[wrong[[1L]]]]))
  }
}

#' @export
output_dim_for.TaskMultiRegr = function(task, loss = NULL, ...) {
  as.integer(length(task$target_names) * outputs_of_loss(task, loss)$count)
}

#' @export
get_target_batchgetter.TaskMultiRegr = function(task, ...) number_getter(task$target_names)

#' @export
encode_prediction.TaskMultiRegr = function(task, network_output, predict_type, ..., encoding = new_encoding(task)) {
  draws = if (inherits(network_output, "torch_tensor")) list(network_output) else network_output
  numbers = map(draws, function(y_hat) as.matrix(as.array(y_hat)))
  if (encoding$outputs$meaning == "log_value") numbers = map(numbers, exp)
  response = Reduce(`+`, numbers) / length(numbers)
  colnames(response) = task$target_names
  list(response = response)
}

#' @title Prediction of Several Numbers
#'
#' @description
#' What a learner predicts for a [TaskMultiRegr].
#'
#' @family Data
#' @export
#' @examples
#' truth = as.matrix(mtcars[1:3, c("mpg", "qsec")])
#' prediction = PredictionMultiRegr$new(row_ids = 1:3, truth = truth, response = truth + 1)
#' prediction
#' prediction$score(msr("multiregr.mae"))
PredictionMultiRegr = R6Class("PredictionMultiRegr",
  inherit = mlr3::Prediction,
  cloneable = FALSE,
  public = list(
    #' @description Makes a prediction.
    #' @param task ([TaskMultiRegr] or `NULL`)\cr
    #'   Where the row ids and the truth come from unless they are given.
    #' @param row_ids (`integer()`)\cr
    #'   The rows.
    #' @param truth,response (`matrix()`)\cr
    #'   A row for each row, a column for each target.
    #' @param weights (`numeric()` or `NULL`)\cr
    #'   Weights for measures.
    #' @param check (`logical(1)`)\cr
    #'   Whether the numbers of rows are checked.
    #' @param ... (any)\cr
    #'   Not used.
    initialize = function(task = NULL, row_ids = task$row_ids, truth = task$truth(), response = NULL, weights = NULL,
      check = TRUE, ...) {
      data = new_pdata(list(row_ids = row_ids, truth = truth, response = response, weights = weights),
        "PredictionDataMultiRegr")
      self$task_type = "multiregr"
      self$man = "mlr3libtorch::PredictionMultiRegr"
      self$data = if (check) check_prediction_data(data) else data
      self$predict_types = "response"
    }
  ),
  active = list(
    #' @field response (`matrix()`)\cr
    #'   What is predicted. Read-only.
    response = function(rhs) {
      assert_read_only(rhs, "response")
      self$data$response
    }
  )
)

#' @export
as.data.table.PredictionMultiRegr = function(x, ...) {
  cbind(data.table(row_ids = x$row_ids), matrix_columns(x$truth, "truth"), matrix_columns(x$response, "response"))
}

#' @export
as_prediction.PredictionDataMultiRegr = function(x, check = FALSE, ...) {
  invoke(PredictionMultiRegr$new, check = check, .args = unclass(x))
}

#' @export
check_prediction_data.PredictionDataMultiRegr = function(pdata, ...) check_rows(pdata)

#' @export
is_missing_prediction_data.PredictionDataMultiRegr = function(pdata, ...) missing_rows(pdata, "response")

#' @export
filter_prediction_data.PredictionDataMultiRegr = function(pdata, row_ids, ...) filter_rows(pdata, row_ids)

#' @export
c.PredictionDataMultiRegr = function(..., keep_duplicates = TRUE) join_predictions(list(...), keep_duplicates)

#' @export
create_empty_prediction_data.TaskMultiRegr = function(task, learner) {
  empty = matrix(numeric(), 0L, length(task$target_names), dimnames = list(NULL, task$target_names))
  new_pdata(list(row_ids = integer(), truth = empty, response = empty), "PredictionDataMultiRegr")
}

# By key: label, range, whether it is minimised, and the score of one target.
multi_regr_scores = list(
  rmse = list("Mean Root Mean Squared Error", c(0, Inf), TRUE, function(y, y_hat) sqrt(mean((y - y_hat)^2))),
  mae = list("Mean of Mean Absolute Errors", c(0, Inf), TRUE, function(y, y_hat) mean(abs(y - y_hat))),
  rsq = list("Mean R Squared", c(-Inf, 1), FALSE, function(y, y_hat) {
    1 - sum((y - y_hat)^2) / sum((y - mean(y))^2)
  })
)

#' @title Measures for Several Targets
#'
#' @name MeasureMultiRegr
#' @aliases mlr_measures_multiregr.rmse mlr_measures_multiregr.mae mlr_measures_multiregr.rsq
#' @description
#' `msr("multiregr.rmse")`, `msr("multiregr.mae")` and `msr("multiregr.rsq")`: the mean over the targets of a
#' [TaskMultiRegr] of the root mean squared error, of the mean absolute error, and of R squared.
#' @family Data
#' @export
#' @examples
#' truth = as.matrix(mtcars[1:3, c("mpg", "qsec")])
#' prediction = PredictionMultiRegr$new(row_ids = 1:3, truth = truth, response = truth + 1)
#' prediction$score(msrs(c("multiregr.rmse", "multiregr.mae")))
MeasureMultiRegr = R6Class("MeasureMultiRegr",
  inherit = mlr3::Measure,
  public = list(
    #' @description Makes a measure.
    #' @param score (`character(1)`)\cr
    #'   `"rmse"`, `"mae"` or `"rsq"`.
    initialize = function(score) {
      private$.kind = assert_choice(score, names(multi_regr_scores))
      known = multi_regr_scores[[score]]
      super$initialize(id = paste0("multiregr.", score), task_type = "multiregr", range = known[[2L]],
        minimize = known[[3L]], predict_type = "response", label = known[[1L]],
        man = "mlr3libtorch::MeasureMultiRegr")
    }
  ),
  private = list(
    .kind = NULL,
    .score = function(prediction, ...) {
      truth = prediction$truth
      score = multi_regr_scores[[private$.kind]][[4L]]
      mean(map_dbl(seq_len(ncol(truth)), function(i) score(truth[, i], prediction$response[, i])))
    },
    .additional_phash_input = function() private$.kind
  )
)
