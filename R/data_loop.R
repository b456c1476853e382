# Loops over loaders, by this package and by the package coro.

# A function that gives the next value each time it is called, and `exhausted` after the last one.
as_value_iterator = function(x) {
  if (is_dataloader(x)) {
    return(dataloader_make_iter(x)$.next)
  }
  if (inherits(x, "dataloader_iter")) {
    return(x$.next)
  }
  if (inherits(x, "iterable_dataset")) {
    return(dataset_iterator(x))
  }
  if (inherits(x, "dataset")) {
    return(values_at(seq_len(length(x)), function(i) x[i]))
  }
  if (inherits(x, "utils_sampler")) {
    return(sampler_iterator(x))
  }
  if (is.function(x)) x else values_at(seq_along(x), function(i) x[[i]])
}

values_at = function(positions, get) {
  next_position = batches_of(positions, 1L)
  function() {
    position = next_position()
    if (is_exhausted(position)) position else get(position)
  }
}

#' @exportS3Method coro::as_iterator
as_iterator.dataloader = function(x) as_value_iterator(x)

#' @exportS3Method coro::as_iterator
as_iterator.dataset = function(x) as_value_iterator(x)

#' @exportS3Method coro::as_iterator
as_iterator.utils_sampler = function(x) as_value_iterator(x)

#' @title Loops over Batches
#'
#' @description
#' `loop()` runs a `for` loop over the batches of a [dataloader()], the items of a [dataset()], the values of a function
#' that ends with `as.symbol(".__exhausted__.")`, or the elements of a vector. `next`, `break` and `return()` work as in
#' any loop. Each value is made when the loop reaches it. The function of the same name in the package coro does the
#' same.
#'
#' `enumerate()` is the older way: `for (batch in enumerate(loader))`. A batch is read when one of its elements is asked
#' for, by `$` or `[[`, and is gone when the next one is read.
#'
#' @param loop (`for` loop)\cr
#'   The loop, as code.
#' @return `loop()`: nothing. `enumerate()`: a list with an element for each batch.
#'
#' @family Data
#' @export
#' @examples
#' loader = dataloader(tensor_dataset(x = torch_arange(1, 5)), batch_size = 2)
#' loop(for (batch in loader) print(batch$x))
loop = function(loop) {
  code = substitute(loop)
  if (!is.call(code) || !identical(code[[1L]], as.symbol("for"))) {
    abort("argument", "loop() takes a `for` loop, as in `loop(for (batch in loader) ...)`.", list(argument = "loop"))
  }
  env = parent.frame()
  name = as.character(code[[2L]])
  iterator = as_value_iterator(eval(code[[3L]], env))
  advance = function() {
    value = iterator()
    if (is_exhausted(value)) {
      return(FALSE)
    }
    assign(name, value, envir = env)
    TRUE
  }
  # the loop's own value, unless its body returns
  end = new.env()
  result = eval(bquote({
    while (.(advance)()) .(code[[4L]])
    .(end)
  }), env)
  if (!identical(result, end)) do.call("return", list(result), envir = env, quote = TRUE)
  invisible(NULL)
}

#' @rdname loop
#' @param x (`dataloader`)\cr
#'   The loader.
#' @param ... (any)\cr
#'   Not used.
#' @export
enumerate = function(x, ...) UseMethod("enumerate")

#' @export
enumerate.default = function(x, ...) {
  abort("argument", sprintf("enumerate() takes a dataloader, not %s.", as_short_string(x)), list(argument = "x"))
}

#' @rdname loop
#' @param max_len (`integer(1)`)\cr
#'   How many elements to make if the number of batches is unknown; those beyond the last batch have no elements.
#' @export
enumerate.dataloader = function(x, max_len = 1e6, ...) {
  state = new.env(parent = emptyenv())
  state$iter = dataloader_make_iter(x)
  state$position = 0L
  batches = length(x)
  map(seq_len(if (is.na(batches)) max_len else batches), function(position) {
    structure(list2env(list(state = state, position = position)), class = "enum_env")
  })
}

# The batch that an element of enumerate() stands for, read when it is asked for.
enumerated_batch = function(x) {
  state = get("state", envir = x)
  position = get("position", envir = x)
  if (position < state$position) {
    abort("dataset", sprintf("Batch %i of enumerate() is gone: batch %i has been read after it.", position,
      state$position))
  }
  while (state$position < position) {
    state$batch = dataloader_next(state$iter)
    state$position = state$position + 1L
  }
  state$batch
}

#' @export
`[[.enum_env` = function(x, i, ...) enumerated_batch(x)[[i]]

#' @export
`$.enum_env` = function(x, name) enumerated_batch(x)[[name]]

#' @export
length.enum_env = function(x) length(enumerated_batch(x))

#' @export
names.enum_env = function(x) names(enumerated_batch(x))

#' @export
print.enum_env = function(x, ...) {
  catn("<batch of enumerate()>")
  invisible(x)
}
