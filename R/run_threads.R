# LibTorch's threads are the process's: they are set around what learners do and are then as they were.

# The value of `code`.
with_threads = function(threads, code) {
  before = core_threads()
  on.exit(core_set_threads(before[[1L]], before[[2L]]))
  core_set_threads(threads %??% 1L, threads %??% 1L)
  code
}

# LibTorch takes this number once in a process.
set_interop_threads = function(threads) {
  if (!is.null(threads)) core_set_interop_threads(threads)
}
