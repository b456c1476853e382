# L-BFGS, which needs the loss at several points within one step.

#' @title L-BFGS
#'
#' @description
#' Minimizes a loss by a quasi-Newton method with a limited memory, for a training loop of your own, as in
#' `optimizer$step(closure)`. It is for losses that are smooth and the same function in each call: all rows at once, no
#' dropout. A learner cannot use it, because its loop computes the loss once for a batch.
#'
#' One call of `$step()` makes up to `max_iter` iterations. Without a line search each has the length `lr`, so that the
#' loss can rise; `"strong_wolfe"` looks for a length that satisfies the strong Wolfe conditions.
#' Names, arguments, defaults and the rules for stopping are those of the R package torch and of PyTorch.
#'
#' @param params (`torch_tensor` or `list()` of them)\cr
#'   The parameters. There is one group only.
#' @param lr (`numeric(1)`)\cr
#'   Length of each iteration, or the first one that the line search tries. That of the very first iteration is divided
#'   by the sum of the absolute gradients if that is greater than 1.
#' @param max_iter (`integer(1)`)\cr
#'   The largest number of iterations of one step.
#' @param max_eval (`integer(1)` or `NULL`)\cr
#'   The number of calls of `closure` after which a step ends; `NULL` for 1.25 times `max_iter`.
#' @param tolerance_grad (`numeric(1)`)\cr
#'   A step ends when no element of the gradient is greater.
#' @param tolerance_change (`numeric(1)`)\cr
#'   A step ends when the loss, or every parameter, changes by less.
#' @param history_size (`integer(1)`)\cr
#'   The number of iterations that are remembered; each takes twice the memory of the parameters.
#' @param line_search_fn (`character(1)` or `NULL`)\cr
#'   `"strong_wolfe"`, or `NULL` for no line search.
#' @param ... (any)\cr
#'   Refused: an argument with another name is an error, which tells the nearest one.
#' @return An optimizer, see [optimizer()]. Its `$step(closure)` calls `closure`, which sets the gradients to zero,
#'   computes them, and returns the loss; it returns the loss before the step.
#' @section Errors:
#' A loss or a gradient that is not finite: `mlr3libtorch_error_diverged`; during a line search, such a point is only
#' passed over.
#' @references Nocedal and Wright (2006), Numerical Optimization, algorithms 3.5, 3.6 and 7.4.
#' @family Optimizer
#' @export
#' @examples
#' x = torch_tensor(c(-1.2, 1), requires_grad = TRUE)
#' optimizer = optim_lbfgs(x, line_search_fn = "strong_wolfe")
#' optimizer$step(function() {
#'   optimizer$zero_grad()
#'   loss = 100 * (x[2] - x[1]^2)^2 + (1 - x[1])^2
#'   loss$backward()
#'   loss
#' })
#' x
optim_lbfgs = function(params, lr = 1, max_iter = 20, max_eval = NULL, tolerance_grad = 1e-7, tolerance_change = 1e-9,
  history_size = 100, line_search_fn = NULL) {
  assert_number(lr, lower = 0, finite = TRUE)
  assert_count(max_iter, positive = TRUE)
  assert_count(max_eval, positive = TRUE, null.ok = TRUE)
  assert_number(tolerance_grad, lower = 0)
  assert_number(tolerance_change, lower = 0)
  assert_count(history_size, positive = TRUE)
  assert_choice(line_search_fn, "strong_wolfe", null.ok = TRUE)
  OptimLBFGS$new(params, list(lr = lr, max_iter = max_iter, max_eval = max_eval %??% ((max_iter * 5) %/% 4),
    tolerance_grad = tolerance_grad, tolerance_change = tolerance_change, history_size = history_size,
    line_search_fn = line_search_fn))
}

