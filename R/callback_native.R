# Callbacks whose stages run in C++. They come from the core's registry: nothing about them is written here.

#' @title Native Callbacks
#'
#' @description
#' A `CallbackSetNative` stands for a callback that is registered in the C++ core.
#' It has the fields of a [CallbackSet], and its weight counts as usual, but no R code runs in its stages.
#'
#' @section Native callbacks:
#' `r document_native_callbacks()`
#'
#' @family Callback
#' @export
#' @examples
#' t_clbk("clip_grad_norm", max_norm = 1)
CallbackSetNative = R6Class("CallbackSetNative",
  inherit = CallbackSet,
  public = list(
    #' @field native (`character(1)`)\cr
    #'   The name in the registry.
    native = NULL,
    #' @field arguments (named `list()`)\cr
    #'   Its arguments.
    arguments = NULL,

    #' @description Makes the set.
    #' @param native (`character(1)`)\cr
    #'   The name in the registry.
    #' @param arguments (named `list()`)\cr
    #'   Its arguments; if not given, they have the registry's defaults.
    initialize = function(native, arguments = list()) {
      self$native = native
      self$arguments = arguments
    },

    #' @description The state of the C++ callback; `NULL` without a context.
    state_dict = function() {
      if (is.null(self$ctx)) NULL else core_callback_state(get_private(self$ctx)$.run, private$.id())
    },

    #' @description Restores the state.
    #' @param state_dict (any)\cr
    #'   What `state_dict()` returned.
    load_state_dict = function(state_dict) {
      core_callback_load_state(get_private(self$ctx)$.run, private$.id(), state_dict)
    }
  ),

  private = list(
    .language = "C++",

    .find_stages = function() {
      core_callback_stages(self$native, self$arguments)
    },

    .stage_function = function(stage) NULL,

    .request = function() list(native = self$native, arguments = self$arguments),

    .request_elsewhere = function() private$.request(),

    # They are in its state.
    .done_stages = function(run, id) NULL,

    # The run names the sets; a set does not know its own name.
    .id = function() {
      names(detect_self(self$ctx$callbacks, self))
    }
  )
)

detect_self = function(sets, set) {
  sets[map_lgl(sets, function(other) identical(other, set))]
}

# The class for the registry's entry, for instance CallbackSetClipGradNorm for "clip_grad_norm".
native_callback_class = function(entry) {
  R6Class(native_class_name(entry$name),
    inherit = CallbackSetNative,
    public = list(
      native = entry$name,
      weight = entry$weight,
      initialize = function(...) super$initialize(self$native, list(...))
    ),
    parent_env = topenv()
  )
}

native_class_name = function(name) {
  words = strsplit(name, "_", fixed = TRUE)[[1L]]
  paste0("CallbackSet", paste(capitalize(words), collapse = ""))
}

# `generator`: a separate class, if arguments have another form in R than in the core.
native_callback = function(entry, generator = native_callback_class(entry),
  param_set = param_set_from_schema(entry), man = paste0("mlr3libtorch::mlr_callback_set.", entry$name)) {
  TorchCallback$new(generator, param_set = param_set, id = entry$name, label = entry$label, man = man)
}

# The registered callbacks as a list in Markdown, for the documentation; each has a page of its own.
document_native_callbacks = function() {
  entries = discard(registry_entries("callback"), function(entry) "schedule" %in% entry$tags)
  paste(c(list_entries(entries, "mlr_callback_set."), "* the schedules of [lr_schedules]"), collapse = "\n")
}
