#' @title Which Features Become Which Input
#'
#' @description
#' For a [LearnerTorchModel] whose network has several inputs: `ingress_num()` makes a tensor of numbers,
#' `ingress_categ()` one of class numbers, and `ingress_ltnsr()` an array for each row,
#' of a [lazy_tensor()] or of numeric columns.
#' In a graph of pipeops, [`po("torch_ingress_num")`][PipeOpTorchIngress] and the others do this.
#'
#' `TorchIngressToken()` is mlr3torch's way to write the first two, if it is given [batchgetter_num()] or
#' [batchgetter_categ()]. With a function of one's own, the loop calls that for each batch: this is slower than tensors
#' in memory, but what the columns stand for, such as the paths of image files, need not fit into it. See the section on
#' learners that read rows in [task_dataset()].
#'
#' @param features (`character()`, `function` or `NULL`)\cr
#'   The features; or a selector of mlr3pipelines, such as `selector_grep("^Petal")`; `NULL` takes all whose type fits.
#' @param shape (`integer()`)\cr
#'   The shape of the input, such as `c(NA, 1, 28, 28)`, where `NA` stands for the rows. Only arrays of
#'   numeric columns need it. For `ingress_num()` and `ingress_categ()`, names of features or a selector may be given
#'   in its place.
#' @param batchgetter (`function`)\cr
#'   [batchgetter_num()], [batchgetter_categ()] or another function of (data, device) that makes a tensor of columns, a
#'   data.table.
#' @return A `torch_ingress`.
#'
#' @family Network
#' @export
#' @examples
#' ingress_num(c("age", "income"))
#' TorchIngressToken(c("age", "income"), batchgetter_num, c(NA, 2))
ingress_num = function(shape = NULL, features = NULL) flat_ingress("num", shape, features)

#' @rdname ingress_num
#' @export
ingress_categ = function(shape = NULL, features = NULL) flat_ingress("categ", shape, features)

#' @rdname ingress_num
#' @export
ingress_ltnsr = function(shape = NULL, features = NULL) {
  new_ingress("ltnsr", features, if (!is.null(shape)) assert_input_shape(shape))
}

#' @rdname ingress_num
#' @export
TorchIngressToken = function(features, batchgetter, shape = NULL) {
  getters = list(num = batchgetter_num, categ = batchgetter_categ)
  kind = names(keep(getters, identical, batchgetter))
  if (length(kind)) {
    return(flat_ingress(kind, shape, features))
  }
  if (!test_function(batchgetter) || length(formals(args(batchgetter))) < 2L) {
    abort("argument", sprintf("TorchIngressToken(): 'batchgetter' must be a function of (data, device), such as %s.",
      "batchgetter_num"), list(argument = "batchgetter"))
  }
  ingress = new_ingress("own", features, if (!is.null(shape)) assert_input_shape(shape))
  ingress$batchgetter = batchgetter
  ingress
}

#' @title Columns to a Tensor
#'
#' @description
#' `batchgetter_num()` makes a float32 tensor of numbers, `batchgetter_categ()` an int64 tensor of class numbers, which
#' count from 1. Learners do the same in C++; in [TorchIngressToken()] these functions stand for the two ways.
#'
#' @param data (`data.frame()`)\cr
#'   The columns.
#' @param device (`character(1)`)\cr
#'   The device of the tensor.
#' @param ... (any)\cr
#'   Not used.
#' @return A tensor of shape (rows, columns).
#'
#' @family Network
#' @export
#' @examples
#' batchgetter_num(data.frame(a = 1:2, b = c(0.5, 1)))
#' batchgetter_categ(data.frame(a = factor(c("x", "y")), b = c(TRUE, FALSE)))
batchgetter_num = function(data, device = "cpu", ...) {
  numbers = as.matrix(assert_columns(data, "batchgetter_num()", is.numeric, "numbers"))
  torch_tensor(numbers, dtype = torch_float(), device = device)
}

#' @rdname batchgetter_num
#' @export
batchgetter_categ = function(data, device = "cpu", ...) {
  is_class = function(x) is.factor(x) || is.logical(x)
  columns = map(assert_columns(data, "batchgetter_categ()", is_class, "factors or logicals"), function(column) {
    as.integer(column) + is.logical(column)
  })
  torch_tensor(do.call(cbind, columns), dtype = torch_long(), device = device)
}

assert_columns = function(data, where, fits, words) {
  if (!is.data.frame(data) || !length(data)) {
    abort("argument", sprintf("%s: 'data' must be a table with at least one column, not %s.", where,
      as_short_string(data)))
  }
  unfit = names(data)[!map_lgl(data, fits)]
  if (length(unfit)) {
    abort("features", sprintf("%s: the columns must be %s, but '%s' is of class '%s'.", where, words, unfit[[1L]],
      class(data[[unfit[[1L]]]])[[1L]]), fields = list(features = unfit))
  }
  data
}

# `owner`: whose argument it is, for the message.
assert_tokens = function(tokens, argument, owner = NULL) {
  fits = is.list(tokens) && length(tokens) && test_names(names2(tokens, ""), type = "unique") &&
    all(map_lgl(tokens, inherits, what = "torch_ingress"))
  if (!fits) {
    abort("argument", sprintf("%s'%s' must be a named list, such as list(x = ingress_num()), not %s.",
      if (is.null(owner)) "" else paste0(owner, ": "), argument, as_short_string(tokens)), list(argument = argument))
  }
  tokens
}

