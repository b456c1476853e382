# Looks at the code of a callback when it is made. A misspelled field of the context is an error when it is used, which
# may be hours into a training run, so it is a warning before.

# Warns about fields of the context that the methods of `generator` use wrongly.
# Classes of this package are not checked here, but by its tests.
warn_about_code = function(generator) {
  if (isTRUE(attr(generator, "code_checked"))) {
    return(invisible(NULL))
  }
  levels = discard(callback_levels(generator, "callback"), in_this_package)
  findings = c(unlist(map(levels, level_findings), use.names = FALSE), misnamed_context(levels))
  mark_as_checked(generator)
  if (length(findings)) {
    warn("unknown_field", paste0(generator$classname, ": ", paste(unique(findings), collapse = "\n")),
      fields = list(findings = unique(findings)))
  }
}

# A generator is an environment, so the mark stays with it: wrapping a class does not repeat its warnings.
mark_as_checked = function(generator) {
  attr(generator, "code_checked") = TRUE
  invisible(generator)
}

level_findings = function(level) {
  methods = c(level$public_methods, level$private_methods)
  methods = methods[names(methods) %nin% c("clone", "initialize")]
  findings = imap(methods, function(method, name) {
    map(context_uses(body(method), argument_names(method)), use_finding, method = name)
  })
  unlist(findings, use.names = FALSE)
}

# All uses of the context's fields in `code`, as a list of list(field, kind = "read" or "write", value).
# `hidden` are names of arguments: they are not short names for the context.
context_uses = function(code, hidden = character()) {
  uses = list()
  note = function(field, kind, value = NULL) {
    uses[[length(uses) + 1L]] <<- list(field = field, kind = kind, value = value)
  }
  visit = function(code, short) {
    if (is.function(code)) {
      code = body(code)
    }
    if (!is.call(code)) {
      return(invisible(NULL))
    }
    if (is_assignment(code)) {
      visit_assignment(code, short)
    } else if (identical(code[[1L]], quote(`function`))) {
      visit(code[[3L]], setdiff(short, names(code[[2L]])))
    } else {
      field = field_of_context(code, short)
      if (!is.null(field)) note(field, "read") else visit_parts(code, short)
    }
    invisible(NULL)
  }
  visit_assignment = function(code, short) {
    field = field_of_context(code[[2L]], short)
    if (!is.null(field)) note(field, "write", code[[3L]]) else visit_parts(code[[2L]], short)
    visit(code[[3L]], short)
  }
  visit_parts = function(code, short) {
    for (part in as.list(code)) {
      if (!missing(part)) visit(part, short)
    }
  }
  visit(code, setdiff(short_names(code), hidden))
  uses
}

# Variables that stand for the context because all assignments to them are `x = self$ctx`.
short_names = function(code) {
  targets = list(context = character(), other = character())
  visit = function(code) {
    if (!is.call(code)) {
      return(invisible(NULL))
    }
    if (is_assignment(code) && is.symbol(code[[2L]])) {
      kind = if (is_context(code[[3L]], character())) "context" else "other"
      targets[[kind]] <<- c(targets[[kind]], as.character(code[[2L]]))
    }
    for (part in as.list(code)) {
      if (!missing(part)) visit(part)
    }
  }
  visit(code)
  setdiff(targets$context, targets$other)
}

# Is `code` the context: `self$ctx`, `self[["ctx"]]`, or a short name for it?
is_context = function(code, short) {
  if (is.symbol(code)) {
    return(as.character(code) %in% short)
  }
  identical(element_name(code), "ctx") && identical(code[[2L]], quote(self))
}

# The field if `code` is `<context>$field` or `<context>[["field"]]`, otherwise NULL.
field_of_context = function(code, short) {
  field = element_name(code)
  if (!is.null(field) && is_context(code[[2L]], short)) field
}

# What is wrong with a use, as a sentence; NULL if nothing is.
use_finding = function(use, method) {
  fields = context_fields()
  written = use$kind == "write"
  if (use$field %nin% c(names(fields), "print")) {
    message = sprintf("'%s' %s 'ctx$%s', which does not exist.", method, if (written) "writes" else "reads", use$field)
    return(with_suggestion(message, use$field, names(fields)))
  }
  field = fields[[use$field]]
  if (written && !isTRUE(field$writable)) {
    return(sprintf("'%s' writes 'ctx$%s', which is read-only.", method, use$field))
  }
  expected = if (written) literal_problem(use$value, field$type)
  if (!is.null(expected)) {
    sprintf("'%s' sets 'ctx$%s' to %s, but it must be %s.", method, use$field, deparse(use$value)[[1L]], expected)
  }
}

# What a field of `type` must be, if `code` is a literal of another type; NULL otherwise.
# Only literals are checked: what a call returns is not known before it is run.
literal_problem = function(code, type) {
  if (is.call(code) && identical(code[[1L]], quote(`-`)) && length(code) == 2L && is.numeric(code[[2L]])) {
    code = -code[[2L]]
  }
  if (is.symbol(code) || is.call(code)) {
    return(NULL)
  }
  fits = switch(type %??% "any",
    flag = test_flag(code),
    count = test_count(code),
    scores = is.null(code),
    batch = FALSE,
    TRUE
  )
  if (!fits) {
    c(flag = "TRUE or FALSE", count = "a whole number of at least 0", scores = "a named list", batch =
      "a list with the elements 'x', 'y' and '.index'")[[type]]
  }
}
