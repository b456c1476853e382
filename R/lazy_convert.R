#' @title Convert to Lazy Tensors
#'
#' @description
#' Makes a [lazy_tensor()]:
#' * of paths of JPEG and PNG files: an element is a picture, (channels, height, width), whose values are those of the
#'   file divided by 255;
#' * of a numeric vector, matrix or array, or a [torch_tensor()]: an element is what belongs to an index of the first
#'   dimension, a number of a vector has the shape 1;
#' * of a list of numeric vectors, matrices (steps, channels) or tables: an element is a sequence, whose length may
#'   differ from those of the others; a vector has one channel. [`lrn("classif.sequence")`][mlr_learners.sequence] and
#'   [ingress_sequence()] read them;
#' * of a [dataset()]: an element is an item. Items may be sequences, too, with
#'   `dataset_shapes = list(x = c(NA, NA, 3))` for steps of three channels.
#'
#' @section Pictures:
#' The first bytes of a file tell whether it is a JPEG or a PNG, not its name. `channels` is 3 for colours, 1 for grey,
#' 4 for colours and alpha, or `NULL` for what each file has. Colours become grey by (299 red + 587 green + 114 blue) /
#' 1000, as Pillow does it; grey becomes three equal channels; alpha is dropped, without blending, or is opaque where a
#' file has none. Palettes become colours, 16 bits are scaled to 8. Gamma, colour profiles and the orientation that a
#' camera notes are not used. JPEG files in CMYK are refused.
#'
#' @param x (any)\cr
#'   What to convert.
#' @param ids (`integer()` or `NULL`)\cr
#'   Which elements of a dataset; all unless given.
#' @param channels (`integer(1)` or `NULL`)\cr
#'   How many channels pictures get, see the section below.
#' @param dataset_shapes (named `list()` or `NULL`)\cr
#'   See [as_data_descriptor()].
#' @param ... (any)\cr
#'   Not used.
#' @return A lazy tensor.
#'
#' @section Errors:
#' `mlr3libtorch_error_file`, which names the file, if a file is missing; a file that cannot be read as a picture is
#' noticed when it is needed, and named with its position.
#'
#' @family Lazy
#' @export
#' @examples
#' folder = system.file("extdata", "pictures", package = "mlr3libtorch")
#' files = list.files(folder, full.names = TRUE, recursive = TRUE)
#' x = as_lazy_tensor(files)
#' lazy_shape(x)
#' as_lazy_tensor(matrix(1:6, 3))
#' as_lazy_tensor(list(1:3, c(0.5, 2)))
as_lazy_tensor = function(x, ...) UseMethod("as_lazy_tensor")

#' @export
as_lazy_tensor.default = function(x, ...) {
  abort("argument", sprintf("as_lazy_tensor() takes paths, numbers, tensors, lists of these and datasets, not %s.",
    as_short_string(x)), list(argument = "x"))
}

#' @export
as_lazy_tensor.lazy_tensor = function(x, ...) x

#' @rdname as_lazy_tensor
#' @export
as_lazy_tensor.DataDescriptor = function(x, ids = NULL, ...) lazy_tensor(x, ids)

#' @rdname as_lazy_tensor
#' @export
as_lazy_tensor.character = function(x, channels = 3, ...) {
  if (anyNA(x)) abort("file", sprintf("The path of row %i is missing.", which(is.na(x))[[1L]]))
  absent = which(!file.exists(x))
  if (length(absent)) {
    abort("file", sprintf("There is no file '%s' (row %i)%s. Mend the path, or leave out the row.", x[absent[[1L]]],
      absent[[1L]], if (length(absent) > 1L) sprintf(", and %i others are missing", length(absent) - 1L) else ""),
      list(path = x[absent[[1L]]], row = absent[[1L]]))
  }
  if (!length(x)) {
    return(lazy_tensor())
  }
  lazy_tensor(DataDescriptor$new(files_source(normalizePath(unname(x)), check_channels(channels))))
}

# 0 stands for the file's own.
check_channels = function(channels) {
  if (!is.null(channels) && !(test_number(channels) && channels %in% c(1, 3, 4))) {
    abort("argument", sprintf("'channels' must be 1 (grey), 3 (colours), 4 (colours and alpha) or NULL, not %s.",
      as_short_string(channels)), list(argument = "channels"))
  }
  as.integer(channels %??% 0L)
}

#' @export
as_lazy_tensor.factor = function(x, channels = 3, ...) as_lazy_tensor(as.character(x), channels = channels)

#' @export
as_lazy_tensor.numeric = function(x, ...) as_lazy_tensor(torch_tensor(x, dtype = torch_float()))

#' @export
as_lazy_tensor.data.frame = function(x, ...) {
  as_lazy_tensor(as.matrix(assert_columns(x, "as_lazy_tensor()", is.numeric, "numbers")))
}

#' @export
as_lazy_tensor.torch_tensor = function(x, ...) {
  if (x$ndim == 0L) abort("shape", "as_lazy_tensor(): a tensor without dimensions has no rows.")
  if (x$ndim == 1L) x = x$unsqueeze(2L)
  if (x$shape[[1L]] == 0L) lazy_tensor() else lazy_tensor(DataDescriptor$new(values_source(x$detach()$cpu())))
}

#' @rdname as_lazy_tensor
#' @export
as_lazy_tensor.dataset = function(x, dataset_shapes = NULL, ids = NULL, ...) {
  # other items than these may be broken
  x = lazy_tensor(DataDescriptor$new(x, dataset_shapes), ids)
  if (length(dataset_shapes)) lazy_shape(x)
  x
}
