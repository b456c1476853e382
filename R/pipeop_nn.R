#' @title One Operation of a Network
#'
#' @description
#' `nn("linear", out_features = 10)` is short for `po("nn_linear", id = "linear", out_features = 10)`: a
#' [pipeop][PipeOpTorch] for a graph, and a part of [nn_sequential()] and [nn_graph()].
#' [nn_operations()] lists the operations.
#'
#' @param .key (`character(1)`)\cr
#'   The operation, or another pipeop whose key begins with `nn_`. A suffix, as in `"linear_1"`, becomes part of the id.
#' @param ... (any)\cr
#'   Values of parameters, and the fields `id` and `reads`: the nodes or inputs that it reads in [nn_graph()].
#' @return A [PipeOpTorch].
#'
#' @family Network
#' @export
#' @examples
#' nn("linear", out_features = 10)
nn = function(.key, ...) {
  known = sub("^nn_", "", grep("^nn_", mlr3pipelines::mlr_pipeops$keys(), value = TRUE))
  key = if (test_string(.key)) sub("_[0-9]+$", "", .key) else as_short_string(.key)
  key = if (test_choice(.key, known)) .key else key
  if (key %nin% known) {
    abort_unknown("unknown_name", sprintf("Networks have no operation '%s'.", key), key, known)
  }
  generator = mlr3pipelines::mlr_pipeops$items[[paste0("nn_", key)]]$value
  settings = list(...)
  given = names2(settings, "")
  to_constructor = given %in% c("", setdiff(names(formals(generator$public_methods$initialize)), c("id", "param_vals")))
  pipeop = invoke(generator$new, id = .key, .args = settings[to_constructor])
  set_by_name(pipeop, settings[!to_constructor], c("id", "reads"), sprintf("operation '%s'", key))
}
