#' @title A Callback for a Learner
#'
#' @description
#' Wraps a class of callbacks ([CallbackSet]) with its parameters, so that a learner can make a fresh set for each
#' training run. [t_clbk()] gets those that come with the package, [torch_callback()] defines one.
#' In a learner, the parameters appear as `cb.<id>.<name>`, so they can be tuned.
#'
#' @family Callback
#' @export
#' @examples
#' callback = TorchCallback$new(CallbackSetHistory, id = "history")
#' callback$generate()
TorchCallback = R6Class("TorchCallback",
  public = list(
    #' @description Makes a callback from a class.
    #' @param callback_generator ([R6::R6Class])\cr
    #'   A class that inherits from [CallbackSet].
    #' @param param_set ([paradox::ParamSet] or `NULL`)\cr
    #'   The parameters, named like the arguments of the class's `initialize()`.
    #'   `NULL` makes one parameter of any type, with tag `"train"`, for each argument.
    #' @param id (`character(1)`)\cr
    #'   The name under which the state is stored. `NULL` means the class's name.
    #' @param label (`character(1)`)\cr
    #'   A readable name. `NULL` means the id.
    #' @param packages (`character()`)\cr
    #'   Packages that the callback needs.
    #' @param man (`character(1)`)\cr
    #'   The help page, as `"package::topic"`.
    #' @param additional_args (named `list()`)\cr
    #'   Arguments for `initialize()` that are not parameters.
    #' @param weight (`numeric(1)`)\cr
    #'   Callbacks run in the order of their weights. `NULL` keeps the class's weight.
    initialize = function(callback_generator, param_set = NULL, id = NULL, label = NULL, packages = NULL, man = NULL,
      additional_args = NULL, weight = NULL) {
      check_callback_class(callback_generator)
      warn_about_code(callback_generator)
      tie_inheritance(callback_generator)
      private$.generator = callback_generator
      self$id = id %??% callback_generator$classname
      self$label = label %??% self$id
      private$.weight = check_weight(weight, private$.where(), null_ok = TRUE)
      self$packages = packages
      self$man = man
      private$.additional_args = check_additional_args(additional_args, callback_generator, private$.where())
      private$.param_set = check_callback_param_set(param_set, callback_generator, names(additional_args),
        private$.where())
    },

    #' @description Makes a fresh [CallbackSet] with the current parameter values.
    generate = function() {
      walk(setdiff(self$packages, "mlr3libtorch"), require_namespaces)
      values = with_effect(self$param_set$get_values(tags = "train", check_required = FALSE),
        self$param_set$ids(tags = "no_effect"))
      arguments = c(values, private$.additional_args)
      check_required_arguments(arguments, self, private$.where())
      set = do.call(self$generator$new, arguments, quote = TRUE)
      if (!is.null(private$.weight)) {
        set$weight = private$.weight
      }
      check_callback_set(set, self$id)
    },

    #' @description Prints the callback.
    #' @param ... (any)\cr
    #'   Not used.
    print = function(...) {
      label = if (identical(self$label, self$id)) "" else paste0(" ", self$label)
      catn(sprintf("<%s:%s>%s", class(self)[[1L]], self$id, label))
      catn(str_indent("* Generator:", self$generator$classname))
      catn(str_indent("* Parameters:", as_short_string(self$param_set$values, 1000L)))
      catn(str_indent("* Packages:", self$packages))
      catn(str_indent("* Weight:", format(self$weight)))
      catn(str_indent("* Stages:", class_stages(self$generator)))
      invisible(self)
    },

    #' @description Opens the help page.
    help = function() {
      open_help(self$man)
    }
  ),

  active = list(
    #' @field generator ([R6::R6Class])\cr
    #'   The class from which a set is made. Read-only.
    generator = function(rhs) {
      assert_read_only(rhs, "generator", private$.where())
      private$.generator
    },
    #' @field param_set ([paradox::ParamSet])\cr
    #'   The parameters. Read-only; their values can be set.
    param_set = function(rhs) {
      # `callback$param_set$values$x = 1` ends by assigning the same set.
      if (missing(rhs) || identical(rhs, private$.param_set)) {
        return(private$.param_set)
      }
      assert_read_only(rhs, "param_set", private$.where())
    },
    #' @field packages (`character()`)\cr
    #'   Packages that the callback needs.
    packages = function(rhs) {
      if (missing(rhs)) {
        return(private$.packages)
      }
      private$.packages = check_packages(rhs, private$.where())
    },
    #' @field man (`character(1)`)\cr
    #'   The help page, as `"package::topic"`.
    man = function(rhs) {
      if (missing(rhs)) {
        return(private$.man)
      }
      private$.man = check_string_or_null(rhs, "man", private$.where())
    },
    #' @field id (`character(1)`)\cr
    #'   The name under which the state is stored: a valid R name, unique among a learner's callbacks.
    id = function(rhs) {
      if (missing(rhs)) {
        return(private$.id)
      }
      private$.id = check_callback_id(rhs)
    },
    #' @field label (`character(1)`)\cr
    #'   A readable name.
    label = function(rhs) {
      if (missing(rhs)) {
        return(private$.label)
      }
      private$.label = check_string_or_null(rhs, "label", private$.where())
    },
    #' @field weight (`numeric(1)`)\cr
    #'   Callbacks run in the order of their weights.
    weight = function(rhs) {
      if (missing(rhs)) {
        return(private$.weight %??% class_weight(self$generator))
      }
      private$.weight = check_weight(rhs, private$.where())
    },
    #' @field phash (`character(1)`)\cr
    #'   A hash of everything except the parameter values. Read-only.
    phash = function(rhs) {
      assert_read_only(rhs, "phash", private$.where())
      calculate_hash(class(self), self$id, self$label, self$packages, self$man, self$weight, self$param_set$ids(),
        private$.additional_args, class_content(self$generator))
    }
  ),

  private = list(
    .generator = NULL,
    .param_set = NULL,
    .packages = NULL,
    .man = NULL,
    .id = NULL,
    .label = NULL,
    .weight = NULL,
    .additional_args = NULL,

    .where = function() sprintf("callback '%s'", private$.id),

    deep_clone = function(name, value) {
      if (name == ".param_set") value$clone(deep = TRUE) else value
    }
  )
)

