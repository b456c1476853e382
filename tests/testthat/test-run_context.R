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

test_that("the class, its help and the core have the same fields, and the same ones can be written", {
  fields = context_fields()
  expect_setequal(names(ContextTorch$active), names(fields))
  help = rd_context_fields()
  iwalk(fields, function(field, name) {
    line = grep(sprintf("* `%s` (", name), strsplit(help, "\n", fixed = TRUE)[[1L]], fixed = TRUE, value = TRUE)
    expect_length(line, 1L)
    expect_equal(endsWith(line, "Writable."), field$writable, info = name)
  })
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

# Tasks of each kind of target: two classes are told by a number, three by their own numbers.
target_tasks = list(two = tsk("iris")$filter(51:150)$droplevels(), three = tsk("iris"), regr = tsk("mtcars"))

plain_learner = function(task, callbacks, ...) {
  key = sprintf("%s.mlp", task$task_type)
  lrn(key, neurons = 3, epochs = 3, batch_size = 20, p = 0, seed = 1, shuffle = FALSE, callbacks = callbacks, ...)
}

# Sums of x and y in each batch of a stage, before `change(batch)` writes to it.
batch_sums = function(task, stage, change) {
  sums = list()
  writes = stage_callback("writes", function(stage, ctx) {
    batch = ctx$batch
    sums[[length(sums) + 1L]] <<- c(ctx$epoch, batch$x$x$sum()$item(), as.numeric(batch$y$sum()$item()))
    change(batch)
  }, stage)
  measure = msr(if (task$task_type == "classif") "classif.acc" else "regr.mse")
  learner = plain_learner(task, writes, measures_valid = measure)
  learner$validate = 0.3
  train_quietly(learner, task)
  split(map(sums, function(row) row[-1L]), map_dbl(sums, 1L))
}

test_that("what a callback writes into a batch is gone with it, in training and validation", {
  for (task in target_tasks) {
    for (stage in c("on_batch_begin", "on_batch_end", "on_batch_valid_begin")) {
      sums = batch_sums(task, stage, function(batch) {
        batch$x$x$mul_(2)
        batch$y$fill_(1)
      })
      expect_length(sums, 3)
      expect_identical(sums[[2L]], sums[[1L]], info = stage)
      expect_identical(sums[[3L]], sums[[1L]], info = stage)
    }
  }
})

test_that("what is written into a batch's tensors holds for it, as if the batch were replaced", {
  changed = function(task, change) {
    train_quietly(plain_learner(task, stage_callback("writes", function(stage, ctx) change(ctx), "on_batch_begin")),
      task)$model$network$state
  }
  for (task in target_tasks) {
    in_place = changed(task, function(ctx) {
      ctx$batch$x$x$mul_(2)
      ctx$batch$y$fill_(1)
    })
    replaced = changed(task, function(ctx) {
      batch = ctx$batch
      ctx$batch = list(x = list(x = batch$x$x * 2), y = torch_ones_like(batch$y))
    })
    expect_identical(in_place, replaced)
    expect_false(identical(in_place, changed(task, function(ctx) ctx$batch$y)))
  }
})

test_that("a part of a target can be written to", {
  seen = NULL
  writes = torch_callback("writes", on_batch_begin = function() self$ctx$batch$y[1:3] = 2L)
  reads = stage_callback("reads", function(stage, ctx) seen <<- as.numeric(as.array(ctx$batch$y)), "on_batch_begin")
  train_quietly(plain_learner(tsk("iris"), list(writes, reads)), tsk("iris")$filter(1:20))
  expect_equal(seen, rep(2:1, c(3, 17)))
})

test_that("a target outside of the classes is refused, and the callback is named", {
  refused = function(task, change) {
    writes = stage_callback("writes", function(stage, ctx) change(ctx), "on_batch_begin")
    expect_error(train_quietly(plain_learner(task, writes), task), "Callback 'writes' .*'?y'? (holds class|must hold)",
      class = "mlr3libtorch_error_callback")
  }
  replace_by = function(value) function(ctx) ctx$batch = list(x = ctx$batch$x, y = torch_full_like(ctx$batch$y, value))
  for (name in c("two", "three")) {
    refused(target_tasks[[name]], function(ctx) ctx$batch$y$fill_(4))
    refused(target_tasks[[name]], replace_by(4))
  }
  refused(target_tasks$two, function(ctx) ctx$batch$y$fill_(NaN))
  expect_no_error(train_quietly(plain_learner(tsk("mtcars"), stage_callback("writes", function(stage, ctx) {
    ctx$batch$y$fill_(4)
  }, "on_batch_begin")), tsk("mtcars")))
})

test_that("a batch of another length is refused where its rows are scored, and the callback is named", {
  halves = function(stage) {
    stage_callback("halves", function(stage, ctx) {
      batch = ctx$batch
      ctx$batch = list(x = list(x = batch$x$x$narrow(1, 1, 5)), y = batch$y$narrow(1, 1, 5))
    }, stage)
  }
  train = function(stage, ...) {
    learner = plain_learner(tsk("iris"), halves(stage), ...)
    if (stage == "on_batch_valid_begin") learner$validate = 0.3
    train_quietly(learner)
  }
  expect_error(train("on_batch_begin", measures_train = msr("classif.acc")),
    "Callback 'halves' failed in stage 'on_batch_begin'.*are scored .* must stay 20, .* become 5",
    class = "mlr3libtorch_error_callback")
  expect_error(train("on_batch_valid_begin", measures_valid = msr("classif.acc")),
    "Callback 'halves' failed in stage 'on_batch_valid_begin'", class = "mlr3libtorch_error_callback")
  expect_no_error(train("on_batch_begin"))
})

test_that("a user's code in the network or the loss may write to its input, which is dropped with the batch", {
  networks = list(
    nn_sequential(nn("fn", fn = function(x) x$mul_(2)), nn("head")),
    nn_sequential(nn_script("def forward(self, x):\n    return x.mul_(2)"), nn("head"))
  )
  losses = function(network, ...) {
    lost = list()
    notes = stage_callback("notes", function(stage, ctx) {
      lost[[ctx$global_step]] <<- c(ctx$batch$x$x$sum()$item(), ctx$last_loss)
    }, "on_batch_end")
    train_quietly(lrn("classif.torch_model", network = network, epochs = 3, batch_size = 150, seed = 1, shuffle = FALSE,
      optimizer = t_opt("sgd", lr = 0), callbacks = notes, ...))
    lost
  }
  for (network in networks) {
    lost = losses(network)
    expect_identical(lost[[2L]], lost[[1L]])
    expect_identical(lost[[3L]], lost[[1L]])
  }
})

test_that("`skip_step` keeps the optimizer from a batch, and can be set only in its stage", {
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
  for (stage in setdiff(stages_of_whole_runs(), "on_after_backward")) {
    early = stage_callback("early", function(stage, ctx) ctx$skip_step = TRUE, stage)
    expect_error(train_quietly(small_learner(early)), "only in the stage 'on_after_backward'",
      class = "mlr3libtorch_error")
  }
})

test_that("a parameter that loses its shape is named at once", {
  spoils = torch_callback("spoils", on_epoch_end = function() {
    with_no_grad(self$ctx$network$parameters[[1]]$unsqueeze_(1))
  })
  expect_error(train_quietly(small_learner(spoils)),
    "Callback 'spoils' failed in stage 'on_epoch_end'.*'linear1.weight' has been given the shape \\[1, 4, 4\\]",
    class = "mlr3libtorch_error_callback")
})
