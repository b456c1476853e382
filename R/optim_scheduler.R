# What all learning rate schedules have: the optimizer, the rates it started with, and the number of steps.

#' @title A Learning Rate Schedule of Your Own
#'
#' @description
#' `lr_scheduler()` makes a function that makes schedules, such as [lr_step()] is one. Its first argument is the
#' optimizer. A schedule is an [R6::R6Class] object; `get_lr()` says what the rates of the optimizer's groups should be
#' when `self$last_epoch` steps have been made. It is called once when the schedule is made, for 0 steps, and then by
#' each `$step()`.
#'
#' @section Fields and methods:
#' * `$optimizer`, `$base_lrs` (the rates of the optimizer's groups when the schedule was made), `$last_epoch` (the
#'   number of steps).
#' * `$step()`: makes a step. `$get_last_lr()`: the rates it has set.
#' * `$state_dict()`, `$load_state_dict(state_dict)`: all fields that hold data. A schedule of your own may have more of
#'   them, which belong to the state, too.
#'
#' @param classname (`character(1)`)\cr
#'   The class of the schedules.
#' @param inherit (`function` or [R6::R6Class])\cr
#'   Another schedule, made by `lr_scheduler()`, whose methods these schedules have, too.
#' @param ... (any)\cr
#'   Methods and fields by name: `get_lr = function() ...` and, if there are more arguments than the optimizer,
#'   `initialize = function(optimizer, ...) ...`, which ends by calling `super$initialize(optimizer)`.
#' @param parent_env (`environment`)\cr
#'   Where the methods find other objects.
#' @return (`function`) Takes the arguments of `initialize()` and returns a schedule.
#' @family Schedule
#' @export
#' @examples
#' lr_reciprocal = lr_scheduler("lr_reciprocal",
#'   initialize = function(optimizer, power = 1) {
#'     self$power = power
#'     super$initialize(optimizer)
#'   },
#'   get_lr = function() self$base_lrs / (self$last_epoch + 1)^self$power
#' )
#' optimizer = optim_sgd(torch_zeros(1, requires_grad = TRUE), lr = 0.1)
#' schedule = lr_reciprocal(optimizer, power = 2)
#' schedule$step()
#' optimizer$param_groups[[1]]$lr
lr_scheduler = function(classname = NULL, inherit = LRScheduler, ..., parent_env = parent.frame()) {
  make = class_function("lr_scheduler_generator", "lr_scheduler()", classname, inherit, list(...), parent_env)
  kept = attributes(make)
  body(make) = with_remembered_arguments(body(make), names(formals(make))[-1L])
  attributes(make) = kept
  make
}

# The expression of a schedule becomes one that also keeps the function it is evaluated in, and that function's
# arguments besides the optimizer, for as_lr_scheduler().
with_remembered_arguments = function(expression, arguments) {
  dots = if ("..." %in% arguments) list(quote(...))
  names = setdiff(arguments, "...")
  given = set_names(map(names, function(name) bquote(if (!missing(.(as.name(name)))) .(as.name(name)))), names)
  # the function may lie in a user's environment
  as.call(list(remember_arguments, expression, quote(sys.function()), as.call(c(quote(list), given, dots))))
}

remember_arguments = function(schedule, maker, arguments) {
  assign(".made_by", list(maker = maker, arguments = discard(arguments, is.null)), envir = get_private(schedule))
  schedule
}

# The parent of all schedules.
LRScheduler = R6Class("LRScheduler",
  lock_objects = FALSE,
  cloneable = FALSE,
  public = list(
    optimizer = NULL,
    base_lrs = NULL,
    last_epoch = NULL,
    verbose = FALSE,

    initialize = function(optimizer, last_epoch = -1, verbose = FALSE) {
      self$optimizer = assert_scheduled(optimizer)
      self$base_lrs = learning_rates(optimizer)
      self$last_epoch = assert_last_epoch(last_epoch)
      self$verbose = assert_flag(verbose)
      self$step()
    },

    step = function() {
      self$last_epoch = self$last_epoch + 1
      private$.set(self$get_lr())
      invisible(self)
    },

    get_lr = function() {
      abort("argument", sprintf("The schedule '%s' has no method `get_lr()`.", class(self)[[1L]]))
    },

    get_last_lr = function() private$.last,

    state_dict = function() c(mget(private$.state_names(), envir = self), list(last_lr = private$.last)),

    load_state_dict = function(state_dict) {
      known = c(private$.state_names(), "last_lr")
      if (!is.list(state_dict) || !test_permutation(names2(state_dict, ""), known)) {
        abort("state", sprintf("The state of schedule '%s' must be a list with the elements %s.", class(self)[[1L]],
          str_collapse(known, quote = "'")))
      }
      if (length(state_dict$last_lr) != length(learning_rates(self$optimizer))) {
        abort("state", sprintf("The schedule's state has %i parameter groups, but the optimizer has %i.",
          length(state_dict$last_lr), length(learning_rates(self$optimizer))))
      }
      iwalk(state_dict[private$.state_names()], function(value, name) assign(name, value, envir = self))
      private$.set(state_dict$last_lr)
      invisible(self)
    },

    print = function(...) {
      catn(sprintf("<%s> after %s steps, learning rate %s", class(self)[[1L]], format(self$last_epoch),
        as_short_string(private$.last)))
      invisible(self)
    }
  ),

  private = list(
    .last = NULL,
    .made_by = NULL,

    .set = function(rates) {
      rates = unlist(rates)
      count = length(self$optimizer$param_groups)
      if (length(rates) != count || !test_numeric(rates, lower = 0, finite = TRUE, any.missing = FALSE)) {
        abort("argument", sprintf("`get_lr()` of schedule '%s' must return a number of at least 0 for each %s, not %s.",
          class(self)[[1L]], sprintf("parameter group (%i)", count), as_short_string(rates)))
      }
      set_learning_rates(self$optimizer, rates)
      private$.last = rates
      if (self$verbose) catn(sprintf("%s: learning rate %s", class(self)[[1L]], as_short_string(rates)))
    },

    # Of the fields that hold data; functions and the optimizer are made anew.
    .state_names = function() {
      fields = setdiff(ls(self), "optimizer")
      fields[!map_lgl(fields, function(field) is.function(self[[field]]) || is.environment(self[[field]]))]
    }
  )
)

assert_scheduled = function(optimizer) {
  if (!is_optimizer(optimizer)) {
    abort("argument", sprintf("The first argument of a schedule must be an optimizer, such as optim_adam(), not %s.",
      as_short_string(optimizer)), list(argument = "optimizer"))
  }
  optimizer
}

assert_last_epoch = function(last_epoch) {
  if (!test_int(last_epoch, lower = -1)) {
    abort("argument", sprintf("'last_epoch' must be a whole number of at least -1, not %s.",
      as_short_string(last_epoch)), list(argument = "last_epoch"))
  }
  last_epoch
}

learning_rates = function(optimizer) {
  map_dbl(optimizer$param_groups, "lr")
}

set_learning_rates = function(optimizer, rates) {
  groups = optimizer$param_groups
  optimizer$param_groups = map(seq_along(groups), function(i) insert_named(groups[[i]], list(lr = rates[[i]])))
}
