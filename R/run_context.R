# Every field of the context, by name, as the core lists them (`src/core/callback/context_fields.h`): `doc`, `type`,
# `writable`, and whether the core has it (`is_core`) or the R side of the run.
context_fields = function() cached("context_fields", core_context_fields)

#' @title Context of a Training Run
#'
#' @description
#' What a callback sees of its run, as `self$ctx`.
#' Fields are read from the C++ loop only when they are used, so unused fields cost nothing.
#'
#' The context exists only during `$train()`.
#' Afterwards `self$ctx` is `NULL` again, and using a copy that was kept is an error of class
#' `mlr3libtorch_error_handle`.
#' Reading or writing a field that does not exist is an error that names the nearest one.
#'
#' @section Fields:
#' `r mlr3libtorch:::rd_context_fields()`
#'
#' @return An object of class `ContextTorch`; it is made by the run.
#' @family Callback
#' @export
#' @examples
#' # stops a run when its loss is small
#' torch_callback("small_loss", on_batch_end = function() {
#'   if (self$ctx$last_loss < 0.01) self$ctx$terminate = TRUE
#' })
ContextTorch = R6Class("ContextTorch",
  lock_objects = TRUE,
  cloneable = FALSE,
  public = list(
    #' @description Called by the run.
    #' @param run The handle of the run.
    #' @param values (named `list()`) The fields that live on the R side.
    initialize = function(run, values) {
      private$.run = run
      private$.values = values
    },
    #' @description Prints the fields and the position of the run.
    #' @param ... Ignored.
    print = function(...) {
      cat(format_context(self), sep = "\n")
      invisible(self)
    }
  ),
  private = list(
    .run = NULL,
    .values = NULL,
    .get = function(name) {
      assert_run_alive(private$.run)
      private$.values[[name]]
    },
    .set = function(name, value) {
      assert_run_alive(private$.run)
      if (name == "optimizer") {
        # `ctx$optimizer$param_groups[[1]]$lr = x` ends by assigning the same optimizer
        return(assert_same_optimizer(value, private$.values$optimizer))
      }
      abort_read_only(sprintf("The context's field '%s'", name))
    }
  )
)

# What callbacks see; `more` is for the package's own.
new_context = function(handle, network, sets, learner, task, task_valid, param_vals, more = list()) {
  ContextTorch$new(handle, c(list(
    learner = learner, task_train = task, task_valid = task_valid,
    measures_train = param_vals$measures_train, measures_valid = param_vals$measures_valid,
    network = network, optimizer = new_optimizer(handle), loss_fn = function(y_hat, y) core_loss(handle, y_hat, y),
    prediction_encoder = get_private(learner)$.encode_prediction, callbacks = sets
  ), more))
}

# The class gets its fields when the package is loaded, because the core lists them.
define_context_fields = function() {
  ContextTorch$active = imap(context_fields(), context_binding)
}

context_binding = function(field, name) {
  if (field$is_core) {
    read = bquote(core_context_get(private$.run, .(name)))
    write = bquote(core_context_set(private$.run, .(name), rhs))
  } else {
    read = bquote(private$.get(.(name)))
    write = bquote(private$.set(.(name), rhs))
  }
  if (field$type == "loader") read = bquote(new_loader(.(read)))
  eval(bquote(function(rhs) if (missing(rhs)) .(read) else .(write)))
}

assert_run_alive = function(run) {
  # any field will do: reading from a run that has ended is an error
  core_context_get(run, "epoch")
  invisible(TRUE)
}

assert_same_optimizer = function(value, optimizer) {
  if (!inherits(value, "torch_optimizer") || !identical(unclass(value), unclass(optimizer))) {
    abort("read_only", paste(
      "The context's field 'optimizer' cannot be replaced;",
      "its settings can be written, for example `self$ctx$optimizer$param_groups[[1]]$lr = 0.01`."
    ))
  }
}

assert_context_field = function(name) {
  known = names(context_fields())
  if (name %nin% known) {
    abort_unknown_field("The context", name, known)
  }
}

#' @export
`$.ContextTorch` = function(x, name) {
  # a member of the object itself, or one of the environments that its methods run in
  if (exists(name, envir = x, inherits = FALSE)) {
    return(.subset2(x, name))
  }
  assert_context_field(name)
}

#' @export
`[[.ContextTorch` = function(x, i, ...) `$.ContextTorch`(x, i)

#' @export
`$<-.ContextTorch` = function(x, name, value) {
  assert_context_field(name)
  assign(name, value, envir = x)
  invisible(x)
}

#' @export
`[[<-.ContextTorch` = function(x, i, value) `$<-.ContextTorch`(x, i, value)

format_context = function(context) {
  alive = tryCatch(assert_run_alive(get_private(context)$.run), mlr3libtorch_error_handle = function(cond) FALSE)
  state = if (alive) {
    sprintf("epoch %i of %i, step %i", context$epoch, context$total_epochs, context$step)
  } else {
    "its training has ended"
  }
  fields = imap_chr(context_fields(), function(field, name) {
    sprintf("  $%s%s", name, if (field$writable) " (writable)" else "")
  })
  c(sprintf("<ContextTorch>: %s", state), fields)
}

# What is not known before the sampler was called is `NA`.
new_loader = function(facts) {
  if (is.null(facts)) {
    return(NULL)
  }
  facts[map_lgl(facts, is.null)] = list(NA_real_)
  structure(facts, class = "torch_loader")
}

#' @export
length.torch_loader = function(x) as.integer(unclass(x)$batches)

#' @export
print.torch_loader = function(x, ...) {
  facts = unclass(x)
  catn("<torch_loader>")
  catn(str_indent("*", sprintf("%s: %s", names(facts), map_chr(facts, format))))
  invisible(x)
}

rd_context_fields = function() {
  rows = imap_chr(context_fields(), function(field, name) {
    sprintf("* `%s` %s%s", name, field$doc, if (field$writable) " Writable." else "")
  })
  paste(rows, collapse = "\n")
}
