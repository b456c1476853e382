#' @title Callback: Reduce the Learning Rate on a Plateau
#'
#' @aliases mlr_callback_set.lr_reduce_on_plateau mlr_callbacks_lr_reduce_on_plateau
#'
#' @description
#' Multiplies the learning rate by `factor` when the first validation score has not improved for more than `patience`
#' evaluations.
#'
#' @section Parameters:
#' * `mode` (`"min"` or `"max"`): whether the score should fall or rise; the measure's own direction unless given.
#' * `factor` (`numeric(1)`, 0.1): the factor of a reduction, at most 1.
#' * `patience` (`integer(1)`, 10): the number of evaluations without improvement that are tolerated.
#' * `threshold` (`numeric(1)`, 1e-4): an improvement must be greater than this.
#' * `threshold_mode` (`"rel"` or `"abs"`, `"rel"`): whether the threshold is a share of the best score.
#' * `cooldown` (`integer(1)`, 0): the number of evaluations after a reduction that are not counted.
#' * `min_lr` (`numeric(1)`, 0): the lowest learning rate.
#' * `eps` (`numeric(1)`, 1e-8): a smaller reduction is not made.
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
    initialize = function(mode = NULL, factor = 0.1, patience = 10L, threshold = 1e-4, threshold_mode = "rel",
      cooldown = 0L, min_lr = 0, eps = 1e-8) {
      check_finite(list(threshold = threshold, min_lr = min_lr, eps = eps), "callback 'lr_reduce_on_plateau'")
      private$.settings = list(mode = mode, factor = factor, patience = patience, threshold = threshold,
        threshold_mode = threshold_mode, cooldown = cooldown, min_lr = min_lr, eps = eps)
    },

    #' @description Finds the measure that decides, and its direction.
    on_begin = function() {
      mode = private$.settings$mode
      private$.measure = deciding_measure(self$ctx$measures_valid, "Callback 'lr_reduce_on_plateau' without 'mode'",
        minimize = if (!is.null(mode)) mode == "min")
    },

    #' @description Compares the new score with the best one.
    on_valid_end = function() {
      settings = insert_named(private$.settings, list(mode = if (private$.measure$minimize) "min" else "max"))
      counters = list(best = private$.best, bad = private$.bad, cooldown = private$.cooldown)
      counters = count_plateau(counters, self$ctx$last_scores_valid[[private$.measure$id]], settings)
      private$.count(counters)
      if (counters$is_due) {
        set_learning_rates(self$ctx$optimizer, reduced_rates(learning_rates(self$ctx$optimizer), settings))
      }
    },

    #' @description The state: `best`, `bad` (evaluations without improvement) and `cooldown`.
    state_dict = function() {
      list(best = private$.best, bad = private$.bad, cooldown = private$.cooldown)
    },

    #' @description Restores the state.
    #' @param state_dict (`list()`)\cr
    #'   What `state_dict()` returned.
    load_state_dict = function(state_dict) {
      check_state_names(state_dict, c("best", "bad", "cooldown"), "lr_reduce_on_plateau")
      private$.count(state_dict)
    }
  ),

  private = list(
    .settings = NULL,
    .measure = NULL,
    .best = NULL,
    .bad = 0L,
    .cooldown = 0L,

    .count = function(counters) {
      private$.best = counters$best
      private$.bad = counters$bad
      private$.cooldown = counters$cooldown
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

lr_reduce_on_plateau_callback = function() {
  parameters = constructor_params(CallbackSetLrReduceOnPlateau,
    mode = function(...) p_fct(c("min", "max"), ...),
    factor = function(...) p_dbl(lower = 0, upper = 1, ...),
    patience = function(...) p_whole(lower = 0L, ...),
    threshold = function(...) p_dbl(lower = 0, ...),
    threshold_mode = function(...) p_fct(c("rel", "abs"), ...),
    cooldown = function(...) p_whole(lower = 0L, ...),
    min_lr = function(...) p_dbl(lower = 0, ...),
    eps = function(...) p_dbl(lower = 0, ...)
  )
  parameters = with_no_effect(parameters, "callback", "lr_reduce_on_plateau")
  TorchCallback$new(CallbackSetLrReduceOnPlateau, param_set = parameters, id = "lr_reduce_on_plateau",
    label = "Reduce on Plateau", man = "mlr3libtorch::CallbackSetLrReduceOnPlateau")
}
