#' @title Batches of a Dataset
#'
#' @description
#' `dataloader()` divides a dataset into batches. An iteration over it is one of these:
#' * `loop(for (batch in loader) ...)`, here and in the package coro;
#' * `iter = dataloader_make_iter(loader)`, and then `dataloader_next(iter)` for each batch, until it returns
#'   `completed`.
#'
#' A batch has what an item has, stacked along a new first dimension: tensors; numbers, which become tensors (int64 for
#' integers, float32 for others); strings, which become a character vector; and lists of these, whose names stay.
#' A dataset with a method `.getbatch()` makes its batches itself.
#'
#' Shuffling draws from LibTorch's generator when an iteration begins; see [torch_manual_seed()].
#' Items are read by R, one batch after the other, in this process.
#'
#' @param dataset (`dataset`)\cr
#'   The dataset, see [dataset()].
#' @param batch_size (`integer(1)` or `NULL`)\cr
#'   Items in a batch; with `NULL`, items come one by one as they are.
#' @param shuffle (`logical(1)`)\cr
#'   Whether each iteration visits the items in a new order.
#' @param sampler ([sampler()] or `NULL`)\cr
#'   The order of the items, instead of `shuffle`.
#' @param batch_sampler ([sampler()] or `NULL`)\cr
#'   The items of each batch, instead of `batch_size`, `shuffle`, `sampler` and `drop_last`.
#' @param num_workers,pin_memory,timeout,worker_init_fn,worker_globals,worker_packages (any)\cr
#'   No effect: there are no worker processes. A warning says so once in a session.
#' @param collate_fn (`function` or `NULL`)\cr
#'   Makes a batch of a list of items. If the dataset has a method `.getbatch()`, it gets what that returned.
#' @param drop_last (`logical(1)`)\cr
#'   Whether a last batch that is smaller than the others is left out.
#' @return `dataloader()`: an object of class `dataloader`, whose `length()` is the number of batches (`NA` if unknown).
#'   `dataloader_make_iter()`: an iterator. `dataloader_next()`: a batch. `is_dataloader()`: (`logical(1)`).
#'
#' @family Data
#' @export
#' @examples
#' ds = tensor_dataset(x = torch_randn(10, 3), y = torch_arange(1, 10))
#' loader = dataloader(ds, batch_size = 4, shuffle = TRUE)
#' length(loader)
#' iter = dataloader_make_iter(loader)
#' for (i in seq_len(length(loader))) print(dataloader_next(iter)$x$shape)
dataloader = function(dataset, batch_size = 1, shuffle = FALSE, sampler = NULL, batch_sampler = NULL, num_workers = 0,
  collate_fn = NULL, pin_memory = FALSE, drop_last = FALSE, timeout = -1, worker_init_fn = NULL, worker_globals = NULL,
  worker_packages = NULL) {
  assert_dataset(dataset)
  check_loader_options(batch_size, shuffle, drop_last, collate_fn)
  check_loader_samplers(dataset, batch_size, shuffle, sampler, batch_sampler, drop_last)
  workers = "batches are read in this process"
  warn_no_effect(c(
    if (!identical(as.numeric(num_workers), 0)) c(num_workers = workers),
    if (!isFALSE(pin_memory)) c(pin_memory = "tensors are copied to a device where a network needs them"),
    if (!identical(as.numeric(timeout), -1)) c(timeout = workers),
    if (!is.null(worker_init_fn)) c(worker_init_fn = workers),
    if (!is.null(worker_globals)) c(worker_globals = workers),
    if (!is.null(worker_packages)) c(worker_packages = workers)
  ), "dataloader()")
  DataLoader$new(dataset, batch_size, shuffle, sampler, batch_sampler, collate_fn, drop_last)
}

check_loader_options = function(batch_size, shuffle, drop_last, collate_fn) {
  refuse = function(argument, expected, given) {
    abort("argument", sprintf("dataloader(): '%s' must be %s, not %s.", argument, expected, as_short_string(given)),
      list(argument = argument))
  }
  if (!is.null(batch_size) && !test_count(batch_size, positive = TRUE)) {
    refuse("batch_size", "a whole number from 1, or NULL", batch_size)
  }
  if (!test_flag(shuffle)) refuse("shuffle", "TRUE or FALSE", shuffle)
  if (!test_flag(drop_last)) refuse("drop_last", "TRUE or FALSE", drop_last)
  if (!test_function(collate_fn, null.ok = TRUE)) refuse("collate_fn", "a function of a list of items", collate_fn)
}

check_loader_samplers = function(dataset, batch_size, shuffle, sampler, batch_sampler, drop_last) {
  given = list(sampler = sampler, batch_sampler = batch_sampler)
  iwalk(discard(given, is.null), function(value, name) {
    if (!inherits(value, "utils_sampler")) {
      abort("argument", sprintf("dataloader(): '%s' must be a sampler, see sampler(), not %s.", name,
        as_short_string(value)), list(argument = name))
    }
  })
  decided = c(shuffle = shuffle, sampler = !is.null(sampler), batch_sampler = !is.null(batch_sampler))
  if (inherits(dataset, "iterable_dataset")) {
    refuse_together(decided, "the dataset, which gives its items in turn, decides their order")
  } else if (!is.null(batch_sampler)) {
    others = c(shuffle = shuffle, sampler = !is.null(sampler), drop_last = drop_last, batch_size = !batch_size %in% 1)
    refuse_together(others, "'batch_sampler' decides the items of each batch")
  } else if (!is.null(sampler)) {
    refuse_together(c(shuffle = shuffle), "'sampler' decides the order of the items")
  }
}

