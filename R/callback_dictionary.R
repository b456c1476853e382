#' @title Dictionary of Callbacks
#'
#' @format An object of class [mlr3misc::Dictionary].
#'
#' @description
#' The callbacks that come with the package, by key. [t_clbk()] gets one.
#' `as.data.table()` lists key, label, weight and packages.
#' Callbacks of your own can be added with `mlr3libtorch_callbacks$add(key, function() <TorchCallback>)`.
#'
#' @section Callbacks:
#' `r mlr3libtorch:::document_callbacks()`
#'
#' @family Callback
#' @export
#' @examples
#' as.data.table(mlr3libtorch_callbacks)
mlr3libtorch_callbacks = R6Class("DictionaryMlr3libtorchCallbacks",
  inherit = Dictionary,
  cloneable = FALSE
)$new()

#' @export
as.data.table.DictionaryMlr3libtorchCallbacks = function(x, ...) {
  dictionary_table(x, c("label", "weight"), "packages")
}

#' @title Get a Callback
#'
#' @description
#' Gets one ([t_clbk()]) or several ([t_clbks()]) of the callbacks in [mlr3libtorch_callbacks].
#'
#' @param .key (`character(1)`)\cr
#'   The key. A suffix such as `"history_1"` becomes part of the id, so that the same callback can be used twice.
#'   Without a key, the dictionary is returned.
#' @param ... (any)\cr
#'   Values for parameters, or for the fields `id`, `label` and `weight`.
#' @return A [TorchCallback]; `t_clbks()` returns a list of them, named by id.
#' @family Callback
#' @export
#' @examples
#' t_clbk("history")
#' t_clbk("checkpoint", path = tempfile(), freq = 5)
#' t_clbks(c("history", "progress"))
t_clbk = function(.key, ...) {
  if (missing(.key)) {
    return(mlr3libtorch_callbacks)
  }
  callback = callback_by_key(.key)
  set_by_name(callback, list(...), c("id", "label", "weight"), sprintf("callback '%s'", callback$id))
}

#' @rdname t_clbk
#' @param .keys (`character()`)\cr
#'   The keys. Names become ids.
#' @export
t_clbks = function(.keys) {
  if (missing(.keys)) {
    return(mlr3libtorch_callbacks)
  }
  if (!test_character(.keys, any.missing = FALSE)) {
    abort_callback("t_clbks()", "'.keys' must be keys of callbacks, not %s.", as_short_string(.keys))
  }
  callbacks = map(unname(.keys), t_clbk)
  ids = names2(.keys, "")
  for (i in which(nzchar(ids))) {
    callbacks[[i]]$id = ids[[i]]
  }
  name_by_id(callbacks)
}

callback_by_key = function(key) {
  if (!test_string(key)) {
    abort_callback("t_clbk()", "the key must be a string, not %s.", as_short_string(key))
  }
  dictionary = mlr3libtorch_callbacks
  known = dictionary$keys()
  suffix = regmatches(key, regexpr("_[0-9]+$", key))
  plain = sub("_[0-9]+$", "", key)
  if (key %in% known) {
    return(dictionary$get(key))
  }
  if (length(suffix) && plain %in% known) {
    callback = dictionary$get(plain)
    callback$id = paste0(callback$id, suffix)
    return(callback)
  }
  abort_unknown_key("callback", key, known, compared = plain)
}

#' @title Convert to Callbacks
#'
#' @description
#' `as_torch_callback()` makes a [TorchCallback] from a class of callbacks or a key of [mlr3libtorch_callbacks];
#' `as_torch_callbacks()` a list of them, named by id.
#'
#' @param x (any)\cr
#'   A [TorchCallback], a class that inherits from [CallbackSet], a key, and for `as_torch_callbacks()` a list of these,
#'   several keys, or `NULL`.
#' @param clone (`logical(1)`)\cr
#'   Whether a [TorchCallback] is cloned.
#' @param ... (any)\cr
#'   For a class: further arguments of `TorchCallback$new()`.
#' @return A [TorchCallback], or a list of them.
#' @family Callback
#' @export
#' @examples
#' as_torch_callback("history")
#' as_torch_callback(CallbackSetHistory, id = "my_history")
#' as_torch_callbacks(list("history", t_clbk("ema")))
as_torch_callback = function(x, clone = FALSE, ...) {
  UseMethod("as_torch_callback")
}

