# Looks for misspelled names of the context in the code of a callback: `self$cxt` is NULL, and R says nothing.

# Sentences about names that are close to `self$ctx`, are read, and are set nowhere.
misnamed_context = function(levels) {
  methods = unlist(map(unname(levels), function(level) c(level$public_methods, level$private_methods)),
    recursive = FALSE)
  fields = unlist(map(unname(levels), function(level) c(names(level$public_fields), names(level$active))))
  uses = map(methods, function(method) elements_of_self(body(method)))
  known = c("ctx", fields, names(methods), unlist(map(uses, "set")))
  unlist(imap(uses, function(use, method) {
    suspects = keep(setdiff(use$read, known), resembles_context)
    sprintf("'%s' reads 'self$%s', which nothing sets; did you mean 'self$ctx'?", method, suspects)
  }), use.names = FALSE)
}

resembles_context = function(name) {
  name %in% c("context", "ctxt") || (nchar(name) == 3L && edit_distance(tolower(name), "ctx") <= 1L)
}

# The names of the elements of `self` that `code` reads and those that it sets, as a list(read, set).
elements_of_self = function(code) {
  found = list(read = character(), set = character())
  visit = function(code, kind = "read") {
    if (!is.call(code)) {
      return(invisible(NULL))
    }
    if (is_assignment(code)) {
      visit(code[[2L]], "set")
      return(visit(code[[3L]]))
    }
    name = element_name(code)
    if (!is.null(name) && identical(code[[2L]], quote(self))) {
      found[[kind]] <<- union(found[[kind]], name)
      return(invisible(NULL))
    }
    for (part in as.list(code)) {
      if (!missing(part)) visit(part)
    }
    invisible(NULL)
  }
  visit(code)
  found
}

is_assignment = function(code) {
  is.call(code) && is.symbol(code[[1L]]) && as.character(code[[1L]]) %in% c("=", "<-", "<<-") && length(code) == 3L
}

# `x` in `a$x` and `a[["x"]]`; NULL for other code.
element_name = function(code) {
  if (!is.call(code) || length(code) != 3L) {
    return(NULL)
  }
  if (identical(code[[1L]], quote(`$`)) && (is.symbol(code[[3L]]) || is.character(code[[3L]]))) {
    as.character(code[[3L]])
  } else if (identical(code[[1L]], quote(`[[`)) && is.character(code[[3L]])) {
    code[[3L]]
  }
}
