#' @title A Loss for a Learner
#'
#' @description
#' Names a loss of the C++ core and holds values for its parameters.
#' [t_loss()] gets one. In a learner the parameters appear as `loss.<name>`, so they can be tuned.
#' [mlr3libtorch_losses] lists them.
#'
#' @param torch_loss (`character(1)` or `nn_module_generator`)\cr
#'   The name in the core's registry, such as `"mse"`, or what [nn_module()] returns. The module's `forward` gets the
#'   network's output and the truth, and returns one number, or one for each row. Its weights would not be trained.
#' @param id (`character(1)`)\cr
#'   The id; the key, or the module's class, unless given.
#' @param label (`character(1)`)\cr
#'   A readable name; the core's unless given.
#' @param packages (`character()`)\cr
#'   Packages that are needed.
#' @param man (`character(1)`)\cr
#'   The help page, as `"package::topic"`.
#' @param task_types (`character()`)\cr
#'   The types of tasks that the loss fits; those that the core has registered unless given.
#' @param param_set ([paradox::ParamSet] or `NULL`)\cr
#'   For a module: the parameters that are passed to `initialize`; unless given, one of any type for each argument.
#'
#' @family Loss
#' @export
#' @examples
#' loss = t_loss("cross_entropy", class_weight = c(1, 2))
#' loss$task_types
TorchLoss = R6Class("TorchLoss",
  inherit = TorchDescriptor,
  public = list(
    #' @description Makes a loss.
    initialize = function(torch_loss, task_types = NULL, param_set = NULL, id = NULL, label = NULL,
      packages = character(), man = NULL) {
      is_module = inherits(torch_loss, "nn_module_generator")
      key = if (is_module) "fn" else torch_loss
      name = if (is_module) attr(torch_loss, "definition")$classes[1L] %??% "module" else key
      super$initialize("loss", key, id %??% name, label %??% if (is_module) name, packages,
        man %??% paste0("mlr3libtorch::mlr3libtorch_losses_", key))
      if (!is.null(task_types)) self$task_types = task_types
      if (is_module) private$.set_generator(torch_loss, param_set)
    },

    #' @description The loss with its values as a [module][nn_module], a function of the network's output and the truth
    #'   that returns a scalar.
    #' @param task ([mlr3::Task] or `NULL`)\cr
    #'   Not used.
    generate = function(task = NULL) {
      if (is.null(private$.module_generator)) {
        return(registered_loss(self$key, plain_elements_of(self$param_set$values)))
      }
      values = private$.module_values()
      check_generator_arguments(generator_arguments(private$.module_generator), names(values),
        sprintf("Loss '%s'", self$id))
      untrained_loss(invoke(private$.module_generator, .args = values))
    }
  ),

  active = list(
    #' @field task_types (`character()`)\cr
    #'   The types of tasks that the loss fits.
    task_types = function(rhs) {
      if (!missing(rhs)) {
        private$.tags = check_task_types(rhs, self$id)
      }
      private$.tags
    },
    #' @field generator (`function`)\cr
    #'   Makes such modules from values of the parameters. Read-only.
    generator = function(rhs) {
      assert_read_only(rhs, "generator")
      key = self$key
      private$.module_generator %??% function(...) t_loss(key, ...)$generate()
    }
  ),

  private = list(
    .module_generator = NULL,
    .module_params = NULL,

    # Parameters of the core's loss that a module's arguments do not stand for stay.
    .set_generator = function(generator, param_set) {
      own = assert_r6(param_set %??% constructor_param_set(as.list(generator_arguments(generator))), "ParamSet",
        .var.name = "param_set")
      private$.module_generator = generator
      private$.module_params = own$ids()
      rest = setdiff(self$param_set$ids(), c("fn", own$ids()))
      self$param_set = ps_union(list(own, self$param_set$subset(rest)))
      if (!any(map_lgl(generator_arguments(generator), is_empty_symbol))) self$generate()
    },

    .module_values = function() self$param_set$values[intersect(names(self$param_set$values), private$.module_params)],

    # `makes`: whether a module is made, for which a value may be missing as yet.
    .arguments = function(makes = TRUE) {
      values = self$param_set$values
      if (is.null(private$.module_generator)) {
        return(values)
      }
      c(values[setdiff(names(values), private$.module_params)], list(fn = if (makes) self$generate() else identity))
    },

    .identity = function() {
      if (is.null(private$.module_generator)) self$key else setting_text(hashable(private$.module_generator))
    },

    .print_more = function() catn(str_indent("* Task Types:", self$task_types))
  )
)

# A module without weights, since nothing would train them.
untrained_loss = function(module) {
  if (length(module$parameters)) {
    abort("config", sprintf("The loss %s has the parameter '%s', which a learner would not train; %s.",
      class(module)[[1L]], names(module$parameters)[[1L]],
      "keep it as an nn_buffer(), or make it a part of the network"))
  }
  module
}

