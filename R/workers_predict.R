# A prediction that workers share. Each of them predicts whole batches, so that the bits are those of one process.

# The network's outputs for all rows of a task: a tensor of shape (rows, outputs). What the first batch takes says
# whether others are worth asking.
outputs_of_workers = function(workers, learner, task) {
  batch_size = get_batch_size(learner$param_set$values, "predict") %??% task$nrow
  part = function(rows) task$clone()$filter(rows)
  is_first = seq_len(task$nrow) <= batch_size
  first = task$row_ids[is_first]
  rest = task$row_ids[!is_first]
  seconds = system.time(outputs <- outputs_for_task(learner, part(first)))[["elapsed"]]
  if (!length(rest)) {
    return(outputs)
  }
  seconds_rest = seconds * length(rest) / length(first)
  pays = seconds_rest * (1 - 1 / workers$n) > least_saving(workers)
  shares = if (pays) map(shares_of_rows(rest, batch_size, workers$n), part) else list(part(rest))
  torch_cat(c(list(outputs), outputs_of_shares(workers, learner, shares, seconds_rest)))
}

# Seconds. Processes must start first, and load this package.
least_saving = function(workers) if (is.null(workers$compute)) 4 else 0.2

# Contiguous shares of whole batches, at most `n`.
shares_of_rows = function(rows, batch_size, n) {
  batch = (seq_along(rows) - 1) %/% batch_size + 1
  unname(split(rows, sort(rep_len(seq_len(n), max(batch)))[batch]))
}

# The first share is this process's.
outputs_of_shares = function(workers, learner, shares, seconds) {
  if (length(shares) == 1L) {
    return(list(outputs_for_task(learner, shares[[1L]])))
  }
  profile = workers$compute %??% own_daemons(length(shares) - 1L)
  if (is.null(workers$compute)) on.exit(mirai::daemons(0L, .compute = profile))
  tasks = lapply(shares[-1L], function(share) {
    mirai::mirai(asNamespace("mlr3libtorch")$outputs_elsewhere(learner, share), learner = learner, share = share,
      .timeout = 1000 * (workers$timeout + 10 * seconds), .compute = profile)
  })
  on.exit(mirai::stop_mirai(tasks), add = TRUE, after = FALSE)
  own = outputs_for_task(learner, shares[[1L]])
  c(list(own), lapply(seq_along(tasks), function(i) outputs_of_share(tasks[[i]][], i + 1L, learner, shares[[i + 1L]])))
}

# In another process.
outputs_elsewhere = function(learner, task) {
  outputs = with_threads(learner$param_set$values$num_threads, outputs_for_task(learner, task))
  as_plain_data(outputs, "the outputs of a network")
}

# A worker that fails costs its time, not the prediction.
outputs_of_share = function(result, worker, learner, share) {
  if (!mirai::is_error_value(result)) {
    return(from_plain_data(result))
  }
  warn("workers", sprintf("Worker %i has not predicted its rows, so they are predicted here: %s", worker,
    worker_failure(result)), fields = list(workers = as.character(worker)))
  outputs_for_task(learner, share)
}
