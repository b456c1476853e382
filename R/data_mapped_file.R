# A task in a file that is mapped into memory: writing it, opening it, and what it says of itself.
# See docs/format.md and docs/decisions/mapped_data.md.

# The columns of a task that such a file can hold: a `column_info()` with the levels that the columns themselves have.
mapped_columns = function(task) {
  ids = c(task$feature_names, task$target_names)
  types = unname(column_types(task, ids))
  ids = ids[types %in% tensor_feature_types()]
  levels = unname(task$col_info$levels[match(ids, task$col_info$id)])
  structure(list(id = ids, type = unname(column_types(task, ids)), levels = levels), row.names = seq_along(ids),
    class = "data.frame")
}

# What tells the content of a task's file from that of another. Backends in memory have a hash of all values. Others
# have none, or one that a new connection to the same table changes, so some rows stand for all of them.
mapped_hash = function(backend, info, some = 256L) {
  rows = backend$rownames
  if (!inherits(backend, c("DataBackendDataTable", "DataBackendMatrix"))) {
    chosen = rows[unique(round(seq(1, length(rows), length.out = min(some, length(rows)))))]
    values = map(as.list(backend$data(chosen, info$id))[info$id], as.character)
  } else {
    values = backend$hash
  }
  calculate_hash(as.list(info), length(rows), calculate_hash(as.integer(rows)), values)
}

# Writes a task into a file, block by block, of about `block_bytes` of R's memory each. Whatever stops it, nothing is
# left behind.
write_mapped = function(backend, info, hash, path, block_bytes = 16e6) {
  rows = backend$rownames
  if (!length(rows)) abort("no_rows", "The task has no rows to write into a file.")
  if (!dir.exists(dirname(path))) {
    abort("file", sprintf("There is no folder '%s' to write the file '%s' into; make it, or give another path.",
      dirname(path), basename(path)), fields = list(path = path))
  }
  remove_unfinished(path)
  is_counted = identical(as.integer(rows), seq_along(rows))
  writer = core_table_create(path, length(rows), nrow(info), if (!is_counted) as.numeric(rows),
    list(hash = hash, columns = columns_to_json(info)))
  on.exit(core_table_end(writer))
  size = max(1, floor(block_bytes / (8 * nrow(info))))
  for (start in seq(1, length(rows), by = size)) {
    block = backend$data(rows[seq(start, min(start + size - 1, length(rows)))], info$id)
    columns = pmap(list(as.list(block)[info$id], info$id, info$type, info$levels), mapped_column)
    core_table_append(writer, set_names(columns, info$id))
    gc(full = FALSE)
  }
  core_table_commit(writer)
}

# Removes what processes that were killed have left of this file, see src/core/io/atomic_file.h. Another machine may be
# writing into the same folder, so a file counts only if nothing has been added to it for a minute.
remove_unfinished = function(path) {
  files = list.files(dirname(path), full.names = TRUE)
  start = paste0(basename(path), ".tmp-")
  files = files[startsWith(basename(files), start)]
  process = suppressWarnings(as.numeric(sub("-.*", "", substring(basename(files), nchar(start) + 1L))))
  is_idle = difftime(Sys.time(), file.mtime(files), units = "secs") > 60
  is_left = is_idle & !is.na(process) & !map_lgl(process, is_running)
  unlink(files[is_left])
}

# Where the system does not tell, every process may be running.
is_running = function(process) !dir.exists("/proc/self") || dir.exists(sprintf("/proc/%.0f", process))

# A column of a block, as its type in the task says.
mapped_column = function(values, id, type, levels) {
  switch(type,
    factor = , ordered = as_column(if (is.factor(values)) values else factor(values, levels = levels), id, levels),
    logical = as.logical(values),
    values
  )
}

columns_to_json = function(info) {
  levels = map(info$levels, function(x) as.list(enc2utf8(as.character(x))))
  as.character(jsonlite::toJSON(list(id = as.list(info$id), type = as.list(info$type), levels = levels),
    auto_unbox = TRUE))
}

columns_from_json = function(text) {
  columns = jsonlite::fromJSON(text, simplifyVector = FALSE)
  type = as.character(unlist(columns$type))
  levels = pmap(list(columns$levels, is_factor_type(type)), function(x, is_factor) {
    if (is_factor) as.character(unlist(x))
  })
  structure(list(id = as.character(unlist(columns$id)), type = type, levels = levels), row.names = seq_along(type),
    class = "data.frame")
}

# The files that this session has open, by path: their bytes have been compared with the checksum once.
mapped_files = new.env()

# list(path, table, rows, row_ids, hash, info, facts) for a file; it is read anew if it has been replaced.
open_mapped = function(path) {
  path = normalizePath(path, mustWork = FALSE)
  stamp = file.info(path, extra_cols = FALSE)[c("size", "mtime")]
  known = mapped_files[[path]]
  if (!is.null(known) && identical(known$stamp, stamp)) {
    return(known)
  }
  table = core_table_open(path, TRUE)
  about = core_table_info(table)
  info = tryCatch(columns_from_json(about$metadata[["columns"]]), error = function(cond) NULL)
  if (!is.data.frame(info) || nrow(info) != about$columns) {
    abort("file", sprintf("'%s' does not say what its columns are; it was not written by map_task().", path),
      fields = list(path = path))
  }
  opened = c(list(path = path, stamp = stamp, table = table, hash = about$metadata[["hash"]], info = info),
    about[c("rows", "row_ids", "facts")])
  assign(path, opened, envir = mapped_files)
  opened
}
