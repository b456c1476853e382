#' @title Callback: Early Stopping
#'
#' @aliases mlr_callback_set.early_stopping mlr_callbacks_early_stopping early_stopping
#'
#' @description
#' Ends the training when the first validation measure has stopped improving.
#' A learner adds it by itself when its parameter `patience` is greater than 0; the id `early_stopping` is reserved.
#' An improvement of at most `min_delta` counts as stagnation.
#' `patience` counts evaluations, which are `eval_freq` epochs apart.
#' Before epoch `min_epochs` no training ends, but its evaluations count: they may be the best, and they may stagnate.
#'
#' @family Callback
#' @export
#' @examples
#' learner = lrn("classif.mlp", predict_type = "prob", epochs = 100, batch_size = 32, opt.lr = 0.1,
#'   validate = 0.3, measures_valid = msr("classif.logloss"), patience = 3,
#'   restore_best_weights = TRUE, seed = 1)
#' learner$train(tsk("iris"))
#' learner$model$stopped
#' learner$model$callbacks$early_stopping$best_epochs
CallbackSetEarlyStopping = R6Class("CallbackSetEarlyStopping",
  inherit = CallbackSet,
  lock_objects = FALSE,
  public = list(
    #' @field weight (`numeric(1)`)\cr
    #'   1000: after other callbacks, which may still change the scores.
    weight = 1000,
    #' @field patience (`integer(1)`)\cr
    #'   The number of evaluations without improvement after which the training ends.
    patience = NULL,
    #' @field min_delta (`numeric(1)`)\cr
    #'   An improvement must be greater than this.
    min_delta = NULL,
    #' @field restore_best_weights (`logical(1)`)\cr
    #'   Whether the network ends with the weights of its best evaluation.
    restore_best_weights = NULL,
    #' @field min_epochs (`integer(1)`)\cr
    #'   The training does not end before this epoch.
    min_epochs = 0L,
    #' @field best_score (`numeric(1)`)\cr
    #'   The best score so far.
    best_score = NULL,
    #' @field best_epochs (`integer(1)`)\cr
    #'   The epoch of the best score.
    best_epochs = NULL,
    #' @field stagnation (`integer(1)`)\cr
    #'   The number of evaluations since then.
    stagnation = 0L,

    #' @description Makes the callback.
    #' @param patience (`integer(1)`)\cr
    #'   See the field.
    #' @param min_delta (`numeric(1)`)\cr
    #'   See the field.
    #' @param restore_best_weights (`logical(1)`)\cr
    #'   See the field.
    #' @param measures (`list()` of [mlr3::Measure])\cr
    #'   The validation measures; the first one decides.
    #' @param min_epochs (`integer(1)`)\cr
    #'   See the field.
    initialize = function(patience, min_delta = 0, restore_best_weights = FALSE, measures = list(), min_epochs = 0L) {
      self$patience = check_early_stopping(patience, "patience", test_count(patience, positive = TRUE),
        "a whole number greater than 0")
      self$min_delta = check_early_stopping(min_delta, "min_delta", test_number(min_delta, lower = 0),
        "a number of at least 0")
      self$restore_best_weights = check_early_stopping(restore_best_weights, "restore_best_weights",
        test_flag(restore_best_weights), "TRUE or FALSE")
      self$min_epochs = check_early_stopping(min_epochs, "min_epochs", test_count(min_epochs),
        "a whole number of at least 0")
      if (length(measures)) deciding_measure(measures, "Early stopping")
    },

    #' @description Finds the measure that decides.
    on_begin = function() {
      measure = deciding_measure(self$ctx$measures_valid, "Early stopping")
      if (!is.null(private$.measure) && private$.measure != measure$id) {
        abort("state", sprintf("The earlier run was stopped by the measure '%s', this one by '%s'; %s",
          private$.measure, measure$id, "put the same measure first in 'measures_valid'."))
      }
      private$.measure = measure$id
      private$.minimize = measure$minimize
      # a run that has ended for that, and is to go on, has its patience again
      if (self$ctx$epoch >= self$min_epochs && self$stagnation >= self$patience) self$stagnation = 0L
    },

    #' @description Compares the new score with the best one.
    on_valid_end = function() {
      scores = self$ctx$last_scores_valid
      if (!length(scores)) {
        return(invisible(NULL))
      }
      if (private$.improves(scores[[private$.measure]])) {
        private$.keep_best(scores)
      } else {
        self$stagnation = self$stagnation + 1L
        if (self$stagnation >= self$patience && self$ctx$epoch >= self$min_epochs) self$ctx$terminate = TRUE
      }
    },

    #' @description Restores the best weights, if that was asked for.
    on_end = function() {
      if (self$restore_best_weights && !is.null(private$.best_weights) && self$best_epochs != self$ctx$epoch) {
        self$ctx$network$load_state_dict(private$.best_weights)
        self$ctx$last_scores_valid = private$.best_scores
      }
    },

    #' @description The state: `best_epochs`, `best_score`, `stagnation`, `measure`, and with `restore_best_weights`
    #'   `best_weights` and `best_scores`.
    state_dict = function() {
      state = list(best_epochs = self$best_epochs, best_score = self$best_score, stagnation = self$stagnation,
        measure = private$.measure)
      if (self$restore_best_weights) {
        state = c(state, list(best_weights = private$.best_weights, best_scores = private$.best_scores))
      }
      state
    },

    #' @description Restores the state.
    #' @param state_dict (`list()`)\cr
    #'   What `state_dict()` returned.
    load_state_dict = function(state_dict) {
      check_state_names(state_dict, c("best_epochs", "best_score", "stagnation", "measure"), "early_stopping")
      self$best_epochs = state_dict$best_epochs
      self$best_score = state_dict$best_score
      self$stagnation = state_dict$stagnation
      private$.measure = state_dict$measure
      private$.best_weights = state_dict$best_weights
      private$.best_scores = state_dict$best_scores
    }
  ),

  private = list(
    .measure = NULL,
    .minimize = NULL,
    .best_weights = NULL,
    .best_scores = NULL,

    # A score that is not a number is never an improvement.
    .improves = function(score) {
      if (is.na(score)) {
        return(FALSE)
      }
      if (is.null(self$best_score)) {
        return(TRUE)
      }
      gain = if (private$.minimize) self$best_score - score else score - self$best_score
      gain > self$min_delta
    },

    .keep_best = function(scores) {
      self$best_score = scores[[private$.measure]]
      self$best_epochs = as.integer(self$ctx$epoch)
      self$stagnation = 0L
      if (self$restore_best_weights) {
        # The network's own tensors keep changing.
        private$.best_weights = map(self$ctx$network$state_dict(), function(tensor) tensor$detach()$clone())
        private$.best_scores = scores
      }
    }
  )
)

check_early_stopping = function(value, name, fits, expected) {
  if (!fits) {
    abort_callback("early stopping", "'%s' must be %s, not %s.", name, expected, as_short_string(value))
  }
  value
}
