#' @title What Losses and Optimizers Have in Common
#'
#' @description
#' Names one of the things that the C++ core has registered and holds values for its parameters.
#' Parameters, their defaults, bounds and documentation come from the core.
#' Use [TorchLoss] and [TorchOptimizer].
#'
#' @family Optimizer
#' @export
#' @examples
#' loss = t_loss("cross_entropy")
#' inherits(loss, "TorchDescriptor")
#' loss$param_set
TorchDescriptor = R6Class("TorchDescriptor",
  public = list(
    #' @field param_set ([paradox::ParamSet])\cr
    #'   The parameters.
    param_set = NULL,
    #' @field packages (`character()`)\cr
    #'   Packages that are needed.
    packages = NULL,
    #' @field man (`character(1)` or `NULL`)\cr
    #'   The help page, as `"package::topic"`.
    man = NULL,

    #' @description Makes a descriptor.
    #' @param registry (`character(1)`)\cr
    #'   The registry of the core: `"loss"` or `"optimizer"`.
    #' @param key (`character(1)`)\cr
    #'   The name in the registry.
    #' @param id (`character(1)`)\cr
    #'   The id; the key unless given.
    #' @param label (`character(1)`)\cr
    #'   A readable name; the registry's unless given.
    #' @param packages (`character()`)\cr
    #'   Packages that are needed.
    #' @param man (`character(1)`)\cr
    #'   The help page, as `"package::topic"`.
    initialize = function(registry, key, id = key, label = NULL, packages = character(), man = NULL) {
      entry = registry_entry(registry, key)
      private$.key = key
      private$.tags = entry$tags
      self$id = id
      self$label = label %??% entry$label
      self$packages = union("mlr3libtorch", assert_character(packages, any.missing = FALSE))
      self$man = assert_string(man, null.ok = TRUE)
      self$param_set = param_set_like(paste(registry, key), function() private$.make_param_set(entry))
    },

    #' @description Prints the descriptor.
    #' @param ... (any)\cr
    #'   Not used.
    print = function(...) {
      catn(sprintf("<%s:%s> %s", class(self)[[1L]], self$id, self$label))
      catn(str_indent("* Key:", self$key))
      catn(str_indent("* Parameters:", as_short_string(self$param_set$values, 1000L)))
      private$.print_more()
      catn(str_indent("* Packages:", self$packages))
      invisible(self)
    },

    #' @description Opens the help page.
    help = function() {
      open_help(self$man)
    }
  ),

  active = list(
    #' @field key (`character(1)`)\cr
    #'   The name in the core's registry. Read-only.
    key = function(rhs) {
      assert_read_only(rhs, "key")
      private$.key
    },
    #' @field id (`character(1)`)\cr
    #'   The id.
    id = function(rhs) {
      if (missing(rhs)) {
        return(private$.id)
      }
      private$.id = assert_string(rhs, min.chars = 1L)
    },
    #' @field label (`character(1)`)\cr
    #'   A readable name.
    label = function(rhs) {
      if (missing(rhs)) {
        return(private$.label)
      }
      private$.label = assert_string(rhs)
    },
    #' @field phash (`character(1)`)\cr
    #'   A hash of everything except the parameter values. Read-only.
    phash = function(rhs) {
      assert_read_only(rhs, "phash")
      calculate_hash(class(self), self$key, self$id, self$label, self$packages, self$man, self$param_set$ids(),
        private$.tags)
    }
  ),

  private = list(
    .key = NULL,
    .id = NULL,
    .label = NULL,
    .tags = NULL,

    .make_param_set = function(entry) param_set_from_schema(entry),

    # What the core is told, by name.
    .arguments = function() self$param_set$values,

    # What must be the same when a run goes on, besides the parameters.
    .identity = function() self$key,

    .print_more = function() invisible(NULL),

    deep_clone = function(name, value) {
      if (name == "param_set") value$clone(deep = TRUE) else value
    }
  )
)

registry_entry = function(registry, key) {
  entries = registry_entries(registry)
  if (is.character(key) && length(key) == 1L && key %in% names(entries)) {
    return(entries[[key]])
  }
  abort_unknown_key(registry, key, names(entries))
}

assert_keys = function(keys, where) {
  if (!test_character(keys, any.missing = FALSE)) {
    abort("argument", sprintf("%s: '.keys' must be strings, not %s.", where, as_short_string(keys)))
  }
  keys
}

# A descriptor from `dictionary`, with values for its parameters and fields. `fields`: those besides id and label.
descriptor_by_key = function(dictionary, key, settings, what, fields = character()) {
  known = dictionary$keys()
  if (!test_choice(key, known)) {
    abort_unknown_key(what, key, known)
  }
  set_by_name(dictionary$get(key), settings, c("id", "label", fields), sprintf("%s '%s'", what, key))
}

# Sets parameters and fields of `object` to the values in `settings`; `where` says in errors whose they are.
set_by_name = function(object, settings, fields, where) {
  if (!length(settings)) {
    return(object)
  }
  if (!test_names(names2(settings, ""), type = "unique")) {
    abort("argument", sprintf("%s: further arguments need unique names.", where))
  }
  parameters = object$param_set$ids()
  unknown = setdiff(names(settings), c(parameters, fields))
  if (length(unknown)) {
    abort_unknown("unknown_parameter", sprintf("The %s has no parameter or field '%s'.", where, unknown[[1L]]),
      unknown[[1L]], c(parameters, fields))
  }
  values = plain_elements_of(settings[names(settings) %in% parameters])
  tryCatch(
    object$param_set$set_values(.values = values),
    error = function(condition) abort_bad_value(condition, object$param_set, values, where)
  )
  for (name in intersect(fields, names(settings))) {
    object[[name]] = settings[[name]]
  }
  object
}

# One row for each thing in a dictionary: its key, single values and, as list columns, vectors.
dictionary_table = function(dictionary, single, several) {
  rows = map(dictionary$keys(), function(key) {
    object = dictionary$get(key)
    values = function(fields) sapply(fields, function(field) object[[field]], simplify = FALSE)
    c(list(key = key), values(single), map(values(several), list))
  })
  setkeyv(rbindlist(rows), "key")[]
}

# Fills a dictionary with what the core has registered; the loaded library is needed for that.
fill_dictionary = function(dictionary, registry, class) {
  walk(names(registry_entries(registry)), function(key) {
    dictionary$add(key, eval(bquote(function() .(class)$new(.(key)))))
  })
}

# Measures and functions carry environments, whose hash would differ between sessions.
hashable = function(value) {
  if (inherits(value, "Measure")) {
    return(value$hash)
  }
  if (inherits(value, "torch_selector")) {
    return(list(body(value), map(as.list(environment(value)), hashable)))
  }
  if (inherits(value, "nn_module")) {
    members = as.list(environment(value)$core$members, sorted = TRUE)
    return(list(class(value), map(discard(members, inherits, what = "torch_tensor"), hashable)))
  }
  if (inherits(value, "nn_module_generator")) {
    return(hashable(attr(value, "definition")))
  }
  if (inherits(value, "utils_sampler")) {
    return(list(class(value), map(keep(mget(sort(names(value)), envir = value), is.function), hashable)))
  }
  if (inherits(value, "PipeOp")) {
    return(list(value$phash, hashable(value$param_set$values)))
  }
  if (is.function(value)) {
    return(list(formals(args(value)), deparse(body(value))))
  }
  if (is.list(value)) map(value, hashable) else value
}
