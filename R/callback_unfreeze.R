#' @title Callback: Unfreeze
#'
#' @aliases mlr_callback_set.unfreeze mlr_callbacks_unfreeze unfreeze
#'
#' @description
#' Trains only some of the network's parameters at first, and others from an epoch or a batch on.
#' A frozen parameter is not changed, and the optimizer does not count its steps.
#'
#' @section Parameters:
#' * `starting_weights` (`function`): a [selector][torch_selector] of the parameters that are trained from the start.
#'   Required. Use [select_none()] to begin with none: any other selector that matches none of the network's
#'   parameters is an error, also in `unfreeze`.
#' * `unfreeze` (`data.table`): the column `weights` is a list of selectors, the column `epoch` or `batch` says when
#'   the parameters of each begin to be trained; batches count from 1 over all epochs. Required; with an empty table
#'   all others stay frozen.
#'
#' @family Callback
#' @export
#' @examples
#' t_clbk("unfreeze", starting_weights = select_grep("^head"),
#'   unfreeze = data.table::data.table(weights = list(select_all()), epoch = 3))
CallbackSetUnfreeze = R6Class("CallbackSetUnfreeze",
  inherit = CallbackSet,
  lock_objects = FALSE,
  public = list(
    #' @field starting_weights (`function`)\cr
    #'   See *Parameters*.
    starting_weights = NULL,
    #' @field unfreeze ([data.table::data.table()])\cr
    #'   See *Parameters*.
    unfreeze = NULL,

    #' @description Makes the callback.
    #' @param starting_weights (`function`)\cr
    #'   See *Parameters*.
    #' @param unfreeze ([data.table::data.table()])\cr
    #'   See *Parameters*.
    initialize = function(starting_weights, unfreeze) {
      problems = list(starting_weights = check_selector(starting_weights), unfreeze = check_unfreeze(unfreeze))
      iwalk(discard(problems, isTRUE), function(problem, name) {
        abort_callback("callback 'unfreeze'", "'%s' %s.", name, problem)
      })
      self$starting_weights = starting_weights
      self$unfreeze = if (is_empty_table(unfreeze)) data.table(weights = list(), epoch = integer()) else
        as.data.table(unfreeze)
    },

    #' @description Freezes what is not trained from the start.
    on_begin = function() {
      names = names(self$ctx$network$parameters)
      first = select_some(self$starting_weights, names, "'starting_weights'")
      iwalk(self$unfreeze$weights, function(select, i) {
        select_some(select, names, sprintf("row %i of 'unfreeze'", i))
      })
      private$.trainable = private$.trainable %??% first
      private$.apply()
    },

    #' @description Unfreezes what begins with this epoch.
    on_epoch_begin = function() {
      private$.add(self$unfreeze$epoch <= self$ctx$epoch)
    },

    #' @description Unfreezes what begins with this batch.
    on_batch_begin = function() {
      private$.add(self$unfreeze$batch <= self$ctx$global_step)
    },

    #' @description Unfreezes everything, as others expect the network.
    on_exit = function() {
      walk(self$ctx$network$parameters, function(parameter) parameter$requires_grad_(TRUE))
    },

    #' @description The state: the names of what is trained.
    state_dict = function() {
      private$.trainable
    },

    #' @description Restores the state.
    #' @param state_dict (`character()`)\cr
    #'   What `state_dict()` returned.
    load_state_dict = function(state_dict) {
      if (!test_character(state_dict, any.missing = FALSE)) {
        abort("state", "callback 'unfreeze': the state must be names of parameters.")
      }
      private$.trainable = state_dict
    }
  ),

  private = list(
    .trainable = NULL,
    .done = 0L,

    # Rows of the table that are due.
    .add = function(due) {
      if (sum(due) == private$.done) {
        return(invisible(NULL))
      }
      private$.done = sum(due)
      names = names(self$ctx$network$parameters)
      chosen = unlist(map(self$unfreeze$weights[due], function(select) select(names)))
      private$.trainable = union(private$.trainable, chosen)
      private$.apply()
    },

    .apply = function() {
      iwalk(self$ctx$network$parameters, function(parameter, name) {
        parameter$requires_grad_(name %in% private$.trainable)
      })
    },

    # R is entered for each batch only if the table counts batches.
    .find_stages = function() {
      setdiff(super$.find_stages(), if ("epoch" %in% names(self$unfreeze)) "on_batch_begin" else "on_epoch_begin")
    }
  )
)

check_selector = function(x) {
  if (test_function(x, nargs = 1L)) {
    return(TRUE)
  }
  sprintf("must be a selector such as select_all() or select_grep(\"^head\"), not %s", as_short_string(x))
}

# TRUE, or what is wrong with the parameter.
check_unfreeze = function(x) {
  if (is_empty_table(x)) {
    return(TRUE)
  }
  when = intersect(names(x), c("epoch", "batch"))
  if (!is.data.frame(x) || length(when) != 1L || !setequal(names(x), c("weights", when))) {
    return(sprintf("must be a data.table with the columns 'weights' and either 'epoch' or 'batch', not %s",
      as_short_string(x)))
  }
  if (!test_integerish(x[[when]], lower = 1, any.missing = FALSE)) {
    return(sprintf("must have whole numbers of at least 1 in the column '%s', not %s", when,
      as_short_string(x[[when]])))
  }
  if (!is.list(x$weights) || !all(map_lgl(x$weights, test_function, nargs = 1L))) {
    return("must have selectors such as select_all() in the column 'weights', which is a list")
  }
  TRUE
}

is_empty_table = function(x) is.data.frame(x) && !nrow(x)

unfreeze_callback = function() {
  parameters = constructor_params(CallbackSetUnfreeze,
    starting_weights = function(...) p_checked(check_selector, ...),
    unfreeze = function(...) p_checked(check_unfreeze, ...)
  )
  TorchCallback$new(CallbackSetUnfreeze, param_set = parameters, id = "unfreeze", label = "Unfreeze",
    man = "mlr3libtorch::CallbackSetUnfreeze")
}