refuse_together = function(given, reason) {
  if (any(given)) {
    argument = names(given)[given][[1L]]
    abort("argument", sprintf("dataloader(): %s, so leave out '%s'.", reason, argument), list(argument = argument))
  }
}

DataLoader = R6Class("dataloader",
  lock_objects = FALSE,
  public = list(
    dataset = NULL,
    batch_size = NULL,
    sampler = NULL,
    batch_sampler = NULL,
    collate_fn = NULL,
    drop_last = NULL,

    initialize = function(dataset, batch_size, shuffle, sampler, batch_sampler, collate_fn, drop_last) {
      self$dataset = dataset
      self$batch_size = batch_size
      self$collate_fn = collate_fn
      self$drop_last = drop_last
      if (private$.is_iterable()) {
        return(invisible(self))
      }
      if (is.null(batch_sampler)) self$sampler = sampler %??% PlainSampler(dataset, shuffle)
      self$batch_sampler = batch_sampler
      if (is.null(batch_sampler) && !is.null(batch_size)) {
        self$batch_sampler = BatchSampler(self$sampler, batch_size, drop_last)
      }
    },

    .iter = function() DataLoaderIter$new(self, private$.batches()),

    .length = function() {
      if (!private$.is_iterable()) {
        return(length(self$batch_sampler %??% self$sampler))
      }
      batches = length(self$dataset) / (self$batch_size %??% 1L)
      as.integer(if (self$drop_last) floor(batches) else ceiling(batches))
    },

    print = function(...) {
      catn(sprintf("<dataloader>: %s batches of '%s'", format(length(self)), dataset_name(self$dataset)))
      invisible(self)
    }
  ),

  private = list(
    .is_iterable = function() inherits(self$dataset, "iterable_dataset"),

    # An iterator over the batches.
    .batches = function() if (private$.is_iterable()) private$.batches_in_turn() else private$.batches_by_position(),

    .batches_by_position = function() {
      positions = sampler_iterator(self$batch_sampler %??% self$sampler)
      function() {
        index = positions()
        if (is_exhausted(index)) index else private$.read(index)
      }
    },

    .batches_in_turn = function() {
      items = dataset_iterator(self$dataset)
      if (is.null(self$batch_size)) {
        return(function() private$.unless_exhausted(items(), convert_items))
      }
      lists = in_batches(items, self$batch_size)
      function() {
        batch = lists()
        is_short = self$drop_last && length(batch) < self$batch_size
        if (is_short) exhausted else private$.unless_exhausted(batch, collate_items)
      }
    },

    .read = function(index) {
      if (is.null(self$batch_sampler)) {
        return(private$.collate(read_item(self$dataset, index), convert_items))
      }
      if (is.function(self$dataset$.getbatch)) {
        return(private$.collate(read_batch(self$dataset, unlist(index)), convert_items))
      }
      private$.collate(lapply(index, read_item, dataset = self$dataset), collate_items)
    },

    .unless_exhausted = function(data, otherwise) if (is_exhausted(data)) data else private$.collate(data, otherwise),

    .collate = function(data, otherwise) {
      collate = self$collate_fn
      if (is.null(collate)) {
        return(otherwise(data))
      }
      collated(collate, data)
    }
  )
)

# One iteration over a loader. After its last batch it stays exhausted.
DataLoaderIter = R6Class("dataloader_iter",
  cloneable = FALSE,
  public = list(
    initialize = function(loader, batches) {
      private$.loader = loader
      private$.batches = batches
    },
    .iter = function() self,
    .next = function() {
      if (is.null(private$.batches)) {
        return(exhausted)
      }
      batch = private$.batches()
      if (is_exhausted(batch)) private$.batches = NULL
      batch
    },
    .length = function() length(private$.loader),
    print = function(...) {
      catn("<dataloader_iter>")
      invisible(self)
    }
  ),
  private = list(
    .loader = NULL,
    .batches = NULL
  )
)

# The iterator of an iterable dataset, whose errors name the dataset.
dataset_iterator = function(dataset) {
  if (!is.function(dataset$.iter)) abort_missing_method(dataset, ".iter")
  items = naming_dataset(dataset, "its iterator", dataset$.iter())
  if (!is.function(items)) {
    abort("dataset", sprintf("Dataset '%s': '.iter()' must return a function that gives the next item.",
      dataset_name(dataset)), list(dataset = dataset_name(dataset)))
  }
  function() naming_dataset(dataset, "the next item", items())
}

#' @export
length.dataloader = function(x) x$.length()

#' @rdname dataloader
#' @param x (any)\cr
#'   What to look at.
#' @export
is_dataloader = function(x) inherits(x, "dataloader")

#' @rdname dataloader
#' @param dataloader (`dataloader`)\cr
#'   The loader.
#' @export
dataloader_make_iter = function(dataloader) {
  if (!is_dataloader(dataloader)) {
    abort("argument", sprintf("'dataloader' must be what dataloader() returned, not %s.", as_short_string(dataloader)),
      list(argument = "dataloader"))
  }
  dataloader$.iter()
}

#' @rdname dataloader
#' @param iter (`dataloader_iter`)\cr
#'   What `dataloader_make_iter()` returned.
#' @param completed (any)\cr
#'   What to return after the last batch.
#' @export
dataloader_next = function(iter, completed = NULL) {
  if (!inherits(iter, "dataloader_iter")) {
    abort("argument", sprintf("'iter' must be what dataloader_make_iter() returned, not %s.", as_short_string(iter)),
      list(argument = "iter"))
  }
  batch = iter$.next()
  if (is_exhausted(batch)) completed else batch
}
