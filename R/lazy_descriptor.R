#' @title Where Lazy Tensors Come From
#'
#' @description
#' What the elements of a [lazy_tensor()] share: files, an array or a [dataset()], and the transformations that are
#' applied to each element when it is needed. It is plain data, unless the elements come from a `dataset()` or a
#' function in R is among the transformations. [as_lazy_tensor()] makes one; there is seldom a need to make one by hand.
#'
#' @param dataset ([dataset()])\cr
#'   What gives the elements.
#' @param dataset_shapes (named `list()` of `integer()` or `NULL`, or `NULL`)\cr
#'   The shapes of an item's elements, such as `list(x = c(NA, 3, 32, 32))`. Its first name is the element that is used;
#'   unless given, the first one of the first item. The first `NA` stands for the rows, another one for a dimension in
#'   which the items differ, as in `list(x = c(NA, NA, 3))` for sequences of three channels; `list(x = NULL)` says that
#'   they may differ in all. Shapes are those that are found; another one is an error.
#' @return `as_data_descriptor()`: a `DataDescriptor`.
#'
#' @family Lazy
#' @export
#' @examples
#' squares = dataset("squares",
#'   initialize = function(n) self$n = n,
#'   .getitem = function(i) list(x = torch_tensor(c(i, i^2))),
#'   .length = function() self$n
#' )
#' descriptor = as_data_descriptor(squares(5), list(x = c(NA, 2)))
#' descriptor$shape
#' materialize(lazy_tensor(descriptor, 4:5), rbind = TRUE)
DataDescriptor = R6Class("DataDescriptor",
  cloneable = FALSE,
  public = list(
    #' @description Makes a descriptor.
    #' @param steps (`list()`)\cr
    #'   Transformations, as `$steps` shows them.
    initialize = function(dataset, dataset_shapes = NULL, steps = list()) {
      private$.source = if (inherits(dataset, "dataset")) checked_dataset_source(dataset, dataset_shapes) else dataset
      private$.steps = steps
    },

    #' @description Reads elements: a tensor whose first dimension is theirs.
    #' @param ids (`integer()`)\cr
    #'   Which elements, from 1.
    #' @param draw (`integer(1)`)\cr
    #'   A number that the random transformations follow from.
    #' @param numbers (`integer()`)\cr
    #'   For each element the number of its row, from 1, that they follow from as well, and that errors name.
    read = function(ids, draw = 0L, numbers = ids) {
      kind = private$.source$kind
      done = if (kind %in% c("dataset", "sequences")) 0L else leading_core_steps(private$.steps)
      rows = switch(kind,
        dataset = dataset_rows(private$.source, ids),
        sequences = private$.read_sequences(ids),
        private$.read(ids, draw, numbers)
      )
      apply_steps(rows, utils::tail(private$.steps, length(private$.steps) - done), draw, numbers)
    },

    #' @description The shape of elements after the transformations. Some of them are read, unless they were the last
    #' ones that were asked for: the first one; of sequences, the shortest and the longest; if a dataset's items may
    #' differ, the first ten. `NA` is a dimension in which these differ.
    #' @param ids (`integer()`)\cr
    #'   Which elements.
    #' @param numbers (`integer()`)\cr
    #'   The numbers of their rows that an error names.
    shape_of = function(ids, numbers = ids) {
      probes = elements_to_probe(private$.source, ids)
      if (!identical(private$.shape$ids, ids[probes])) {
        shapes = map(probes, function(i) c(NA_integer_, as.integer(self$read(ids[i], 0L, numbers[i])$shape[-1L])))
        shape = Reduce(common_shape, shapes)
        if (!length(private$.steps)) shape = declared_shape(private$.source, shape)
        private$.shape = list(ids = ids[probes], shape = shape)
      }
      private$.shape$shape
    },

    #' @description The same with one more transformation.
    #' @param step (`list()`)\cr
    #'   As an element of `$steps`.
    with_step = function(step) DataDescriptor$new(private$.source, steps = c(private$.steps, list(step))),

    #' @description Prints the descriptor.
    #' @param ... (any)\cr
    #'   Not used.
    print = function(...) {
      catn(sprintf("<DataDescriptor>: %i elements of %s", self$length, switch(private$.source$kind,
        files = "picture files", values = "an array", sequences = "a list of sequences",
        dataset = sprintf("dataset '%s'", dataset_name(private$.source$dataset)))))
      steps = map_chr(private$.steps, function(step) step$name %??% "function")
      catn(str_indent("* Transformations:", if (length(steps)) steps else "none"))
      invisible(self)
    }
  ),

  active = list(
    #' @field source (`list()`)\cr
    #'   What gives the elements. Read-only.
    source = function(rhs) {
      assert_read_only(rhs, "source")
      private$.source
    },
    #' @field steps (`list()`)\cr
    #'   The transformations: `list(name, arguments)`, or `list(fn, rowwise, arguments)` for a function in R. Read-only.
    steps = function(rhs) {
      assert_read_only(rhs, "steps")
      private$.steps
    },
    #' @field length (`integer(1)`)\cr
    #'   The number of elements. Read-only.
    length = function(rhs) {
      assert_read_only(rhs, "length")
      source_length(private$.source)
    },
    #' @field shape (`integer()`)\cr
    #'   The shape of the first element after the transformations, which all others must have; `NA` stands for the rows,
    #'   and for a dimension in which elements differ, see `$shape_of()`. Read-only.
    shape = function(rhs) {
      assert_read_only(rhs, "shape")
      self$shape_of(if (is_of_different_lengths(private$.source)) seq_len(self$length) else 1L)
    },
    #' @field hash (`character(1)`)\cr
    #'   Tells descriptors apart. Read-only.
    hash = function(rhs) {
      assert_read_only(rhs, "hash")
      if (is.null(private$.hash)) {
        private$.hash = calculate_hash(source_identity(private$.source), map(private$.steps, step_identity))
      }
      private$.hash
    }
  ),

  private = list(
    .source = NULL,
    .steps = NULL,
    .shape = NULL,
    .hash = NULL,
    .column = NULL,

    # The pointer to the core's column is dead in another process.
    .read = function(ids, draw, numbers) {
      if (is.null(private$.column)) private$.column = native_column(private$.source, private$.steps)
      tryCatch(core_lazy_read(private$.column, ids, draw, numbers), mlr3libtorch_error_handle = function(condition) {
        private$.column = native_column(private$.source, private$.steps)
        core_lazy_read(private$.column, ids, draw, numbers)
      })
    },

    # Of sequences of the same length: (rows, steps, channels).
    .read_sequences = function(ids) {
      steps = steps_of_sequences(private$.source, ids)
      shape = c(length(ids), length(steps) / length(ids), private$.source$values$shape[[2L]])
      if (length(steps)) private$.read(steps, 0L, steps)$reshape(shape) else torch_zeros(shape)
    }
  )
)

