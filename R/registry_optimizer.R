#' @title An Optimizer for a Learner
#'
#' @description
#' Names an optimizer of the C++ core and holds values for its parameters.
#' [t_opt()] gets one. In a learner the parameters appear as `opt.<name>`, so they can be tuned.
#' [mlr3libtorch_optimizers] lists them.
#'
#' Every optimizer has the parameter `param_groups`, for parameters of the network with separate settings.
#' It is a list of groups, each a list of `params` (a [selector][torch_selector], or names) and settings, such as
#' `list(list(params = select_grep("bias"), weight_decay = 0))`. A parameter that several groups choose is in the first
#' of them. A group that chooses none of the network's parameters is an error.
#' It can also be a function of the network's parameters (a named list of tensors) that returns such a list, in which
#' `params` are names, or some of the list's elements, each in only one group.
#' Parameters that no group chooses have the optimizer's settings.
#'
#' @param torch_optimizer (`character(1)` or `function`)\cr
#'   The name in the core's registry, such as `"adam"`, or the function of that name, such as [optim_adam()].
#' @param id (`character(1)`)\cr
#'   The id; the key unless given.
#' @param label (`character(1)`)\cr
#'   A readable name; the core's unless given.
#' @param packages (`character()`)\cr
#'   Packages that are needed.
#' @param man (`character(1)`)\cr
#'   The help page, as `"package::topic"`.
#'
#' @family Optimizer
#' @export
#' @examples
#' t_opt("adam", lr = 0.01)
#' t_opt("adamw", param_groups = list(
#'   list(params = select_grep("bias"), weight_decay = 0),
#'   list(params = select_grep("^head"), lr = 0.01)
#' ))
TorchOptimizer = R6Class("TorchOptimizer",
  inherit = TorchDescriptor,
  public = list(
    #' @description Makes an optimizer.
    initialize = function(torch_optimizer, id = NULL, label = NULL, packages = character(), man = NULL) {
      key = if (is.function(torch_optimizer)) optimizer_key(torch_optimizer) else torch_optimizer
      super$initialize("optimizer", key, id %??% key, label, packages,
        man %??% paste0("mlr3libtorch::mlr3libtorch_optimizers_", key))
    },

    #' @description An optimizer with these values for tensors, as [optim_adam()] makes it.
    #' @param params (`list()` of `torch_tensor`)\cr
    #'   The parameters, or groups of them.
    generate = function(params) {
      values = plain_elements_of(self$param_set$values)
      if (!is.null(values$param_groups)) {
        abort("config", sprintf("Optimizer '%s': 'param_groups' are those of a learner's network; give $generate() %s.",
          self$id, "groups of tensors, as in `list(list(params = ..., lr = 0.1))`"))
      }
      invoke(self$generator, params, .args = values)
    }
  ),

  active = list(
    #' @field generator (`function`)\cr
    #'   The function of this package that makes such optimizers, such as [optim_adam()]. Read-only.
    generator = function(rhs) {
      assert_read_only(rhs, "generator")
      get(paste0("optim_", self$key), envir = topenv())
    }
  ),

  private = list(
    # groups need the network's parameters, see `optimizer_request()`
    .arguments = function() self$param_set$values[setdiff(names(self$param_set$values), "param_groups")],

    .make_param_set = function(entry) {
      ps_union(list(super$.make_param_set(entry), ps(
        param_groups = p_uty(tags = "train",
          custom_check = crate(function(x) check_param_groups(x), .parent = topenv()))
      )))
    }
  )
)

#' @title Dictionary of Optimizers
#'
#' @format An object of class [mlr3misc::Dictionary].
#'
#' @description
#' The optimizers that the C++ core has registered, by key. [t_opt()] gets one.
#' `as.data.table()` lists key, label and packages.
#'
#' @section Optimizers:
#' `r mlr3libtorch:::list_entries(mlr3libtorch:::registry_entries("optimizer"), "mlr3libtorch_optimizers_")`
#'
#' @family Optimizer
#' @export
#' @examples
#' as.data.table(mlr3libtorch_optimizers)
mlr3libtorch_optimizers = R6Class("DictionaryMlr3libtorchOptimizers",
  inherit = Dictionary,
  cloneable = FALSE
)$new()

#' @export
as.data.table.DictionaryMlr3libtorchOptimizers = function(x, ...) {
  dictionary_table(x, "label", "packages")
}

#' @title Get an Optimizer
#'
#' @description
#' Gets one (`t_opt()`) or several (`t_opts()`) of the optimizers in [mlr3libtorch_optimizers].
#'
#' @param .key (`character(1)`)\cr
#'   The key. Without one, the dictionary is returned.
#' @param ... (any)\cr
#'   Values for parameters, or for the fields `id` and `label`.
#' @return A [TorchOptimizer]; `t_opts()` returns a list of them.
#' @family Optimizer
#' @export
#' @examples
#' t_opt("adam")
#' t_opt("sgd", lr = 0.1, momentum = 0.9)
t_opt = function(.key, ...) {
  if (missing(.key)) {
    return(mlr3libtorch_optimizers)
  }
  descriptor_by_key(mlr3libtorch_optimizers, .key, list(...), "optimizer")
}

#' @rdname t_opt
#' @param .keys (`character()`)\cr
#'   The keys.
#' @export
t_opts = function(.keys, ...) {
  if (missing(.keys)) {
    return(mlr3libtorch_optimizers)
  }
  set_names(map(assert_keys(.keys, "t_opts()"), t_opt, ...), .keys)
}

#' @title Convert to an Optimizer
#'
#' @description
#' Makes a [TorchOptimizer] from a key of [mlr3libtorch_optimizers], or from the function that makes such optimizers for
#' tensors.
#'
#' @param x (any)\cr
#'   A [TorchOptimizer], a key, or a function such as [optim_adam()].
#' @param clone (`logical(1)`)\cr
#'   Whether a [TorchOptimizer] is cloned.
#' @param ... (any)\cr
#'   For a key or a function: further arguments of [t_opt()].
#' @return A [TorchOptimizer].
#' @family Optimizer
#' @export
#' @examples
#' as_torch_optimizer("adam")
#' as_torch_optimizer(optim_sgd, lr = 0.1)
as_torch_optimizer = function(x, clone = FALSE, ...) {
  UseMethod("as_torch_optimizer")
}

#' @export
as_torch_optimizer.default = function(x, clone = FALSE, ...) {
  abort("argument", sprintf("An optimizer must be a TorchOptimizer, as from t_opt(), or the key of one, not %s.",
    as_short_string(x)))
}

#' @export
as_torch_optimizer.TorchOptimizer = function(x, clone = FALSE, ...) {
  if (isTRUE(clone)) x$clone(deep = TRUE) else x
}

#' @export
as_torch_optimizer.character = function(x, clone = FALSE, ...) {
  t_opt(x, ...)
}

#' @export
as_torch_optimizer.function = function(x, clone = FALSE, ...) t_opt(optimizer_key(x), ...)

# The key of the optimizer that one of this package's functions makes.
optimizer_key = function(x) {
  key = detect(names(registry_entries("optimizer")), function(key) {
    identical(x, get(paste0("optim_", key), envir = topenv()))
  })
  if (is.null(key)) {
    abort("argument", paste("The function is not one of the optimizers of learners, such as",
      "optim_adam; those that optimizer() makes step only in a loop of your own."))
  }
  key
}
