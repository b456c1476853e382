#' @title A Task in a File
#'
#' @description
#' Writes the features and the target of a task into a file, block by block, and returns a task whose rows learners of
#' this package read from there. The file is mapped into memory: the system loads what is needed and drops it again, so
#' a task may be larger than memory. The learner's parameter `data` decides which way is taken; results are the same bit
#' by bit, whichever it is.
#'
#' The task may have any backend, such as those of \pkg{mlr3db}; it is read once, in blocks of rows. Afterwards only
#' the truth is read from it, where a measure asks for it.
#'
#' @section The file:
#' It holds float32 numbers, and the classes of factors as numbers, in the safetensors format, with a checksum. It
#' appears whole or not at all, whatever stops its writing. It belongs to the columns and the rows that the task's
#' backend has now; rows that are filtered later, as in resampling, are read from the same file. If the file is there
#' already and belongs to the task, it is used as it is.
#'
#' Whether it does is known exactly if the task's data are in memory. Of a database, 256 rows are compared, the number
#' of rows and the columns; after other changes of a table, use `overwrite = TRUE`.
#'
#' Do not change or shorten the file while it is used; replacing it is safe.
#'
#' @section Pipelines:
#' A pipeop that changes features makes a task in memory. To standardise them without one, use learners with the
#' parameter `scale`, such as [`lrn("classif.mlp")`][mlr_learners.mlp].
#'
#' @param task ([mlr3::Task])\cr
#'   The task.
#' @param path (`character(1)`)\cr
#'   Where the file is, or will be.
#' @param overwrite (`logical(1)`)\cr
#'   Whether a file that is there is replaced, whatever it is.
#' @return A clone of the task.
#'
#' @family Data
#' @export
#' @examples
#' path = tempfile(fileext = ".safetensors")
#' task = map_task(tsk("sonar"), path)
#' learner = lrn("classif.mlp", epochs = 5, batch_size = 32, seed = 1)
#' learner$train(task)
#' learner$predict(task)$score()
map_task = function(task, path, overwrite = FALSE) {
  task = assert_task(as_task(task))$clone(deep = TRUE)
  assert_string(path, min.chars = 1L)
  # of a file that does not exist, normalizePath() leaves a relative path as it is
  path = file.path(normalizePath(dirname(path), mustWork = FALSE), basename(path))
  if (dir.exists(path)) {
    abort("file", sprintf("'%s' is a folder; 'path' must be that of a file.", path), fields = list(path = path))
  }
  backend = unmapped_backend(task$backend)
  info = mapped_columns(task)
  if (!nrow(info)) {
    abort("unsupported_features", sprintf("Task '%s' has no columns that a tensor can hold.", task$id))
  }
  hash = mapped_hash(backend, info)
  if (!assert_flag(overwrite) && file.exists(path)) {
    check_mapped_file(path, hash, task)
  } else {
    lg$info("Task '%s' is written into '%s'.", task$id, path)
    write_mapped(backend, info, hash, path)
  }
  use_file(task, DataBackendMapped$new(backend, path, hash))
}

# The task, and its validation task if that has rows of the same backend, with another backend.
use_file = function(task, mapped) {
  valid = task$internal_valid_task
  if (!is.null(valid) && identical(unmapped_backend(valid$backend), mapped$backend)) valid$backend = mapped
  task$backend = mapped
  task
}

# Refuses a file that is there, but is not that of the task.
check_mapped_file = function(path, hash, task) {
  remedy = "give another path, or `overwrite = TRUE` to replace it"
  mapped = tryCatch(open_mapped(path), mlr3libtorch_error_file = function(cond) {
    abort("file", sprintf("%s To use this path: %s.", condition_text(cond), remedy), fields = list(path = path),
      parent = cond)
  })
  if (!identical(mapped$hash, hash)) {
    abort("file", sprintf("'%s' is the file of another task, or of '%s' with other rows, columns or levels; %s.", path,
      task$id, remedy), fields = list(path = path))
  }
}
