#' @title A Live Optimizer
#'
#' @name torch_optimizer
#' @description
#' What `ctx$optimizer` is in a callback, and what [optim_adam()] and the others return. The first updates the
#' parameters of the run's network, the second those it was given.
#'
#' @section Fields:
#' * `$param_groups`: a list of groups. `$params` of a group is a named list of tensors, the rest are its settings,
#'   which can be assigned: `optimizer$param_groups[[1]]$lr = 0.01`.
#' * `$step(closure = NULL)`: one update. A parameter without a gradient, or frozen by `$requires_grad_(FALSE)`, is left
#'   out. `closure`: a function that computes the gradients and returns the loss, which `$step()` then returns.
#' * `$zero_grad(set_to_none = FALSE)`: sets the gradients to zero, or removes them.
#' * `$state`: a list with an entry for each parameter, of its `step` (how many updates it had) and the optimizer's
#'   statistics as tensors of the parameter's shape. They are copies.
#' * `$state_dict()`: a list of the optimizer's `name`, its `param_groups`, in which `params` are positions of
#'   parameters among all, and `state`. `$load_state_dict(state_dict)` puts one in.
#' * `$add_param_group(param_group)`: adds a group, such as `list(params = list(x), lr = 0.1)`; other settings are those
#'   the optimizer was made with, `$defaults`. The optimizer of a run has all parameters of its network; for groups of
#'   them see `param_groups` of [TorchOptimizer].
#'
#' @section In a callback:
#' The training loop computes gradients and makes a step for each batch by itself. `ctx$optimizer$step()` makes one
#' more, with the gradients that the parameters have at that moment; `ctx$skip_step = TRUE` in `on_after_backward`
#' leaves out the loop's own. While weights that were averaged for validation are in the network, a step is an error.
#'
#' @family Optimizer
#' @examples
#' x = torch_tensor(c(1, 2), requires_grad = TRUE)
#' optimizer = optim_sgd(x, lr = 0.1)
#' optimizer$param_groups[[1]]$lr = 0.2
#' for (i in 1:3) {
#'   optimizer$zero_grad()
#'   (x^2)$sum()$backward()
#'   optimizer$step()
#' }
#' x
NULL

# `pointer`: of a run, or of an optimizer over tensors of its own. `defaults`: settings for groups without their own.
new_optimizer = function(pointer, defaults = list()) {
  structure(list(pointer = pointer, defaults = defaults), class = "torch_optimizer")
}

optimizer_pointer = function(x) unclass(x)$pointer

#' @rdname torch_optimizer
#' @param x (any)\cr
#'   Any object.
#' @return For `is_optimizer()`, whether `x` is an optimizer: a live one, or one made by [optimizer()].
#' @export
is_optimizer = function(x) inherits(x, c("torch_optimizer", "torch_Optimizer"))

# Each gets what is in the optimizer and gives the field's value.
optimizer_members = list(
  param_groups = function(own) core_optimizer_groups(own$pointer),
  defaults = function(own) own$defaults,
  step = function(own) {
    pointer = own$pointer
    function(closure = NULL) {
      loss = if (!is.null(closure)) with_enable_grad(closure())
      core_optimizer_step(pointer)
      invisible(loss)
    }
  },
  zero_grad = function(own) {
    function(set_to_none = FALSE) invisible(core_optimizer_zero_grad(own$pointer, set_to_none))
  },
  state = function(own) named_state(core_optimizer_state(own$pointer), core_optimizer_groups(own$pointer)),
  state_dict = function(own) {
    function() core_optimizer_state(own$pointer)
  },
  load_state_dict = function(own) {
    function(state_dict) invisible(core_optimizer_load_state(own$pointer, positional_state(state_dict)))
  },
  add_param_group = function(own) {
    function(param_group) add_param_group(own$pointer, param_group, own$defaults)
  }
)

# The entries are in the order in which the parameters were given, over all groups.
named_state = function(state_dict, groups) {
  names = unlist(map(groups, function(group) names(group$params)))
  set_names(state_dict$state, names[order(unlist(map(state_dict$param_groups, "params")))])
}

# Names of the entries mean nothing; with them, the list would not be one of positions.
positional_state = function(state_dict) {
  if (is.list(state_dict) && is.list(state_dict$state)) state_dict$state = unname(state_dict$state)
  state_dict
}

add_param_group = function(pointer, param_group, defaults) {
  if (inherits(pointer, "torch_run")) {
    abort("config", paste("The optimizer of a run has all parameters of its network, so no group can be added;",
      "set the learner's parameter 'opt.param_groups', or freeze parameters with `$requires_grad_(FALSE)`."))
  }
  groups = core_optimizer_groups(pointer)
  count = sum(map_int(groups, function(group) length(group$params)))
  group = as_tensor_group(param_group, length(groups) + 1L, defaults, count)
  invisible(core_optimizer_add_group(pointer, group))
}

#' @export
`$.torch_optimizer` = function(x, name) {
  member = optimizer_members[[name]]
  if (is.null(member)) {
    abort_unknown_field("An optimizer", name, names(optimizer_members))
  }
  member(unclass(x))
}

#' @export
`[[.torch_optimizer` = function(x, i, ...) {
  if (!test_string(i)) {
    abort_unknown_field("An optimizer", as_short_string(i), names(optimizer_members))
  }
  `$.torch_optimizer`(x, i)
}

#' @export
`$<-.torch_optimizer` = function(x, name, value) {
  # `optimizer$state[[1]]$exp_avg$zero_()` and the like do not assign
  if (name != "param_groups") {
    `$.torch_optimizer`(x, name)
    abort_read_only(sprintf("The optimizer's field '%s'", name), "settings can be written in 'param_groups'")
  }
  groups = core_optimizer_groups(optimizer_pointer(x))
  if (!is.list(value) || length(value) != length(groups)) {
    abort("argument", sprintf("'param_groups' must be a list of %i groups; %s", length(groups),
      "write one setting, for example `optimizer$param_groups[[1]]$lr = 0.01`."))
  }
  iwalk(value, function(group, i) assign_settings(optimizer_pointer(x), i, group, names(groups[[i]])))
  x
}

# Assigning NULL removes an element of a list, and a missing setting would be left as it was.
assign_settings = function(pointer, i, group, needed) {
  absent = setdiff(needed, names(group))
  if (length(absent)) {
    abort("argument", sprintf("'param_groups[[%i]]$%s' must have a value.", i, absent[[1L]]))
  }
  if (!core_optimizer_has(pointer, i, as.list(group$params))) {
    abort_read_only(sprintf("'param_groups[[%i]]$params'", i), "use `$add_param_group()`, or make another optimizer")
  }
  core_optimizer_set(pointer, i, group[setdiff(names(group), "params")])
}

#' @export
`[[<-.torch_optimizer` = function(x, i, value) `$<-.torch_optimizer`(x, i, value)

#' @export
names.torch_optimizer = function(x) names(optimizer_members)

#' @export
print.torch_optimizer = function(x, ...) {
  groups = x$param_groups
  catn(sprintf("<torch_optimizer> %s: %i parameter group%s", core_optimizer_name(optimizer_pointer(x)), length(groups),
    if (length(groups) == 1L) "" else "s"))
  walk(groups, function(group) {
    settings = as_short_string(group[setdiff(names(group), "params")], width = 100L)
    catn(sprintf("  %i parameter%s: %s", length(group$params), if (length(group$params) == 1L) "" else "s", settings))
  })
  invisible(x)
}
