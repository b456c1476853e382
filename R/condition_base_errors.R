# R's own errors inside a function that users call, such as "non-numeric argument to binary operator", say neither where
# nor what to do. Functions of the families below answer with an error of this package instead, which names the function
# and the argument. Nothing is checked before something has failed.

# Functions that take tensors, numbers and flags.
own_error_families = paste0("^(", paste(collapse = "|", c(
  "nnf_", "nn_(init|utils)_", "jit_", "distr_", "autograd_", "torch_(save|load)$",
  "nn_(module|module_list|module_dict|parameter|buffer|prune_head|script|script_file|embedding|layer_norm)$",
  "(iterable_|tensor_)?dataset$", "dataset_subset$", "dataloader", "(batch_)?sampler$", "optimizer$",
  "lr_(lambda|multiplicative|scheduler|reduce_on_plateau|finder)$", "optim_lbfgs$"
)), ")")

# The function with the same arguments and class.
with_own_errors = function(fn, name) {
  body(fn) = bquote(withCallingHandlers(.(body(fn)), error = as_own_error(.(name), environment())))
  fn
}

# `except`: functions that check what can fail in R themselves, since a handler costs microseconds in each call.
give_own_errors = function(env, except) {
  for (name in setdiff(grep(own_error_families, names(env), value = TRUE), except)) {
    if (is_plain_function(env[[name]])) assign(name, with_own_errors(env[[name]], name), envir = env)
  }
}

is_plain_function = function(x) is.function(x) && !is.primitive(x) && is.null(attr(x, "class"))

# A handler for the function that runs in `frame`.
as_own_error = function(name, frame) {
  force(name)
  force(frame)
  function(condition) {
    if (is_base_error(condition)) {
      abort("argument", own_error_text(name, frame, condition), parent = condition)
    }
  }
}

base_error_classes = c("simpleError", "evalError", "missingArgError", "getMissingError", "getvarError",
  "subscriptOutOfBoundsError", "notSubsettableError")

# Of R itself or of an assertion; what a user's function signals under a class of its own is left alone.
is_base_error = function(condition) {
  own = setdiff(class(condition), c("error", "condition"))
  !is_time_limit(condition) && all(own %in% base_error_classes)
}

own_error_text = function(name, frame, condition) {
  text = condition_text(condition)
  missing = regmatches(text, regexec("^argument \"(.*)\" is missing, with no default$", text))[[1L]]
  if (length(missing)) {
    return(sprintf("%s(): the argument '%s' is missing.", name, missing[[2L]]))
  }
  asserted = regmatches(text, regexec("^Assertion on '(.*)' failed: (.*)$", text))[[1L]]
  if (length(asserted)) {
    return(sprintf("%s(): '%s': %s", name, asserted[[2L]], asserted[[3L]]))
  }
  wrong = wrong_arguments(frame)
  what = if (length(wrong)) str_collapse(wrong, sep = "; ") else sprintf("%s; see `?%s`", sub("[.]$", "", text), name)
  sprintf("%s(): %s.", name, what)
}

# A part of a sentence for each argument whose value is of another kind than its name and its default tell.
wrong_arguments = function(frame) {
  # there is none if the function was not even called
  called = sys_function_of(frame)
  arguments = if (is.function(called)) as.list(formals(called))
  unlist(map(setdiff(names(arguments), "..."), function(argument) {
    if (eval(call("missing", as.name(argument)), frame)) {
      return(NULL)
    }
    value = tryCatch(get(argument, envir = frame), error = function(condition) NULL)
    expected = expected_kind(argument, if (!is.name(arguments[[argument]])) arguments[[argument]], value)
    if (!is.null(expected)) sprintf("'%s' must be %s, not %s", argument, expected, as_short_string(value))
  }))
}

tensor_arguments = c("input", "input1", "input2", "x1", "x2", "target", "targets", "anchor", "positive", "negative",
  "tensor", "indices", "query", "key")

number_arguments = c("kernel_size", "norm_type", "output_size", "size", "upscale_factor", "num_groups", "threshold",
  "max_norm", "clip_value", "sparsity", "val", "head_size", "dim")

# NULL if the value may be right. `default`: NULL for none.
expected_kind = function(argument, default, value) {
  is_tensor = inherits(value, "torch_tensor")
  if (is.null(default) && argument %in% tensor_arguments && !is_tensor) {
    return("a torch_tensor")
  }
  if (is.logical(default) && length(default) == 1L && !test_flag(value)) {
    return("TRUE or FALSE")
  }
  is_number = is.numeric(default) || (is.null(default) && argument %in% number_arguments && !is.null(value))
  if (is_number && (!is.numeric(value) || anyNA(value)) && !is_tensor) "a number"
}

# The function whose frame this is.
sys_function_of = function(frame) {
  for (i in seq_len(sys.nframe())) {
    if (identical(sys.frame(i), frame)) {
      return(sys.function(i))
    }
  }
}
