#' @title Callback: Checkpoint
#'
#' @aliases mlr_callback_set.checkpoint mlr_callbacks_checkpoint checkpoint
#'
#' @description
#' Writes the whole state of the run into a folder: network, optimizer, the states of all callbacks, the generators and
#' the position in the data. The learner's parameter `resume` continues from there and ends with the same bits as a run
#' that never stopped, also from the middle of an epoch.
#' A file appears whole or not at all. The last epoch is always written. So is the batch after which a
#' run stops because of SIGTERM or of an interrupt that is kept (see [LearnerTorch]): nothing is lost.
#'
#' It is called after all other callbacks of a stage, whatever their weights and the order in which they were given, so
#' that a checkpoint holds the state of each of them after the stage.
#'
#' A folder holds the checkpoints of one run. A new run warns if the folder has checkpoints of an earlier one, and
#' removes them when it has written its own first one. A run that goes on removes the checkpoints that lie ahead of it,
#' when it has written its own first one.
#'
#' @section Parameters:
#' * `path` (`character(1)` or `function()`): the folder, or a function without arguments that returns it. Required.
#' * `freq` (`integer(1)` or `character(1)`, 1): how often a checkpoint is written: a number of epochs, or a number
#'   with a unit: `"500 batches"`, `"30 s"`, `"10 min"`, `"2 h"`. R is entered only when one is due.
#' * `keep_last` (`integer(1)`, 2): how many of the newest checkpoints are kept. With two, there is one left if
#'   the newest is damaged; `Inf` keeps all.
#' * `keep_best` (`integer(1)`, 0): how many of those with the best scores are kept as well, by the first validation
#'   measure and its direction. Each evaluated epoch that is among them is written, whatever `freq` says.
#'
#' @section State:
#' The list in `learner$model$callbacks$checkpoint` has the elements `path` and `scores`: the scores of the epochs that
#' `keep_best` keeps, best first, named by file.
#'
#' @family Callback
#' @export
#' @examples
#' t_clbk("checkpoint", path = tempfile(), freq = 5)
#' t_clbk("checkpoint", path = tempfile(), freq = "10 min", keep_best = 3)
CallbackSetCheckpoint = R6Class("CallbackSetCheckpoint",
  inherit = CallbackSet,
  lock_objects = FALSE,
  public = list(
    #' @field weight (`numeric(1)`)\cr
    #'   `Inf`. Whatever its weight, a checkpoint callback is called after all others.
    weight = Inf,
    #' @field path (`character(1)`)\cr
    #'   See *Parameters*.
    path = NULL,
    #' @field freq (`integer(1)` or `character(1)`)\cr
    #'   See *Parameters*.
    freq = NULL,
    #' @field keep_last (`integer(1)`)\cr
    #'   See *Parameters*.
    keep_last = NULL,
    #' @field keep_best (`integer(1)`)\cr
    #'   See *Parameters*.
    keep_best = NULL,

    #' @description Makes the callback.
    #' @param path (`character(1)` or `function()`)\cr
    #'   See *Parameters*.
    #' @param freq (`integer(1)` or `character(1)`)\cr
    #'   See *Parameters*.
    #' @param keep_last (`integer(1)`)\cr
    #'   See *Parameters*.
    #' @param keep_best (`integer(1)`)\cr
    #'   See *Parameters*.
    initialize = function(path, freq = 1L, keep_last = 2, keep_best = 0) {
      check_checkpoint_argument("path", check_checkpoint_path(path))
      check_checkpoint_argument("freq", check_checkpoint_freq(freq))
      check_checkpoint_argument("keep_last", check_checkpoint_number(keep_last, 1))
      check_checkpoint_argument("keep_best", check_checkpoint_number(keep_best, 0))
      private$.is_chosen = is.function(path)
      self$path = if (private$.is_chosen) called_path(path) else path
      self$freq = freq
      self$keep_last = keep_last
      self$keep_best = keep_best
      private$.due = parse_freq(freq)
    },

    #' @description Refuses a folder that holds something else, before anything is trained.
    on_begin = function() {
      check_checkpoint_folder(self$path)
      if (self$ctx$global_step == 0) private$.earlier = earlier_checkpoints(self$path)
      if (self$keep_best > 0) {
        private$.measure = deciding_measure(self$ctx$measures_valid, "Callback 'checkpoint' with 'keep_best' above 0")
      }
    },

    #' @description Writes a checkpoint in the middle of an epoch; called when one is due.
    on_batch_end = function() {
      private$.write(self$ctx$epoch - 1, self$ctx$step)
    },

    #' @description Writes a checkpoint if one is due. That of the last epoch is written here, before early stopping
    #'   restores older weights, so that a run that goes on starts where this one ended.
    on_epoch_end = function() {
      is_last = self$ctx$epoch >= self$ctx$total_epochs || self$ctx$terminate
      is_due = private$.due$unit == "epochs" && self$ctx$epoch %% private$.due$count == 0
      is_best = private$.note_score()
      if (is_last || is_due || is_best) private$.write(self$ctx$epoch)
    },

    #' @description Writes a checkpoint when a run has stopped.
    on_stop = function() {
      if (self$ctx$global_step == 0) {
        return(invisible(NULL))
      }
      epochs = run_state(self$ctx)$epochs
      private$.write(epochs, if (self$ctx$epoch > epochs) self$ctx$step else 0)
    },

    #' @description The state: `path`, `scores`.
    state_dict = function() {
      list(path = self$path, scores = private$.scores)
    },

    #' @description Restores the state: if `path` is a function, the run stays in its folder.
    #' @param state_dict (`list()`)\cr
    #'   What `state_dict()` returned.
    load_state_dict = function(state_dict) {
      check_state_names(state_dict, c("path", "scores"), "checkpoint")
      if (private$.is_chosen) self$path = state_dict$path
      private$.scores = state_dict$scores
    }
  ),

  private = list(
    .comes_last = TRUE,
    .is_chosen = FALSE,
    .due = NULL,
    .earlier = character(),
    .measure = NULL,
    .scores = set_names(numeric(), character()),

    # If epochs are counted, nothing is to be done in the middle of one, so R need not be entered.
    .find_stages = function() {
      stages = super$.find_stages()
      if (private$.due$unit == "epochs") setdiff(stages, "on_batch_end") else stages
    },

    .stage_function = function(stage) {
      f = super$.stage_function(stage)
      due = private$.due
      if (stage == "on_batch_end") filtered_stage(f, due$unit, due$count, "checkpoint") else f
    },

    # Whether the epoch that ends is among the best so far.
    .note_score = function() {
      if (self$keep_best == 0 || !self$ctx$evaluated) {
        return(FALSE)
      }
      file = checkpoint_name(self$ctx$epoch)
      score = set_names(as.numeric(self$ctx$last_scores_valid[[private$.measure$id]]), file)
      scores = c(private$.scores, score[!is.na(score)])
      # of equal scores the earlier one is better
      scores = scores[order(scores, decreasing = !private$.measure$minimize)]
      private$.scores = scores[seq_len(min(self$keep_best, length(scores)))]
      file %in% names(private$.scores)
    },

    .write = function(epoch, batch = 0) {
      path = write_checkpoint(self$path, private$.run_state(), epoch, batch)
      unlink(c(setdiff(private$.earlier, path), checkpoints_ahead(self$path, epoch, batch)))
      private$.earlier = character()
      files = list_checkpoints(self$path)$file
      is_kept = files %in% utils::tail(files, self$keep_last) | basename(files) %in% names(private$.scores)
      unlink(files[!is_kept])
    },

    .run_state = function() run_state(self$ctx),

    .resume_folder = function() self$path
  )
)

