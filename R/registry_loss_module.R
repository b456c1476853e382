# Losses that are modules.

# Modules that compute what one of the core's losses does.
losses_of_modules = c(nn_mse_loss = "mse", nn_l1_loss = "l1", nn_smooth_l1_loss = "smooth_l1",
  nn_cross_entropy_loss = "cross_entropy", nn_bce_with_logits_loss = "bce_with_logits",
  nn_poisson_nll_loss = "poisson_nll", nn_multi_margin_loss = "multi_margin")

#' @export
as_torch_loss.nn_module_generator = function(x, clone = FALSE, ...) {
  settings = list(...)
  fields = intersect(names2(settings, ""), c("task_types", "param_set", "id", "label", "packages", "man"))
  if (any(attr(x, "definition")$classes[1L] %in% names(losses_of_modules))) {
    module = invoke(x, .args = settings[setdiff(names(settings), fields)])
    return(invoke(as_torch_loss, module, .args = settings[fields]))
  }
  loss = invoke(TorchLoss$new, x, .args = settings[fields])
  set_by_name(loss, settings[setdiff(names(settings), fields)], character(), sprintf("loss '%s'", loss$id))
}

#' @export
as_torch_loss.nn_module = function(x, clone = FALSE, ...) {
  if (inherits(x, "registered_loss")) {
    return(invoke(t_loss, x$key, ..., .args = x$settings))
  }
  key = losses_of_modules[class(x)[[1L]]]
  if (!is.na(key) && has_default_settings(x)) {
    return(t_loss(key, reduction = x$reduction, ...))
  }
  invoke(t_loss, "fn", fn = untrained_loss(x), .args = insert_named(list(id = class(x)[[1L]]), list(...)))
}

# Except for the reduction, which the core has, too.
has_default_settings = function(module) {
  settings = formals(method_of(module_core(module)$definition, "initialize"))
  settings$reduction = NULL
  if (module$reduction %nin% c("mean", "sum")) {
    return(FALSE)
  }
  all(imap_lgl(as.list(settings), function(default, name) {
    value = module_core(module)$members[[name]]
    if (is.null(value)) is.null(default) else identical(as.numeric(value), as.numeric(eval(default)))
  }))
}
