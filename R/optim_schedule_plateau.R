# The schedule that waits for a score to improve.

#' @title Reduce the Learning Rate on a Plateau
#'
#' @description
#' Multiplies the learning rates by `factor` when a number, such as a validation loss, has not improved for more than
#' `patience` steps. It is given to `$step(metrics)`.
#'
#' @param optimizer ([torch_optimizer])\cr
#'   The optimizer.
#' @param mode (`character(1)`)\cr
#'   Whether the number should fall (`"min"`) or rise (`"max"`).
#' @param factor (`numeric(1)`)\cr
#'   The factor of a reduction, less than 1.
#' @param patience (`integer(1)`)\cr
#'   The number of steps without improvement that are tolerated.
#' @param threshold (`numeric(1)`)\cr
#'   An improvement must be greater than this.
#' @param threshold_mode (`character(1)`)\cr
#'   Whether the threshold is a share of the best number (`"rel"`) or a difference (`"abs"`).
#' @param cooldown (`integer(1)`)\cr
#'   The number of steps after a reduction that are not counted.
#' @param min_lr (`numeric()`)\cr
#'   The lowest learning rate; one for all parameter groups or one for each.
#' @param eps (`numeric(1)`)\cr
#'   A smaller reduction is not made.
#' @param verbose (`logical(1)`)\cr
#'   Whether each step prints the rates.
#' @param ... (any)\cr
#'   Refused: an argument with another name is an error, which tells the nearest one.
#' @return A schedule, see [lr_scheduler()].
#' @family Schedule
#' @export
#' @examples
#' optimizer = optim_sgd(torch_zeros(1, requires_grad = TRUE), lr = 0.1)
#' schedule = lr_reduce_on_plateau(optimizer, patience = 1)
#' for (loss in c(3, 2, 2, 2)) schedule$step(loss)
#' schedule$get_last_lr()
lr_reduce_on_plateau = function(optimizer, mode = "min", factor = 0.1, patience = 10, threshold = 1e-4,
  threshold_mode = "rel", cooldown = 0, min_lr = 0, eps = 1e-8, verbose = FALSE) {
  settings = list(mode = mode, factor = factor, patience = patience, threshold = threshold,
    threshold_mode = threshold_mode, cooldown = cooldown, min_lr = min_lr, eps = eps)
  PlateauSchedule$new(optimizer, settings, verbose)
}

PlateauSchedule = R6Class("lr_reduce_on_plateau",
  inherit = LRScheduler,
  lock_objects = FALSE,
  cloneable = FALSE,
  public = list(
    counters = NULL,

    initialize = function(optimizer, settings, verbose) {
      self$optimizer = assert_scheduled(optimizer)
      check_plateau(settings, length(learning_rates(optimizer)))
      private$.settings = settings
      private$.last = learning_rates(optimizer)
      self$base_lrs = private$.last
      self$last_epoch = 0
      self$verbose = assert_flag(verbose)
    },

    step = function(metrics) {
      self$last_epoch = self$last_epoch + 1
      counters = count_plateau(self$counters, as_score(metrics), private$.settings)
      self$counters = counters[c("best", "bad", "cooldown")]
      if (counters$is_due) private$.set(self$get_lr())
      invisible(self)
    },

    get_lr = function() reduced_rates(learning_rates(self$optimizer), private$.settings)
  ),

  private = list(
    .settings = NULL
  )
)

# A number, or a tensor of one.
as_score = function(metrics) {
  score = if (inherits(metrics, "torch_tensor") && metrics$numel() == 1L) metrics$item() else metrics
  if (!test_number(score, na.ok = TRUE)) {
    abort("argument", sprintf("'metrics' must be a number, not %s.", as_short_string(metrics)),
      list(argument = "metrics"))
  }
  score
}

check_plateau = function(settings, groups) {
  fits = list(
    mode = test_choice(settings$mode, c("min", "max")),
    factor = test_number(settings$factor, lower = 0) && settings$factor < 1,
    patience = test_count(settings$patience),
    threshold = test_number(settings$threshold, finite = TRUE),
    threshold_mode = test_choice(settings$threshold_mode, c("rel", "abs")),
    cooldown = test_count(settings$cooldown),
    min_lr = test_numeric(settings$min_lr, lower = 0, finite = TRUE, any.missing = FALSE) &&
      length(settings$min_lr) %in% c(1L, groups),
    eps = test_number(settings$eps, lower = 0, finite = TRUE)
  )
  wrong = names(discard(fits, isTRUE))
  if (length(wrong)) {
    abort("argument", sprintf("lr_reduce_on_plateau(): '%s' cannot be %s; see its help for what it may be.",
      wrong[[1L]], as_short_string(settings[[wrong[[1L]]]])), list(argument = wrong[[1L]]))
  }
}

# `counters`: the `best` score, how many `bad` ones there were since, and how many steps of `cooldown` remain; `NULL`
# before the first score. Returns the next ones, and whether a reduction `is_due`.
count_plateau = function(counters, score, settings) {
  counters = counters %??% list(best = NULL, bad = 0L, cooldown = 0L)
  if (is_improvement(score, counters$best, settings)) {
    counters["best"] = list(score)
    counters$bad = 0L
  } else {
    counters$bad = counters$bad + 1L
  }
  if (counters$cooldown > 0L) {
    counters$cooldown = counters$cooldown - 1L
    counters$bad = 0L
  }
  counters$is_due = counters$bad > settings$patience
  if (counters$is_due) {
    counters$cooldown = settings$cooldown
    counters$bad = 0L
  }
  counters
}

# A score that is not a number is never an improvement.
is_improvement = function(score, best, settings) {
  if (is.na(score) || is.null(best)) {
    return(!is.na(score))
  }
  margin = if (settings$threshold_mode == "rel") settings$threshold * abs(best) else settings$threshold
  if (settings$mode == "min") score < best - margin else score > best + margin
}

reduced_rates = function(rates, settings) {
  reduced = pmax(rates * settings$factor, settings$min_lr)
  ifelse(rates - reduced > settings$eps, reduced, rates)
}
