# Parameters of mlr3torch and R torch that have nothing to act on here. They are accepted, so that code written for
# those packages runs; what is set is mentioned once in a session.

# What each does elsewhere is done here by something else, or not needed.
no_effect = list(
  batch_first = "the first dimension is always that of the rows",
  divisor_override = "sums are divided by the size of their window",
  inplace = "the compiled step decides which values share memory",
  jit_trace = "the training step is compiled where that is possible, see the parameter 'plan'",
  num_workers = "the data lie in memory or are read by R code, so no thread can read them ahead",
  pin_memory = "data are tensors before the first batch, so there is nothing left to copy",
  timeout = "no worker loads data, so nothing is waited for",
  verbose = "callbacks decide what training shows, for instance t_clbk(\"progress\")",
  worker_globals = "no worker loads data",
  worker_init_fn = "no worker loads data",
  worker_packages = "no worker loads data"
)

# `values`: those that are set.
mention_no_effect = function(values) {
  if (!any(names(values) %in% names(no_effect))) {
    return(invisible())
  }
  given = values[names(values) %in% names(no_effect)]
  says_nothing = imap_lgl(given, function(value, name) {
    default = no_effect_defaults[[name]]
    if (is.numeric(value) && is.numeric(default)) isTRUE(value == default) else identical(value, default)
  })
  warn_no_effect(no_effect[names(given)[!says_nothing]])
}

# `values` without those. `ids`: which of them have no effect here.
with_effect = function(values, ids = names(no_effect)) {
  if (!any(names(values) %in% ids)) {
    return(values)
  }
  mention_no_effect(values[names(values) %in% ids])
  values[names2(values, "") %nin% ids]
}

# Values that say nothing.
no_effect_defaults = list(batch_first = TRUE, inplace = FALSE, jit_trace = FALSE, num_workers = 0,
  pin_memory = FALSE, timeout = -1, verbose = FALSE)

# Operations whose R torch counterpart has the argument `inplace`.
inplace_operations = c("celu", "dropout", "elu", "hardswish", "hardtanh", "leaky_relu", "mish", "relu", "relu6",
  "rrelu", "selu", "silu", "threshold")

# The parameters of a thing in a registry, with those that its counterpart has in addition.
with_no_effect = function(param_set, registry, name) {
  more = if (registry == "operation" && name %in% inplace_operations) {
    ps(inplace = p_lgl(default = FALSE, tags = "train"))
  } else if (registry == "operation" && name %in% c("avg_pool2d", "avg_pool3d")) {
    # only the default, since another value would change what is computed
    ps(divisor_override = p_checked(check_is_null, default = NULL, tags = "train"))
  } else if (registry == "operation" && name == "multihead_attention") {
    ps(batch_first = p_lgl(default = TRUE, tags = "train"))
  } else if (registry == "callback" && startsWith(name, "lr_")) {
    # the second tag keeps it from being passed on
    ps(verbose = p_lgl(default = FALSE, tags = c("train", "no_effect")))
  }
  if (is.null(more)) param_set else ps_union(list(param_set, more))
}

check_is_null = function(x) if (is.null(x)) TRUE else sprintf("can only be NULL here, not %s", as_short_string(x))
