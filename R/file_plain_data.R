# Plain data: what a state may hold and a file can keep.
# Atomic vectors, lists and data frames with plain attributes, and tensors as `torch_tensor_data`. Nothing that can be
# run.

# Deeper values would exhaust the C stack when R compares or prints them, and no state needs them.
plain_depth_limit = 50L

plain_types = c("NULL", "logical", "integer", "double", "complex", "character", "raw", "list")

#' Turn a value into plain data.
#'
#' Live tensors become `torch_tensor_data`; a data.table loses its self reference.
#' @param x (any)\cr
#'   The value.
#' @param where (`character(1)`)\cr
#'   What the value is, for the error message, e.g. `"callback 'x': state_dict()"`.
#' @return The same value as plain data.
#'   Anything else in it is an error of class `mlr3libtorch_error_state` that names its place.
#' @noRd
as_plain_data = function(x, where) {
  plain_value(x, where, 0L)
}

# `place` is where `x` is: the text that `where` began with, or a list of the place around it and the step from there.
# It becomes text only when an error names it.
plain_value = function(x, place, depth) {
  if (typeof(x) == "externalptr" && inherits(x, "torch_tensor")) {
    return(core_tensor_to_plain(x))
  }
  check_plain_value(x, place, depth)
  attrs = plain_attributes(x)
  for (name in names(attrs)) {
    attrs[[name]] = plain_value(attrs[[name]], list(place, attribute = name), depth + 1L)
  }
  if (is.list(x)) {
    x = plain_elements(x, place, depth)
  }
  if (!is.null(x)) {
    attributes(x) = attrs
  }
  x
}

plain_elements = function(x, place, depth) {
  # Unclassed first: names and length mean something else in some classes, such as POSIXlt.
  elements = unclass(x)
  names = names(elements)
  for (i in seq_along(elements)) {
    value = plain_value(elements[[i]], list(place, element = i, name = names[i]), depth + 1L)
    # Assigning NULL with [[ would remove the element.
    if (!is.null(value)) elements[[i]] = value
  }
  elements
}

place_text = function(place) {
  steps = list()
  while (is.list(place)) {
    steps = c(list(place), steps)
    place = place[[1L]]
  }
  for (step in steps) {
    place = if (is.null(step$attribute)) {
      paste0(place, element_step(step$element, step$name))
    } else {
      sprintf("attr(%s, \"%s\")", place, step$attribute)
    }
  }
  place
}

element_step = function(i, name) {
  if (length(name) == 0L || is.na(name) || !nzchar(name)) {
    sprintf("[[%i]]", i)
  } else if (make.names(name) == name) {
    paste0("$", name)
  } else {
    sprintf("$`%s`", name)
  }
}

check_plain_value = function(x, place, depth) {
  if (depth > plain_depth_limit) {
    abort("state", sprintf(
      "%s is nested more than %i levels deep; a state must be flatter.",
      strtrim(place_text(place), 80L), plain_depth_limit
    ))
  }
  if (isS4(x) || typeof(x) %nin% plain_types) {
    place = place_text(place)
    abort("state", sprintf(paste0(
      "%s is %s; a state may only hold atomic vectors, lists, data frames, factors and tensors. ",
      "Keep what is needed to make it again, and make it again in load_state_dict()."
    ), place, describe_type(x)), list(place = place))
  }
}

describe_type = function(x) {
  if (isS4(x)) {
    return(sprintf("an S4 object of class '%s'", class(x)[1L]))
  }
  switch(typeof(x),
    closure = , builtin = , special = "a function",
    environment = if (is.object(x)) sprintf("an object of class '%s'", class(x)[1L]) else "an environment",
    externalptr = "an external pointer",
    language = if (inherits(x, "formula")) "a formula" else "a call",
    symbol = "a symbol",
    expression = "an expression",
    sprintf("of type '%s'", typeof(x))
  )
}

# The attributes to keep; row names in their compact form.
plain_attributes = function(x) {
  attrs = attributes(x)
  attrs$.internal.selfref = NULL
  if (is.data.frame(x)) {
    attrs$row.names = .row_names_info(x, 0L)
  }
  attrs
}

#' Make plain data usable again.
#'
#' The inverse of `as_plain_data()`: `torch_tensor_data` becomes a live tensor, data.tables can grow by reference.
#' @noRd
from_plain_data = function(x) {
  if (is_tensor_data(x)) {
    return(core_plain_to_tensor(x))
  }
  if (!is.list(x)) {
    return(x)
  }
  attrs = attributes(x)
  elements = lapply(unclass(x), from_plain_data)
  attributes(elements) = attrs
  with_self_reference(elements)
}

# A data.table without its self reference warns, or copies, when it grows by reference.
with_self_reference = function(x) {
  if (is.data.table(x)) setalloccol(x) else x
}

is_tensor_data = function(x) {
  is.list(x) && identical(names(x), c("dtype", "shape", "data")) && identical(class(x), "torch_tensor_data") &&
    length(attributes(x)) == 2L
}
