#' @title Call a Stage Function Now and Then
#'
#' @description
#' Wraps a stage function so that R is entered only when it is due, which is decided in C++.
#'
#' * `every_n(100, f)`: every 100th batch, counted over all epochs; in `on_batch_valid_begin` and
#'   `on_batch_valid_end`, every 100th validation batch of an epoch. In batch stages only.
#' * `every_n("epoch", 5, f)`: every 5th epoch; in a batch stage, for each of its batches.
#' * `every_n("second", 30, f)`: when 30 seconds have passed since the function was called, or since the run began.
#' * `once(f)`: the first time the stage is reached, and not again in a run that goes on from there.
#'
#' @param unit (`character(1)`)\cr
#'   `"batch"`, `"epoch"` or `"second"`; may be left out for batches.
#' @param n (`integer(1)`, seconds: `numeric(1)`)\cr
#'   The number of batches, epochs or seconds from one call to the next.
#' @param f (`function()`)\cr
#'   A stage function, without arguments.
#'
#' @return The function, with an attribute that tells the loop when to call it.
#' @family Callback
#' @export
#' @examples
#' torch_callback("glance",
#'   on_batch_end = every_n(100, function() cat(self$ctx$global_step, self$ctx$last_loss, "\n")),
#'   on_epoch_end = every_n("epoch", 5, function() cat("epoch", self$ctx$epoch, "\n")),
#'   on_batch_begin = once(function() print(self$ctx$batch$x))
#' )
every_n = function(unit, n, f) {
  if (missing(f) && !missing(n)) {
    f = n
    n = unit
    unit = "batch"
  }
  if (!test_choice(unit, c("batch", "epoch", "second"))) {
    abort_callback("every_n()", "'unit' must be 'batch', 'epoch' or 'second', not %s.", as_short_string(unit))
  }
  if (unit == "second" && !(test_number(n, finite = TRUE) && n > 0)) {
    abort_callback("every_n()", "'n' must be a number of seconds above 0, not %s.", as_short_string(n))
  }
  if (unit != "second") {
    assert_callback_count(n, "n", "every_n()")
  }
  filtered_stage(f, unit, as.numeric(n), "every_n()")
}

#' @rdname every_n
#' @export
once = function(f) {
  filtered_stage(f, "once", 1, "once()")
}

filtered_stage = function(f, unit, n, where) {
  assert_stage_function(f, "f", where)
  if (!is.null(attr(f, "stage_filter"))) {
    abort_callback(where, "the function is wrapped already; a stage function can have only one such wrapper.")
  }
  structure(f, stage_filter = list(unit = unit, n = n))
}
