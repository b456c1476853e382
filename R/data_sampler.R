#' @title Samplers Written in R
#'
#' @description
#' `sampler()` makes a kind of sampler, which says in which order a [dataloader()] visits the items of a dataset:
#' * `initialize(data_source)`: most samplers get the dataset;
#' * `.iter()`: called when an iteration begins; returns a function that gives the next position each time it is called,
#'   and `coro::exhausted()`, which is `as.symbol(".__exhausted__.")`, after the last one;
#' * `.length()`: how many positions there are;
#' * `.iter_batch(batch_size)`, if there is one, is called instead of `.iter()`; its function gives several positions at
#'   once, which is faster.
#'
#' The argument `batch_sampler` of [dataloader()] takes a sampler whose function gives all positions of a batch, and
#' whose length is the number of batches.
#' The parameters `sampler` and `batch_sampler` of the learners take both, the generator and the sampler, and also a
#' plain function that returns the order of an epoch, see [torch_learner_parameters].
#'
#' @param name (`character(1)` or `NULL`)\cr
#'   The class of the objects.
#' @param inherit (generator or [R6::R6Class()])\cr
#'   The sampler whose methods the new one has unless it defines them itself.
#' @param ... (any)\cr
#'   Methods and fields, by name.
#' @inheritParams dataset
#' @return A generator, a function that makes a sampler.
#'
#' @family Data
#' @export
#' @examples
#' backwards = sampler("backwards",
#'   initialize = function(data_source) self$n = length(data_source),
#'   .iter = function() {
#'     i = self$n + 1
#'     function() {
#'       i <<- i - 1
#'       if (i > 0) i else as.symbol(".__exhausted__.")
#'     }
#'   },
#'   .length = function() self$n
#' )
#' ds = tensor_dataset(x = torch_arange(1, 6))
#' loader = dataloader(ds, batch_size = 4, sampler = backwards(ds))
#' loop(for (batch in loader) print(as_array(batch$x)))
sampler = function(name = NULL, inherit = Sampler, ..., private = NULL, active = NULL, parent_env = parent.frame()) {
  class_function("sampler_generator", "sampler()", name, inherit, list(...), parent_env, private = private,
    active = active)
}

Sampler = R6Class("utils_sampler",
  lock_objects = FALSE,
  public = list(
    print = function(...) {
      catn(sprintf("<%s>", sampler_name(self)))
      invisible(self)
    }
  )
)

sampler_name = function(sampler) class(sampler)[[1L]]

#' @export
length.utils_sampler = function(x) {
  if (!is.function(x$.length)) abort_sampler(x, "has no method '.length'")
  checked_length(naming_sampler(x, x$.length()), sprintf("Sampler '%s'", sampler_name(x)))
}

abort_sampler = function(sampler, what) {
  abort("dataset", sprintf("Sampler '%s' %s; see sampler().", sampler_name(sampler), what))
}

naming_sampler = function(sampler, code) {
  withCallingHandlers(code, error = function(condition) {
    if (!inherits(condition, "mlr3libtorch_error_dataset")) {
      abort("dataset", sprintf("Sampler '%s' failed: %s", sampler_name(sampler), condition_text(condition)),
        parent = condition)
    }
  })
}

# What an iterator returns after the last value, as in the package coro.
exhausted = as.symbol(".__exhausted__.")

is_exhausted = function(value) identical(value, exhausted)

# A sampler's iterator, whose errors name the sampler. `batch_size`: for several positions at once.
sampler_iterator = function(sampler, batch_size = NULL) {
  if (is.null(batch_size) && !is.function(sampler$.iter)) abort_sampler(sampler, "has no method '.iter'")
  iterator = naming_sampler(sampler, if (is.null(batch_size)) sampler$.iter() else sampler$.iter_batch(batch_size))
  if (!is.function(iterator)) abort_sampler(sampler, "must return a function from '.iter()'")
  function() naming_sampler(sampler, iterator())
}

# Vectors of `batch_size` neighbours in `positions`.
batches_of = function(positions, batch_size) {
  given = 0L
  function() {
    if (given >= length(positions)) {
      return(exhausted)
    }
    batch = positions[seq(given + 1L, min(given + batch_size, length(positions)))]
    given <<- given + length(batch)
    batch
  }
}

# All positions of a dataset once: as they are, or in an order drawn from LibTorch's generator.
PlainSampler = sampler("utils_sampler_plain",
  initialize = function(data_source, shuffle) {
    self$data_source = data_source
    self$shuffle = shuffle
  },
  .iter = function() self$.iter_batch(1L),
  .iter_batch = function(batch_size) {
    items = length(self$data_source)
    batches_of(if (self$shuffle) as_array(torch_randperm(items)) + 1L else seq_len(items), batch_size)
  },
  .length = function() length(self$data_source),
  parent_env = environment()
)

# Batches of a sampler's positions.
BatchSampler = sampler("utils_sampler_batch",
  initialize = function(sampler, batch_size, drop_last) {
    self$sampler = sampler
    self$batch_size = batch_size
    self$drop_last = drop_last
  },
  .iter = function() {
    is_fast = is.function(self$sampler$.iter_batch)
    draw = if (is_fast) sampler_iterator(self$sampler, self$batch_size) else
      in_batches(sampler_iterator(self$sampler), self$batch_size)
    function() {
      batch = draw()
      if (self$drop_last && length(batch) < self$batch_size) exhausted else batch
    }
  },
  .length = function() {
    batches = length(self$sampler) / self$batch_size
    if (self$drop_last) floor(batches) else ceiling(batches)
  },
  parent_env = environment()
)

# An iterator over lists of values of another one.
in_batches = function(iterator, batch_size) {
  ended = FALSE
  function() {
    batch = list()
    while (!ended && length(batch) < batch_size) {
      value = iterator()
      if (is_exhausted(value)) ended <<- TRUE else batch[[length(batch) + 1L]] = value
    }
    if (length(batch)) batch else exhausted
  }
}
