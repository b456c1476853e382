#' @title Transformations of Lazy Tensors
#'
#' @name preproc_torch
#' @eval pipeop_aliases("PipeOpTaskPreprocTorch")
#' @rawNamespace exportPattern("^PipeOpPreprocTorch")
#' @aliases PipeOpTaskPreprocTorch PipeOpTaskPreprocTorchFunction pipeop_preproc_torch
#'
#' @description
#' `po("trafo_<name>")` and `po("augment_<name>")` add a transformation to the [lazy tensors][lazy_tensor] of a task. It
#' is applied in C++ to each element when it is needed, in training by the threads that read batches ahead. A `trafo` is
#' applied in training and in prediction, an `augment` in training only, unless the parameter `stages` says otherwise.
#' Validation rows are treated as in prediction.
#'
#' `preproc_torch()` makes a pipeop of a function in R. It runs on R's thread, so C++ threads cannot read ahead.
#'
#' Transformations follow torchvision's definitions for tensors: resizing is torch's `interpolate()` with antialias,
#' what is random has torchvision's distributions. Rotations with bilinear interpolation blend the border of a picture
#' once with `fill`, where torchvision blends it with 0 first. Pictures are (channels, height, width) with values from 0
#' to 1.
#' In training, random numbers follow from the learner's seed, the epoch, the row and the place of the transformation,
#' so they depend neither on threads nor on where a run was resumed.
#'
#' @section Parameters:
#' * `stages` (`"train"`, `"predict"` or `"both"`): when it is applied.
#' * `affect_columns` (a selector of mlr3pipelines): to which lazy tensors; all unless given.
#' * `transforms` (`list()` of pipeops), for `augment_random_choice` and `augment_random_order`: the transformations
#'   that these choose from, such as `list(po("augment_hflip"), po("augment_rotate", angle = 10))`.
#' * those of the transformation:
#'
#' `r document_transformations()`
#'
#' @param fn (`function`)\cr
#'   A function of a tensor, whose first dimension is that of the rows, that returns another one with as many rows; or,
#'   with `rowwise`, of the tensor of one row.
#' @param id (`character(1)`)\cr
#'   The id.
#' @param rowwise (`logical(1)`)\cr
#'   Whether `fn` gets single rows.
#' @param stages_init (`character(1)`)\cr
#'   The value of `stages`.
#' @param ... (any)\cr
#'   Further arguments of `fn`.
#' @return A pipeop.
#'
#' @family Lazy
#' @export
#' @examples
#' library(mlr3pipelines)
#' task = as_task_classif(data.table::data.table(
#'   x = as_lazy_tensor(array(runif(4 * 3 * 8 * 8), c(4, 3, 8, 8))),
#'   class = factor(c("a", "b", "a", "b"))
#' ), target = "class")
#' graph = po("trafo_resize", size = c(4, 4)) %>>% po("augment_random_horizontal_flip")
#' task = graph$train(task)[[1]]
#' lazy_shape(task$data()$x)
#' negative = preproc_torch(function(x) 1 - x)
#' materialize(negative$train(list(task))[[1]]$data()$x, rbind = TRUE)$shape
preproc_torch = function(fn, id = "preproc_torch", rowwise = FALSE, stages_init = "both", ...) {
  if (!is.function(fn)) {
    abort("argument", sprintf("preproc_torch(): 'fn' must be a function of a tensor, not %s.", as_short_string(fn)),
      list(argument = "fn"))
  }
  if (!test_flag(rowwise)) {
    abort("argument", sprintf("preproc_torch(): 'rowwise' must be TRUE or FALSE, not %s.", as_short_string(rowwise)),
      list(argument = "rowwise"))
  }
  PipeOpTaskPreprocTorchFunction$new(fn, id, rowwise, list(...), param_vals = list(stages = stages_init))
}

#' @rdname preproc_torch
#' @export
pipeop_preproc_torch = function(id, fn, rowwise = FALSE, stages_init = "both", ...) {
  preproc_torch(fn, id, rowwise, stages_init, ...)
}

