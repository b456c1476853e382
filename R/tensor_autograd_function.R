# Calculations whose derivative is written in R.

#' Functions with a derivative of one's own
#'
#' @description
#' `autograd_function()` makes a function of tensors from one that computes it and one that computes its gradients.
#'
#' `forward(ctx, ...)` runs without recording and returns a tensor or a list of tensors. What it hands to
#' `ctx$save_for_backward(name = )` is found by `backward()` in the list `ctx$saved_variables`.
#' `backward(ctx, ...)` gets one gradient for each result, of zeros where nothing was computed from it, and returns a
#' list of the gradients of the arguments, by their names; those that are missing or `NULL` are zero.
#' `ctx$needs_input_grad` is a list that says which are needed. Other values can be kept as fields of `ctx`, such as
#' `ctx$n = 3`. Results given to `ctx$mark_non_differentiable()` have no gradient, nor have those of whole numbers: for
#' them `backward()` gets `NULL`. Arguments that `forward()` changes in place are given to `ctx$mark_dirty()` and are
#' among the results; their gradient then comes from `backward()`, too.
#'
#' Gradients of gradients go through what `backward()` computes from its arguments and from saved inputs, not through
#' saved results.
#' @param forward (`function(ctx, ...)`)\cr
#'   What the function computes.
#' @param backward (`function(ctx, ...)`)\cr
#'   Its gradients.
#' @return (`function`) With the arguments of `forward` but `ctx`.
#' @section Errors:
#' An error in `backward()`: `mlr3libtorch_error_function`. Gradients on other devices than the CPU, which LibTorch
#' computes on threads of its own, cannot come from R: `mlr3libtorch_error_function`. A tensor of `ctx$mark_dirty()`
#' that is not an argument or not returned: `mlr3libtorch_error_argument`; one that requires a gradient itself, such as
#' a parameter, or that is a view: `mlr3libtorch_error_tensor`.
#' @family Tensor
#' @examples
#' cube = autograd_function(
#'   forward = function(ctx, x) {
#'     ctx$save_for_backward(x = x)
#'     x^3
#'   },
#'   backward = function(ctx, grad_output) list(x = 3 * ctx$saved_variables$x^2 * grad_output)
#' )
#' x = torch_tensor(2, requires_grad = TRUE)
#' cube(x)$backward()
#' x$grad
#' @export
autograd_function = function(forward, backward) {
  assert_function_of_context(forward, "forward")
  assert_function_of_context(backward, "backward")
  own_arguments = setdiff(names(formals(forward)), "ctx")
  function(...) {
    arguments = named_arguments(list(...), own_arguments)
    tracked = keep(arguments, is_tracked)
    ctx = AutogradContext$new(names(arguments), names(tracked))
    results = with_no_grad(invoke(forward, ctx = ctx, .args = arguments))
    is_single = inherits(results, "torch_tensor")
    results = as_tensor_list(results, "forward")
    ctx$check_dirty(arguments, results)
    if (length(tracked) > 0L && is_grad_enabled()) {
      is_recorded = !map_lgl(results, ctx$is_non_differentiable)
      outputs = replace(results, !is_recorded, list(NULL))
      backward_of_call = backward_call(backward, ctx, union(names(arguments), own_arguments), names(tracked))
      is_changed = map_lgl(results, ctx$is_dirty)
      ctx$forget_dirty()
      recorded = core_autograd_record(unname(tracked), outputs, as.list(is_changed), backward_of_call)
      is_new = is_recorded & !is_changed
      results[is_new] = recorded[is_new]
    }
    if (is_single) results[[1L]] else results
  }
}

# The function that LibTorch keeps. It is made here and not where it is used, since what it sees must not include the
# results, which would then keep themselves alive.
backward_call = function(backward, ctx, arguments, needed) {
  function(gradients) gradients_or_message(backward, ctx, gradients, arguments, needed)
}

is_tracked = function(x) inherits(x, "torch_tensor") && core_tensor_get(x, "requires_grad")

is_grad_enabled = function() {
  enabled = core_grad_mode(FALSE)
  core_grad_mode(enabled)
  enabled
}

assert_function_of_context = function(f, name) {
  if (!is.function(f) || names(formals(f))[1L] %nin% "ctx") {
    abort("argument", sprintf("'%s' must be a function whose first argument is 'ctx'.", name), list(argument = name))
  }
}

