# The optimizer of a run as callbacks see it, class `torch_optimizer`: an object around the run's handle.

new_optimizer = function(run) structure(list(run = run), class = "torch_optimizer")

#' @export
`$.torch_optimizer` = function(x, name) {
  assert_optimizer_field(x, name)
  optimizer_groups(x)
}

#' @export
`[[.torch_optimizer` = function(x, i, ...) `$.torch_optimizer`(x, i)

#' @export
`$<-.torch_optimizer` = function(x, name, value) {
  assert_optimizer_field(x, name)
  groups = optimizer_groups(x)
  if (!is.list(value) || length(value) != length(groups)) {
    abort("argument", sprintf("'param_groups' must be a list of %i groups; %s", length(groups),
      "write one setting, for example `optimizer$param_groups[[1]]$lr = 0.01`."))
  }
  iwalk(value, function(group, i) {
    # assigning NULL removes an element of a list, and a missing setting would be left as it was
    absent = setdiff(names(groups[[i]]), names(group))
    if (length(absent)) {
      abort("argument", sprintf("'param_groups[[%i]]$%s' must have a value.", i, absent[[1L]]))
    }
    core_optimizer_set(optimizer_run(x), i, group[setdiff(names(group), "params")])
  })
  x
}

#' @export
`[[<-.torch_optimizer` = function(x, i, value) `$<-.torch_optimizer`(x, i, value)

#' @export
names.torch_optimizer = function(x) "param_groups"

#' @export
print.torch_optimizer = function(x, ...) {
  groups = optimizer_groups(x)
  catn(sprintf("<torch_optimizer>: %i parameter group%s", length(groups), if (length(groups) == 1L) "" else "s"))
  walk(groups, function(group) catn("  ", as_short_string(group[setdiff(names(group), "params")], width = 100L)))
  invisible(x)
}

assert_optimizer_field = function(x, name) {
  if (!test_choice(name, names(x))) {
    abort_unknown_field("An optimizer", as_short_string(name), names(x))
  }
}

optimizer_run = function(x) unclass(x)$run

optimizer_groups = function(x) core_optimizer_groups(optimizer_run(x))