#' @rdname preproc_torch
#' @usage NULL
#' @export
PipeOpTaskPreprocTorch = R6Class("PipeOpTaskPreprocTorch",
  inherit = mlr3pipelines::PipeOpTaskPreproc,
  public = list(
    #' @description Makes a pipeop.
    #' @param transformation (`character(1)`)\cr
    #'   The name of the transformation.
    #' @param stages (`character(1)`)\cr
    #'   When it is applied.
    #' @param id (`character(1)`)\cr
    #'   The id.
    #' @param param_vals (named `list()`)\cr
    #'   Values of parameters.
    initialize = function(transformation, stages = "both", id = transformation, param_vals = list()) {
      entry = registry_entry("transformation", transformation)
      private$.transformation = transformation
      private$.label = entry$label
      super$initialize(id, param_set = transformation_param_set(entry, stages), param_vals = param_vals,
        packages = "mlr3libtorch", feature_types = "lazy_tensor")
    }
  ),

  private = list(
    .transformation = NULL,

    # The step that its parameters describe.
    .step = function() {
      values = self$param_set$values
      assert_required_parameters(self$param_set, values, sprintf("Pipeop '%s'", self$id), "train")
      arguments = values[names(values) %nin% c("stages", "affect_columns", "transforms")]
      step = list(name = private$.transformation, arguments = arguments)
      if (!is.null(values$transforms)) step$parts = map(unname(values$transforms), pipeop_step)
      step
    },

    .transform = function(columns, stage) {
      if (self$param_set$values$stages %nin% c(stage, "both")) {
        return(columns)
      }
      step = private$.step()
      for (name in names(columns)) {
        # the first row tells whether the transformation fits
        columns[[name]] = naming_pipeop(add_checked_step(columns[[name]], step), self$id, name)
      }
      columns
    },

    .train_dt = function(dt, levels, target) {
      self$state = list()
      private$.transform(dt, "train")
    },

    .predict_dt = function(dt, levels) private$.transform(dt, "predict"),

    .additional_phash_input = function() private$.transformation
  )
)

PipeOpTaskPreprocTorchFunction = R6Class("PipeOpTaskPreprocTorchFunction",
  inherit = PipeOpTaskPreprocTorch,
  public = list(
    initialize = function(fn, id, rowwise, arguments, param_vals = list()) {
      super$initialize("nop", id = id, param_vals = param_vals)
      private$.label = "Function of Tensors"
      private$.fn = list(fn = fn, rowwise = rowwise, arguments = arguments)
    }
  ),
  private = list(
    .fn = NULL,
    .step = function() private$.fn,
    .additional_phash_input = function() step_identity(private$.fn)
  )
)

transformation_param_set = function(entry, stages) {
  parts = ps(transforms = p_checked(check_transforms, tags = c("train", "predict", "required")))
  ps_union(c(if (entry$has_parts) list(parts), list(param_set_from_schema(entry),
    ps(stages = p_fct(c("train", "predict", "both"), init = stages, tags = c("train", "predict", "required"))))))
}

# TRUE, or what is wrong with the transformations that another is made of.
check_transforms = function(x) {
  is_fit = function(pipeop) {
    inherits(pipeop, "PipeOpTaskPreprocTorch") && !inherits(pipeop, "PipeOpTaskPreprocTorchFunction")
  }
  if (is.list(x) && length(x) && every(x, is_fit)) {
    return(TRUE)
  }
  sprintf("must be a list of pipeops such as `po(\"augment_hflip\")`, not of functions, not %s", as_short_string(x))
}

pipeop_step = function(pipeop) get_private(pipeop)$.step()

add_checked_step = function(x, step) {
  x = add_lazy_step(x, step)
  lazy_shape(x)
  x
}

# An error of a transformation names the pipeop and the column.
naming_pipeop = function(code, id, column) {
  withCallingHandlers(code, mlr3libtorch_error_shape = function(condition) {
    abort("shape", sprintf("Pipeop '%s', column '%s': %s", id, column, condition_text(condition)), parent = condition)
  })
}

# The keys of the pipeops, with the transformation and when it is applied: list(transformation, stages).
transformation_keys = function() {
  keys = map(registry_entries("transformation"), function(entry) {
    set_names(map(entry$tags, function(tag) {
      list(transformation = entry$name, stages = if (tag == "augment") "train" else "both")
    }), paste(entry$tags, entry$name, sep = "_"))
  })
  unlist(unname(keys), recursive = FALSE)
}

# For roxygen2: a list in Markdown.
document_transformations = function() {
  entries = map_chr(registry_entries("transformation"), function(entry) {
    keys = sprintf("`%s`", rev(paste(entry$tags, entry$name, sep = "_")))
    arguments = map_chr(entry$arguments, function(argument) {
      default = toString(format(argument$default))
      default = if (isTRUE(argument$required)) "" else sprintf(" (%s)", default)
      sprintf("`%s`%s: %s", argument$name, default, argument$doc)
    })
    paste(c(sprintf("* %s: %s", paste(keys, collapse = ", "), entry$doc), arguments), collapse = " ")
  })
  paste(entries, collapse = "\n")
}
