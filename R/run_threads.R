# Threads belong to the process: they are set for what learners do and restored afterwards.

# The value of `code`.
with_threads = function(threads, code) {
  before = core_threads()
  on.exit(core_set_threads(before[[1L]], before[[2L]], before[[3L]]))
  core_set_threads_for(threads %??% 1L)
  code
}

# LibTorch accepts this number only once in a process.
set_interop_threads = function(threads) {
  if (!is.null(threads)) core_set_interop_threads(threads)
}

#' @title LibTorch's Threads
#'
#' @name torch_threads
#' @description
#' How many threads operations on tensors use. Training and prediction set their own number, see the learner's parameter
#' `num_threads`, and restore this one.
#' @param num_threads (`integer(1)`)\cr
#'   The number of threads; for `torch_set_num_interop_threads()`, which takes effect once in a process, of those that
#'   run whole operations beside each other.
#' @return (`integer(1)`); the functions that set: nothing.
#' @family Tensor
#' @examples
#' torch_get_num_threads()
#' @export
torch_set_num_threads = function(num_threads) {
  if (!test_count(num_threads, positive = TRUE)) {
    abort("argument", sprintf("'num_threads' must be a whole number from 1, not %s.", as_short_string(num_threads)),
      fields = list(argument = "num_threads"))
  }
  core_set_threads(num_threads, num_threads, 1L)
  invisible(NULL)
}

#' @rdname torch_threads
#' @export
torch_get_num_threads = function() core_threads()[[1L]]

#' @rdname torch_threads
#' @export
torch_set_num_interop_threads = function(num_threads) {
  set_interop_threads(num_threads)
  invisible(NULL)
}

#' @rdname torch_threads
#' @export
torch_get_num_interop_threads = function() core_backends()$interop_threads
