#' @include zzz.R
NULL

# What a callback can see of a run. `type` is what may be written; NULL: read-only.
# `where`: "core" fields are read from the C++ loop on demand, "run" fields belong to the R side of the run.
new_context_field = function(doc, where, type = NULL) {
  list(doc = doc, where = where, type = type, writable = !is.null(type))
}

# Every field of the context, by name.
context_fields = function() context_field_table

context_field_table = list(
  learner = new_context_field("([mlr3::Learner]) The learner that is trained.", "run"),
  task_train = new_context_field("([mlr3::Task]) The task it is trained on.", "run"),
  task_valid = new_context_field("([mlr3::Task] or `NULL`) The validation task.", "run"),
  loader_train = new_context_field(paste(
    "(`torch_loader`) A list of what the training batches are made of: `rows` of this epoch, those `visited` so far,",
    "`batches` (the `length()` of the object), `batch_size`, `shuffle` and `drop_last`. With a `sampler`, rows and",
    "batches are `NA` before the first epoch."
  ), "core"),
  loader_valid = new_context_field("(`torch_loader` or `NULL`) The same of the validation batches.", "core"),
  measures_train = new_context_field("(`list()` of [mlr3::Measure]) Measures of the training scores.", "run"),
  measures_valid = new_context_field("(`list()` of [mlr3::Measure]) Measures of the validation scores.", "run"),
  network = new_context_field("(`torch_network`) The network; `$parameters` is a named list of tensors.", "run"),
  optimizer = new_context_field(
    "(`torch_optimizer`) The optimizer; `$param_groups[[1]]$lr` can be read and written.", "run", type = "optimizer"
  ),
  loss_fn = new_context_field("(`function(y_hat, y)`) The loss.", "run"),
  total_epochs = new_context_field("(`integer(1)`) The epoch at which training ends.", "core", type = "count"),
  epoch = new_context_field("(`integer(1)`) The epoch, from 1; 0 before the first.", "core"),
  step = new_context_field("(`integer(1)`) The training batch within the epoch, from 1.", "core"),
  step_valid = new_context_field("(`integer(1)`) The validation batch within the epoch, from 1.", "core"),
  global_step = new_context_field("(`integer(1)`) Training batches so far, those before a resume included.", "core"),
  last_loss = new_context_field("(`numeric(1)` or `NULL`) The loss of the last training batch.", "core"),
  last_scores_train = new_context_field("(named `list()` or `NULL`) The last training scores.", "core",
    type = "scores"
  ),
  last_scores_valid = new_context_field("(named `list()` or `NULL`) The last validation scores.", "core",
    type = "scores"
  ),
  y_hat = new_context_field("(`torch_tensor` or `NULL`) The network's first output for the last batch.", "core"),
  y_hats = new_context_field("(`list()` of `torch_tensor`) All outputs for the last batch.", "core"),
  batch = new_context_field(paste(
    "(`list(x, y, .index)`) The current batch; `x` is a named list of tensors. Class numbers in `y` count from 1.",
    "What a stage writes to `batch`, or into its tensors, holds for this batch and is gone with it. Batches that are",
    "scored, or have case weights, keep their number of rows."
  ), "core", type = "batch"),
  prediction_encoder = new_context_field("(`function(y_hat, task)`) Makes predictions of outputs.", "run"),
  eval_freq = new_context_field("(`integer(1)`) Epochs between evaluations.", "core", type = "count"),
  evaluated = new_context_field(
    "(`logical(1)`) Whether this epoch's scores are computed; known from `on_before_valid` on.", "core"
  ),
  device = new_context_field("(`character(1)`) The device that is trained on.", "core"),
  plan = new_context_field(paste(
    "(`list(used, hindrances)`) Whether the compiled step is used, and what hinders it: a `character()` with a",
    "sentence for each reason."
  ), "core"),
  callbacks = new_context_field("(named `list()` of [CallbackSet]) The live callbacks, in call order.", "run"),
  terminate = new_context_field("(`logical(1)`) Whether training ends after this epoch.", "core", type = "flag"),
  stop_epoch = new_context_field("(`logical(1)`) Whether the epoch ends after this batch.", "core", type = "flag"),
  skip_step = new_context_field(paste(
    "(`logical(1)`) Whether the optimizer leaves this batch out. Written in `on_after_backward`; each batch begins",
    "with `FALSE`."
  ), "core", type = "flag")
)

#' @title Context of a Training Run
#'
#' @description
#' What a callback sees of the run it is part of, as `self$ctx`.
#' Fields are read from the C++ loop when they are asked for; a run whose callbacks read nothing pays nothing.
#'
#' The context lives during `$train()` only.
#' Afterwards `self$ctx` is `NULL` again, and a copy that somebody kept answers with an error of class
#' `mlr3libtorch_error_handle`.
#' Reading or writing a field that does not exist is an error that names the nearest one.
#'
#' @section Fields:
#' `r mlr3libtorch:::rd_context_fields()`
#'
#' @return An object of class `ContextTorch`; it is made by the run.
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
    #' @description Prints the fields and where the run stands.
    #' @param ... Ignored.
    print = function(...) {
      cat(format_context(self), sep = "\n")
      invisible(self)
    }
  ),
  active = sapply(names(context_field_table), function(name) {
    eval(bquote(function(rhs) {
      if (missing(rhs)) private$.get(.(name)) else private$.set(.(name), rhs)
    }))
  }, simplify = FALSE),
  private = list(
    .run = NULL,
    .values = NULL,
    .get = function(name) {
      if (context_field_table[[name]]$where == "core") {
        return(core_context_get(private$.run, name))
      }
      assert_run_alive(private$.run)
      private$.values[[name]]
    },
    .set = function(name, value) {
      if (name == "optimizer") {
        # `ctx$optimizer$param_groups[[1]]$lr = x` ends with putting the same optimizer back
        return(assert_same_optimizer(value, private$.values$optimizer))
      }
      if (context_field_table[[name]]$where == "core") {
        return(core_context_set(private$.run, name, value))
      }
      assert_run_alive(private$.run)
      abort(c("read_only", "config"), sprintf("The context's field '%s' is read-only.", name))
    }
  )
)

assert_run_alive = function(run) {
  # any field will do: reading from a run that has ended is the error
  core_context_get(run, "epoch")
  invisible(TRUE)
}

assert_same_optimizer = function(value, optimizer) {
  if (!inherits(value, "torch_optimizer") || !identical(unclass(value), unclass(optimizer))) {
    abort(c("read_only", "config"), paste(
      "The context's field 'optimizer' cannot be replaced;",
      "its settings can be written, for example `self$ctx$optimizer$param_groups[[1]]$lr = 0.01`."
    ))
  }
}

assert_context_field = function(name) {
  if (!name %in% names(context_field_table)) {
    known = names(context_field_table)
    abort(c("unknown_field", "config"),
      with_suggestion(sprintf("The context has no field '%s'.", name), name, known),
      fields = list(given = name, known = known)
    )
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
  fields = map_chr(names(context_field_table), function(name) {
    sprintf("  $%s%s", name, if (context_field_table[[name]]$writable) " (writable)" else "")
  })
  c(sprintf("<ContextTorch>: %s", state), fields)
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
  rows = imap_chr(context_field_table, function(field, name) {
    sprintf("* `%s` %s%s", name, field$doc, if (field$writable) " Writable." else "")
  })
  paste(rows, collapse = "\n")
}
