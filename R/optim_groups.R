# Tensors with settings, as optimizers take them: from what a user gave to what the core takes.

# `params`: a tensor, a list of tensors, or a list of groups. `settings`: for groups that do not have their own.
as_tensor_groups = function(params, settings) {
  if (inherits(params, "torch_tensor")) {
    params = list(params)
  }
  if (is.list(params) && length(params) && every(params, inherits, what = "torch_tensor")) {
    params = list(list(params = params))
  }
  if (!is.list(params) || is.object(params) || !length(params) || !every(params, is_named_group)) {
    abort_params(params)
  }
  groups = list()
  count = 0L
  for (i in seq_along(params)) {
    groups[[i]] = as_tensor_group(params[[i]], i, settings, count)
    count = count + length(groups[[i]]$params)
  }
  groups
}

# `i` and `before` count the groups and parameters so far: a parameter without a name is called by its position.
as_tensor_group = function(group, i, settings, before) {
  if (!is_named_group(group)) {
    abort("argument", sprintf("A parameter group must be a list such as `list(params = list(x), lr = 0.1)`, not %s.",
      as_short_string(group)), list(argument = "param_group"))
  }
  params = if (inherits(group$params, "torch_tensor")) list(group$params) else group$params
  if (!is.list(params) || !length(params) || !every(params, inherits, what = "torch_tensor")) {
    abort("argument", sprintf("'params' of parameter group %i must be a torch_tensor or a list of them, not %s.", i,
      as_short_string(params)), list(argument = "params"))
  }
  names = names2(params, "")
  names[names == ""] = as.character(before + seq_along(params))[names == ""]
  own = group[setdiff(names(group), "params")]
  list(params = set_names(params, names), settings = insert_named(settings, own))
}

abort_params = function(params) {
  remedy = ""
  if (is.function(params) || inherits(params, "torch_network")) {
    remedy = " Give the parameters of a network, `network$parameters`."
  } else if (is.list(params) && !length(params)) {
    remedy = " It is empty: a network without parameters has nothing to optimize."
  }
  abort("argument", sprintf("'params' must be a torch_tensor, a list of them, or a list of groups %s, not %s.%s",
    "such as `list(list(params = list(x), lr = 0.1))`", as_short_string(params), remedy), list(argument = "params"))
}
