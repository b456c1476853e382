#' @title Callbacks of a Training Run
#'
#' @description
#' A `CallbackSet` is the live form of a callback: one is made for each training run, from a [TorchCallback].
#' A subclass has one method, without arguments, for each stage in which it is called.
#' The section *Stages* lists the stages in their order.
#' Most callbacks are written with [torch_callback()] or [callback_set()], which make such a subclass.
#'
#' @section Stages:
#' `r document_stages()`
#'
#' In an epoch they come in this order: `on_epoch_begin`; for each batch `on_batch_begin`, `on_after_backward`,
#' `on_batch_end`; `on_before_valid`; for each validation batch `on_batch_valid_begin`, `on_batch_valid_end`;
#' `on_valid_end`; `on_epoch_end`.
#' Callbacks run in the order of their `weight`, and in the order given if weights are equal.
#'
#' @section Inheriting:
#' A method `on_*` that is not a stage, a stage function with arguments, `state_dict()` without `load_state_dict()` or
#' the other way round, and a constructor with an argument `ctx` or `weight` are refused when the class is wrapped.
#' The names `ctx` and `stages` are taken.
#'
#' @family Callback
#' @export
#' @examples
#' # torch_callback() makes such a class, and more, from functions
#' CallbackSetLoss = R6::R6Class("CallbackSetLoss",
#'   inherit = CallbackSet,
#'   public = list(
#'     on_epoch_end = function() cat("epoch", self$ctx$epoch, "loss", self$ctx$last_loss, "\n")
#'   )
#' )
#' callback = as_torch_callback(CallbackSetLoss, id = "loss")
#' learner = lrn("classif.mlp", callbacks = callback, epochs = 2, batch_size = 50, seed = 1)
#' learner$train(tsk("iris"))
CallbackSet = R6Class("CallbackSet",
  lock_objects = FALSE,
  public = list(
    #' @field weight (`numeric(1)`)\cr
    #'   Callbacks run in the order of their weights. `Inf` is allowed, `NaN` is not.
    weight = 0,
    #' @field workers (`character(1)`)\cr
    #'   Where it is called in a run that is spread over several workers: `"first"` or `"all"`, see [torch_workers()].
    workers = "first",

    #' @description Prints the class, the weight and the stages.
    #' @param ... (any)\cr
    #'   Not used.
    print = function(...) {
      catn(sprintf("<%s>", class(self)[[1L]]))
      catn(str_indent("* Stages:", self$stages))
      catn(str_indent("* Weight:", format(self$weight)))
      invisible(self)
    },

    #' @description What must be kept after the run, as plain data: atomic vectors, lists, data.tables and tensors.
    #' `NULL`, the default, means no state.
    state_dict = function() {
      NULL
    },

    #' @description Restores what `state_dict()` returned; called before `on_begin` when a run goes on.
    #' @param state_dict (any)\cr
    #'   What `state_dict()` returned.
    load_state_dict = function(state_dict) {
      invisible(NULL)
    }
  ),

  active = list(
    #' @field ctx ([ContextTorch] or `NULL`)\cr
    #'   The context of the run; `NULL` before and after it.
    ctx = function(rhs) {
      if (missing(rhs)) {
        return(private$.ctx)
      }
      private$.ctx = rhs
      if (is.null(rhs)) private$.allow_clone() else private$.forbid_clone()
    },

    #' @field stages (`character()`)\cr
    #'   The stages in which this set is called. Read-only.
    stages = function(rhs) {
      assert_read_only(rhs, "stages", class(self)[[1L]])
      private$.find_stages()
    }
  ),

  private = list(
    .ctx = NULL,
    .clone = NULL,
    # The language of its stages.
    .language = "R",
    # Whether it is called after all others, whatever their weights.
    .comes_last = FALSE,

    .find_stages = function() {
      keep(stage_names(), function(stage) is.function(.subset2(self, stage)))
    },

    # What the loop calls in a stage; `NULL` if that is not an R function.
    .stage_function = function(stage) .subset2(self, stage),

    # What the core makes the callback from.
    .request = function() {
      list(
        functions = sapply(self$stages, private$.stage_function, simplify = FALSE),
        everywhere = self$workers == "all"
      )
    },

    # The same for the other workers of a run, if it is not called there.
    .request_elsewhere = function() never_called_in(self$stages),

    # The stages that are not called again, see `once()`; the core knows them.
    .done_stages = function(run, id) unlist(core_callback_state(run, id)),

    # The folder that a run goes on from, if this callback has one.
    .resume_folder = function() NULL,

    # A subclass gets its own clone() from R6, so a check in this class's clone() would not be run.
    # Instead, the method of the live object is replaced for as long as it has a context.
    .forbid_clone = function() {
      if (!is.null(private$.clone) || !is.function(.subset2(self, "clone"))) {
        return(invisible(NULL))
      }
      private$.clone = .subset2(self, "clone")
      replace_method(self, "clone", function(deep = FALSE) {
        abort("context", sprintf(
          "%s cannot be cloned while its 'ctx' is set: a context belongs to one training run.", class(self)[[1L]]))
      })
    },

    .allow_clone = function() {
      if (is.null(private$.clone)) {
        return(invisible(NULL))
      }
      replace_method(self, "clone", private$.clone)
      private$.clone = NULL
    }
  )
)

