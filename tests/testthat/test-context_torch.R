test_that("the context has every field, and names the nearest for every other", {
  values = list()
  reads = stage_callback("reads", function(stage, ctx) {
    values <<- sapply(names(context_fields()), function(name) ctx[[name]], simplify = FALSE)
    values$rows <<- c(ctx$task_train$nrow, ctx$task_valid$nrow)
    values$lr <<- ctx$optimizer$param_groups[[1L]]$lr
  }, "on_epoch_end")
  train_quietly(small_learner(reads))
  expect_class(values$learner, "LearnerTorchMLP")
  expect_equal(values$rows, c(90, 60))
  expect_equal(values$loader_train$batches, 2)
  expect_equal(values$loader_valid$rows, 60)
  expect_equal(names(values$network$parameters), c("linear1.weight", "linear1.bias", "head.weight", "head.bias"))
  expect_equal(values$lr, 0.001)
  expect_function(values$loss_fn)
  expect_equal(values[c("total_epochs", "epoch", "step", "step_valid", "global_step")],
    list(total_epochs = 2, epoch = 2, step = 2, step_valid = 1, global_step = 4))
  expect_number(values$last_loss)
  expect_equal(names(values$last_scores_valid), "classif.ce")
  expect_null(values$last_scores_train)
  expect_equal(values$y_hat$shape, c(60, 3))
  expect_length(values$y_hats, 1)
  expect_equal(names(values$batch), c("x", "y", ".index"))
  expect_equal(values$eval_freq, 1)
  expect_equal(values$device, "cpu")
  expect_equal(names(values$callbacks), "reads")
  expect_false(values$terminate)
  expect_false(values$stop_epoch)
})

test_that("every field that the core offers is in the list of fields, and writable where it says so", {
  core = core_context_fields()
  listed = keep(context_fields(), function(field) field$where == "core")
  expect_setequal(names(listed), setdiff(names(core), "network"))
  expect_equal(map_lgl(listed, "writable"), core[names(listed)])
})

fails_with = function(code, pattern) {
  callback = suppressWarnings(invoke(torch_callback, "writes", on_batch_end = eval(bquote(function() .(code)))))
  expect_error(train_quietly(small_learner(callback)), pattern)
}

test_that("unknown fields and wrong values are errors that say what was meant", {
  fails_with(quote(self$ctx$termiante <- TRUE), "did you mean 'terminate'")
  fails_with(quote(self$ctx$epohc), "did you mean 'epoch'")
  fails_with(quote(self$ctx$terminate <- "yes"), "'terminate' must be TRUE or FALSE")
  fails_with(quote(self$ctx$total_epochs <- 0), "total_epochs")
  fails_with(quote(self$ctx$epoch <- 3), "'epoch' is read-only")
  fails_with(quote(self$ctx$network <- 1), "'network' is read-only")
  fails_with(quote(self$ctx$network$paramters), "did you mean 'parameters'")
  fails_with(quote(self$ctx$optimizer <- 1), "cannot be replaced")
  fails_with(quote(self$ctx$optimizer$param_groups[[1]]$lr <- -1), "lr")
  fails_with(quote(self$ctx$batch <- list(x = 1)), "batch")
})

test_that("the context is dead after training, also one that somebody kept", {
  kept = set = NULL
  keeps = stage_callback("keeps", function(stage, ctx) {
    kept <<- ctx
    set <<- ctx$callbacks$keeps
  }, "on_begin")
  train_quietly(small_learner(keeps))
  expect_null(set$ctx)
  for (name in names(context_fields())) {
    expect_error(kept[[name]], "has ended", class = "mlr3libtorch_error_handle")
  }
  expect_error({
    kept$terminate = TRUE
  }, "has ended", class = "mlr3libtorch_error_handle")
  expect_output(print(kept), "has ended")
})

test_that("tensors and the network outlive the context", {
  kept = list()
  keeps = stage_callback("keeps", function(stage, ctx) {
    kept$y_hat <<- ctx$y_hat
    kept$network <<- ctx$network
  }, "on_batch_end")
  train_quietly(small_learner(keeps, validate = NULL))
  gc()
  expect_equal(kept$y_hat$shape[2L], 3)
  expect_number(kept$network$parameters$head.bias$sum()$item())
})

# What a callback finds in the first batches of a run on `task`, `f(ctx)` for each.
found_in_batches = function(task, f, ...) {
  found = list()
  finds = stage_callback("finds", function(stage, ctx) found[[length(found) + 1L]] <<- f(ctx), "on_after_backward")
  train_quietly(small_learner(finds, validate = NULL, epochs = 1, ...), task)
  found
}

