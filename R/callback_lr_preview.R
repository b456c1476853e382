#' @title Preview a Learning Rate Schedule
#'
#' @description
#' Draws the learning rate, and the momentum if the schedule changes it, over the batches of a run, without training.
#' Needs ggplot2.
#'
#' @param object ([TorchCallback])\cr
#'   A schedule: `t_clbk("lr_one_cycle", ...)` and the other callbacks `lr_*`, except those that depend on scores.
#' @param epochs (`integer(1)`)\cr
#'   The number of epochs.
#' @param steps (`integer(1)`)\cr
#'   The number of batches in an epoch.
#' @param lr (`numeric(1)`)\cr
#'   The learning rate of the optimizer, which most schedules start from.
#' @param ... (any)\cr
#'   Not used.
#' @return A ggplot. Its data is a table with the columns `epoch`, `step` (the batch, from 1), `name` (`"lr"` or
#'   `"momentum"`) and `value`.
#' @exportS3Method ggplot2::autoplot
#' @examplesIf requireNamespace("ggplot2", quietly = TRUE)
#' ggplot2::autoplot(t_clbk("lr_one_cycle", max_lr = 0.1), epochs = 10, steps = 20)
autoplot.TorchCallback = function(object, epochs, steps, lr = 1, ...) {
  require_namespaces("ggplot2")
  preview = schedule_table(object, assert_count(epochs, positive = TRUE), assert_count(steps, positive = TRUE),
    assert_number(lr, lower = 0, finite = TRUE))
  .data = ggplot2::.data
  ggplot2::ggplot(preview, ggplot2::aes(x = .data$step, y = .data$value)) +
    ggplot2::geom_step() +
    ggplot2::facet_wrap("name", scales = "free_y", ncol = 1L) +
    ggplot2::labs(title = object$label, x = "Batch", y = NULL) +
    ggplot2::theme_minimal()
}

# One row for each batch and value.
schedule_table = function(callback, epochs, steps, lr) {
  values = schedule_values(callback, epochs, steps, lr)
  batches = seq_len(epochs * steps)
  by_batch = function(x) if (length(x) == length(batches)) x else rep(x, each = steps)
  tables = imap(discard(values, is.null), function(value, name) {
    data.table(epoch = (batches - 1L) %/% as.integer(steps) + 1L, step = batches, name = name, value = by_batch(value))
  })
  rbindlist(tables)
}

# list(lr, momentum): a value for each epoch or each batch.
schedule_values = function(callback, epochs, steps, lr) {
  if (is_schedule(callback)) {
    set = callback$generate()
    by_epoch = set$arguments$step_on_epoch %??%
      registry_entry("callback", set$native)$arguments$step_on_epoch$default
    return(core_schedule_values(set$native, set$arguments, lr, if (by_epoch) epochs else epochs * steps))
  }
  factors = function(set, from) map_dbl(seq(from, epochs - 1L), lr_factor, f = c(set$lr_lambda)[[1L]])
  switch(callback$generator$classname,
    CallbackSetLrLambda = list(lr = lr * factors(callback$generate(), 0L)),
    CallbackSetLrMultiplicative = list(lr = lr * cumprod(c(1, if (epochs > 1) factors(callback$generate(), 1L)))),
    abort_callback(sprintf("callback '%s'", callback$id),
      "only a learning rate schedule that does not depend on scores can be drawn before training.")
  )
}
