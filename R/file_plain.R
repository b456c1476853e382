# Plain data in a file: safetensors, whose metadata say how the tensors make up the value. See docs/format.md.

# What a file holds, and the version of it that this package writes and reads.
plain_file_versions = c("plain data" = 1L, checkpoint = 3L, module = 1L)

reserved_metadata = c("checksum", "content", "structure", "version")

#' Write plain data to a file.
#'
#' The file appears whole or not at all.
#' @param path (`character(1)`)\cr
#'   The file.
#' @param value (any)\cr
#'   Plain data.
#' @param metadata (named `list()` of `character(1)`)\cr
#'   For the reader of the file; other programs show it.
#' @param content (`character(1)`)\cr
#'   What the file contains.
#' @noRd
write_plain_file = function(path, value, metadata = list(), content = "plain data") {
  assert_string(path, min.chars = 1L)
  assert_list(metadata, types = "character", names = if (length(metadata)) "unique" else NULL)
  assert_disjunct(names(metadata), reserved_metadata)
  encoded = encode_tree(as_plain_data(value, "value"))
  own = list(
    content = paste("mlr3libtorch", content),
    version = as.character(plain_file_versions[[content]]),
    structure = jsonlite::toJSON(encoded$nodes, auto_unbox = FALSE, na = "null", digits = NA)
  )
  core_write_file(path.expand(path), encoded$tensors, enc2utf8(unlist(c(own, metadata))))
  invisible(path)
}

#' Read what `write_plain_file()` wrote.
#' @return The value.
#'   Errors have class `mlr3libtorch_error_file` and name the file.
#' @noRd
read_plain_file = function(path, content = "plain data") {
  assert_string(path, min.chars = 1L)
  path = path.expand(path)
  contents = core_read_file(path, TRUE)
  metadata = as.list(contents$metadata)
  if (!identical(metadata$content, paste("mlr3libtorch", content))) {
    abort("file", sprintf("'%s' is not a %s file of mlr3libtorch.", path, content), list(path = path))
  }
  if (!identical(metadata$version, as.character(plain_file_versions[[content]]))) {
    abort("file", sprintf(
      "'%s' is a file of version %s; this version of mlr3libtorch reads version %i.",
      path, metadata$version %??% "unknown", plain_file_versions[[content]]
    ), list(path = path))
  }
  refuse = function(reason) abort("file", sprintf("'%s' is damaged: %s.", path, reason), list(path = path))
  nodes = parse_nodes(metadata$structure, refuse)
  check_nodes(nodes, contents$tensors, refuse)
  decode_tree(nodes, contents$tensors, path, refuse)
}

# Encoding ------------------------------------------------------------------------------------------------------------

# nodes: one row for each vector, list and attribute, a parent before its children.
# tensors: the bytes of the vectors.
encode_tree = function(value) {
  out = new.env()
  out$nodes = list()
  out$tensors = list()
  encode_node(value, 0L, "", "value", out)
  nodes = list(
    kind = map_chr(out$nodes, 1L),
    parent = map_int(out$nodes, 2L),
    attribute = map_chr(out$nodes, 3L),
    tensor = map_chr(out$nodes, 4L)
  )
  has_tensor = nzchar(nodes$tensor)
  nodes$tensor[has_tensor] = make.unique(nodes$tensor[has_tensor], sep = "#")
  list(nodes = nodes, tensors = set_names(out$tensors, nodes$tensor[has_tensor]))
}

encode_node = function(x, parent, attribute, name, out) {
  kind = if (is_storable_tensor(x)) "tensor" else tolower(typeof(x))
  has_tensor = kind %nin% c("null", "list")
  out$nodes[[length(out$nodes) + 1L]] = list(kind, parent, attribute, if (has_tensor) name else "")
  id = length(out$nodes)
  if (has_tensor) {
    out$tensors[[length(out$tensors) + 1L]] = encode_vector(x, kind)
  }
  if (kind == "tensor") {
    return(invisible())
  }
  if (kind == "list") {
    elements = unclass(x)
    steps = element_names(elements)
    for (i in seq_along(elements)) {
      encode_node(elements[[i]], id, "", if (parent == 0L) steps[i] else paste0(name, ".", steps[i]), out)
    }
  }
  attrs = plain_attributes(x)
  for (key in names(attrs)) {
    encode_node(attrs[[key]], id, enc2utf8(key), paste0(name, "@", enc2utf8(key)), out)
  }
}

# How other programs see the elements: by name, or else by number.
element_names = function(elements) {
  steps = as.character(seq_along(elements))
  names = names(elements)
  if (!is.null(names)) {
    usable = !is.na(names) & Encoding(names) != "bytes"
    names[usable] = enc2utf8(names[usable])
    usable = usable & nzchar(names) & validUTF8(names) & names != "__metadata__"
    steps[usable] = names[usable]
  }
  steps
}

encode_vector = function(x, kind) {
  if (kind == "tensor") {
    return(file_tensor(tensor_dtypes[[x$dtype]], x$shape, x$data))
  }
  attributes(x) = NULL
  if (kind == "character") {
    x = core_encode_strings(x)
  }
  file_tensor(vector_dtypes[[kind]], if (kind == "complex") c(length(x), 2) else length(x), x)
}

# Whether reading the tensor would give exactly this; anything else is kept as a list.
is_storable_tensor = function(x) {
  is_tensor_data(x) && is.character(x$dtype) && length(x$dtype) == 1L && x$dtype %in% names(tensor_dtypes) &&
    is.double(x$shape) && is.null(attributes(x$shape)) && !anyNA(x$shape) && is.raw(x$data) &&
    is.null(attributes(x$dtype)) && is.null(attributes(x$data)) &&
    length(x$data) == prod(x$shape) * dtype_bytes[[tensor_dtypes[[x$dtype]]]] &&
    (x$dtype != "bool" || all(x$data <= as.raw(1L)))
}
