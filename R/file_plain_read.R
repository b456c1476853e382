# Reading plain data back. The file may be damaged or made to do harm, so every node is checked before it is used, and
# only plain vectors and lists are ever made.

node_kinds = c("null", "list", "tensor", names(vector_dtypes))

# nodes: list(kind = character, parent = integer, attribute = character, tensor = character), all of one length.
parse_nodes = function(text, refuse) {
  if (is.null(text)) {
    refuse("it has no structure")
  }
  # The JSON reader descends into whatever is nested, however deep; the structure is flat, so nothing nested may reach
  # it.
  bare = gsub('"(?:[^"\\\\]++|\\\\.)*+"', "", text, perl = TRUE)
  if (!grepl("^\\{(:\\[[-0-9,]*+\\],?){4}\\}$", bare, perl = TRUE)) {
    refuse("its structure cannot be read")
  }
  nodes = tryCatch(jsonlite::fromJSON(text), error = function(cond) refuse("its structure is not JSON"))
  if (!setequal(names(nodes), c("kind", "parent", "attribute", "tensor")) || length(unique(lengths(nodes))) != 1L) {
    refuse("its structure has the wrong columns")
  }
  if (!is.character(nodes$kind) || !is.integer(nodes$parent) || !is.character(nodes$attribute) ||
      !is.character(nodes$tensor)) {
    refuse("its structure has columns of the wrong types")
  }
  nodes
}

check_nodes = function(nodes, tensors, refuse) {
  unknown = setdiff(nodes$kind, node_kinds)
  if (length(unknown)) {
    refuse(sprintf("its structure has a node of the unknown kind '%s'", unknown[1L]))
  }
  check_parents(nodes, refuse)
  has_tensor = nodes$kind %nin% c("null", "list")
  if (!identical(nzchar(nodes$tensor), has_tensor)) {
    refuse("its structure has a vector without a tensor or a list with one")
  }
  used = nodes$tensor[has_tensor]
  missing = setdiff(used, names(tensors))
  if (length(missing)) {
    refuse(sprintf("its structure names the tensor '%s', which does not exist", missing[1L]))
  }
  if (anyDuplicated(used) || length(used) != length(tensors)) {
    refuse("its structure does not use each tensor once")
  }
}

check_parents = function(nodes, refuse) {
  parent = nodes$parent
  id = seq_along(parent)
  if (!length(parent) || parent[1L] != 0L || nzchar(nodes$attribute[1L]) ||
      any(parent[-1L] < 1L | parent[-1L] >= id[-1L])) {
    refuse("its structure is not a tree")
  }
  is_element = id > 1L & !nzchar(nodes$attribute)
  if (any(nodes$kind[parent[is_element]] != "list")) {
    refuse("its structure has elements of something that is not a list")
  }
  if (any(nodes$kind[parent] %in% c("null", "tensor"))) {
    refuse("its structure has attributes of something that cannot have any")
  }
  depth = integer(length(parent))
  for (i in id[-1L]) depth[i] = depth[parent[i]] + 1L
  if (any(depth > plain_depth_limit)) {
    refuse("its structure is nested too deeply")
  }
}

# Children come after their parents, so the last node is made first and no recursion is needed.
decode_tree = function(nodes, tensors, path, refuse) {
  n = length(nodes$kind)
  children = split(seq_len(n), factor(nodes$parent, levels = seq_len(n)))
  values = vector("list", n)
  for (i in rev(seq_len(n))) {
    own = children[[i]]
    is_attribute = nzchar(nodes$attribute[own])
    value = switch(nodes$kind[i],
      null = NULL,
      list = values[own[!is_attribute]],
      decode_vector(nodes$kind[i], tensors[[nodes$tensor[i]]], path, refuse)
    )
    attrs = set_names(values[own[is_attribute]], nodes$attribute[own[is_attribute]])
    value = with_attributes(value, attrs, refuse)
    values[own] = list(NULL)
    if (!is.null(value)) values[[i]] = value
  }
  values[[1L]]
}

decode_vector = function(kind, tensor, path, refuse) {
  if (kind == "tensor") {
    dtype = names(tensor_dtypes)[match(tensor$dtype, tensor_dtypes)]
    return(structure(list(dtype = dtype, shape = tensor$shape, data = tensor$data), class = "torch_tensor_data"))
  }
  is_shaped = if (kind == "complex") identical(tensor$shape[-1L], 2) else length(tensor$shape) == 1L
  if (tensor$dtype != vector_dtypes[[kind]] || !is_shaped) {
    refuse(sprintf("a %s vector is kept as a tensor of another type or shape", kind))
  }
  core_decode_vector(tensor$data, kind, path)
}

with_attributes = function(x, attrs, refuse) {
  if (!length(attrs)) {
    return(x)
  }
  if (anyDuplicated(names(attrs)) || ".internal.selfref" %in% names(attrs)) {
    refuse("a value has an impossible attribute")
  }
  x = tryCatch({
    attributes(x) = attrs
    x
  }, error = function(cond) refuse(sprintf("a value has attributes that do not fit (%s)", condition_text(cond))))
  check_object(x, refuse)
  with_self_reference(x)
}

# A class is a promise about the rest of the object that other code, some of it in C, relies on.
check_object = function(x, refuse) {
  if (is.factor(x)) {
    levels = levels(x)
    codes = unclass(x)
    if (!is.integer(codes) || !is.character(levels) || anyDuplicated(levels) ||
        any(codes < 1L | codes > length(levels), na.rm = TRUE)) {
      refuse("a factor has codes without a level")
    }
  }
  if (is.data.frame(x) || is.data.table(x)) {
    check_data_frame(x, refuse)
  }
}

check_data_frame = function(x, refuse) {
  columns = unclass(x)
  if (!is.list(columns) || !is.data.frame(x) || is.null(attr(x, "row.names")) ||
      (length(columns) && length(names(columns)) != length(columns))) {
    refuse("a data frame has no columns, column names or row names")
  }
  rows = abs(.row_names_info(x))
  if (any(map_int(columns, NROW) != rows)) {
    refuse("a data frame has columns of different lengths")
  }
}
