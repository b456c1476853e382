#' @title Callback: Throughput
#'
#' @description
#' Keeps how fast each epoch was trained: `learner$model$callbacks$throughput` is a [data.table::data.table()] with the
#' columns `epoch`, `rows`, `seconds` and `rows_per_second`. Validation is not counted. A resumed run appends.
#' R is entered twice an epoch.
#'
#' @family Callback
#' @export
#' @examples
#' t_clbk("throughput")
CallbackSetThroughput = R6Class("CallbackSetThroughput",
  inherit = CallbackSet,
  lock_objects = FALSE,
  public = list(
    #' @description Starts the clock.
    on_epoch_begin = function() {
      private$.started = proc.time()[["elapsed"]]
    },

    #' @description Reads it.
    on_before_valid = function() {
      loader = self$ctx$loader_train
      seconds = proc.time()[["elapsed"]] - private$.started
      rows = if (self$ctx$step == loader$batches && !loader$drop_last) loader$rows
      rows = rows %??% (self$ctx$step * loader$batch_size)
      private$.rows[[length(private$.rows) + 1L]] = data.table(epoch = as.integer(self$ctx$epoch), rows = rows,
        seconds = seconds, rows_per_second = rows / seconds)
    },

    #' @description The table so far.
    state_dict = function() {
      rbindlist(private$.rows)
    },

    #' @description Takes the state back.
    #' @param state_dict ([data.table::data.table()])\cr
    #'   What `state_dict()` returned.
    load_state_dict = function(state_dict) {
      check_state_names(as.list(state_dict), c("epoch", "rows", "seconds", "rows_per_second"), "throughput")
      private$.rows = list(as.data.table(as.list(state_dict)))
    }
  ),

  private = list(
    .started = NULL,
    .rows = list()
  )
)

throughput_callback = function() {
  TorchCallback$new(CallbackSetThroughput, param_set = ps(), id = "throughput", label = "Throughput",
    man = "mlr3libtorch::CallbackSetThroughput")
}
