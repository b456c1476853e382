#' @title Task of Pictures
#'
#' @description
#' Makes a task whose feature `image` is a [lazy_tensor()] of picture files. Nothing is read but the names of the files,
#' and the first file when its shape is needed.
#'
#' @param x (`character(1)` or `data.frame()`)\cr
#'   A folder that has a folder of JPEG and PNG files for each class, named for it. Or a table with a column of paths
#'   and one of the target; its other columns are features, too.
#' @param target (`character(1)`)\cr
#'   The column of the target; for a folder, how it is to be called. A factor, text or logical makes a task of
#'   classification, numbers one of regression.
#' @param path (`character(1)`)\cr
#'   The column of the paths.
#' @param id (`character(1)`)\cr
#'   The id of the task.
#' @param channels (`integer(1)` or `NULL`)\cr
#'   See [as_lazy_tensor()].
#' @param on_error (`"stop"` or `"skip"`)\cr
#'   What happens to files that cannot be read. `"stop"`: they are noticed when they are needed, and end the run with an
#'   error that names file and row. `"skip"`: all files are read now, once; rows whose file cannot be read are left out
#'   with a warning.
#' @return A [mlr3::TaskClassif] or [mlr3::TaskRegr].
#'
#' @family Lazy
#' @export
#' @examples
#' folder = system.file("extdata", "pictures", package = "mlr3libtorch")
#' task = image_task(folder)
#' task
#' lazy_shape(task$data(1)$image)
image_task = function(x, target = "class", path = "path", id = "images", channels = 3, on_error = c("stop", "skip")) {
  on_error = match_choice(on_error, c("stop", "skip"), "on_error")
  rows = if (is.data.frame(x)) picture_table(x, target, path) else picture_folder(x, target)
  if (on_error == "skip") rows = rows[readable_files(rows$image, channels), ]
  if (!nrow(rows)) abort("no_rows", "image_task(): there are no pictures that can be read.")
  rows$image = as_lazy_tensor(rows$image, channels = channels)
  if (is.numeric(rows[[target]])) as_task_regr(rows, target = target, id = id) else
    as_task_classif(rows, target = target, id = id)
}

match_choice = function(value, choices, argument) {
  value = if (identical(value, choices)) choices[[1L]] else value
  if (!test_choice(value, choices)) {
    abort("argument", sprintf("'%s' must be %s, not %s.", argument, str_collapse(choices, quote = "'", sep = " or "),
      as_short_string(value)), list(argument = argument))
  }
  value
}

# A table of the paths, called `image`, and the classes of the files in a folder.
picture_folder = function(folder, target) {
  if (!test_string(folder) || !dir.exists(folder)) {
    abort("file", sprintf("image_task(): 'x' must be a table or a folder that exists, not %s.",
      as_short_string(folder)), list(path = if (is.character(folder)) folder[1L]))
  }
  classes = sort(list.dirs(folder, full.names = FALSE, recursive = FALSE))
  files = map(set_names(classes), function(class) {
    list.files(file.path(folder, class), "[.](jpe?g|png)$", full.names = TRUE, ignore.case = TRUE, recursive = TRUE)
  })
  files = files[lengths(files) > 0L]
  if (!length(files)) {
    abort("no_rows", sprintf("image_task(): folder '%s' has no folder with files that end in .jpg, .jpeg or .png; %s.",
      folder, "it must have one for each class"))
  }
  classes = factor(rep(names(files), lengths(files)), names(files))
  rows = data.table(class = classes, image = unlist(files, use.names = FALSE))
  setnames(rows, "class", target)[]
}

picture_table = function(table, target, path) {
  absent = setdiff(c(target, path), names(table))
  if (length(absent)) {
    abort("features", sprintf("image_task(): the table has no column '%s'; name the columns of %s.", absent[[1L]],
      "the target and the paths with 'target' and 'path'"), fields = list(features = absent))
  }
  if ("image" %in% setdiff(names(table), path)) {
    abort("features", "image_task(): the table has a column 'image', which is what the pictures are called; rename it.",
      fields = list(features = "image"))
  }
  rows = as.data.table(table)
  if (is.character(rows[[target]]) || is.logical(rows[[target]])) rows[[target]] = factor(rows[[target]])
  paths = as.character(rows[[path]])
  rows[[path]] = NULL
  rows$image = paths
  rows
}

# Whether each file can be read. Those that cannot are named in a warning.
readable_files = function(paths, channels) {
  problems = rep("the path is missing", length(paths))
  known = which(!is.na(paths))
  problems[known] = core_picture_problems(path.expand(paths[known]), check_channels(channels))
  unreadable = which(nzchar(problems))
  if (length(unreadable)) {
    warn("file", sprintf("%i of %i rows are left out, since their pictures cannot be read: row %i: %s%s",
      length(unreadable), length(paths), unreadable[[1L]], problems[[unreadable[[1L]]]],
      if (length(unreadable) > 1L) sprintf(" (and rows %s)", str_collapse(unreadable[-1L], n = 10L)) else ""),
      fields = list(path = paths[unreadable], row = unreadable))
  }
  !nzchar(problems)
}
