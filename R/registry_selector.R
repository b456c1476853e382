#' @title Choose Parameters by Name
#'
#' @description
#' Selectors are functions that choose some of a network's parameters by their names, such as `"linear1.weight"`.
#' The callback `t_clbk("unfreeze")` and the parameter `param_groups` of [optimizers][TorchOptimizer] take them.
#'
#' * `select_all()`: all of them.
#' * `select_none()`: none.
#' * `select_grep()`: those whose names match a pattern.
#' * `select_name()`: those with the given names.
#' * `select_invert()`: those that another selector does not choose.
#'
#' @param pattern (`character(1)`)\cr
#'   The pattern, as for [grep()].
#' @param ignore.case,perl,fixed (`logical(1)`)\cr
#'   As for [grep()].
#' @param param_names (`character()`)\cr
#'   The names.
#' @param assert_present (`logical(1)`)\cr
#'   Whether it is an error if the network lacks a name.
#' @param select (`function`)\cr
#'   A selector.
#' @return (`function(full_names)`) A selector, of class `torch_selector`: takes names and returns some of them.
#' @name torch_selector
#' @family Network
#' @examples
#' names = c("linear1.weight", "linear1.bias", "head.weight")
#' select_grep("^linear1")(names)
#' select_invert(select_name("head.weight"))(names)
NULL

#' @rdname torch_selector
#' @export
select_all = function() {
  new_selector(function(full_names) full_names)
}

#' @rdname torch_selector
#' @export
select_none = function() {
  new_selector(function(full_names) character(), "torch_selector_none")
}

#' @rdname torch_selector
#' @export
select_grep = function(pattern, ignore.case = FALSE, perl = FALSE, fixed = FALSE) {
  assert_string(pattern)
  force(c(ignore.case, perl, fixed))
  new_selector(function(full_names) {
    grep(pattern, full_names, value = TRUE, ignore.case = ignore.case, perl = perl, fixed = fixed)
  })
}

#' @rdname torch_selector
#' @export
select_name = function(param_names, assert_present = TRUE) {
  assert_character(param_names, any.missing = FALSE)
  assert_flag(assert_present)
  new_selector(function(full_names) {
    absent = setdiff(param_names, full_names)
    if (assert_present && length(absent)) {
      message = sprintf("The network has no parameter '%s'.", absent[[1L]])
      abort_unknown("unknown_name", message, absent[[1L]], full_names)
    }
    intersect(full_names, param_names)
  })
}

#' @rdname torch_selector
#' @export
select_invert = function(select) {
  assert_function(select)
  new_selector(function(full_names) setdiff(full_names, select(full_names)))
}

new_selector = function(f, class = NULL) structure(f, class = c(class, "torch_selector"))

# What a selector chooses among the names `known`. Choosing none is a mistake, except for select_none() if `none_ok`.
# `where` says in the error whose selector it is.
select_some = function(select, known, where, none_ok = TRUE) {
  chosen = intersect(known, select(known))
  if (!length(chosen) && !(none_ok && inherits(select, "torch_selector_none"))) {
    abort_empty_selection(select, known, where)
  }
  chosen
}

# A pattern was meant to match a name, or a part of one.
abort_empty_selection = function(select, known, where) {
  pattern = environment(select)$pattern
  message = sprintf("%s: the selector chooses none of the network's parameters", where)
  if (!is.null(pattern)) {
    message = sprintf("%s, its pattern is '%s'", message, pattern)
  }
  parts = unlist(strsplit(known, ".", fixed = TRUE))
  abort("unknown_name", with_suggestion(paste0(message, "."), pattern %??% "", unique(c(known, parts))),
    fields = list(given = pattern, known = known))
}

#' @export
print.torch_selector = function(x, ...) {
  catn("<torch_selector>")
  invisible(x)
}
