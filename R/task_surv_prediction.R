#' @title Prediction of Survival
#'
#' @description
#' What a learner predicts for a [TaskTorchSurv]. For a task of mlr3proba, it is that package's `PredictionSurv`.
#'
#' @family Data
#' @export
#' @examples
#' truth = cbind(time = c(9, 2, 4), status = c(0, 1, 1))
#' prediction = PredictionTorchSurv$new(row_ids = 1:3, truth = truth, crank = c(-1, 2, 0.5))
#' prediction
PredictionTorchSurv = R6Class("PredictionTorchSurv",
  inherit = mlr3::Prediction,
  cloneable = FALSE,
  public = list(
    #' @description Makes a prediction.
    #' @param task ([TaskTorchSurv] or `NULL`)\cr
    #'   Where the row ids and the truth come from unless they are given.
    #' @param row_ids (`integer()`)\cr
    #'   The rows.
    #' @param truth (`matrix()`)\cr
    #'   The columns `time` and `status`.
    #' @param crank,lp (`numeric()` or `NULL`)\cr
    #'   A number that is larger for rows whose event comes earlier; the logarithm of the relative hazard.
    #' @param distr (`matrix()` or `NULL`)\cr
    #'   The probability to survive up to a time; the names of the columns are the times.
    #' @param weights (`numeric()` or `NULL`)\cr
    #'   Weights for measures.
    #' @param check (`logical(1)`)\cr
    #'   Whether the numbers of rows are checked.
    #' @param ... (any)\cr
    #'   Not used.
    initialize = function(task = NULL, row_ids = task$row_ids, truth = task$truth(), crank = NULL, lp = NULL,
      distr = NULL, weights = NULL, check = TRUE, ...) {
      data = new_pdata(list(row_ids = row_ids, truth = truth, crank = crank, lp = lp, distr = distr,
        weights = weights), "PredictionDataTorchSurv")
      self$task_type = "surv"
      self$man = "mlr3libtorch::PredictionTorchSurv"
      self$data = if (check) check_prediction_data(data) else data
      self$predict_types = intersect(c("crank", "lp", "distr"), names(data))
    }
  ),
  active = list(
    #' @field crank (`numeric()`)\cr
    #'   Larger for rows whose event comes earlier. Read-only.
    crank = function(rhs) {
      assert_read_only(rhs, "crank")
      self$data$crank
    },
    #' @field lp (`numeric()` or `NULL`)\cr
    #'   The logarithm of the relative hazard. Read-only.
    lp = function(rhs) {
      assert_read_only(rhs, "lp")
      self$data$lp
    },
    #' @field distr (`matrix()` or `NULL`)\cr
    #'   The probability to survive up to the times that are the names of the columns. Read-only.
    distr = function(rhs) {
      assert_read_only(rhs, "distr")
      self$data$distr
    }
  )
)

#' @export
as.data.table.PredictionTorchSurv = function(x, ...) {
  truth = unclass(x$truth)
  table = data.table(row_ids = x$row_ids, time = truth[, 1L], event = truth[, 2L] > 0.5, crank = x$crank)
  if (!is.null(x$lp)) table$lp = x$lp
  if (is.null(x$distr)) table else cbind(table, matrix_columns(x$distr, "survival"))
}

#' @export
as_prediction.PredictionDataTorchSurv = function(x, check = FALSE, ...) {
  invoke(PredictionTorchSurv$new, check = check, .args = unclass(x))
}

#' @export
check_prediction_data.PredictionDataTorchSurv = function(pdata, ...) check_rows(pdata)

#' @export
is_missing_prediction_data.PredictionDataTorchSurv = function(pdata, ...) missing_rows(pdata, c("crank", "lp", "distr"))

#' @export
filter_prediction_data.PredictionDataTorchSurv = function(pdata, row_ids, ...) filter_rows(pdata, row_ids)

#' @export
c.PredictionDataTorchSurv = function(..., keep_duplicates = TRUE) join_predictions(list(...), keep_duplicates)

#' @export
create_empty_prediction_data.TaskTorchSurv = function(task, learner) {
  truth = matrix(numeric(), 0L, 2L, dimnames = list(NULL, c("time", "status")))
  new_pdata(list(row_ids = integer(), truth = truth, crank = numeric()), "PredictionDataTorchSurv")
}

#' @title Concordance of a Prediction of Survival
#'
#' @name MeasureSurvConcordance
#' @aliases mlr_measures_surv.concordance surv.concordance
#' @description
#' `msr("surv.concordance")`: Harrell's concordance, the share of pairs of rows that `crank` puts in the right order,
#' among those pairs whose order is known: one row has an event, and the other was seen for longer. Equal values of
#' `crank` count a half.
#' @family Data
#' @export
#' @examples
#' truth = cbind(time = c(9, 2, 4), status = c(0, 1, 1))
#' prediction = PredictionTorchSurv$new(row_ids = 1:3, truth = truth, crank = c(-1, 2, 0.5))
#' prediction$score(msr("surv.concordance"))
MeasureSurvConcordance = R6Class("MeasureSurvConcordance",
  inherit = mlr3::Measure,
  public = list(
    #' @description Makes a measure.
    initialize = function() {
      super$initialize(id = "surv.concordance", task_type = "surv", range = c(0, 1), minimize = FALSE,
        predict_type = "crank", label = "Harrell's Concordance", man = "mlr3libtorch::MeasureSurvConcordance")
    }
  ),
  private = list(
    .score = function(prediction, ...) {
      truth = unclass(prediction$truth)
      concordance(truth[, 1L], truth[, 2L], prediction$crank)
    }
  )
)

# NaN if the order of no pair is known.
concordance = function(time, event, crank) {
  pairs = 0
  right = 0
  for (i in which(event > 0.5)) {
    # a row without an event at the same time was seen for longer
    later = time > time[[i]] | (time == time[[i]] & event < 0.5)
    pairs = pairs + sum(later)
    right = right + sum(crank[later] < crank[[i]]) + sum(crank[later] == crank[[i]]) / 2
  }
  if (pairs > 0) right / pairs else NaN
}
