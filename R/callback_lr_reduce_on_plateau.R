#' @title Callback: Reduce the Learning Rate on a Plateau
#'
#' @description
#' Multiplies the learning rate by `factor` when the first validation score has not improved for more than `patience`
#' evaluations.
#'
#' @section Parameters:
#' * `mode` (`"min"` or `"max"`): whether the score is to fall or to rise; the measure's own direction unless given.
#' * `factor` (`numeric(1)`, 0.1): the factor of a reduction, at most 1.
#' * `patience` (`integer(1)`, 10): the number of evaluations without improvement that are borne.
#' * `threshold` (`numeric(1)`, 1e-4): an improvement must be greater than this.
#' * `threshold_mode` (`"rel"` or `"abs"`, `"rel"`): whether the threshold is a share of the best score.
#' * `cooldown` (`integer(1)`, 0): the number of evaluations after a reduction that are not counted.
#' * `min_lr` (`numeric(1)`, 0): the lowest learning rate.
#' * `eps` (`numeric(1)`, 1e-8): a smaller reduction is left out.
#'
#' @family Callback
#' @export
#' @examples
#' t_clbk("lr_reduce_on_plateau", factor = 0.5, patience = 3)
CallbackSetLrReduceOnPlateau = R6Class("CallbackSetLrReduceOnPlateau",
  inherit = CallbackSet,
  lock_objects = FALSE,
  public = list(
    #' @description Makes the callback; its arguments are the parameters.
    #' @param mode,factor,patience,threshold,threshold_mode,cooldown,min_lr,eps See the section *Parameters*.
    initialize = function(mode = NULL, factor = 0.1, patience = 10, threshold = 1e-4, threshold_mode = "rel",
      cooldown = 0, min_lr = 0, eps = 1e-8) {
      check_finite(list(threshold = threshold, min_lr = min_lr, eps = eps), "callback 'lr_reduce_on_plateau'")
      private$.settings = list(mode = mode, factor = factor, patience = patience, threshold = threshold,
        threshold_mode = threshold_mode, cooldown = cooldown, min_lr = min_lr, eps = eps)
    },

    #' @description Finds the measure that decides, and its direction.
    on_begin = function() {
      measures = self$ctx$measures_valid
      if (!length(measures)) {
        abort("config", paste("The callback 'lr_reduce_on_plateau' needs a validation measure:",
          "set the parameter 'measures_valid' and the field 'validate'."))
      }
      private$.measure = measures[[1L]]$id
      private$.mode = private$.settings$mode %??% measure_mode(measures[[1L]])
    },

    #' @description Compares the new score with the best one.
    on_valid_end = function() {
      score = self$ctx$last_scores_valid[[private$.measure]]
      if (private$.improves(score)) {
        private$.best = score
        private$.bad = 0L
      } else {
        private$.bad = private$.bad + 1L
      }
      if (private$.cooldown > 0L) {
        private$.cooldown = private$.cooldown - 1L
        private$.bad = 0L
      }
      if (private$.bad > private$.settings$patience) {
        private$.reduce()
      }
    },

    #' @description The state: `best`, `bad` (evaluations without improvement) and `cooldown`.
    state_dict = function() {
      list(best = private$.best, bad = private$.bad, cooldown = private$.cooldown)
    },

    #' @description Takes the state back.
    #' @param state_dict (`list()`)\cr
    #'   What `state_dict()` returned.
    load_state_dict = function(state_dict) {
      check_state_names(state_dict, c("best", "bad", "cooldown"), "lr_reduce_on_plateau")
      private$.best = state_dict$best
      private$.bad = state_dict$bad
      private$.cooldown = state_dict$cooldown
    }
  ),

  private = list(
    .settings = NULL,
    .measure = NULL,
    .mode = NULL,
    .best = NULL,
    .bad = 0L,
    .cooldown = 0L,

    # A score that is no number never improves on anything.
    .improves = function(score) {
      if (is.na(score) || is.null(private$.best)) {
        return(!is.na(score))
      }
      threshold = private$.settings$threshold
      margin = if (private$.settings$threshold_mode == "rel") threshold * abs(private$.best) else threshold
      if (private$.mode == "min") score < private$.best - margin else score > private$.best + margin
    },

    .reduce = function() {
      old = learning_rates(self$ctx$optimizer)
      new = pmax(old * private$.settings$factor, private$.settings$min_lr)
      set_learning_rates(self$ctx$optimizer, ifelse(old - new > private$.settings$eps, new, old))
      private$.cooldown = private$.settings$cooldown
      private$.bad = 0L
    }
  )
)

check_finite = function(values, where) {
  iwalk(values, function(value, name) {
    if (!test_number(value, finite = TRUE)) {
      abort_callback(where, "'%s' must be a finite number, not %s.", name, as_short_string(value))
    }
  })
}

measure_mode = function(measure) {
  if (!test_flag(measure$minimize)) {
    abort("config", sprintf("The measure '%s' has no direction (its 'minimize' is NA); %s", measure$id,
      "set the parameter 'mode' of 'lr_reduce_on_plateau', or put another measure first in 'measures_valid'."))
  }
  if (measure$minimize) "min" else "max"
}

lr_reduce_on_plateau_callback = function() {
  parameters = ps(
    mode = p_fct(c("min", "max"), tags = "train"),
    factor = p_dbl(lower = 0, upper = 1, default = 0.1, tags = "train"),
    patience = p_whole(lower = 0L, default = 10L, tags = "train"),
    threshold = p_dbl(lower = 0, default = 1e-4, tags = "train"),
    threshold_mode = p_fct(c("rel", "abs"), default = "rel", tags = "train"),
    cooldown = p_whole(lower = 0L, default = 0L, tags = "train"),
    min_lr = p_dbl(lower = 0, default = 0, tags = "train"),
    eps = p_dbl(lower = 0, default = 1e-8, tags = "train")
  )
  TorchCallback$new(CallbackSetLrReduceOnPlateau, param_set = parameters, id = "lr_reduce_on_plateau",
    label = "Reduce on Plateau", man = "mlr3libtorch::CallbackSetLrReduceOnPlateau")
}
