#' @title Callback: TensorBoard
#'
#' @aliases mlr_callback_set.tb mlr_callbacks_tb tb
#'
#' @description
#' Writes event files that TensorBoard reads: `train.loss` for each batch (over all batches so far), and the scores
#' `train.<measure id>` and `valid.<measure id>` for each evaluated epoch.
#' Each run writes a new file into the folder, so a resumed run adds to what is there.
#'
#' @section Parameters:
#' * `path` (`character(1)`): the folder; it is made if it does not exist. Required.
#' * `log_train_loss` (`logical(1)`, `FALSE`): whether the loss of each batch is written; R is then entered for each
#'   batch.
#'
#' @family Callback
#' @export
#' @examples
#' t_clbk("tb", path = tempfile(), log_train_loss = TRUE)
CallbackSetTb = R6Class("CallbackSetTb",
  inherit = CallbackSet,
  lock_objects = FALSE,
  public = list(
    #' @field path (`character(1)`)\cr
    #'   See *Parameters*.
    path = NULL,
    #' @field log_train_loss (`logical(1)`)\cr
    #'   See *Parameters*.
    log_train_loss = NULL,

    #' @description Makes the callback.
    #' @param path (`character(1)`)\cr
    #'   See *Parameters*.
    #' @param log_train_loss (`logical(1)`)\cr
    #'   See *Parameters*.
    initialize = function(path, log_train_loss = FALSE) {
      problem = check_event_folder(path)
      if (!isTRUE(problem)) abort_callback("callback 'tb'", "'path' %s.", problem)
      assert_callback_flag(log_train_loss, "log_train_loss", "callback 'tb'")
      self$path = path
      self$log_train_loss = log_train_loss
    },

    #' @description Starts a file.
    on_begin = function() {
      dir.create(self$path, showWarnings = FALSE, recursive = TRUE)
      private$.file = event_file_name(self$path)
      core_event_file_create(private$.file, wall_time())
    },

    #' @description Writes the batch's loss.
    on_batch_end = function() {
      private$.write(list(train.loss = self$ctx$last_loss), self$ctx$global_step)
    },

    #' @description Writes the epoch's scores, if it is evaluated.
    on_epoch_end = function() {
      ctx = self$ctx
      scores = c(prefix_names(ctx$last_scores_train, "train."), prefix_names(ctx$last_scores_valid, "valid."))
      if (ctx$evaluated && length(scores)) private$.write(scores, ctx$epoch)
    }
  ),

  private = list(
    .file = NULL,

    .write = function(values, step) {
      core_event_file_append(private$.file, values, step, wall_time())
    },

    .find_stages = function() {
      setdiff(super$.find_stages(), if (!self$log_train_loss) "on_batch_end")
    }
  )
)

wall_time = function() as.numeric(Sys.time())

# TensorBoard looks for "tfevents" in the name; the rest keeps runs apart.
event_file_name = function(folder) {
  start = sprintf("events.out.tfevents.%.0f.%s.%i", wall_time(), Sys.info()[["nodename"]], Sys.getpid())
  taken = sum(startsWith(list.files(folder), start))
  file.path(folder, sprintf("%s.%i", start, taken))
}

# TRUE, or what is wrong with the parameter, as a ParamSet's custom check returns it.
check_event_folder = function(x) {
  if (test_string(x, min.chars = 1L)) TRUE else sprintf("must be the path of a folder, not %s", as_short_string(x))
}

tb_callback = function() {
  parameters = constructor_params(CallbackSetTb,
    path = function(...) p_checked(check_event_folder, ...),
    log_train_loss = function(...) p_lgl(...)
  )
  TorchCallback$new(CallbackSetTb, param_set = parameters, id = "tb", label = "TensorBoard",
    man = "mlr3libtorch::CallbackSetTb")
}