check_task_types = function(task_types, id) {
  if (!test_character(task_types, any.missing = FALSE, min.len = 1L, unique = TRUE)) {
    abort("argument", sprintf("Loss '%s': 'task_types' must be types of tasks such as 'regr', not %s.", id,
      as_short_string(task_types)))
  }
  known = mlr_reflections$task_types$type
  unknown = setdiff(task_types, known)
  if (length(unknown)) {
    abort_unknown("unknown_name", sprintf("Loss '%s': there is no type of tasks '%s'.", id, unknown[[1L]]),
      unknown[[1L]], known)
  }
  task_types
}

# Keys of the losses that fit a type of tasks.
losses_of = function(task_type) {
  names(keep(registry_entries("loss"), function(entry) task_type %in% entry$tags))
}

#' @title Dictionary of Losses
#'
#' @format An object of class [mlr3misc::Dictionary].
#'
#' @description
#' The losses that the C++ core has registered, by key. [t_loss()] gets one.
#' `as.data.table()` lists key, label, task types and packages.
#'
#' @section Losses:
#' `r mlr3libtorch:::list_entries(mlr3libtorch:::registry_entries("loss"), "mlr3libtorch_losses_")`
#'
#' @family Loss
#' @export
#' @examples
#' as.data.table(mlr3libtorch_losses)
mlr3libtorch_losses = R6Class("DictionaryMlr3libtorchLosses",
  inherit = Dictionary,
  cloneable = FALSE
)$new()

#' @export
as.data.table.DictionaryMlr3libtorchLosses = function(x, ...) {
  dictionary_table(x, "label", c("task_types", "packages"))
}

#' @title Get a Loss
#'
#' @description
#' Gets one (`t_loss()`) or several (`t_losses()`) of the losses in [mlr3libtorch_losses].
#'
#' @param .key (`character(1)`)\cr
#'   The key. Without one, the dictionary is returned.
#' @param ... (any)\cr
#'   Values for parameters, or for the fields `id`, `label` and `task_types`.
#' @return A [TorchLoss]; `t_losses()` returns a list of them.
#' @family Loss
#' @export
#' @examples
#' t_loss("mse")
#' t_loss("cross_entropy", reduction = "sum")
#' # your own loss: one number for each row
#' t_loss("fn", fn = function(y_hat, y) torch_abs(y_hat - y)$sqrt())
t_loss = function(.key, ...) {
  if (missing(.key)) {
    return(mlr3libtorch_losses)
  }
  descriptor_by_key(mlr3libtorch_losses, .key, list(...), "loss", "task_types")
}

#' @rdname t_loss
#' @param .keys (`character()`)\cr
#'   The keys.
#' @export
t_losses = function(.keys, ...) {
  if (missing(.keys)) {
    return(mlr3libtorch_losses)
  }
  set_names(map(assert_keys(.keys, "t_losses()"), t_loss, ...), .keys)
}

#' @title Convert to a Loss
#'
#' @description
#' Makes a [TorchLoss] from a key of [mlr3libtorch_losses], or from a module such as [nn_mse_loss()].
#'
#' A module, or a generator of modules, that is one of the core's losses with its defaults becomes that loss, which is
#' fast. Others run in R for each batch: `forward` gets the network's output and the truth, and returns one number, or
#' one for each row.
#'
#' @param x (any)\cr
#'   A [TorchLoss], a key, a [module][nn_module] or its generator.
#' @param clone (`logical(1)`)\cr
#'   Whether a [TorchLoss] is cloned.
#' @param ... (any)\cr
#'   For a key: further arguments of [t_loss()].
#' @return A [TorchLoss].
#' @family Loss
#' @export
#' @examples
#' as_torch_loss("mse")
#' as_torch_loss(nn_l1_loss)
as_torch_loss = function(x, clone = FALSE, ...) {
  UseMethod("as_torch_loss")
}

#' @export
as_torch_loss.default = function(x, clone = FALSE, ...) {
  abort("argument", sprintf("A loss must be a TorchLoss, as from t_loss(), or the key of one, not %s.",
    as_short_string(x)))
}

#' @export
as_torch_loss.function = function(x, clone = FALSE, ...) {
  abort("argument", paste("To make a loss from a function, use `t_loss(\"fn\", fn = ...)`:",
    "the function takes 'y_hat' and 'y' and returns one number for each row."))
}

#' @export
as_torch_loss.TorchLoss = function(x, clone = FALSE, ...) {
  if (isTRUE(clone)) x$clone(deep = TRUE) else x
}

#' @export
as_torch_loss.character = function(x, clone = FALSE, ...) {
  t_loss(x, ...)
}

# Called by the core: the function of a loss that is written in R.
start_loss = function(bytes) {
  fn = function_from_data(read_function_data(bytes))
  function(y_hat, y) {
    withCallingHandlers(fn(y_hat, y), error = function(condition) {
      abort("function", sprintf("The loss's R function failed: %s", condition_text(condition)), parent = condition)
    })
  }
}
