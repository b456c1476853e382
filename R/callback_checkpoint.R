#' @title Callback: Checkpoint
#'
#' @description
#' Writes the whole state of the run into a folder: network, optimizer, the states of all callbacks, the generators and
#' the position in the data. The learner's parameter `resume` continues from there.
#' A file appears at once and complete, or not at all. The last epoch is always written.
#'
#' @section Parameters:
#' * `path` (`character(1)` or `function()`): the folder, or a function without arguments that returns it. Required.
#' * `freq` (`integer(1)`, 1): the number of epochs between two checkpoints.
#'
#' @family Callback
#' @export
#' @examples
#' t_clbk("checkpoint", path = tempfile(), freq = 5)
CallbackSetCheckpoint = R6Class("CallbackSetCheckpoint",
  inherit = CallbackSet,
  lock_objects = FALSE,
  public = list(
    #' @field weight (`numeric(1)`)\cr
    #'   `Inf`: after all others, so that their changes are in the checkpoint.
    weight = Inf,
    #' @field path (`character(1)`)\cr
    #'   The folder.
    path = NULL,
    #' @field freq (`integer(1)`)\cr
    #'   The number of epochs between two checkpoints.
    freq = NULL,

    #' @description Makes the callback.
    #' @param path (`character(1)` or `function()`)\cr
    #'   The folder, or a function without arguments that returns it.
    #' @param freq (`integer(1)`)\cr
    #'   The number of epochs between two checkpoints.
    initialize = function(path, freq = 1) {
      problem = check_checkpoint_path(path)
      if (!isTRUE(problem)) {
        abort_callback("callback 'checkpoint'", "'path' %s.", problem)
      }
      if (!test_count(freq, positive = TRUE)) {
        abort_callback("callback 'checkpoint'", "'freq' must be a whole number of epochs, at least 1, not %s.",
          as_short_string(freq))
      }
      private$.is_chosen = is.function(path)
      self$path = if (private$.is_chosen) called_path(path) else path
      self$freq = freq
    },

    #' @description Refuses a folder that holds something else, before anything is trained.
    on_begin = function() {
      check_checkpoint_folder(self$path)
    },

    #' @description Writes a checkpoint if one is due. The last epoch's is written here, before early stopping puts
    #'   older weights back, so that a run that goes on does so from where it was.
    on_epoch_end = function() {
      is_last = self$ctx$epoch >= self$ctx$total_epochs || self$ctx$terminate
      if (is_last || self$ctx$epoch %% self$freq == 0) private$.write()
    },

    #' @description Writes the last epoch, where it became the last one after all.
    on_end = function() {
      if (self$ctx$epoch > 0 && !identical(private$.written, self$ctx$epoch)) private$.write()
    },

    #' @description The state: `path`.
    state_dict = function() {
      list(path = self$path)
    },

    #' @description Takes the state back: where `path` is a function, the run stays in its folder.
    #' @param state_dict (`list()`)\cr
    #'   What `state_dict()` returned.
    load_state_dict = function(state_dict) {
      check_state_names(state_dict, "path", "checkpoint")
      if (private$.is_chosen) self$path = state_dict$path
    }
  ),

  private = list(
    .is_chosen = FALSE,
    .written = NULL,

    .write = function() {
      write_checkpoint(self$path, private$.run_state(), self$ctx$epoch)
      private$.written = self$ctx$epoch
    },

    .run_state = function() run_state(self$ctx)
  )
)

# TRUE, or what is wrong with the parameter, as a ParamSet's custom check wants it.
check_checkpoint_path = function(x) {
  if (test_string(x, min.chars = 1L) || (is.function(x) && !length(argument_names(x)))) {
    return(TRUE)
  }
  sprintf("must be the path of a folder, or a function without arguments that returns one, not %s", as_short_string(x))
}

called_path = function(path) {
  value = path()
  if (!test_string(value, min.chars = 1L)) {
    abort_callback("callback 'checkpoint'", "the function 'path' must return the path of a folder, not %s.",
      as_short_string(value))
  }
  value
}

checkpoint_callback = function() {
  parameters = ps(
    path = p_uty(tags = c("train", "required"), custom_check = crate(function(x) check_checkpoint_path(x),
      check_checkpoint_path)),
    freq = p_whole(lower = 1L, default = 1L, tags = "train")
  )
  TorchCallback$new(CallbackSetCheckpoint, param_set = parameters, id = "checkpoint", label = "Checkpoint",
    man = "mlr3libtorch::CallbackSetCheckpoint")
}
