#' @title Callback: Sequential Schedules
#'
#' @description
#' Runs learning rate schedules one after the other: the first until the first milestone, the second from there, and so
#' on. Each counts its steps from its own beginning and starts from the optimizer's learning rate.
#' [lr_sequential()] is the same for an optimizer in a training loop of your own.
#'
#' @section Parameters:
#' * `schedules` (`list()` of [TorchCallback]): schedules such as `t_clbk("lr_warmup", total_iters = 5)`. Required.
#' * `milestones` (`integer()`): the steps in which the second and each further schedule begins. Required.
#' * `step_on_epoch` (`logical(1)`, `TRUE`): whether a step is an epoch or a batch, for all of them.
#'
#' @family Callback
#' @export
#' @examples
#' schedules = list(t_clbk("lr_warmup", total_iters = 5), t_clbk("lr_cosine_annealing", T_max = 20))
#' t_clbk("lr_sequential", schedules = schedules, milestones = 5)
CallbackSetLrSequential = R6Class("CallbackSetLrSequential",
  inherit = CallbackSetNative,
  public = list(
    #' @field native (`character(1)`)\cr
    #'   The name in the registry.
    native = "lr_sequential",

    #' @description Makes the callback.
    #' @param schedules (`list()` of [TorchCallback])\cr
    #'   See *Parameters*.
    #' @param milestones (`integer()`)\cr
    #'   See *Parameters*.
    #' @param ... (any)\cr
    #'   Further arguments of the registry.
    initialize = function(schedules, milestones, ...) {
      problem = check_schedules(schedules)
      if (!isTRUE(problem)) {
        abort_callback("callback 'lr_sequential'", "'schedules' %s.", problem)
      }
      super$initialize(self$native, list(schedules = map(unname(schedules), schedule_request),
        milestones = as.integer(milestones), ...))
    }
  )
)

# TRUE, or what is wrong with the parameter.
check_schedules = function(x) {
  if (is.list(x) && length(x) && all(map_lgl(x, is_schedule))) {
    return(TRUE)
  }
  sprintf("must be a list of schedules such as t_clbk(\"lr_step\", step_size = 5), not %s", as_short_string(x))
}

# A callback of the core that is a schedule.
is_schedule = function(x) {
  inherits(x, "TorchCallback") && "schedule" %in% registry_entries("callback")[[native_name(x)]]$tags
}

# The registry's name of a native callback; an empty string for others.
native_name = function(callback) {
  natives = map(callback_levels(callback$generator, "callback"), function(level) level$public_fields$native)
  c(unlist(natives), "")[[1L]]
}

# What the core needs to make a schedule.
schedule_request = function(callback) {
  set = callback$generate()
  list(name = set$native, arguments = set$arguments)
}

lr_sequential_callback = function() {
  entry = registry_entry("callback", "lr_sequential")
  param_set = param_set_from_schema(entry)
  param_set = ps_union(list(
    constructor_params(CallbackSetLrSequential, schedules = function(...) p_checked(check_schedules, ...)),
    param_set$subset(setdiff(param_set$ids(), "schedules"))
  ))
  native_callback(entry, CallbackSetLrSequential, param_set)
}
