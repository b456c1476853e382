# Optimizers whose update is written in R.

#' @title An Optimizer of Your Own
#'
#' @description
#' `optimizer()` makes a function that makes optimizers, whose updates are written in R. They are slower than
#' [optim_adam()] and the like, and cannot be used in a learner.
#'
#' @section Methods:
#' An optimizer is an [R6::R6Class] object. Its methods can use:
#' * `self$param_groups`: a list of groups; `params` of a group is a list of tensors, the rest are settings.
#' * `self$state$get(param)` and `self$state$set(param, value)`: what is remembered of a tensor of `param_groups`, a
#'   list, or `NULL` at first. It belongs to `$state_dict()`.
#' * `private$step_helper(closure, loop_fun)`: calls `loop_fun(group, param, g, p)` for each tensor that has a gradient,
#'   without recording for gradients; `g` and `p` are positions of group and tensor. Returns what `closure` returns.
#' * `super$initialize(params, defaults)`: `defaults` are settings for groups that do not have their own. One that is
#'   `optim_required()` must be given by each group.
#'
#' Besides, optimizers have the methods of [torch_optimizer].
#'
#' @param name (`character(1)`)\cr
#'   The class of the optimizers.
#' @param inherit (`function` or [R6::R6Class])\cr
#'   Another optimizer, made by `optimizer()`, whose methods these have, too.
#' @param ... (any)\cr
#'   Methods and fields by name: `initialize = function(params, ...) ...` and `step = function(closure = NULL) ...`.
#' @param private (named `list()`)\cr
#'   Private methods and fields.
#' @param active (named `list()`)\cr
#'   Active fields.
#' @param parent_env (`environment`)\cr
#'   Where the methods find other objects.
#' @return (`function`) Takes the arguments of `initialize()` and returns an optimizer.
#' @family Optimizer
#' @export
#' @examples
#' optim_plain = optimizer("optim_plain",
#'   initialize = function(params, lr = 0.1) super$initialize(params, list(lr = lr)),
#'   step = function(closure = NULL) {
#'     private$step_helper(closure, function(group, param, g, p) param$sub_(group$lr * param$grad))
#'   }
#' )
#' x = torch_tensor(c(1, 2), requires_grad = TRUE)
#' optimizer = optim_plain(x)
#' optimizer$step(function() {
#'   optimizer$zero_grad()
#'   loss = (x^2)$sum()
#'   loss$backward()
#'   loss
#' })
#' x
optimizer = function(name = NULL, inherit = OptimizerInR, ..., private = NULL, active = NULL,
  parent_env = parent.frame()) {
  class_function("optimizer_generator", "optimizer()", name, inherit, list(...), parent_env, private = private,
    active = active)
}

#' @rdname optimizer
#' @export
optim_required = function() structure(list(), class = "optim_required")

# The parent of all.
OptimizerInR = R6Class("torch_Optimizer",
  lock_objects = FALSE,
  cloneable = FALSE,
  public = list(
    param_groups = list(),
    defaults = NULL,
    state = NULL,

    initialize = function(params, defaults) {
      self$defaults = assert_list(defaults, names = "unique")
      self$state = TensorNotes$new()
      private$.add(as_tensor_groups(params, list()))
    },

    add_param_group = function(param_group) {
      count = length(private$.tensors())
      private$.add(list(as_tensor_group(param_group, length(self$param_groups) + 1L, list(), count)))
    },

    step = function(closure = NULL) {
      abort("argument", sprintf("The optimizer '%s' has no method `step()`.", class(self)[[1L]]))
    },

    zero_grad = function(set_to_none = FALSE) {
      assert_flag(set_to_none)
      with_no_grad(walk(private$.tensors(), function(tensor) {
        if (set_to_none) tensor$grad = NULL
        if (!is.null(tensor$grad)) tensor$grad$zero_()
      }))
    },

    state_dict = function() {
      last = 0L
      groups = map(unname(self$param_groups), function(group) {
        group$params = last + seq_along(group$params)
        last <<- last + length(group$params)
        group
      })
      list(param_groups = groups, state = map(unname(private$.tensors()), self$state$get))
    },

    load_state_dict = function(state_dict) {
      tensors = private$.tensors()
      counts = if (is.list(state_dict)) map_int(state_dict$param_groups, function(group) length(group$params))
      if (!identical(counts, map_int(unname(self$param_groups), function(group) length(group$params)))) {
        abort("state", "This optimizer state cannot be loaded: its parameter groups have other parameters.")
      }
      iwalk(state_dict$param_groups, function(group, i) {
        self$param_groups[[i]] = insert_named(group, list(params = self$param_groups[[i]]$params))
      })
      walk(seq_along(tensors), function(i) self$state$set(tensors[[i]], map_if_tensor(state_dict$state[[i]])))
      invisible(self)
    },

    print = function(...) {
      catn(sprintf("<%s>: %i parameter groups, %i parameters", class(self)[[1L]], length(self$param_groups),
        length(private$.tensors())))
      invisible(self)
    }
  ),

  private = list(
    step_helper = function(closure, loop_fun) {
      loss = if (!is.null(closure)) with_enable_grad(closure())
      with_no_grad(iwalk(self$param_groups, function(group, g) {
        walk(seq_along(group$params), function(p) {
          param = group$params[[p]]
          if (!is.null(param$grad)) loop_fun(group, param, g, p)
        })
      }))
      invisible(loss)
    },

    .tensors = function() unlist(map(unname(self$param_groups), "params"), recursive = FALSE),

    .add = function(groups) {
      assert_leaves(unlist(map(groups, "params"), recursive = FALSE))
      walk(groups, function(group) {
        settings = insert_named(self$defaults, group$settings)
        missing = names(keep(settings, inherits, what = "optim_required"))
        if (length(missing)) {
          abort_missing_parameter(class(self)[[1L]], missing[[1L]], "give it to the optimizer, or to each group")
        }
        self$param_groups = c(self$param_groups, list(c(list(params = group$params), settings)))
      })
      invisible(self)
    }
  )
)

# What an optimizer remembers of its tensors, which are told apart by their handles.
TensorNotes = R6Class("TensorNotes",
  cloneable = FALSE,
  public = list(
    get = function(param) private$.notes[[address(param)]],
    set = function(param, value) {
      private$.notes[[address(param)]] = value
      invisible(self)
    }
  ),
  private = list(.notes = list())
)

map_if_tensor = function(values) {
  map(values, function(value) if (inherits(value, "torch_tensor")) value$clone() else value)
}

assert_leaves = function(tensors) {
  iwalk(tensors, function(tensor, name) {
    if (!tensor$is_leaf) {
      abort("config", sprintf("Parameter '%s' cannot be optimized: it is computed from other tensors.", name),
        list(parameter = name))
    }
  })
}
