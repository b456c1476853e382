# A checkpoint folder: one file for each point of a run that was kept, and nothing else.

checkpoint_pattern = "^checkpoint_([0-9]{6,})(?:_([0-9]{6,}))?\\.safetensors$"
# A killed run may leave behind the file that it was writing (the core's AtomicFile gives such names).
unfinished_pattern = "^checkpoint_[0-9]{6,}(_[0-9]{6,})?\\.safetensors\\.tmp-[0-9]+-[0-9]+$"

#' Write one checkpoint.
#'
#' @param folder (`character(1)`)\cr
#'   Made if it does not exist.
#'   A folder with files other than checkpoints is refused.
#' @param value (named `list()`)\cr
#'   Plain data.
#' @param epoch (`integer(1)`)\cr
#'   Number of epochs that have been trained.
#' @param batch (`integer(1)`)\cr
#'   Number of batches of the next epoch that have been trained; 0 between epochs.
#' @return The file's path.
#' @noRd
write_checkpoint = function(folder, value, epoch, batch = 0) {
  assert_list(value)
  check_checkpoint_folder(folder)
  path = file.path(folder, checkpoint_name(epoch, batch))
  metadata = map(list(epoch = epoch, batch = batch), format, scientific = FALSE)
  write_plain_file(path, value, metadata = metadata, content = "checkpoint")
  unlink(file.path(folder, list.files(folder, pattern = unfinished_pattern)))
  invisible(path)
}

checkpoint_name = function(epoch, batch = 0) {
  assert_count(epoch)
  assert_count(batch)
  sprintf("checkpoint_%06.0f%s.safetensors", epoch, if (batch > 0) sprintf("_%06.0f", batch) else "")
}

# Separate from writing, so that a run can find out before it trains.
check_checkpoint_folder = function(folder) {
  assert_string(folder, min.chars = 1L)
  if (file.exists(folder) && !dir.exists(folder)) {
    abort("checkpoint", sprintf("The checkpoint folder '%s' is a file; give another 'path'.", folder))
  }
  strangers = grep(sprintf("%s|%s", checkpoint_pattern, unfinished_pattern), list.files(folder), perl = TRUE,
    value = TRUE, invert = TRUE)
  if (length(strangers)) {
    abort("checkpoint", sprintf(
      "Folder '%s' holds '%s', which is not a checkpoint. Give checkpoints a separate folder.", folder, strangers[1L]
    ), list(folder = folder, files = strangers))
  }
  if (!dir.exists(folder) && !dir.create(folder, showWarnings = FALSE, recursive = TRUE)) {
    abort("checkpoint", sprintf("The checkpoint folder '%s' cannot be made.", folder))
  }
  invisible(folder)
}

#' The checkpoints in a folder, oldest first.
#' @return `data.table()` with columns `epoch`, `batch` (integer, as in `write_checkpoint()`) and `file` (character).
#' @noRd
list_checkpoints = function(folder) {
  assert_string(folder, min.chars = 1L)
  files = grep(checkpoint_pattern, list.files(folder), perl = TRUE, value = TRUE)
  epoch = as.integer(sub(checkpoint_pattern, "\\1", files, perl = TRUE))
  batch = sub(checkpoint_pattern, "\\2", files, perl = TRUE)
  batch = as.integer(ifelse(nzchar(batch), batch, "0"))
  data.table(epoch = epoch, batch = batch, file = file.path(rep(folder, length(files)), files))[order(epoch, batch)]
}

# Those that come after a point of the run and so cannot belong to it.
checkpoints_ahead = function(folder, at_epoch, at_batch) {
  files = list_checkpoints(folder)
  files$file[files$epoch > at_epoch | (files$epoch == at_epoch & files$batch > at_batch)]
}

#' Read the newest checkpoint that can be read.
#'
#' @param path (`character(1)`)\cr
#'   A checkpoint folder, or one checkpoint file.
#' @return The value that was written.
#'   A damaged file is skipped with a warning of class `mlr3libtorch_warning_checkpoint` that names it.
#' @noRd
read_checkpoint = function(path) {
  assert_string(path, min.chars = 1L)
  if (!file.exists(path)) {
    abort("checkpoint", sprintf("The checkpoint folder '%s' does not exist; %s.", path,
      "give that of an earlier run, or leave 'resume' out"))
  }
  if (!dir.exists(path)) {
    return(read_plain_file(path, content = "checkpoint"))
  }
  files = rev(list_checkpoints(path)$file)
  if (!length(files)) {
    abort("checkpoint", sprintf("Folder '%s' holds no checkpoint.", path))
  }
  failure = NULL
  for (file in files) {
    value = tryCatch(read_plain_file(file, content = "checkpoint"), mlr3libtorch_error_file = identity)
    if (!inherits(value, "mlr3libtorch_error_file")) {
      return(value)
    }
    failure = value
    warn_unreadable(value, is_last = file == files[length(files)])
  }
  abort("checkpoint", sprintf(
    "Folder '%s' holds no checkpoint that can be read; copy one back, or start again in another folder. The oldest: %s",
    path, condition_text(failure)
  ), list(folder = path), parent = failure)
}

warn_unreadable = function(failure, is_last) {
  message = paste(condition_text(failure), if (!is_last) "The checkpoint before it is used.")
  warn("checkpoint", trimws(message), list(path = failure$path))
}
