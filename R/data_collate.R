# From items to a batch: by a function of the user, or else as dataloader() does it.

check_collate = function(x) if (is.null(x) || is.function(x)) TRUE else "must be a function of a batch, or NULL"

# What a user's `collate_fn` makes of `data`.
collated = function(collate, data) {
  withCallingHandlers(collate(data), error = function(condition) {
    abort("dataset", sprintf("'collate_fn' failed: %s", condition_text(condition)), parent = condition)
  })
}

# A list of items, each of the same structure, as one: tensors are stacked, lists are taken apart by element.
collate_items = function(items, where = "") {
  first = items[[1L]]
  if (inherits(first, "torch_tensor")) {
    return(stack_tensors(items, where))
  }
  if (is.list(first)) {
    return(collate_lists(items, where))
  }
  if (is.character(first) && length(first) == 1L) {
    return(unlist(items))
  }
  if (!is_numbers(first)) {
    abort("dataset", sprintf("Items cannot be put into a batch: %s is %s; give dataloader() a 'collate_fn'.",
      element_place(where), as_short_string(first)))
  }
  if (length(first) == 1L && is.null(dim(first))) {
    return(stack_numbers(items, where))
  }
  stack_tensors(map(items, torch_tensor), where)
}

is_numbers = function(value) is.numeric(value) || is.logical(value) || is.complex(value)

# Numbers become one dimension: whole ones int64, others float32.
stack_numbers = function(items, where) {
  if (any(lengths(items) != 1L)) abort_unlike(where, "some are single numbers and others are not")
  torch_tensor(unlist(items))
}

stack_tensors = function(items, where) {
  if (!all(map_lgl(items, inherits, what = "torch_tensor"))) abort_unlike(where, "some are tensors and others are not")
  shapes = map_chr(items, function(item) sprintf("(%s)", toString(item$shape)))
  if (any(shapes != shapes[[1L]])) {
    abort_unlike(where, sprintf("shapes are %s", str_collapse(unique(shapes), n = 5L)))
  }
  torch_stack(items, 1L)
}

collate_lists = function(items, where) {
  alike = map_lgl(items, function(item) {
    is.list(item) && length(item) == length(items[[1L]]) && identical(names(item), names(items[[1L]]))
  })
  if (!all(alike)) abort_unlike(where, "lists differ in their lengths or names")
  elements = map(seq_along(items[[1L]]), function(i) {
    collate_items(map(items, function(item) item[[i]]), paste0(where, "$", element_label(items[[1L]], i)))
  })
  names(elements) = names(items[[1L]])
  elements
}

element_label = function(item, i) if (nzchar(names2(item, "")[[i]])) names(item)[[i]] else sprintf("[[%i]]", i)

element_place = function(where) if (nzchar(where)) sprintf("element '%s'", sub("^[$]", "", where)) else "an item"

abort_unlike = function(where, difference) {
  abort("dataset", sprintf("Items cannot be put into a batch: in %s, %s; give dataloader() a 'collate_fn'.",
    element_place(where), difference))
}

# Numbers in a batch that the dataset made itself, or in a single item, become tensors; all else stays.
convert_items = function(data) {
  if (inherits(data, "torch_tensor")) {
    return(data)
  }
  if (is.list(data)) {
    return(map(data, convert_items))
  }
  if (is_numbers(data)) torch_tensor(data) else data
}