#' @rdname DataDescriptor
#' @param x ([dataset()] or `DataDescriptor`)\cr
#'   What gives the elements.
#' @param dataset_shapes (named `list()` of `integer()`, or `NULL`)\cr
#'   The shapes of an item's elements.
#' @param ... (any)\cr
#'   Not used.
#' @export
as_data_descriptor = function(x, dataset_shapes = NULL, ...) {
  if (inherits(x, "DataDescriptor")) {
    return(x)
  }
  descriptor = DataDescriptor$new(assert_dataset(x), dataset_shapes)
  if (length(dataset_shapes)) descriptor$shape_of(1L)
  descriptor
}

checked_dataset_source = function(dataset, dataset_shapes) {
  assert_dataset_shapes(dataset_shapes)
  element = names(dataset_shapes)[1L]
  if (is.null(element)) {
    first = dataset[1L]
    element = if (is.list(first)) names2(first, "")[[1L]] else ""
  }
  if (!nzchar(element)) {
    abort("dataset", sprintf("Dataset '%s': items must be named lists of tensors, such as list(x = ...).",
      dataset_name(dataset)), list(dataset = dataset_name(dataset)))
  }
  dataset_source(dataset, element, dataset_shapes[1L])
}

assert_dataset_shapes = function(shapes) {
  is_fit = function(shape) is.null(shape) || (test_integerish(shape, min.len = 1L) && is.na(shape[[1L]]))
  if (!is.null(shapes) && !(test_list(shapes, names = "unique", min.len = 1L) && every(shapes, is_fit))) {
    abort("argument", sprintf("'dataset_shapes' must name shapes that begin with NA, as in %s, not %s.",
      "`list(x = c(NA, 3, 32, 32))`", as_short_string(shapes)), list(argument = "dataset_shapes"))
  }
}
