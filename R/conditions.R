# One place where errors get their classes; every condition of this package is made here.

#' Signal an error of this package.
#' @noRd
abort = function(class, message, fields = list(), parent = NULL, call = NULL) {
  kinds = if (is.character(class)) paste0("mlr3libtorch_error_", class) else character()
  mlr3_class = if ("internal" %in% class) character() else "Mlr3ErrorConfig"
  condition = structure(
    class = c(kinds, "mlr3libtorch_error", mlr3_class, "Mlr3Error", "error", "condition"),
    c(list(message = message, call = call, parent = parent), fields)
  )
  stop(condition)
}

# Called by the guard around every export.
raise_core_error = function(kind, message, fields) {
  known = fields$known
  if (!is.null(known)) {
    message = paste0(message, did_you_mean(fields$given, known))
  }
  abort(kind, message, fields)
}
