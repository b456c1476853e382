# Schedules that are the user's functions, called once an epoch.

#' @title Callbacks: Learning Rates by a Function
#'
#' @aliases mlr_callback_set.lr_lambda mlr_callbacks_lr_lambda
#' @aliases mlr_callback_set.lr_multiplicative mlr_callbacks_lr_multiplicative
#'
#' @description
#' `lr_lambda` multiplies the learning rate that the optimizer started with by a function of the epoch.
#' `lr_multiplicative` multiplies the current learning rate by it, after each epoch.
#' The function is called with the number of completed epochs: 0 before the first one, a call that
#' `lr_multiplicative` leaves out.
#'
#' @section Parameters:
#' * `lr_lambda` (`function(epoch)` or `list()` of them): the factor; a list has one for each parameter group. Required.
#'
#' @family Callback
#' @export
#' @examples
#' t_clbk("lr_lambda", lr_lambda = function(epoch) 0.95^epoch)
#' t_clbk("lr_multiplicative", lr_lambda = function(epoch) 0.95)
CallbackSetLrLambda = R6Class("CallbackSetLrLambda",
  inherit = CallbackSet,
  lock_objects = FALSE,
  public = list(
    #' @field lr_lambda (`function(epoch)` or `list()` of them)\cr
    #'   See *Parameters*.
    lr_lambda = NULL,

    #' @description Makes the callback.
    #' @param lr_lambda (`function(epoch)` or `list()` of them)\cr
    #'   See *Parameters*.
    initialize = function(lr_lambda) {
      problem = check_lr_lambda(lr_lambda)
      if (!isTRUE(problem)) {
        abort_callback(class(self)[[1L]], "'lr_lambda' %s.", problem)
      }
      self$lr_lambda = lr_lambda
    },

    #' @description Sets the first epoch's rate.
    on_begin = function() {
      private$.start()
      private$.apply()
    },

    #' @description Sets the next epoch's rate.
    on_epoch_end = function() {
      private$.epoch = private$.epoch + 1L
      private$.apply()
    },

    #' @description The state: `epoch` and the `rates` that the schedule starts from.
    state_dict = function() {
      list(epoch = private$.epoch, rates = private$.rates)
    },

    #' @description Restores the state.
    #' @param state_dict (`list()`)\cr
    #'   What `state_dict()` returned.
    load_state_dict = function(state_dict) {
      check_state_names(state_dict, c("epoch", "rates"), "lr_lambda")
      private$.epoch = state_dict$epoch
      private$.rates = state_dict$rates
    }
  ),

  private = list(
    .epoch = 0L,
    .rates = NULL,

    .start = function() {
      rates = learning_rates(self$ctx$optimizer)
      private$.rates = private$.rates %??% rates
      if (length(rates) != length(private$.rates)) {
        abort("state", sprintf("The schedule's state has %i parameter groups, but the optimizer has %i.",
          length(private$.rates), length(rates)))
      }
    },

    .apply = function() {
      set_learning_rates(self$ctx$optimizer, private$.rates * private$.factors())
    },

    # One for each parameter group.
    .factors = function() {
      lr_factors(self$lr_lambda, private$.epoch, length(private$.rates), class(self)[[1L]])
    }
  )
)

#' @rdname CallbackSetLrLambda
#' @export
CallbackSetLrMultiplicative = R6Class("CallbackSetLrMultiplicative",
  inherit = CallbackSetLrLambda,
  lock_objects = FALSE,
  public = list(
    #' @description Leaves the first epoch's rate as it is.
    on_begin = function() {
      private$.start()
    }
  ),

  private = list(
    .apply = function() {
      set_learning_rates(self$ctx$optimizer, learning_rates(self$ctx$optimizer) * private$.factors())
    }
  )
)

lr_function_callback = function(generator, id, label) {
  parameters = constructor_params(generator, lr_lambda = function(...) p_checked(check_lr_lambda, ...))
  TorchCallback$new(generator, param_set = with_no_effect(parameters, "callback", id), id = id, label = label,
    man = "mlr3libtorch::CallbackSetLrLambda")
}

lr_lambda_callback = function() lr_function_callback(CallbackSetLrLambda, "lr_lambda", "Learning Rate by a Function")

lr_multiplicative_callback = function() {
  lr_function_callback(CallbackSetLrMultiplicative, "lr_multiplicative", "Multiplicative Learning Rate")
}