# A point of the line: `loss` as the closure returned it, `f` its number, `gradient`, `largest` element of that,
# `t` the length of the step, `slope` the loss's along the line.
OptimLBFGS = R6Class("optim_lbfgs",
  inherit = OptimizerInR,
  lock_objects = FALSE,
  cloneable = FALSE,
  public = list(
    initialize = function(params, settings) {
      super$initialize(params, settings)
      if (length(self$param_groups) != 1L) private$.refuse_groups()
    },

    add_param_group = function(param_group) private$.refuse_groups(),

    step = function(closure = NULL) {
      if (!is.function(closure)) {
        abort("argument", sprintf("optim_lbfgs(): `$step()` needs a function that %s, not %s.",
          "computes the gradients and returns the loss", as_short_string(closure)), list(argument = "closure"))
      }
      private$.count = 0
      group = self$param_groups[[1L]]
      memory = self$state$get(group$params[[1L]])
      if (!length(memory)) memory = list(func_evals = 0, n_iter = 0)
      start = private$.finite_point(closure)
      memory = with_no_grad(private$.iterate(closure, group, memory, start))
      memory$func_evals = memory$func_evals + private$.count
      self$state$set(group$params[[1L]], memory)
      invisible(start$loss)
    }
  ),

  private = list(
    # calls of the closure in this step
    .count = 0,

    .iterate = function(closure, group, memory, point) {
      iteration = 0
      while (iteration < group$max_iter && point$largest > group$tolerance_grad) {
        iteration = iteration + 1
        memory = lbfgs_direction(memory, point, group)
        point$t = 0
        point$slope = dot(point$gradient, memory$d)
        if (point$slope > -group$tolerance_change) break
        before = point$f
        point = private$.move(closure, group, memory, point, is_last = iteration == group$max_iter)
        memory$t = point$t
        moved = max_abs(memory$d) * abs(point$t)
        if (private$.count >= group$max_eval || moved <= group$tolerance_change) break
        if (abs(point$f - before) < group$tolerance_change) break
      }
      memory
    },

    # The point that the iteration ends at; the parameters are there afterwards.
    .move = function(closure, group, memory, start, is_last) {
      values = nn_utils_parameters_to_vector(group$params)
      go_to = function(t) nn_utils_vector_to_parameters(values + memory$d * t, group$params)
      if (is.null(group$line_search_fn)) {
        go_to(memory$t)
        # what nobody will look at is not computed
        end = if (is_last) start else private$.finite_point(closure)
        return(insert_named(end, list(t = memory$t)))
      }
      evaluate = function(t) {
        go_to(t)
        point = private$.point(closure)
        insert_named(point, list(t = t, slope = dot(point$gradient, memory$d)))
      }
      end = strong_wolfe(evaluate, start, memory$t, max_abs(memory$d))
      go_to(end$t)
      end
    },

    .point = function(closure) {
      loss = with_enable_grad(closure())
      private$.count = private$.count + 1
      f = if (inherits(loss, "torch_tensor") && loss$numel() == 1L) loss$item() else loss
      if (!is.numeric(f) || length(f) != 1L) {
        abort("argument", sprintf("optim_lbfgs(): the closure must return the loss, a tensor of one number, not %s.",
          as_short_string(loss)), list(argument = "closure"))
      }
      gradient = private$.gradient()
      largest = max_abs(gradient)
      if (!is.finite(f) || !is.finite(largest)) f = Inf
      list(loss = loss, f = f, gradient = gradient, largest = largest)
    },

    .finite_point = function(closure) {
      point = private$.point(closure)
      if (is.infinite(point$f)) {
        abort("diverged", paste("optim_lbfgs(): the loss or its gradient is not a finite number; start elsewhere,",
          "lower 'lr', or use `line_search_fn = \"strong_wolfe\"`."))
      }
      point
    },

    .gradient = function() {
      params = self$param_groups[[1L]]$params
      if (every(params, function(param) is.null(param$grad))) {
        abort("argument", "optim_lbfgs(): no parameter has a gradient; the closure must call `loss$backward()`.",
          list(argument = "closure"))
      }
      nn_utils_parameters_to_vector(map(params, function(param) {
        if (is.null(param$grad)) torch_zeros_like(param) else param$grad$detach()
      }))
    },

    .refuse_groups = function() {
      abort("config", "optim_lbfgs() has one parameter group only; give it all parameters in one list.")
    }
  )
)

dot = function(x, y) x$dot(y)$item()

max_abs = function(x) x$abs()$max()$item()

# With the direction `d` of the next iteration and the length `t` that is tried first.
lbfgs_direction = function(memory, point, group) {
  memory$n_iter = memory$n_iter + 1
  if (memory$n_iter == 1) {
    memory$d = -point$gradient
    memory$t = min(1, 1 / point$gradient$abs()$sum()$item()) * group$lr
  } else {
    memory = remember_step(memory, point$gradient, group$history_size)
    memory$d = two_loops(memory, point$gradient)
    memory$t = group$lr
  }
  memory$prev_flat_grad = point$gradient
  memory
}

# Changes of gradients are in `old_dirs`, those of parameters in `old_stps`, the inverse of their products in `ro`.
remember_step = function(memory, gradient, history_size) {
  change = gradient - memory$prev_flat_grad
  moved = memory$d * memory$t
  product = dot(change, moved)
  # else the curvature along the step is not positive, and the next direction could lead upwards
  if (product > 1e-10) {
    memory$old_dirs = utils::tail(c(memory$old_dirs, list(change)), history_size)
    memory$old_stps = utils::tail(c(memory$old_stps, list(moved)), history_size)
    memory$ro = utils::tail(c(memory$ro, 1 / product), history_size)
    memory$H_diag = product / dot(change, change)
  }
  memory
}

