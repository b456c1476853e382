# LibTorch's threads belong to the process: they are set for what learners do and restored afterwards.

# The value of `code`.
with_threads = function(threads, code) {
  before = core_threads()
  on.exit(core_set_threads(before[[1L]], before[[2L]]))
  core_set_threads(threads %??% 1L, threads %??% 1L)
  code
}

# LibTorch accepts this number only once in a process.
set_interop_threads = function(threads) {
  if (!is.null(threads)) core_set_interop_threads(threads)
}
