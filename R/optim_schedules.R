# Schedules that the core has registered, as functions of an optimizer. They are made when the package is loaded.

#' @title Learning Rate Schedules
#'
#' @name lr_schedules
#' @description
#' Change the learning rate of an optimizer with the number of steps, in a training loop of your own: call `$step()`
#' after each epoch, or after each batch for `lr_one_cycle()` and `lr_cyclic()`. [lr_scheduler()] tells what else a
#' schedule can do, and makes others. In a learner, use `t_clbk("lr_step")` and the like.
#'
#' `max_lr` of `lr_one_cycle()`, and `base_lr` and `max_lr` of `lr_cyclic()`, may have a number for each parameter
#' group.
#'
#' @family Schedule
#' @eval document_schedules()
#' @evalNamespace sprintf("export(%s)", names(registered_schedules()))
#' @examples
#' optimizer = optim_sgd(torch_zeros(1, requires_grad = TRUE), lr = 0.1)
#' schedule = lr_step(optimizer, step_size = 2, gamma = 0.5)
#' for (epoch in 1:4) {
#'   # batches of the epoch
#'   schedule$step()
#' }
#' schedule$get_last_lr()
NULL

registered_schedules = function() {
  keep(registry_entries("callback"), function(entry) "schedule" %in% entry$tags)
}

define_schedules = function(env = topenv()) {
  iwalk(registered_schedules(), function(entry, name) assign(name, schedule_function(entry, env), envir = env))
}

schedule_function = function(entry, env) {
  own = entry$arguments[setdiff(names(entry$arguments), c("step_on_epoch", "last_epoch"))]
  # an optimizer does not know how long the loop will be
  if (entry$name == "lr_cosine_annealing") own$T_max$required = TRUE
  settings = map(own, function(argument) as.name(argument$name))
  formals = argument_formals(own)
  total = 1
  if (entry$name == "lr_one_cycle") {
    formals = append(formals, list(total_steps = NULL, epochs = NULL, steps_per_epoch = NULL), after = 1L)
    total = quote(cycle_steps(total_steps, epochs, steps_per_epoch))
  }
  body = bquote(RegisteredSchedule$new(optimizer, .(entry$name), .(as.call(c(quote(list), settings))), .(total),
    last_epoch, verbose))
  formals = c(without_default("optimizer"), formals, list(last_epoch = -1, verbose = FALSE))
  body = with_remembered_arguments(body, names(formals)[-1L])
  with_own_errors(registry_function(entry$name, formals, body, env), entry$name)
}

cycle_steps = function(total_steps, epochs, steps_per_epoch) {
  steps = total_steps %??% (if (!is.null(epochs) && !is.null(steps_per_epoch)) epochs * steps_per_epoch)
  if (!test_count(steps, positive = TRUE)) {
    abort("argument", sprintf("lr_one_cycle() needs 'total_steps', or 'epochs' and 'steps_per_epoch', %s %s.",
      "whole numbers of at least 1, not", as_short_string(steps)), list(argument = "total_steps"))
  }
  steps
}

RegisteredSchedule = R6Class("RegisteredSchedule",
  inherit = LRScheduler,
  lock_objects = FALSE,
  cloneable = FALSE,
  public = list(
    initialize = function(optimizer, name, arguments, total, last_epoch, verbose) {
      class(self) = c(name, class(self))
      by_group = arguments_by_group(name, as_core_schedules(arguments), assert_scheduled(optimizer))
      private$.schedules = map(by_group, function(arguments) core_schedule_create(name, arguments))
      private$.total = total
      super$initialize(optimizer, last_epoch, verbose)
    },

    get_lr = function() private$.values()$lr
  ),

  private = list(
    # one for all groups, or one for each
    .schedules = NULL,
    .total = NULL,

    .values = function() {
      at = function(schedule, rates) core_schedule_at(schedule, self$last_epoch, private$.total, rates)
      if (length(private$.schedules) == 1L) {
        return(at(private$.schedules[[1L]], self$base_lrs))
      }
      values = pmap(list(private$.schedules, self$base_lrs), at)
      list(lr = map_dbl(values, "lr"), momentum = values[[1L]]$momentum)
    },

    .set = function(rates) {
      super$.set(rates)
      momentum = private$.values()$momentum
      if (!is.null(momentum)) set_momentum(self$optimizer, momentum, class(self)[[1L]])
    }
  )
)

# Bounds of the rate may be given for each parameter group: a list of arguments for each then, otherwise one for all.
arguments_by_group = function(name, arguments, optimizer) {
  counts = lengths(arguments[intersect(c("base_lr", "max_lr"), names(arguments))])
  groups = length(optimizer$param_groups)
  several = names(counts)[counts > 1L]
  if (!length(several)) {
    return(list(arguments))
  }
  if (any(counts[several] != groups)) {
    abort("argument", sprintf("%s(): '%s' has %i numbers, but the optimizer has %i parameter groups; give one, or %s.",
      name, several[[1L]], max(counts), groups, "one for each"), list(argument = several[[1L]]))
  }
  map(seq_len(groups), function(i) insert_named(arguments, map(arguments[several], function(bounds) bounds[[i]])))
}

# `lr_sequential` has others as its parts, which are given as callbacks.
as_core_schedules = function(arguments) {
  if ("schedules" %in% names(arguments)) {
    problem = check_schedules(arguments$schedules)
    if (!isTRUE(problem)) {
      abort("argument", sprintf("lr_sequential(): 'schedules' %s.", problem), list(argument = "schedules"))
    }
    arguments$schedules = map(unname(arguments$schedules), schedule_request)
    arguments$milestones = as.integer(arguments$milestones)
  }
  arguments
}

# Adam's first beta is what other optimizers call momentum.
set_momentum = function(optimizer, momentum, where) {
  optimizer$param_groups = map(optimizer$param_groups, function(group) {
    if (is.null(group$momentum) && is.null(group$betas)) {
      abort("config", sprintf("'%s' cannot cycle the momentum of this optimizer, which has none; %s.", where,
        "set its argument 'cycle_momentum' to FALSE"), list(argument = "cycle_momentum"))
    }
    if (is.null(group$momentum)) group$betas[[1L]] = momentum else group$momentum = momentum
    group
  })
}

# For roxygen2: each schedule has a page of its own.
document_schedules = function() {
  items = imap_chr(registered_schedules(), function(entry, name) {
    sprintf("* [%s()]: %s", name, first_sentence(entry$doc))
  })
  c("@section Schedules:", str_collapse(items, sep = "\n"), "",
    "[lr_lambda()], [lr_multiplicative()] and [lr_reduce_on_plateau()] are schedules, too.")
}