# Minus the gradient times the inverse of the Hessian, as far as the remembered iterations tell it.
two_loops = function(memory, gradient) {
  direction = -gradient
  along = numeric(length(memory$ro))
  for (i in rev(seq_along(memory$ro))) {
    along[[i]] = dot(memory$old_stps[[i]], direction) * memory$ro[[i]]
    direction = direction - memory$old_dirs[[i]] * along[[i]]
  }
  direction = direction * (memory$H_diag %??% 1)
  for (i in seq_along(memory$ro)) {
    beyond = along[[i]] - dot(memory$old_dirs[[i]], direction) * memory$ro[[i]]
    direction = direction + memory$old_stps[[i]] * beyond
  }
  direction
}

# PyTorch's numbers: the share of the expected decrease that is enough, that of the slope that is small enough, the
# smallest bracket, and the most tries.
wolfe = list(decrease = 1e-4, slope = 0.9, width = 1e-9, tries = 25L)

# `evaluate`: gives the point at a length; `size`: the largest element of the direction.
strong_wolfe = function(evaluate, start, t, size) {
  found = bracket_minimum(evaluate, start, t)
  if (length(found$points) == 1L) found$points[[1L]] else zoom(evaluate, start, found$points, found$tries, size)
}

is_too_high = function(point, start) point$f > start$f + wolfe$decrease * point$t * start$slope

is_flat_enough = function(point, start) abs(point$slope) <= -wolfe$slope * start$slope

# One point that satisfies the conditions, or two with such a point between them.
bracket_minimum = function(evaluate, start, t) {
  previous = start
  point = evaluate(t)
  for (tries in seq_len(wolfe$tries) - 1L) {
    if (is_too_high(point, start) || (tries > 1L && point$f >= previous$f)) {
      return(list(points = list(previous, point), tries = tries))
    }
    if (is_flat_enough(point, start)) {
      return(list(points = list(point)))
    }
    if (point$slope >= 0) {
      return(list(points = list(previous, point), tries = tries))
    }
    t = cubic_minimum(previous, point, c(point$t + 0.01 * (point$t - previous$t), 10 * point$t))
    previous = point
    point = evaluate(t)
  }
  list(points = list(start, point), tries = wolfe$tries)
}

zoom = function(evaluate, start, points, tries, size) {
  lower = function(points) if (points[[1L]]$f <= points[[2L]]$f) 1L else 2L
  low = lower(points)
  near_end = FALSE
  while (tries < wolfe$tries && abs(points[[2L]]$t - points[[1L]]$t) * size >= wolfe$width) {
    trial = trial_length(points, near_end)
    near_end = trial$near_end
    point = evaluate(trial$t)
    tries = tries + 1L
    if (is_too_high(point, start) || point$f >= points[[low]]$f) {
      points[[3L - low]] = point
      low = lower(points)
      next
    }
    if (is_flat_enough(point, start)) {
      return(point)
    }
    if (point$slope * (points[[3L - low]]$t - points[[low]]$t) >= 0) points[[3L - low]] = points[[low]]
    points[[low]] = point
  }
  points[[low]]
}

# A length so close to an end that the bracket would hardly shrink is allowed once, then it is moved inwards.
trial_length = function(points, was_near_end) {
  ends = range(points[[1L]]$t, points[[2L]]$t)
  t = cubic_minimum(points[[1L]], points[[2L]], ends)
  margin = 0.1 * diff(ends)
  near_end = min(ends[[2L]] - t, t - ends[[1L]]) < margin
  if (near_end && (was_near_end || t >= ends[[2L]] || t <= ends[[1L]])) {
    t = if (abs(t - ends[[2L]]) < abs(t - ends[[1L]])) ends[[2L]] - margin else ends[[1L]] + margin
    near_end = FALSE
  }
  list(t = t, near_end = near_end)
}

# Where the cubic with the points' values and slopes is least, within `ends`; their middle if there is no such place.
cubic_minimum = function(a, b, ends) {
  if (a$t > b$t) {
    return(cubic_minimum(b, a, ends))
  }
  middle = a$slope + b$slope - 3 * (a$f - b$f) / (a$t - b$t)
  square = middle^2 - a$slope * b$slope
  root = if (isTRUE(square >= 0)) sqrt(square) else NaN
  t = b$t - (b$t - a$t) * (b$slope + root - middle) / (b$slope - a$slope + 2 * root)
  if (is.finite(t)) min(max(t, ends[[1L]]), ends[[2L]]) else mean(ends)
}
