# Predictions that are tables: what the types of tasks of this package have in common. Each element is a vector, or a
# matrix with a row for each row of the task.

rows_of = function(x, rows) if (is.matrix(x)) x[rows, , drop = FALSE] else x[rows]

bind_rows = function(parts) if (is.matrix(parts[[1L]])) do.call(rbind, parts) else do.call(c, parts)

# What belongs to rows; the rest is dropped when predictions are joined.
row_elements = function(pdata) {
  intersect(c("row_ids", "truth", "response", "crank", "lp", "distr", "weights"), names(pdata))
}

filter_rows = function(pdata, row_ids) {
  keep = pdata$row_ids %in% row_ids
  pdata[row_elements(pdata)] = map(unclass(pdata)[row_elements(pdata)], rows_of, rows = keep)
  pdata
}

join_predictions = function(parts, keep_duplicates) {
  elements = row_elements(parts[[1L]])
  if (!all(map_lgl(parts, function(part) setequal(row_elements(part), elements)))) {
    abort("predict_type", "Predictions of different predict types cannot be joined.")
  }
  joined = parts[[1L]]
  joined[elements] = map(elements, function(name) bind_rows(map(parts, name)))
  if (keep_duplicates) {
    return(joined)
  }
  keep = !duplicated(joined$row_ids, fromLast = TRUE)
  joined[elements] = map(unclass(joined)[elements], rows_of, rows = keep)
  joined
}

missing_rows = function(pdata, elements) {
  is_missing = Reduce(`|`, map(unclass(pdata)[intersect(elements, names(pdata))], function(x) {
    if (is.matrix(x)) rowSums(is.na(x)) > 0 else is.na(x)
  }), logical(length(pdata$row_ids)))
  pdata$row_ids[is_missing]
}

# Refuses elements that do not have a row for each row.
check_rows = function(pdata) {
  rows = length(pdata$row_ids)
  for (name in row_elements(pdata)) {
    given = NROW(pdata[[name]])
    if (given != rows) {
      abort("model", sprintf("A prediction of %i rows has %i rows of '%s'.", rows, given, name))
    }
  }
  pdata
}

new_pdata = function(elements, class) structure(discard(elements, is.null), class = c(class, "PredictionData"))

# Columns of a matrix, as `truth.y1`.
matrix_columns = function(x, prefix) {
  table = as.data.table(x)
  setnames(table, paste(prefix, colnames(x) %??% seq_col(x), sep = "."))[]
}