# Stands for a function that only the first worker of a run calls.
never_called = function(...) abort("internal", "A function of the first worker was called in another one.")

never_called_in = function(stages) {
  list(functions = sapply(stages, function(stage) never_called, simplify = FALSE), everywhere = FALSE)
}

replace_method = function(object, name, method) {
  get("unlockBinding", envir = baseenv())(name, object)
  assign(name, method, envir = object)
  lockBinding(name, object)
  invisible(NULL)
}

#' @title Make a Class of Callbacks
#'
#' @description
#' Makes a subclass of [CallbackSet] from stage functions.
#' [torch_callback()] does the same and wraps the class, ready for a learner.
#'
#' @param classname (`character(1)`)\cr
#'   The name of the class; starts with `"CallbackSet"`.
#' @param on_begin,on_end,on_exit,on_epoch_begin,on_before_valid,on_epoch_end,on_batch_begin (`function()`)\cr
#'   Stage functions, without arguments. They see `self`, with the context in `self$ctx`, and `private`.
#' @param on_batch_end,on_after_backward,on_batch_valid_begin,on_batch_valid_end,on_valid_end,on_stop (`function()`)\cr
#'   More stage functions.
#' @param state_dict (`function()`)\cr
#'   Returns what must be kept after the run, as plain data. Needs `load_state_dict`.
#' @param load_state_dict (`function(state_dict)`)\cr
#'   Restores it. Needs `state_dict`.
#' @param initialize (`function`)\cr
#'   The constructor. Its arguments become parameters; `ctx` and `weight` are reserved.
#' @param weight (`numeric(1)`)\cr
#'   Callbacks run in the order of their weights, 0 unless given. `Inf` is allowed, `NaN` is not.
#' @param public,private,active (named `list()`)\cr
#'   Further members of the class. Public names are unique and not those of stages.
#' @param parent_env (`environment`)\cr
#'   The environment in which the functions look for other variables.
#' @param inherit ([R6::R6Class])\cr
#'   The class to inherit from: [CallbackSet] or one of its subclasses.
#' @param lock_objects (`logical(1)`)\cr
#'   Whether fields that are not declared are refused.
#' @param workers (`character(1)`)\cr
#'   Where it is called in a run that is spread over several workers: in the `"first"` one, which is the default, or in
#'   `"all"`; see [torch_workers()].
#' @param ... (any)\cr
#'   Nothing: any argument here is an error that names the nearest argument or stage.
#'
#' @return An [R6::R6Class] generator.
#' @family Callback
#' @export
#' @examples
#' CallbackSetHello = callback_set("CallbackSetHello", on_begin = function() cat("hello\n"))
#' CallbackSetHello$new()
callback_set = function(classname, on_begin = NULL, on_end = NULL, on_exit = NULL, on_epoch_begin = NULL,
  on_before_valid = NULL, on_epoch_end = NULL, on_batch_begin = NULL, on_batch_end = NULL, on_after_backward = NULL,
  on_batch_valid_begin = NULL, on_batch_valid_end = NULL, on_valid_end = NULL, on_stop = NULL, state_dict = NULL,
  load_state_dict = NULL, initialize = NULL, weight = NULL, public = NULL, private = NULL, active = NULL,
  parent_env = parent.frame(), inherit = CallbackSet, lock_objects = FALSE, workers = NULL, ...) {
  force(parent_env)
  refuse_unknown_arguments(match.call(expand.dots = FALSE)$..., sys.call(), names(formals()), "callback_set()")
  define_callback_class(environment())
}

# What describes a class, except for its stage functions.
class_arguments = function() {
  c("classname", "state_dict", "load_state_dict", "initialize", "weight", "workers", "public", "private", "active",
    "parent_env", "inherit", "lock_objects")
}

# Makes the class from the arguments of callback_set() or torch_callback(); `frame` is the frame of the call.
define_callback_class = function(frame) {
  arguments = mget(class_arguments(), envir = frame)
  stages = stage_arguments(frame)
  check_class_arguments(arguments)
  walk(names(stages), function(stage) check_stage_function(stages[[stage]], stage, arguments$classname))
  methods = discard(arguments[c("state_dict", "load_state_dict", "initialize")], is.null)
  generator = do.call(R6Class, list(
    classname = arguments$classname,
    public = c(stages, methods, arguments$public, discard(arguments[c("weight", "workers")], is.null)),
    private = arguments$private,
    active = arguments$active,
    inherit = reference_to_class(arguments$inherit),
    lock_objects = arguments$lock_objects,
    parent_env = arguments$parent_env
  ))
  check_callback_class(generator)
  warn_about_code(generator)
  generator
}

# How a class refers to the one it inherits from, so that it is found wherever the class is used.
# A class of this package is named, so that saved callbacks stay small.
reference_to_class = function(generator) {
  name = generator$classname
  if (in_this_package(generator) && name %in% getNamespaceExports(topenv())) {
    call("::", quote(mlr3libtorch), as.name(name))
  } else {
    generator
  }
}

# R6 looks up the parent of a class by its name when an object is made: in another process, a user's class does not
# exist. So each class is tied to the one that the name means now.
tie_inheritance = function(generator) {
  walk(discard(callback_levels(generator, "callback"), in_this_package), function(level) {
    level$inherit = reference_to_class(level$get_inherit())
  })
}
