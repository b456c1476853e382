# Vectors whose elements belong to classes or features. If a user names the elements, the names say which is whose, and
# the order is irrelevant.

# What each element of a registered argument belongs to, by the argument's name.
element_owners = c(class_weight = "class", cardinalities = "feature", bins = "feature")

# `values` with the elements of such vectors in the order of `known`, a list of names: `class`, `feature`.
# `where` and `prefix` say in errors whose parameters they are.
order_elements = function(values, known, where, prefix = "") {
  for (name in intersect(names(values), names(element_owners))) {
    owner = element_owners[[name]]
    values[[name]] = in_order(plain_vector(values[[name]]), known[[owner]], owner,
      sprintf("%s, parameter '%s%s'", where, prefix, name))
  }
  values
}

in_order = function(x, known, owner, where) {
  given = names(x)
  if (is.null(given)) {
    return(x)
  }
  refuse = function(message) {
    abort("parameter", sprintf("%s: %s", where, message), fields = list(given = given, known = known))
  }
  if (is.null(known)) {
    refuse(sprintf("its elements have names, but there are no %s names here; leave them out.", owner))
  }
  unknown = setdiff(given[nzchar(given)], known)
  if (length(unknown)) {
    refuse(with_suggestion(sprintf("there is no %s '%s'.", owner, unknown[[1L]]), unknown[[1L]], known))
  }
  if (anyDuplicated(given) || !all(nzchar(given))) {
    refuse(sprintf("either each element has the name of a different %s, or none has a name.", owner))
  }
  absent = setdiff(known, given)
  if (length(absent)) {
    refuse(sprintf("there is no element for the %s '%s'; give one for each %s.", owner, absent[[1L]], owner))
  }
  unname(x[known])
}

# A list of numbers and a tensor of one dimension become vectors; other values stay as they are.
plain_vector = function(x) {
  if (inherits(x, "torch_tensor") && x$dim() == 1L) {
    return(as_array(x))
  }
  is_list_of_numbers = is.list(x) && !is.object(x) && length(x) && all(map_lgl(x, test_number))
  if (is_list_of_numbers) unlist(x) else x
}

# Settings as they can be kept in a file: a tensor is a handle, which cannot.
plain_elements_of = function(settings) {
  has_elements = sub("^.*[.]", "", names2(settings, "")) %in% names(element_owners)
  settings[has_elements] = map(settings[has_elements], plain_vector)
  settings
}
