#' @title Windows of a Series
#'
#' @description
#' Makes a task for forecasting of a regression task whose rows are in the order of time: for each row, the features are
#' the values of the `width` rows before, and the target is the value `horizon` steps after the last of them.
#'
#' @details
#' The order is that of the column `order`, or the task's column of that role, or of the rows. With `split`, the task
#' remembers which rows are for training and which for testing, so that no value of the test part is in a row of the
#' training part: see the example. Splitting windows at random, as cross-validation does, mixes past and future.
#'
#' The columns are called `step<i>_<series>`, where step 1 is the oldest. This is how
#' [`lrn("regr.sequence")`][mlr_learners.sequence] reads them, with the parameter `channels` set to the number of
#' series.
#'
#' Rows whose window is not complete, or has missing values, are left out. A task with groups is refused, since its rows
#' are of several series. Ids and case weights are those of the target's row. Rows that follow
#' each other are taken for neighbours in time, also where rows between them are not in the task.
#'
#' @param task ([mlr3::TaskRegr])\cr
#'   The series: its target, and its numeric features if they are given in `features`.
#' @param width (`integer(1)`)\cr
#'   How many steps a window has.
#' @param horizon (`integer(1)`)\cr
#'   How many steps after the window's end the target lies.
#' @param features (`character()`)\cr
#'   Further series, by name.
#' @param order (`character(1)` or `NULL`)\cr
#'   The column that gives the order, such as a date.
#' @param split (`numeric(1)` or `NULL`)\cr
#'   The share of the series' steps that are for training.
#' @return A [mlr3::TaskRegr]. With `split`, a list of two: `train` and `test`. Each target of `train` lies before each
#'   target of `test`; windows of `test` may begin with values that were known at the time of the split.
#'
#' @family Data
#' @export
#' @examples
#' series = data.frame(value = sin(1:100 / 5) + 1:100 / 50)
#' parts = window_task(as_task_regr(series, target = "value", id = "wave"), width = 12, split = 0.8)
#' learner = lrn("regr.sequence", width = 8, dropout = 0, epochs = 30, batch_size = 16, seed = 1,
#'   opt.lr = 0.02)
#' learner$train(parts$train)
#' learner$predict(parts$test)$score(msr("regr.mae"))
window_task = function(task, width, horizon = 1L, features = character(), order = NULL, split = NULL) {
  assert_task(task, task_type = "regr")
  assert_count(width, positive = TRUE)
  assert_count(horizon, positive = TRUE)
  assert_number(split, lower = 0, upper = 1, null.ok = TRUE)
  assert_one_series(task)
  series = c(task$target_names, assert_series(features, task))
  weights = task$col_roles$weights_learner
  data = ordered_rows(task, c(series, weights), order)
  steps = nrow(data)
  if (steps < width + horizon) {
    abort("no_rows", sprintf("window_task(): windows of %i steps and a horizon of %i need %i rows; task '%s' has %i.",
      as.integer(width), as.integer(horizon), as.integer(width + horizon), task$id, steps))
  }
  rows = seq(width + horizon, steps)
  table = window_table(data, series, rows, width, horizon)
  is_complete = stats::complete.cases(table)
  if (!any(is_complete)) {
    abort("no_rows", sprintf("window_task(): each window of task '%s' has missing values; fill them in.", task$id))
  }
  table = table[is_complete]
  rows = rows[is_complete]
  table$..row_id = data$..row_id[rows]
  for (column in weights) table[[column]] = data[[column]][rows]
  windows = as_task_regr(as_data_backend(table, primary_key = "..row_id"), target = task$target_names,
    id = paste0(task$id, "_windows"))
  if (length(weights)) windows$set_col_roles(weights, "weights_learner")
  # a backend sorts by its key, but rows are in the order of time
  windows$row_roles$use = table$..row_id
  if (is.null(split)) {
    return(windows)
  }
  split_windows(windows, rows <= floor(split * steps + 1e-9), split)
}

# The rows of the task with the series, in the order of time.
ordered_rows = function(task, series, order) {
  order = order %??% if (length(task$col_roles$order)) task$col_roles$order
  if (is.null(order)) {
    return(with_row_ids(task, series, seq_len(task$nrow)))
  }
  known = task$col_info$id
  if (!test_choice(order, known)) {
    abort_unknown("argument", sprintf("window_task(): task '%s' has no column %s.", task$id, as_short_string(order)),
      order, known)
  }
  times = task$data(cols = order)[[1L]]
  if (anyNA(times) || anyDuplicated(times)) {
    abort("argument", sprintf("window_task(): the column '%s' must have a different value for each row; %s.", order,
      "give each series a task of its own"), fields = list(argument = "order"))
  }
  with_row_ids(task, series, base::order(times))
}

assert_one_series = function(task) {
  groups = task$col_roles$group
  if (length(groups)) {
    abort("argument", sprintf("window_task(): task '%s' has groups by '%s'; give each series a task of its own.",
      task$id, groups), fields = list(argument = "task"))
  }
}

with_row_ids = function(task, series, positions) {
  data = as.data.frame(task$data(cols = series))
  data$..row_id = task$row_ids
  data[positions, , drop = FALSE]
}

assert_series = function(features, task) {
  assert_character(features, any.missing = FALSE, unique = TRUE)
  types = column_types(task, features)
  unfit = features[types %nin% c("numeric", "integer")]
  if (length(unfit)) {
    abort("features", sprintf("window_task(): '%s' is not a numeric feature of task '%s'.", unfit[[1L]], task$id),
      fields = list(features = unfit))
  }
  setdiff(features, task$target_names)
}

# `rows`: those of the targets.
window_table = function(data, series, rows, width, horizon) {
  steps = rep(seq_len(width), each = length(series))
  names = rep(series, width)
  columns = pmap(list(names, steps), function(name, step) data[[name]][rows - (width + horizon - step)])
  table = as.data.table(set_names(columns, sprintf("step%0*i_%s", nchar(width), steps, names)))
  table[[series[[1L]]]] = data[[series[[1L]]]][rows]
  table
}

split_windows = function(windows, is_train, split) {
  if (all(is_train) || !any(is_train)) {
    abort("no_rows", sprintf("window_task(): with split = %s, no window is left for %s.", format(split),
      if (all(is_train)) "testing" else "training"))
  }
  list(train = windows$clone(deep = TRUE)$filter(windows$row_ids[is_train]),
    test = windows$clone(deep = TRUE)$filter(windows$row_ids[!is_train]))
}
