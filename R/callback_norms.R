#' @title Callback: Norms of Weights and Gradients
#'
#' @aliases mlr_callback_set.norms mlr_callbacks_norms norms
#'
#' @description
#' Keeps the Euclidean norms of each parameter and of its gradient, in the first batch of every `freq`-th epoch.
#' After training they are in `learner$model$callbacks$norms`, a [data.table::data.table()] with the columns `epoch`,
#' `step`, `parameter`, `weight` and `gradient`; `autoplot()` draws it (with ggplot2). A resumed run appends.
#'
#' @section Parameters:
#' * `freq` (`integer(1)`, 1): the number of epochs from one measurement to the next.
#'
#' @family Callback
#' @export
#' @examples
#' t_clbk("norms", freq = 5)
CallbackSetNorms = R6Class("CallbackSetNorms",
  inherit = CallbackSet,
  lock_objects = FALSE,
  public = list(
    #' @field freq (`integer(1)`)\cr
    #'   See *Parameters*.
    freq = NULL,

    #' @description Makes the callback.
    #' @param freq (`integer(1)`)\cr
    #'   See *Parameters*.
    initialize = function(freq = 1L) {
      assert_callback_count(freq, "freq", "callback 'norms'")
      self$freq = freq
    },

    #' @description Measures, if it is due.
    on_after_backward = function() {
      ctx = self$ctx
      if (ctx$step == 1 && (ctx$epoch - 1) %% self$freq == 0) {
        private$.rows[[length(private$.rows) + 1L]] = measured_norms(ctx)
      }
    },

    #' @description The norms so far, of class `torch_norms`.
    state_dict = function() {
      rows = rbindlist(private$.rows)
      setattr(rows, "class", c("torch_norms", "data.table", "data.frame"))[]
    },

    #' @description Restores the state.
    #' @param state_dict (`torch_norms`)\cr
    #'   What `state_dict()` returned.
    load_state_dict = function(state_dict) {
      check_state_names(as.list(state_dict), c("epoch", "step", "parameter", "weight", "gradient"), "norms")
      private$.rows = list(as.list(as.data.frame(as.list(state_dict))))
    }
  ),

  private = list(
    .rows = list()
  )
)

measured_norms = function(ctx) {
  parameters = ctx$network$parameters
  # A frozen parameter may have no gradient.
  gradients = map_dbl(parameters, function(parameter) {
    gradient = parameter$grad
    if (is.null(gradient)) NA_real_ else gradient$norm()$item()
  })
  # one is kept for each epoch, and a data.table would take thousands of bytes
  list(epoch = rep(as.integer(ctx$epoch), length(parameters)), step = rep(as.integer(ctx$global_step),
    length(parameters)), parameter = names(parameters),
    weight = unname(map_dbl(parameters, function(parameter) parameter$norm()$item())), gradient = unname(gradients))
}

norms_callback = function() {
  parameters = constructor_params(CallbackSetNorms, freq = function(...) p_whole(lower = 1L, ...))
  TorchCallback$new(CallbackSetNorms, param_set = parameters,
    id = "norms", label = "Norms", man = "mlr3libtorch::CallbackSetNorms")
}
