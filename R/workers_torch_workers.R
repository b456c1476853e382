#' @title Workers of a Run
#'
#' @description
#' Spreads one run over several processes, on one machine or on several: the value of a learner's parameter `workers`,
#' for which a number is enough if the processes are to run on this machine.
#' Each worker holds the network and computes its share of the rows of each batch; what the shares give is added up, so
#' that the run is that of one process, except for rounding. `vignette("workers")` explains when this pays.
#'
#' The process that calls `$train()` is the first worker. It starts the others with \pkg{mirai} and ends them after the
#' run, or it takes daemons that exist already.
#'
#' @section What runs where:
#' `batch_size` is that of the whole batch. Each worker computes a share of its rows; the shares differ by at most one
#' row. The loss of a batch must be the mean or the sum of its rows' losses, as all of this package are but `"cox_ph"`,
#' which is refused; that of a loss of your own is not checked. Validation is shared in the same way. Rows in memory are
#' sent to each worker once.
#' A prediction is shared if the time of its first batch says that this is faster, starting the processes included; what
#' a worker fails to predict is predicted in this process, with a warning.
#' Rows that are read batch by batch, from files or by a `dataset()`, are read by each worker itself, and only those of
#' its share; `ctx$batch$x` then holds the first worker's share. If a callback has the stage `on_batch_begin` or
#' `on_batch_valid_begin`, each worker reads whole batches, so that the callback can see and change them.
#' Callbacks in R, and those that users compile, run in the first worker: they see the gradients, the loss, the outputs
#' and the scores of all rows, and whatever they change is changed in all workers; only hooks are refused. Other
#' callbacks run in each worker, with the same result.
#' A callback in R with `workers = "all"` runs in each worker too, as an object of its own, for what each must do by
#' itself: watch its memory, or write a log. `ctx$worker` says which worker it is, `ctx$workers` how many there are.
#' It sees the same numbers everywhere, except `ctx$batch` where workers read only their share. Nothing that it changes
#' is sent to the others, so it must change network and optimizer in the same way everywhere. Its state in checkpoints
#' and in the model is that of the first worker. Its code must find what it uses in a new process, as code that is sent
#' to \pkg{mirai} must.
#' Checkpoints and models are those of a run in one process: a run on four workers can go on with one, and the other way
#' round. `num_threads` is that of each worker.
#'
#' @section When something fails:
#' If a worker is killed, hangs, cannot be reached, or has another version of this package, all others end with an error
#' of class `mlr3libtorch_error_workers`, which names it: at once if its connection is closed, otherwise some seconds
#' after `timeout`. The last checkpoint stays as it is, and `resume` goes on from it with as many workers as there are
#' then.
#' An interrupt of the first worker ends all of them.
#'
#' @section Safety:
#' Workers listen at `host` only, which is this machine's own interface unless another one is asked for, and only until
#' all have met. They find each other by a file in a folder that only their user can read, which also holds a number
#' that each must know: a stranger who connects first makes the run fail with an error. What is sent later is neither
#' encrypted nor signed, so machines must be connected by a network that others cannot enter.
#'
#' @param n (`integer(1)` or `NULL`)\cr
#'   How many processes, this one included. `NULL`: one more than there are daemons of `compute`.
#' @param compute (`character(1)` or `NULL`)\cr
#'   A compute profile of \pkg{mirai} whose daemons are the other workers, see [mirai::daemons()]. `NULL`: processes of
#'   this machine are started, and ended after the run.
#' @param host (`character(1)`)\cr
#'   The address at which each worker listens, or the name of the network interface whose address that is, such as
#'   `"eth0"`, if the workers are on several machines.
#' @param folder (`character(1)` or `NULL`)\cr
#'   A folder that all workers can read and write, on a shared disk if they are on several machines. `NULL`: one of this
#'   session.
#' @param timeout (`numeric(1)`)\cr
#'   Seconds after which a worker that does not answer is given up. R code of callbacks and of measures in the first
#'   worker must be faster.
#'
#' @return A list of class `torch_workers`.
#' @family Learner
#' @export
#' @examples
#' torch_workers(2)
#' \dontrun{
#' learner = lrn("regr.mlp", neurons = c(400, 400), epochs = 10, batch_size = 256, workers = 2)
#' learner$train(tsk("mtcars"))
#' }
torch_workers = function(n = NULL, compute = NULL, host = "127.0.0.1", folder = NULL, timeout = 300) {
  assert_workers_argument("n", n, is.null(n) || test_count(n, positive = TRUE), "a whole number from 1 on, or NULL")
  assert_workers_argument("compute", compute, test_string(compute, min.chars = 1L, null.ok = TRUE),
    "the name of a compute profile of mirai, or NULL")
  assert_workers_argument("host", host, test_string(host, min.chars = 1L),
    "an address or the name of a network interface")
  assert_workers_argument("folder", folder, test_string(folder, min.chars = 1L, null.ok = TRUE), "a folder, or NULL")
  assert_workers_argument("timeout", timeout, test_number(timeout, lower = 0.1, finite = TRUE), "seconds, from 0.1 on")
  if (is.null(n) && is.null(compute)) {
    abort("argument",
      "torch_workers(): give the number of processes, `n`, or a compute profile with daemons, `compute`.")
  }
  n = if (!is.null(n)) as.integer(n)
  structure(list(n = n, compute = compute, host = host, folder = folder, timeout = timeout), class = "torch_workers")
}

assert_workers_argument = function(name, value, is_right, expected) {
  if (is_right) {
    return(invisible())
  }
  abort("argument", sprintf("torch_workers(): '%s' must be %s, not %s.", name, expected, as_short_string(value)),
    fields = list(argument = name, expected = expected))
}

#' @export
print.torch_workers = function(x, ...) {
  where = if (is.null(x$compute)) "started on this machine" else sprintf("daemons of profile '%s'", x$compute)
  catn(sprintf("<torch_workers>: %s processes, %s, at %s", x$n %??% "all", where, x$host))
  invisible(x)
}

#' @export
format.torch_workers = function(x, ...) sprintf("<torch_workers:%s>", x$n %??% x$compute)

# For the learners' parameter.
check_workers = function(x) {
  if (inherits(x, "torch_workers") || test_count(x, positive = TRUE)) TRUE else
    "Must be a whole number from 1 on, or what torch_workers() returns"
}

# NULL if the run is not spread.
as_torch_workers = function(x) {
  workers = if (inherits(x, "torch_workers")) x else torch_workers(x)
  workers$n = workers$n %??% (daemons_of(workers$compute) + 1L)
  if (workers$n > 1L) workers
}

# The same for a prediction; NULL if the daemons that have trained are gone, too. One process needs no mirai.
workers_of_prediction = function(x) {
  is_alone = is.null(x) || is.numeric(x) && x == 1
  compute = if (inherits(x, "torch_workers")) x$compute
  if (is_alone || !requireNamespace("mirai", quietly = TRUE) || !is.null(compute) && !has_daemons(compute)) {
    return(NULL)
  }
  as_torch_workers(x)
}

daemons_of = function(compute) {
  if (!has_daemons(compute)) {
    abort("config", sprintf("mirai has no daemons of profile '%s'; start some with %s.", compute,
      sprintf("mirai::daemons(n, .compute = \"%s\")", compute)))
  }
  as.integer(mirai::status(.compute = compute)$connections)
}

has_daemons = function(compute) {
  mirai::daemons_set(.compute = compute) && !is.null(mirai::status(.compute = compute)$connections)
}