check_callback_id = function(id) {
  if (!test_string(id, min.chars = 1L) || make.names(id) != id || startsWith(id, ".")) {
    abort_callback("callback", "the id must be a valid R name such as 'my_callback', not %s.", as_short_string(id))
  }
  if (id == "early_stopping") {
    abort_callback("callback", "the id 'early_stopping' is reserved for the learner's own early stopping (%s).",
      "parameter 'patience'")
  }
  id
}

check_string_or_null = function(value, name, where) {
  if (!test_string(value, null.ok = TRUE)) {
    abort_callback(where, "'%s' must be a string, not %s.", name, as_short_string(value))
  }
  value
}

check_packages = function(packages, where) {
  if (!test_character(packages, any.missing = FALSE, min.chars = 1L, null.ok = TRUE)) {
    abort_callback(where, "'packages' must be names of packages, not %s.", as_short_string(packages))
  }
  union("mlr3libtorch", packages)
}

check_additional_args = function(additional_args, generator, where) {
  if (is.null(additional_args)) {
    return(list())
  }
  if (!is.list(additional_args) || (length(additional_args) && !test_names(names2(additional_args, ""), "unique"))) {
    abort_callback(where, "'additional_args' must be a list with unique names.")
  }
  check_constructor_takes(names(additional_args), generator, "additional argument", where)
  additional_args
}

# `given` must be arguments of the constructor.
check_constructor_takes = function(given, generator, what, where) {
  known = names(constructor_arguments(generator))
  unknown = if ("..." %in% known) character() else setdiff(given, known)
  if (length(unknown)) {
    message = sprintf("the %s '%s' is not an argument of %s's constructor.", what, unknown[[1L]], generator$classname)
    abort_callback(where, "%s", with_suggestion(message, unknown[[1L]], known))
  }
}

check_callback_param_set = function(param_set, generator, additional, where) {
  if (is.null(param_set)) {
    arguments = constructor_arguments(generator)
    return(constructor_param_set(arguments[setdiff(names(arguments), c(additional, "..."))]))
  }
  if (!inherits(param_set, "ParamSet")) {
    abort_callback(where, "'param_set' must be a ParamSet, not %s.", as_short_string(param_set))
  }
  passed = setdiff(param_set$ids(), param_set$ids(tags = "no_effect"))
  check_constructor_takes(passed, generator, "parameter", where)
  param_set
}