# mlr3torch's first argument is the shape; names or a selector in its place are those of features.
flat_ingress = function(kind, shape, features) {
  if ((is.character(shape) || is.function(shape)) && is.null(features)) {
    return(new_ingress(kind, shape))
  }
  new_ingress(kind, features, if (!is.null(shape)) assert_input_shape(shape))
}

new_ingress = function(kind, features = NULL, shape = NULL) {
  if (!is.function(features)) {
    assert_character(features, any.missing = FALSE, min.len = 1L, unique = TRUE, null.ok = TRUE)
  }
  structure(list(kind = kind, features = features, shape = shape), class = "torch_ingress")
}

#' @export
print.torch_ingress = function(x, ...) {
  features = x$features
  features = if (is.null(features)) "all of its types" else if (is.function(features)) "selected" else
    as_short_string(features)
  catn(sprintf("<torch_ingress:%s> %s", x$kind, features))
  invisible(x)
}

# The ingress with the features that it takes from a task with these columns, and their levels.
resolve_ingress = function(ingress, info, id) {
  known = info[!info$target, ]
  types = ingress_types[[ingress$kind]] %??% unique(known$type)
  if (is.function(ingress$features)) ingress$features = selected_features(ingress$features, known, types, id)
  ingress$features = ingress$features %??% if (ingress$kind == "own") known$id else fitting_features(known, types)
  columns = known[match(ingress$features, known$id), ]
  unfit = is.na(columns$id) | columns$type %nin% types
  if (!length(unfit) || any(unfit)) {
    abort("features", sprintf("Input '%s' takes features of type %s; %s.", id,
      str_collapse(types, sep = " or "), if (!length(unfit)) "the task has none" else
        sprintf("the task has no such feature '%s'", ingress$features[unfit][[1L]])))
  }
  ingress$lazy = if (ingress$kind == "ltnsr" && "lazy_tensor" %in% columns$type) TRUE
  if (is.null(ingress$lazy) && ingress$kind != "own") check_array_shape(ingress, id)
  if (isTRUE(ingress$lazy)) ingress$shape = lazy_input_shape(ingress, columns, id)
  ingress$levels = if (ingress$kind == "categ") pmap(list(columns$levels, columns$type), category_levels)
  ingress
}

# What a selector of mlr3pipelines picks from the columns `known`, of which it sees names, types and levels.
selected_features = function(select, known, types, id) {
  task = list(feature_names = known$id, feature_types = data.table(id = known$id, type = known$type),
    levels = function(cols = known$id) set_names(known$levels, known$id)[cols])
  chosen = tryCatch(select(task), error = identity)
  if (!is.character(chosen) || !all(chosen %in% known$id)) {
    why = if (inherits(chosen, "condition")) condition_text(chosen) else sprintf("it gave %s", as_short_string(chosen))
    abort("features", sprintf("Input '%s': its selector must pick features by their names, types or levels; %s.", id,
      sub("[.]$", "", why)))
  }
  if (!length(chosen)) {
    abort("features", sprintf("Input '%s': its selector picks none of the task's features, %s.", id,
      str_collapse(known$id, quote = "'", n = 5L)))
  }
  unfit = chosen[known$type[match(chosen, known$id)] %nin% types]
  if (length(unfit)) {
    abort("features", sprintf("Input '%s' takes features of type %s, but its selector picks '%s'.", id,
      str_collapse(types, sep = " or "), unfit[[1L]]), fields = list(features = unfit))
  }
  chosen
}

category_levels = function(levels, type) if (type == "logical") c("FALSE", "TRUE") else levels

# Lazy tensors, if there are some of them: numbers beside a picture belong to another input.
fitting_features = function(known, types) {
  is_lazy = known$type == "lazy_tensor" & "lazy_tensor" %in% types
  known$id[if (any(is_lazy)) is_lazy else known$type %in% types]
}

# The shape of the only feature of an input, a lazy tensor.
lazy_input_shape = function(ingress, columns, id) {
  if (nrow(columns) != 1L) {
    abort("features", sprintf("Input '%s' takes one lazy tensor and nothing else, but gets %s; select one of them.", id,
      str_collapse(columns$id, quote = "'", n = 5L)), fields = list(features = columns$id))
  }
  shape = columns$shape[[1L]]
  if (anyNA(shape[-1L])) {
    abort("shape", sprintf("Input '%s' takes arrays of one shape, but the elements of '%s' have different lengths; %s.",
      id, columns$id, "`lrn(\"classif.sequence\")` and ingress_sequence() take them"))
  }
  if (!is.null(ingress$shape) && !identical(as.integer(ingress$shape[-1L]), shape[-1L])) {
    abort("shape", sprintf("Input '%s' wants the shape %s, but the elements of '%s' have the shape %s; %s.", id,
      shape_text(ingress$shape[-1L]), columns$id, shape_text(shape[-1L]),
      "transform them, for instance with po(\"trafo_resize\")"))
  }
  shape
}

check_array_shape = function(ingress, id) {
  shape = ingress$shape
  features = length(ingress$features)
  if (ingress$kind == "ltnsr" && is.null(shape)) {
    abort("shape", sprintf("Input '%s' makes arrays of numeric columns, so it needs their shape, such as %s.", id,
      "c(NA, 1, 28, 28)"))
  }
  if (!is.null(shape) && prod(shape[-1L]) != features) {
    abort("shape", sprintf("Input '%s' has %i features, but its shape %s needs %i for a row.", id, features,
      shape_text(shape[-1L]), as.integer(prod(shape[-1L]))))
  }
}

ingress_types = list(
  num = c("integer", "numeric"),
  categ = c("factor", "ordered", "logical"),
  ltnsr = c("integer", "numeric", "lazy_tensor")
)
