#' @title Datasets Written in R
#'
#' @description
#' `dataset()` makes a kind of dataset: something that has a length and gives an item for each position, such as the
#' pixels and the class of one image file. Methods call each other, and keep what they need, by `self`:
#' * `initialize(...)`: its arguments are those of the generator;
#' * `.getitem(i)`: the item at position `i`, which is often a list of tensors, without a dimension for the batch;
#' * `.getbatch(index)`, instead of `.getitem()` or beside it: several items at once, stacked along their first
#'   dimension, also if there is only one. [dataloader()] prefers it, since one call is faster than many;
#' * `.length()`: the number of items.
#'
#' For an object `ds`, `ds[i]` is the item at a position, and `ds[index]` a batch if there is a method `.getbatch()`;
#' `length(ds)` is the number of items.
#'
#' `tensor_dataset()` has items that are rows of tensors, and `dataset_subset()` those of another dataset at some
#' positions.
#'
#' `iterable_dataset()` makes a kind without positions: its method `.iter()` returns a function that gives the next item
#' each time it is called, and `coro::exhausted()`, which is `as.symbol(".__exhausted__.")`, after the last one.
#' `.length()` may be left out.
#'
#' @param name (`character(1)` or `NULL`)\cr
#'   The class of the objects.
#' @param inherit (generator or [R6::R6Class()])\cr
#'   The dataset whose methods the new one has unless it defines them itself; it calls them as `super$.getitem(i)`.
#' @param ... (any)\cr
#'   `dataset()`, `iterable_dataset()`: methods and fields, by name. `tensor_dataset()`: tensors with the same number of
#'   rows, in the first dimension; names become those of an item.
#' @param private (`list()` or `NULL`)\cr
#'   Methods and fields that are reached by `private` alone.
#' @param active (`list()` or `NULL`)\cr
#'   Functions that are read and assigned like fields.
#' @param parent_env (`environment`)\cr
#'   Where methods look for what is not defined in them.
#' @return `dataset()`, `iterable_dataset()`: a generator, a function that makes an object of class `dataset`. The
#'   others: such an object.
#'
#' @section Errors:
#' `mlr3libtorch_error_dataset`, which names the dataset and the item, if a method fails or is missing.
#'
#' @family Data
#' @export
#' @examples
#' squares = dataset("squares",
#'   initialize = function(n) self$n = n,
#'   .getitem = function(i) list(x = torch_tensor(i), y = i^2),
#'   .length = function() self$n
#' )
#' ds = squares(10)
#' ds[3]$y
#'
#' loader = dataloader(ds, batch_size = 4)
#' loop(for (batch in loader) print(as_array(batch$y)))
dataset = function(name = NULL, inherit = Dataset, ..., private = NULL, active = NULL, parent_env = parent.frame()) {
  class_function("dataset_generator", "dataset()", name, inherit, list(...), parent_env, private = private,
    active = active)
}

#' @rdname dataset
#' @export
iterable_dataset = function(name = NULL, inherit = IterableDataset, ..., private = NULL, active = NULL,
  parent_env = parent.frame()) {
  class_function("dataset_generator", "iterable_dataset()", name, inherit, list(...), parent_env, private = private,
    active = active)
}

Dataset = R6Class("dataset",
  lock_objects = FALSE,
  public = list(
    print = function(...) {
      items = if (is.function(self$.length)) length(self) else NA
      catn(sprintf("<%s>: %s", dataset_name(self), if (is.na(items)) "items in turn" else sprintf("%i items", items)))
      invisible(self)
    }
  )
)

IterableDataset = R6Class("iterable_dataset", inherit = Dataset, lock_objects = FALSE)

dataset_name = function(dataset) class(dataset)[[1L]]

#' @export
length.dataset = function(x) {
  if (is.function(x$.length)) {
    return(checked_length(naming_dataset(x, "its length", x$.length()), sprintf("Dataset '%s'", dataset_name(x))))
  }
  if (inherits(x, "iterable_dataset")) NA_integer_ else abort_missing_method(x, ".length")
}

# What a method `.length()` returned, as an integer.
checked_length = function(value, owner) {
  if (!test_count(value, na.ok = TRUE)) {
    abort("dataset", sprintf("%s: '.length()' must return a whole number, not %s.", owner, as_short_string(value)))
  }
  as.integer(value)
}

#' @export
`[.dataset` = function(x, i) {
  if (!is.function(x$.getbatch) && !is.function(x$.getitem)) abort_missing_method(x, ".getitem")
  check_positions(i, if (is.function(x$.length)) length(x), x)
  takes_one = length(i) == 1L && is.function(x$.getitem)
  if (takes_one || !is.function(x$.getbatch)) read_item(x, i) else read_batch(x, i)
}

