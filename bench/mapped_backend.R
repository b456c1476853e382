# A backend whose rows are computed when they are asked for, so that a task of any size takes no memory.
BlocksOfNumbers = R6::R6Class("BlocksOfNumbers",
  inherit = mlr3::DataBackend,
  public = list(
    initialize = function(rows, columns) super$initialize(list(rows = rows, columns = columns), "id"),
    data = function(rows, cols) {
      columns = lapply(stats::setNames(nm = cols), function(name) {
        if (name == "id") {
          rows
        } else if (name == "y") {
          private$.number(rows, 1) + private$.number(rows, 0) / 2
        } else {
          private$.number(rows, as.numeric(sub("x", "", name)))
        }
      })
      data.table::as.data.table(columns)
    },
    head = function(n = 6L) self$data(seq_len(n), self$colnames),
    distinct = function(rows, cols, na_rm = TRUE) sapply(cols, function(name) numeric(), simplify = FALSE),
    missings = function(rows, cols) stats::setNames(integer(length(cols)), cols)
  ),
  active = list(
    rownames = function() seq_len(private$.data$rows),
    colnames = function() c("id", paste0("x", seq_len(private$.data$columns)), "y"),
    nrow = function() private$.data$rows,
    ncol = function() private$.data$columns + 2L
  ),
  private = list(
    # between -1 and 1, without a pattern that matters
    .number = function(rows, column) 2 * ((rows * (0.6180339887 + 0.7310585 * column)) %% 1) - 1,
    .calculate_hash = function() paste("blocks", private$.data$rows, private$.data$columns)
  )
)