# The parameters of a callback of this package. Each is given as a function that makes it from what the constructor
# says: its default, and whether it is required because it has none.
constructor_params = function(generator, ...) {
  arguments = constructor_arguments(generator)
  do.call(ps, imap(list(...), function(make, name) {
    if (is_empty_symbol(arguments[[name]])) {
      return(make(tags = c("train", "required")))
    }
    default = eval(arguments[[name]])
    if (is.null(default)) make(tags = "train") else make(default = default, tags = "train")
  }))
}

# Refuses missing values of parameters that the constructor or the parameter set requires.
check_required_arguments = function(given, callback, where) {
  arguments = constructor_arguments(callback$generator)
  needed = names(keep(arguments, is_empty_symbol))
  absent = setdiff(union(needed, callback$param_set$ids(tags = "required")), c(names(given), "..."))
  if (length(absent)) {
    abort_missing_parameter(where, absent[[1L]],
      sprintf("set it, for instance with `t_clbk(\"%s\", %s = ...)`", callback$id, absent[[1L]]))
  }
}

# The weight that sets of this class have.
class_weight = function(generator) {
  own = detect(callback_levels(generator, "callback"), function(level) !is.null(level$public_fields$weight))
  (own %??% CallbackSet)$public_fields$weight
}

# The stages of a class, as far as they can be known without making a set.
class_stages = function(generator) {
  levels = callback_levels(generator, "callback")
  compiled = unlist(map(levels, function(level) level$public_fields$compiled$entry$stages))
  if (length(compiled)) {
    return(compiled)
  }
  native = unlist(map(levels, function(level) level$public_fields$native))
  if (length(native)) {
    return(core_callback_stages(native[[1L]], NULL))
  }
  intersect(stage_names(), unlist(map(levels, function(level) names(level$public_methods))))
}

# What makes two classes different: names, code and values, but not the environments in which they were made.
class_content = function(generator) {
  code = function(method) list(formals(method), body(method), attr(method, "stage_filter"))
  map(callback_levels(generator, "callback"), function(level) {
    methods = c(level$public_methods[names(level$public_methods) != "clone"], level$private_methods, level$active)
    texts = map(methods, function(method) deparse(code(method)))
    list(level$classname, texts, level$public_fields, level$private_fields)
  })
}

#' @title Define a Callback
#'
#' @description
#' Makes a subclass of [CallbackSet] from stage functions and wraps it as a [TorchCallback].
#'
#' @inheritParams callback_set
#' @param id (`character(1)`)\cr
#'   The name under which the callback's state is stored: `learner$model$callbacks$<id>`. A valid R name.
#' @param classname (`character(1)`)\cr
#'   The name of the class; starts with `"CallbackSet"`.
#' @param param_set ([paradox::ParamSet] or `NULL`)\cr
#'   The parameters. `NULL` makes one of any type for each argument of `initialize`.
#' @param packages (`character()`)\cr
#'   Packages that the callback needs.
#' @param label (`character(1)`)\cr
#'   A readable name.
#' @param man (`character(1)`)\cr
#'   The help page, as `"package::topic"`.
#'
#' @return A [TorchCallback].
#' @family Callback
#' @export
#' @examples
#' # Counts the training batches, resumed runs included.
#' torch_callback("counter",
#'   initialize = function(start = 0) self$count = start,
#'   on_batch_end = function() self$count = self$count + 1,
#'   state_dict = function() self$count,
#'   load_state_dict = function(state_dict) self$count = state_dict
#' )
torch_callback = function(id, classname = paste0("CallbackSet", capitalize(id)), param_set = NULL, packages = NULL,
  label = capitalize(id), man = NULL, on_begin = NULL, on_end = NULL, on_exit = NULL, on_epoch_begin = NULL,
  on_before_valid = NULL, on_epoch_end = NULL, on_batch_begin = NULL, on_batch_end = NULL, on_after_backward = NULL,
  on_batch_valid_begin = NULL, on_batch_valid_end = NULL, on_valid_end = NULL, on_stop = NULL, state_dict = NULL,
  load_state_dict = NULL, initialize = NULL, weight = NULL, public = NULL, private = NULL, active = NULL,
  parent_env = parent.frame(), inherit = CallbackSet, lock_objects = FALSE, workers = NULL, ...) {
  force(parent_env)
  refuse_unknown_arguments(match.call(expand.dots = FALSE)$..., sys.call(), names(formals()), "torch_callback()")
  check_callback_id(id)
  generator = define_callback_class(environment())
  TorchCallback$new(generator, param_set = param_set, id = id, label = label, packages = packages, man = man)
}
