# The parameter `param_groups` of optimizers: parameters with separate settings.

check_param_groups = function(x) {
  if (is.null(x)) {
    return(TRUE)
  }
  if (is.function(x) && !inherits(x, "torch_selector")) {
    return(check_function(x, nargs = 1L))
  }
  if (is.list(x) && all(map_lgl(x, is_group_request))) {
    return(TRUE)
  }
  paste("must be a list of groups, such as `list(list(params = select_grep(\"bias\"), weight_decay = 0))`,",
    "or a function of the network's parameters that returns one")
}

# A group that a user wrote: a selector or names, and settings.
is_group_request = function(group) {
  is_named_group(group) &&
    (is.function(group$params) || test_character(group$params, any.missing = FALSE, min.len = 1L))
}

is_named_group = function(group) is.list(group) && test_names(names2(group, ""), "unique")

# The groups as the core takes them: each names its parameters.
resolve_param_groups = function(param_groups, parameters) {
  if (is.function(param_groups)) {
    return(groups_by_function(param_groups, parameters))
  }
  groups_by_selectors(param_groups, names(parameters))
}

# An earlier group takes precedence; a group without remaining parameters is left out.
groups_by_selectors = function(groups, known) {
  taken = character()
  for (i in seq_along(groups)) {
    params = groups[[i]]$params
    select = if (is.function(params)) params else select_name(params)
    chosen = select_some(select, known, sprintf("Parameter group %i", i), none_ok = FALSE)
    groups[[i]]$params = setdiff(chosen, taken)
    taken = c(taken, chosen)
  }
  keep(groups, function(group) length(group$params) > 0L)
}

groups_by_function = function(param_groups, parameters) {
  groups = param_groups(parameters)
  if (!is.list(groups) || !all(map_lgl(groups, is_named_group))) {
    abort("parameter", sprintf("'opt.param_groups' must return a list of groups, %s, not %s.",
      "such as `list(list(params = names(parameters)[1], lr = 0.1))`", as_short_string(groups)))
  }
  map(groups, as_parameter_group)
}

# A group names its parameters, or holds some of those that the function was called with.
as_parameter_group = function(group) {
  if (is.list(group$params)) {
    group$params = names(group$params)
  }
  group
}
