# The options of this package, each here once: R code asks `package_option()`, the help is made from the table.

new_option = function(default, is, values, doc) list(default = default, is = is, values = values, doc = doc)

package_options = list(
  dashboard_browse = new_option(TRUE, function(x) test_flag(x), "TRUE or FALSE",
    paste("whether the callback [`\"dashboard\"`][CallbackSetDashboard] opens its page in the browser when it starts",
      "its server. Only in interactive sessions.")),
  mapped_folder = new_option(NULL, function(x) test_string(x, min.chars = 1L, null.ok = TRUE), "a folder or NULL",
    paste("where learners write the files of tasks that they read from disk, see the parameter `data` of",
      "[learners][torch_learner_parameters]. `NULL`: the folder of the session, whose files are removed at its end.")),
  progress = new_option(TRUE, function(x) test_flag(x), "TRUE or FALSE",
    "whether the callback [`\"progress\"`][CallbackSetProgress] prints anything. `FALSE` keeps every run quiet.")
)

option_name = function(name) paste0("mlr3libtorch.", name)

# The value of an option; a value that it cannot have is an error, since it would else be ignored in silence.
package_option = function(name) {
  option = package_options[[name]]
  value = getOption(option_name(name), option$default)
  if (!option$is(value)) {
    abort("argument", sprintf("The option '%s' must be %s, not %s; set it by `options(%s = %s)`.", option_name(name),
      option$values, as_short_string(value), option_name(name), deparse(option$default)),
      fields = list(argument = option_name(name)))
  }
  value
}

#' @title Options
#'
#' @name mlr3libtorch_options
#' @description
#' All that changes how this package behaves in a whole session, in one place. What belongs to a learner is a parameter
#' of it, see [torch_learner_parameters].
#'
#' @section R options:
#' Set by `options()`, for instance in `.Rprofile`:
#'
#' `r mlr3libtorch:::rd_options()`
#'
#' @section Messages:
#' Messages are logged by \pkg{lgr}, under the logger `"mlr3/mlr3libtorch"`, a child of mlr3's:
#' `lgr::get_logger("mlr3/mlr3libtorch")$set_threshold("warn")` leaves out those that are not warnings.
#'
#' @section Options of other packages:
#' * `cli.dynamic` (`TRUE` or `FALSE`): whether a line of output can be overwritten; found out unless set.
#' * `progressr::handlers(global = TRUE)`: progress is shown by \pkg{progressr} instead of lines of text.
#'
#' @section Environment variables of a session:
#' Read by LibTorch and its libraries, once, so set them before R starts:
#' * `CUDA_VISIBLE_DEVICES`: the graphics cards that can be used, such as `0,1`; an empty value hides all.
#' * `OMP_NUM_THREADS`, `OPENBLAS_NUM_THREADS`, `MKL_NUM_THREADS`: threads of operations on tensors outside of training
#'   and prediction, which have the learner's parameter `num_threads`; see [torch_set_num_threads()].
#'
#' @section Environment variables of the installation:
#' * `LIBTORCH_HOME`: the folder of an unpacked LibTorch to use instead of the system's.
#' * `MLR3LIBTORCH_JOBS` (2): how many files are compiled at a time.
#' * `MLR3LIBTORCH_DEBUG`: set to anything to keep debug information.
#' * `MLR3LIBTORCH_CMAKE_ARGS`: more arguments for CMake, such as `-DMLR3LIBTORCH_TESTS=ON`.
#'
#' @seealso [mlr3libtorch_sitrep()] for what this session runs with.
#' @family Session
#' @examples
#' # no lines from the callback "progress"
#' before = options(mlr3libtorch.progress = FALSE)
#' learner = lrn("classif.mlp", epochs = 2, batch_size = 50, callbacks = t_clbk("progress"))
#' learner$train(tsk("iris"))
#' options(before)
NULL

rd_options = function() {
  rows = imap_chr(package_options, function(option, name) {
    sprintf("* `%s` (`%s`; %s): %s", option_name(name), deparse(option$default), option$values, option$doc)
  })
  paste(rows, collapse = "\n")
}
