#' @title Callback: History
#'
#' @aliases mlr_callback_set.history mlr_callbacks_history
#'
#' @description
#' Keeps the results of each evaluated epoch, one row each, in a [data.table::data.table()] with the columns `epoch`,
#' `train.loss` (the mean over the training batches), `valid.loss` (the mean over the validation rows, if there are
#' any), `lr` (the learning rate of the last batch), `train.<measure id>` and `valid.<measure id>`.
#' After training it is in `learner$model$callbacks$history`; `autoplot()` and `plot()` draw it (with ggplot2).
#' A resumed run appends.
#'
#' [LearnerTorch] always has the field `history`: a row for each epoch, with its seconds, too.
#'
#' @family Callback
#' @export
#' @examples
#' t_clbk("history")
CallbackSetHistory = R6Class("CallbackSetHistory",
  inherit = CallbackSet,
  lock_objects = FALSE,
  public = list(
    #' @description Starts an empty history.
    initialize = function() {
      private$.rows = list()
    },

    #' @description Adds a row, if the epoch is evaluated.
    on_epoch_end = function() {
      ctx = self$ctx
      if (ctx$evaluated) {
        facts = list(epoch = as.integer(ctx$epoch), train.loss = ctx$mean_loss_train, valid.loss = ctx$mean_loss_valid,
          lr = ctx$last_lr)
        row = c(discard(facts, is.null), prefix_names(ctx$last_scores_train, "train."),
          prefix_names(ctx$last_scores_valid, "valid."))
        private$.rows[[length(private$.rows) + 1L]] = row
      }
    },

    #' @description The history so far, of class `torch_history`.
    state_dict = function() {
      self$history
    },

    #' @description Continues a history.
    #' @param state_dict (`torch_history`)\cr
    #'   The history of the earlier run.
    load_state_dict = function(state_dict) {
      if (!is.data.frame(state_dict) || "epoch" %nin% names(state_dict)) {
        abort("state", "callback 'history': the state must be a table with a column 'epoch'.")
      }
      private$.rows = list(as.list(as.data.frame(state_dict)))
    }
  ),

  active = list(
    #' @field history (`torch_history`)\cr
    #'   The history so far. Read-only.
    history = function(rhs) {
      assert_read_only(rhs, "history", class(self)[[1L]])
      as_history(if (length(private$.rows)) rbindlist(private$.rows, fill = TRUE) else data.table(epoch = integer()))
    }
  ),

  private = list(
    .rows = NULL
  )
)

history_callback = function() {
  TorchCallback$new(CallbackSetHistory, param_set = ps(), id = "history", label = "History",
    man = "mlr3libtorch::CallbackSetHistory")
}