check_checkpoint_argument = function(name, problem) {
  if (!isTRUE(problem)) abort_callback("callback 'checkpoint'", "'%s' %s.", name, problem)
}

# TRUE, or what is wrong with the parameter, as a ParamSet's custom check returns it.
check_checkpoint_path = function(x) {
  if (test_string(x, min.chars = 1L) || (is.function(x) && !length(argument_names(x)))) {
    return(TRUE)
  }
  sprintf("must be the path of a folder, or a function without arguments that returns one, not %s", as_short_string(x))
}

check_checkpoint_number = function(x, lower) {
  if (test_count(x) && x >= lower || identical(x, Inf)) {
    return(TRUE)
  }
  sprintf("must be a whole number, at least %i, or Inf, not %s", lower, as_short_string(x))
}

called_path = function(path) {
  value = path()
  if (!test_string(value, min.chars = 1L)) {
    abort_callback("callback 'checkpoint'", "the function 'path' must return the path of a folder, not %s.",
      as_short_string(value))
  }
  value
}

# The files of an earlier run, which could not be told from those of this one. They stay until this run has written one.
earlier_checkpoints = function(folder) {
  files = list_checkpoints(folder)$file
  if (length(files)) {
    warn("checkpoint", sprintf(paste(
      "The folder '%s' holds checkpoints of an earlier run; they are removed when this run writes its first one.",
      "`resume = TRUE` goes on from them, and a function as `path` gives each run a folder of its own."
    ), folder), list(folder = folder))
  }
  files
}

checkpoint_callback = function() {
  parameters = constructor_params(CallbackSetCheckpoint,
    path = function(...) p_checked(check_checkpoint_path, ...),
    freq = function(...) p_checked(check_checkpoint_freq, ...),
    keep_last = function(...) p_dbl(lower = 1, ...),
    keep_best = function(...) p_dbl(lower = 0, ...)
  )
  TorchCallback$new(CallbackSetCheckpoint, param_set = parameters, id = "checkpoint", label = "Checkpoint",
    man = "mlr3libtorch::CallbackSetCheckpoint")
}

is_checkpoint_callback = function(callback) {
  generator = callback$generator
  while (!is.null(generator) && generator$classname != "CallbackSetCheckpoint") generator = generator$get_inherit()
  !is.null(generator)
}