test_that("classes of a batch count from 1, as tensor functions and the loss do", {
  found = found_in_batches(tsk("iris"), function(ctx) {
    y = ctx$batch$y
    rows = as.integer(as.array(ctx$batch$.index))
    log_prob = ctx$y_hat$log_softmax(2)
    list(
      loss = ctx$last_loss,
      functions = c(
        torch_call("cross_entropy_loss", ctx$y_hat, y)$item(), torch_call("nll_loss", log_prob, y)$item(),
        ctx$loss_fn(ctx$y_hat, y)$item(), -(torch_call("one_hot", y, 3L) * log_prob)$sum(2)$mean()$item()
      ),
      y = as.array(y), truth = as.integer(ctx$task_train$truth(ctx$task_train$row_ids[rows]))
    )
  })
  walk(found, function(batch) {
    expect_equal(batch$functions, rep(batch$loss, 4L), tolerance = 1e-5)
    expect_equal(as.integer(batch$y), batch$truth)
  })
})

test_that("classes that a callback writes count from 1; 0 is none", {
  changes = stage_callback("changes", function(stage, ctx) {
    batch = ctx$batch
    ctx$batch = list(x = batch$x, y = torch_ones(batch$y$shape, dtype = "int64") * 3L)
  }, "on_batch_begin")
  seen = NULL
  reads = stage_callback("reads", function(stage, ctx) {
    seen <<- list(y = as.integer(as.array(ctx$batch$y)), y_hat = as.array(ctx$y_hat), loss = ctx$last_loss)
  }, "on_after_backward")
  train_quietly(small_learner(list(changes, reads), validate = NULL))
  expect_true(all(seen$y == 3L))
  expect_equal(seen$loss, mean(log(rowSums(exp(seen$y_hat))) - seen$y_hat[, 3L]), tolerance = 1e-5)
  zeroes = stage_callback("zeroes", function(stage, ctx) {
    batch = ctx$batch
    ctx$batch = list(x = batch$x, y = batch$y - 1L)
  }, "on_batch_begin")
  expect_error(train_quietly(small_learner(zeroes)), "'y' counts from 1, so it cannot hold 0")
})

test_that("two classes are 1 for the positive one and 0 for the other, for the tensor functions too", {
  task = tsk("sonar")
  found = found_in_batches(task, function(ctx) {
    rows = as.integer(as.array(ctx$batch$.index))
    list(
      loss = ctx$last_loss, y = as.vector(as.array(ctx$batch$y)),
      bce = torch_call("binary_cross_entropy_with_logits", ctx$y_hat, ctx$batch$y)$item(),
      positive = as.numeric(task$truth(task$row_ids[rows]) == task$positive)
    )
  })
  walk(found, function(batch) {
    expect_equal(batch$bce, batch$loss, tolerance = 1e-6)
    expect_equal(batch$y, batch$positive)
  })
})

test_that("a class that the loss ignores is named by its number from 1", {
  ignored = found_in_batches(tsk("iris"), function(ctx) {
    y = as.integer(as.array(ctx$batch$y))
    logits = as.array(ctx$y_hat)[y != 3L, ]
    expected = log(rowSums(exp(logits))) - logits[cbind(seq_along(y[y != 3L]), y[y != 3L])]
    c(ctx$last_loss, mean(expected))
  }, loss = t_loss("cross_entropy", ignore_index = 3))
  walk(ignored, function(losses) expect_equal(losses[[1L]], losses[[2L]], tolerance = 1e-5))
  learner = small_learner(loss = t_loss("cross_entropy", ignore_index = 0))
  expect_error(train_quietly(learner), "'ignore_index' counts from 1")
})

test_that("`skip_step` keeps the optimizer from a batch, and can be set only where it does", {
  weights = list()
  skip = torch_callback("skip",
    on_after_backward = function() self$ctx$skip_step = self$ctx$step == 2L,
    on_batch_end = function() {
      weights[[length(weights) + 1L]] <<- c(self$ctx$skip_step, as.numeric(self$ctx$network$parameters$head.weight))
    }
  )
  train_quietly(small_learner(skip, validate = NULL, plan = "require"))
  same = map_lgl(2:6, function(i) identical(weights[[i]][-1L], weights[[i - 1L]][-1L]))
  expect_identical(same, c(TRUE, FALSE, FALSE, TRUE, FALSE))
  expect_identical(map_dbl(weights, 1L), c(0, 1, 0, 0, 1, 0))
  for (stage in setdiff(stage_names(), "on_after_backward")) {
    early = stage_callback("early", function(stage, ctx) ctx$skip_step = TRUE, stage)
    expect_error(train_quietly(small_learner(early)), "'on_after_backward' only", class = "mlr3libtorch_error")
  }
})