# Arguments by position get the names of the arguments that are left.
named_arguments = function(arguments, own) {
  given = names2(arguments, "")
  unnamed = which(given == "")
  free = setdiff(own, c(given, "..."))
  if (length(unnamed) > length(free)) free = c(free, sprintf("argument_%i", seq_along(unnamed)))
  given[unnamed] = free[seq_along(unnamed)]
  set_names(arguments, given)
}

# The gradients of the arguments `needed`, or a sentence about why there are none: a condition must not leave R here.
gradients_or_message = function(backward, ctx, gradients, arguments, needed) {
  tryCatch({
    answer = invoke(backward, ctx, .args = gradients)
    if (inherits(answer, "torch_tensor")) answer = list(answer)
    if (!is.list(answer)) stop("it must return a list of tensors.")
    if (is.null(names(answer)) && length(answer) == length(needed)) names(answer) = needed
    if (length(answer) && (is.null(names(answer)) || any(names(answer) %nin% arguments))) {
      stop(sprintf("it must return a list with the names of the arguments, %s.", toString(arguments)))
    }
    unname(map(set_names(needed), function(name) answer[[name]]))
  }, error = function(condition) {
    sprintf("The `backward` of an autograd_function() failed: %s", condition_text(condition))
  }, interrupt = function(condition) "The `backward` of an autograd_function() was interrupted.")
}

# What `forward()` leaves for `backward()`.
AutogradContext = R6Class("AutogradContext",
  cloneable = FALSE,
  lock_objects = FALSE,
  public = list(
    needs_input_grad = NULL,
    initialize = function(argument_names, tracked) {
      self$needs_input_grad = set_names(as.list(argument_names %in% tracked), argument_names)
    },
    save_for_backward = function(...) {
      private$.saved = list(...)
      invisible(self)
    },
    mark_non_differentiable = function(...) {
      private$.non_differentiable = list(...)
      invisible(self)
    },
    is_non_differentiable = function(x) some(private$.non_differentiable, identical, x),
    mark_dirty = function(...) {
      private$.dirty = list(...)
      invisible(self)
    },
    is_dirty = function(x) some(private$.dirty, identical, x),
    check_dirty = function(arguments, results) {
      walk(private$.dirty, function(tensor) {
        if (!some(arguments, identical, tensor) || !some(results, identical, tensor)) {
          abort("argument", "autograd_function(): mark_dirty() takes arguments of `forward` that it also returns.")
        }
      })
    },
    # A result with this history would keep itself alive.
    forget_dirty = function() {
      private$.saved = map(private$.saved, function(value) if (self$is_dirty(value)) value$detach() else value)
      private$.dirty = list()
    }
  ),
  active = list(
    saved_variables = function(rhs) {
      assert_read_only(rhs, "saved_variables")
      private$.saved
    }
  ),
  private = list(.saved = list(), .non_differentiable = list(), .dirty = list())
)

#' Gradients of several tensors
#'
#' @description
#' Adds the derivatives of the sum of `tensors` to `$grad` of the tensors that they were computed from.
#' @param tensors (`torch_tensor` or `list()` of them)\cr
#'   What is differentiated.
#' @param grad_tensors (`NULL`, `torch_tensor` or `list()` of them)\cr
#'   What each tensor's derivative is multiplied by; `NULL` for a tensor of one number.
#' @param retain_graph (`logical(1)`)\cr
#'   Whether what was recorded is kept for another call.
#' @param create_graph (`logical(1)`)\cr
#'   Whether the gradients can be differentiated again.
#' @return Nothing.
#' @family Tensor
#' @examples
#' x = torch_tensor(2, requires_grad = TRUE)
#' autograd_backward(list(x^2, 3 * x))
#' x$grad
#' @export
autograd_backward = function(tensors, grad_tensors = NULL, retain_graph = create_graph, create_graph = FALSE) {
  tensors = as_tensor_list(tensors, "tensors")
  if (inherits(grad_tensors, "torch_tensor")) grad_tensors = list(grad_tensors)
  gradients = grad_tensors %??% vector("list", length(tensors))
  if (length(gradients) != length(tensors)) {
    abort("argument", sprintf("'grad_tensors' must be as many as 'tensors', %i.", length(tensors)),
      list(argument = "grad_tensors"))
  }
  core_autograd_backward(tensors, gradients, retain_graph, create_graph)
  invisible(NULL)
}
