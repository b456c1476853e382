#' @title Which Features Become Which Input
#'
#' @description
#' For a [LearnerTorchModel] whose network has several inputs: `ingress_num()` makes a tensor of numbers,
#' `ingress_categ()` one of class numbers, and `ingress_ltnsr()` an array for each row.
#' `TorchIngressToken()` makes a tensor by a function of one's own, which the loop calls for each batch: this is slower
#' than tensors in memory, but what the columns stand for, such as the paths of image files, need not fit into it. See
#' the section on learners that read rows in [task_dataset()]. With [batchgetter_num()] or [batchgetter_categ()], it is
#' the same as `ingress_num()` or `ingress_categ()`, in memory.
#' In a graph of pipeops, [`po("torch_ingress_num")`][PipeOpTorchIngress] and the others do this.
#'
#' @param features (`character()` or `NULL`)\cr
#'   The features; `NULL` takes all whose type fits.
#' @param shape (`integer()`)\cr
#'   The array's shape, such as `c(NA, 1, 28, 28)`, where `NA` stands for the rows.
#' @return A `torch_ingress`.
#'
#' @family Network
#' @export
#' @examples
#' ingress_num(c("age", "income"))
ingress_num = function(features = NULL) new_ingress("num", features)

#' @rdname ingress_num
#' @export
ingress_categ = function(features = NULL) new_ingress("categ", features)

#' @rdname ingress_num
#' @export
ingress_ltnsr = function(shape, features = NULL) new_ingress("ltnsr", features, assert_shape(shape))

new_ingress = function(kind, features = NULL, shape = NULL) {
  assert_character(features, any.missing = FALSE, min.len = 1L, unique = TRUE, null.ok = TRUE)
  structure(list(kind = kind, features = features, shape = shape), class = "torch_ingress")
}

#' @export
print.torch_ingress = function(x, ...) {
  features = if (is.null(x$features)) "all of its types" else as_short_string(x$features)
  catn(sprintf("<torch_ingress:%s> %s", x$kind, features))
  invisible(x)
}

# The ingress with the features that it takes from a task with these columns, and their levels.
resolve_ingress = function(ingress, info, id) {
  known = info[!info$target, ]
  types = ingress_types[[ingress$kind]] %??% unique(known$type)
  ingress$features = ingress$features %??% known$id[known$type %in% types]
  columns = known[match(ingress$features, known$id), ]
  unfit = is.na(columns$id) | columns$type %nin% types
  if (!length(unfit) || any(unfit)) {
    abort("features", sprintf("Input '%s' takes features of type %s; %s.", id,
      str_collapse(types, sep = " or "), if (!length(unfit)) "the task has none" else
        sprintf("the task has no such feature '%s'", ingress$features[unfit][[1L]])))
  }
  if (ingress$kind != "own") check_array_shape(ingress$shape, length(ingress$features), id)
  ingress$levels = if (ingress$kind == "categ") pmap(list(columns$levels, columns$type), category_levels)
  ingress
}

category_levels = function(levels, type) if (type == "logical") c("FALSE", "TRUE") else levels

check_array_shape = function(shape, features, id) {
  if (!is.null(shape) && prod(shape[-1L]) != features) {
    abort("shape", sprintf("Input '%s' has %i features, but its shape %s needs %i for a row.", id, features,
      shape_text(shape[-1L]), as.integer(prod(shape[-1L]))))
  }
}

ingress_types = list(
  num = c("integer", "numeric"),
  categ = c("factor", "ordered", "logical"),
  ltnsr = c("integer", "numeric")
)
