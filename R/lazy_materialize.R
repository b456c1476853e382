#' @title Make the Tensors of Lazy Tensors
#'
#' @description
#' Reads the elements of a [lazy_tensor()] and applies its transformations.
#'
#' Random transformations draw from R's generator, so `set.seed()` before gives the same tensors again. In training,
#' they follow from the learner's seed, the epoch and the row.
#'
#' @param x ([lazy_tensor()], or a `list()` or `data.frame()` with such columns)\cr
#'   What to make. Of a list, other columns are left out.
#' @param device (`character(1)`)\cr
#'   The device of the tensors.
#' @param rbind (`logical(1)`)\cr
#'   Whether the elements become one tensor, which they can if all have the same shape.
#' @param ... (any)\cr
#'   Not used.
#' @return A list of tensors or, with `rbind`, a tensor whose first dimension is that of the elements. For a list, a
#'   named list of these.
#'
#' @family Lazy
#' @export
#' @examples
#' x = as_lazy_tensor(array(1:24, c(4, 3, 2)))
#' materialize(x[1:2], rbind = TRUE)
#' materialize(x[1:2])
materialize = function(x, device = "cpu", rbind = FALSE, ...) UseMethod("materialize")

#' @export
materialize.lazy_tensor = function(x, device = "cpu", rbind = FALSE, ...) {
  if (!test_flag(rbind)) {
    abort("argument", sprintf("'rbind' must be TRUE or FALSE, not %s.", as_short_string(rbind)),
      list(argument = "rbind"))
  }
  if (rbind) {
    if (!length(x)) abort("no_rows", "There are no elements to make a tensor of.")
    return(materialized_rows(x, lazy_draw(x))$to(device = device))
  }
  tensors = vector("list", length(x))
  draw = lazy_draw(x)
  for (part in lazy_parts(x)) {
    tensors[part$at] = pmap(list(part$ids, part$at), function(id, number) {
      part$descriptor$read(id, draw, number)$select(1L, 1L)$to(device = device)
    })
  }
  tensors
}

#' @export
materialize.list = function(x, device = "cpu", rbind = FALSE, ...) {
  map(keep(as.list(x), is_lazy_tensor), materialize, device = device, rbind = rbind)
}

#' @export
materialize.data.frame = materialize.list

# All elements as one tensor. `numbers`: of the elements, that randomness follows from and errors name.
materialized_rows = function(x, draw, numbers = seq_along(x)) {
  parts = lazy_parts(x)
  rows = map(parts, function(part) part$descriptor$read(part$ids, draw, numbers[part$at]))
  if (length(parts) == 1L) {
    return(rows[[1L]])
  }
  shapes = unique(map(rows, function(tensor) tensor$shape[-1L]))
  if (length(shapes) > 1L) {
    abort("shape", sprintf("The elements have different shapes, %s and %s; resize them.", shape_text(shapes[[1L]]),
      shape_text(shapes[[2L]])))
  }
  torch_cat(rows, 1L)$index_select(1L, torch_tensor(order(unlist(map(parts, "at")))))
}

# Whether some elements go through a random transformation.
is_random_lazy = function(x) some(lazy_parts(x), function(part) some(part$descriptor$steps, is_random_step))

# The same for the lazy tensors that a network's inputs read.
is_random_input = function(task, inputs) {
  ids = unique(map_chr(keep(inputs, function(input) input$kind == "lazy"), "id"))
  task$nrow > 0L && length(ids) > 0L && some(as.list(task$data(cols = ids)), is_random_lazy)
}

# A number that all randomness of some elements follows from. Drawn from R's generator only if something is random.
lazy_draw = function(x) if (is_random_lazy(x)) sample.int(.Machine$integer.max, 1L) else 0L
