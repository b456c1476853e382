# The learning rates of a schedule without training.

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
