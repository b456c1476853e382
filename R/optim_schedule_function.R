# Schedules that are functions of the user's.

#' @title Learning Rates by a Function
#'
#' @name lr_lambda
#' @description
#' `lr_lambda()` multiplies the rates that the optimizer started with by a function of the number of steps,
#' `lr_multiplicative()` the current rates, except before the first step.
#'
#' @param optimizer ([torch_optimizer])\cr
#'   The optimizer.
#' @param lr_lambda (`function` or `list()` of them)\cr
#'   Gets the number of steps and returns the factor; a list has one for each parameter group.
#' @param last_epoch (`integer(1)`)\cr
#'   The step after which the schedule starts; -1 starts at its beginning.
#' @param verbose (`logical(1)`)\cr
#'   Whether each step prints the rates.
#' @param ... (any)\cr
#'   Refused: an argument with another name is an error, which tells the nearest one.
#' @return A schedule, see [lr_scheduler()].
#' @family Schedule
#' @export
#' @examples
#' optimizer = optim_sgd(torch_zeros(1, requires_grad = TRUE), lr = 0.1)
#' schedule = lr_lambda(optimizer, function(epoch) 0.95^epoch)
#' schedule$step()
#' schedule$get_last_lr()
lr_lambda = function(optimizer, lr_lambda, last_epoch = -1, verbose = FALSE) {
  schedule = ScheduleByFunction$new("lr_lambda", optimizer, lr_lambda, last_epoch, verbose)
  remember_arguments(schedule, sys.function(), list(lr_lambda = lr_lambda, last_epoch = last_epoch, verbose = verbose))
}

#' @rdname lr_lambda
#' @export
lr_multiplicative = function(optimizer, lr_lambda, last_epoch = -1, verbose = FALSE) {
  schedule = ScheduleByFunction$new("lr_multiplicative", optimizer, lr_lambda, last_epoch, verbose)
  remember_arguments(schedule, sys.function(), list(lr_lambda = lr_lambda, last_epoch = last_epoch, verbose = verbose))
}

ScheduleByFunction = R6Class("ScheduleByFunction",
  inherit = LRScheduler,
  lock_objects = FALSE,
  cloneable = FALSE,
  public = list(
    lr_lambda = NULL,

    initialize = function(name, optimizer, lr_lambda, last_epoch, verbose) {
      class(self) = c(name, class(self))
      problem = check_lr_lambda(lr_lambda)
      if (!isTRUE(problem)) {
        abort("argument", sprintf("%s(): 'lr_lambda' %s.", name, problem), list(argument = "lr_lambda"))
      }
      self$lr_lambda = lr_lambda
      super$initialize(optimizer, last_epoch, verbose)
    },

    get_lr = function() {
      if (inherits(self, "lr_lambda")) {
        return(self$base_lrs * private$.factors())
      }
      rates = learning_rates(self$optimizer)
      if (self$last_epoch > 0) rates * private$.factors() else rates
    }
  ),

  private = list(
    .factors = function() lr_factors(self$lr_lambda, self$last_epoch, length(self$base_lrs), class(self)[[1L]]),

    # A list of functions is not data either.
    .state_names = function() setdiff(super$.state_names(), "lr_lambda")
  )
)

# One for each parameter group.
lr_factors = function(functions, epoch, groups, where) {
  functions = if (is.function(functions)) list(functions) else functions
  if (length(functions) %nin% c(1L, groups)) {
    abort("invalid_callback", sprintf("%s: 'lr_lambda' has %i functions, but the optimizer has %i parameter groups.",
      where, length(functions), groups))
  }
  rep_len(map_dbl(functions, lr_factor, epoch = epoch, where = where), groups)
}

lr_factor = function(f, epoch, where) {
  factor = f(epoch)
  if (!test_number(factor, lower = 0, finite = TRUE)) {
    abort("invalid_callback", sprintf("%s: 'lr_lambda' must return a number of at least 0; for epoch %i it %s.", where,
      as.integer(epoch), paste("returned", as_short_string(factor))))
  }
  factor
}

# TRUE, or what is wrong with the parameter.
check_lr_lambda = function(x) {
  functions = if (is.function(x)) list(x) else x
  if (is.list(functions) && length(functions) && all(map_lgl(functions, test_function, nargs = 1L))) {
    return(TRUE)
  }
  sprintf("must be a function of the epoch, or a list with one for each parameter group, not %s", as_short_string(x))
}