#' @export
as_torch_callback.default = function(x, clone = FALSE, ...) {
  abort_callback("as_torch_callback()",
    "expected a TorchCallback, a class that inherits from CallbackSet, or a key, not %s.", as_short_string(x))
}

#' @export
as_torch_callback.TorchCallback = function(x, clone = FALSE, ...) {
  if (isTRUE(clone)) x$clone(deep = TRUE) else x
}

#' @export
as_torch_callback.R6ClassGenerator = function(x, clone = FALSE, ...) {
  TorchCallback$new(x, ...)
}

#' @export
as_torch_callback.character = function(x, clone = FALSE, ...) {
  t_clbk(x, ...)
}

#' @rdname as_torch_callback
#' @export
as_torch_callbacks = function(x, clone = FALSE, ...) {
  UseMethod("as_torch_callbacks")
}

#' @export
as_torch_callbacks.default = function(x, clone = FALSE, ...) {
  name_by_id(list(as_torch_callback(x, clone = clone, ...)))
}

#' @export
as_torch_callbacks.NULL = function(x, clone = FALSE, ...) {
  list()
}

#' @export
as_torch_callbacks.character = function(x, clone = FALSE, ...) {
  t_clbks(x)
}

#' @export
as_torch_callbacks.list = function(x, clone = FALSE, ...) {
  name_by_id(map(unname(x), as_torch_callback, clone = clone, ...))
}

# Names callbacks by their ids, which must be unique.
name_by_id = function(callbacks) {
  ids = map_chr(callbacks, "id")
  repeated = ids[duplicated(ids)]
  if (length(repeated)) {
    example = sprintf("`t_clbk(\"%1$s\", id = \"%1$s_2\")`", repeated[[1L]])
    abort_callback("callbacks",
      "the ids must be unique, but '%s' occurs more than once; give one another id, as in %s.", repeated[[1L]],
      example)
  }
  if (length(callbacks)) set_names(callbacks, ids) else list()
}

# The callbacks that come with the package: those written in R, and all that the core has registered.
built_in_callbacks = function() {
  native = map(registry_entries("callback"), function(entry) {
    function() native_callback(entry, param_set = with_no_effect(param_set_from_schema(entry), "callback", entry$name))
  })
  insert_named(native, list(
    checkpoint = checkpoint_callback,
    csv_logger = csv_logger_callback,
    dashboard = dashboard_callback,
    history = history_callback,
    jsonl_logger = jsonl_logger_callback,
    lr_lambda = lr_lambda_callback,
    lr_multiplicative = lr_multiplicative_callback,
    lr_reduce_on_plateau = lr_reduce_on_plateau_callback,
    lr_sequential = lr_sequential_callback,
    model_summary = model_summary_callback,
    norms = norms_callback,
    progress = progress_callback,
    tb = tb_callback,
    throughput = throughput_callback,
    unfreeze = unfreeze_callback
  ))
}

register_callbacks = function() {
  iwalk(built_in_callbacks(), function(make, key) mlr3libtorch_callbacks$add(key, make))
}

# For roxygen2: a list with links to the callbacks' pages.
document_callbacks = function() {
  items = map_chr(mlr3libtorch_callbacks$keys(), function(key) {
    callback = mlr3libtorch_callbacks$get(key)
    sprintf("* [`%s`][mlr_callback_set.%1$s]: %s", key, callback$label)
  })
  str_collapse(items, sep = "\n")
}
