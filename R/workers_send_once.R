# Many fits over daemons of mirai: the data of a task go to each daemon once, not with every fit.

#' @title Tasks Are Sent to Each Daemon Once
#'
#' @description
#' mlr3 sends the whole task with every fit of [mlr3::benchmark()] and [mlr3::resample()], and mirai keeps those that
#' wait in memory: 200 fits of a task of 100 MB are 20 GB. With the value of this function as argument `serial` of
#' [mirai::daemons()], the data of a task are written into a file when it is sent for the first time. Only the file's
#' path is sent from then on, and each daemon reads the file once. Results do not change.
#'
#' @details
#' It works for the tasks of all learners, also for those that daemons send back, if their data are in memory and
#' consist of plain vectors: with a column of lazy tensors or other objects, sending ends with an error. Other backends,
#' such as databases, are sent as without it.
#'
#' What a daemon has read stays in its memory until it ends. Two tasks have the same data if mlr3 says so, by the hash
#' of their backends. The files are in the safetensors format, with a checksum, and hold nothing that can be run.
#'
#' @param folder (`character(1)` or `NULL`)\cr
#'   Where the files are: a folder on a shared disk, if there are daemons on other machines. It is not emptied, so that
#'   later sessions find the files there. `NULL`: a folder of this session, which is removed at its end.
#'
#' @return The value of [mirai::serial_config()].
#' @family Learner
#' @export
#' @examples
#' \dontrun{
#' mirai::daemons(2, serial = send_once(), .compute = "mlr3_parallelization")
#' learner = lrn("classif.mlp", epochs = 10, batch_size = 32, seed = 1)
#' resample(tsk("sonar"), learner, rsmp("cv"))
#' mirai::daemons(0, .compute = "mlr3_parallelization")
#' }
send_once = function(folder = NULL) {
  if (!test_string(folder, min.chars = 1L, null.ok = TRUE)) {
    abort("argument", sprintf("send_once(): 'folder' must be a folder or NULL, not %s.", as_short_string(folder)),
      fields = list(argument = "folder", expected = "a folder or NULL"))
  }
  folder = folder_for_backends(folder %??% file.path(tempdir(), "mlr3libtorch-backends"))
  # daemons write, too: what they send back may hold a task
  write = crate(function(backend) write_backend(backend, folder), folder, .parent = topenv())
  mirai::serial_config("DataBackendDataTable", write, read_backend)
}

folder_for_backends = function(folder) {
  dir.create(folder, showWarnings = FALSE, recursive = TRUE, mode = "0700")
  if (file.access(folder, 3L) != 0L) {
    abort("file", sprintf("The folder '%s' for tasks that are sent cannot be written.", folder),
      fields = list(path = folder))
  }
  normalizePath(folder)
}

# The path of a backend's file, as bytes.
write_backend = function(backend, folder) {
  path = file.path(folder, sprintf("%s.safetensors", calculate_hash(backend$hash)))
  if (!file.exists(path)) {
    value = list(data = get_private(backend)$.data, primary_key = backend$primary_key,
      compact_seq = backend$compact_seq, hash = backend$hash)
    tryCatch(write_plain_file(path, value), mlr3libtorch_error_state = function(cond) {
      abort("argument", sprintf("A task's data cannot be sent once, start the daemons without send_once(): %s",
        condition_text(cond)), parent = cond)
    })
  }
  charToRaw(path)
}

# A process reads a file once.
read_backend = function(bytes) {
  path = rawToChar(bytes)
  cached(path, function() {
    value = read_plain_file(path)
    backend = mlr3::DataBackendDataTable$new(value$data, value$primary_key)
    backend$compact_seq = value$compact_seq
    backend$hash = value$hash
    backend
  })
}
