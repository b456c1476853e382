#' @title Callback: Throughput
#'
#' @aliases mlr_callback_set.throughput mlr_callbacks_throughput throughput
#'
#' @description
#' Keeps how fast each epoch was trained: `learner$model$callbacks$throughput` is a [data.table::data.table()] with the
#' columns `epoch`, `rows`, `seconds` and `rows_per_second`; `autoplot()` draws it (with ggplot2). Validation is not
#' counted. A resumed run appends. R is entered twice an epoch.
#'
#' @family Callback
#' @export
#' @examples
#' t_clbk("throughput")
CallbackSetThroughput = R6Class("CallbackSetThroughput",
  inherit = CallbackSet,
  lock_objects = FALSE,
  public = list(
    #' @description Continues an epoch that an earlier run began.
    on_begin = function() {
      if (!is.null(private$.earlier)) private$.started = clock() - private$.earlier
    },

    #' @description Starts the clock.
    on_epoch_begin = function() {
      private$.started = clock()
    },

    #' @description Reads the clock.
    on_before_valid = function() {
      rows = self$ctx$loader_train$visited
      seconds = private$.seconds()
      private$.started = NULL
      private$.rows[[length(private$.rows) + 1L]] = list(epoch = as.integer(self$ctx$epoch), rows = rows,
        seconds = seconds, rows_per_second = rows / seconds)
    },

    #' @description The table so far, of class `torch_throughput`. In the middle of an epoch it has an attribute
    #'   `seconds`: the seconds of this epoch so far.
    state_dict = function() {
      rows = if (length(private$.rows)) rbindlist(private$.rows) else no_throughput()
      setattr(rows, "seconds", private$.seconds())
      setattr(rows, "class", c("torch_throughput", "data.table", "data.frame"))[]
    },

    #' @description Restores the state.
    #' @param state_dict (`torch_throughput`)\cr
    #'   What `state_dict()` returned.
    load_state_dict = function(state_dict) {
      check_state_names(as.list(state_dict), c("epoch", "rows", "seconds", "rows_per_second"), "throughput")
      private$.rows = list(as.list(as.data.frame(as.list(state_dict))))
      private$.earlier = attr(state_dict, "seconds")
    }
  ),

  private = list(
    .started = NULL,
    .earlier = NULL,
    .rows = list(),

    # Of the epoch that is running; NULL between epochs.
    .seconds = function() {
      if (!is.null(private$.started)) clock() - private$.started
    }
  )
)

no_throughput = function() {
  data.table(epoch = integer(), rows = numeric(), seconds = numeric(), rows_per_second = numeric())
}

throughput_callback = function() {
  TorchCallback$new(CallbackSetThroughput, param_set = ps(), id = "throughput", label = "Throughput",
    man = "mlr3libtorch::CallbackSetThroughput")
}
