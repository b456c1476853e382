# The optimizer of a run as callbacks see it, class `torch_optimizer`: an object around the run's handle.

new_optimizer = function(run) structure(list(run = run), class = "torch_optimizer")

#' @export
`$.torch_optimizer` = function(x, name) {
  assert_choice(name, names(x), .var.name = "field of the optimizer")
  optimizer_groups(x)
}

#' @export
`[[.torch_optimizer` = function(x, i, ...) `$.torch_optimizer`(x, i)

#' @export
`$<-.torch_optimizer` = function(x, name, value) {
  assert_choice(name, names(x), .var.name = "field of the optimizer")
  assert_list(value, len = length(optimizer_groups(x)), .var.name = "param_groups")
  iwalk(value, function(group, i) {
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

optimizer_run = function(x) unclass(x)$run

optimizer_groups = function(x) core_optimizer_groups(optimizer_run(x))