# Positions are numbers in most datasets; those of another kind are the dataset's own affair.
check_positions = function(index, items, dataset) {
  if (is.character(index) || is.list(index)) {
    return(invisible(index))
  }
  name = dataset_name(dataset)
  if (!test_integerish(index, lower = 1, any.missing = FALSE, min.len = 1L)) {
    abort("dataset", sprintf("Dataset '%s': positions of items are whole numbers from 1, not %s.", name,
      as_short_string(index)), list(dataset = name))
  }
  if (!is.null(items) && !is.na(items) && max(index) > items) {
    abort("dataset", sprintf("Dataset '%s' has %i items; there is none at position %i.", name, items,
      as.integer(max(index))), list(dataset = name, index = max(index)))
  }
}

# The item at one position.
read_item = function(dataset, index) {
  if (!is.function(dataset$.getitem)) {
    if (is.function(dataset$.getbatch)) {
      return(read_batch(dataset, index))
    }
    abort_missing_method(dataset, ".getitem")
  }
  naming_dataset(dataset, sprintf("item %s", as_short_string(index)), dataset$.getitem(index), index)
}

# Several items, stacked by the dataset itself.
read_batch = function(dataset, index) {
  what = sprintf("the batch of items %s", str_collapse(index, n = 5L))
  naming_dataset(dataset, what, dataset$.getbatch(index), index)
}

abort_missing_method = function(dataset, method) {
  abort("dataset", sprintf("Dataset '%s' has no method '%s'; give dataset() one.", dataset_name(dataset), method),
    list(dataset = dataset_name(dataset)))
}

# An error inside names the dataset and what was asked of it.
naming_dataset = function(dataset, what, code, index = NULL) {
  withCallingHandlers(code, error = function(condition) {
    if (!inherits(condition, "mlr3libtorch_error_dataset")) {
      abort("dataset", sprintf("Dataset '%s', %s: %s", dataset_name(dataset), what, condition_text(condition)),
        fields = list(dataset = dataset_name(dataset), index = index), parent = condition)
    }
  })
}

#' @rdname dataset
#' @usage tensor_dataset(...)
#' @export
tensor_dataset = dataset("tensor_dataset",
  initialize = function(...) {
    self$tensors = list(...)
    check_rows_alike(self$tensors)
  },
  .getitem = function(i) map(self$tensors, function(tensor) tensor[i, ..]),
  # A copy: of neighbours, `tensor[index, ..]` is a view, and who changes a batch must not change the dataset.
  .getbatch = function(index) {
    index = torch_tensor(as.integer(index))
    map(self$tensors, function(tensor) tensor$index_select(1L, index))
  },
  .length = function() self$tensors[[1L]]$shape[[1L]],
  parent_env = environment()
)

check_rows_alike = function(tensors) {
  is_tensor = map_lgl(tensors, inherits, what = "torch_tensor")
  first = which.min(is_tensor)
  if (!length(tensors) || !all(is_tensor)) {
    abort("argument", sprintf("tensor_dataset() takes tensors; %s.", if (!length(tensors)) "none was given" else
      sprintf("argument %i is %s, see torch_tensor()", first, as_short_string(tensors[[first]]))))
  }
  rows = map_int(tensors, function(tensor) if (tensor$ndim == 0L) NA_integer_ else tensor$shape[[1L]])
  if (anyNA(rows) || any(rows != rows[[1L]])) {
    abort("shape", sprintf("tensor_dataset(): all tensors must have the same number of rows; they have %s.",
      toString(ifelse(is.na(rows), "no dimension", rows))))
  }
}

#' @rdname dataset
#' @usage dataset_subset(dataset, indices)
#' @param dataset (`dataset`)\cr
#'   The dataset.
#' @param indices (`integer()`)\cr
#'   The positions of its items.
#' @export
dataset_subset = dataset("dataset_subset",
  initialize = function(dataset, indices) {
    check_positions(indices, length(assert_dataset(dataset)), dataset)
    self$dataset = dataset
    self$indices = indices
    if (is.function(dataset$.getbatch)) {
      self$.getbatch = function(index) read_batch(self$dataset, self$indices[index])
    }
  },
  .getitem = function(i) self$dataset[self$indices[[i]]],
  .length = function() length(self$indices),
  parent_env = environment()
)

assert_dataset = function(dataset) {
  if (inherits(dataset, "torch_class_function")) {
    abort("argument", "'dataset' is a generator; call it to make a dataset, as in `squares(10)`.",
      list(argument = "dataset"))
  }
  if (!inherits(dataset, "dataset")) {
    abort("argument", sprintf("'dataset' must be a dataset, see dataset() and tensor_dataset(), not %s.",
      as_short_string(dataset)), list(argument = "dataset"))
  }
  dataset
}
