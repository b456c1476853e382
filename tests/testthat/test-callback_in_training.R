# Callbacks in real runs, through a learner.

small_mlp = function(callbacks = list(), ..., validate = 0.2) {
  learner = lrn("classif.mlp", epochs = 2L, batch_size = 60L, neurons = 4L, seed = 1L, callbacks = callbacks)
  if (!is.null(validate)) learner$param_set$set_values(measures_valid = "classif.ce")
  learner$param_set$set_values(...)
  learner$validate = validate
  learner
}

# A callback that calls `note(id, stage, ctx)` in every stage.
observer = function(id, note, weight = NULL) {
  stages = sapply(stage_names(), simplify = FALSE, function(stage) {
    eval(bquote(function() note(.(id), .(stage), self$ctx)))
  })
  do.call(torch_callback, c(list(id = id, weight = weight), stages))
}

test_that("stages come in the contract's order, callbacks by weight and as given", {
  calls = character()
  note = function(id, stage, ctx) calls <<- c(calls, paste(stage, id))
  callbacks = list(observer("late", note, weight = 1), observer("first", note), observer("second", note))
  small_mlp(callbacks, measures_valid = msr("classif.acc"))$train(tsk("iris"))
  batch = c("on_batch_begin", "on_after_backward", "on_batch_end")
  epoch = c("on_epoch_begin", batch, batch, "on_before_valid", "on_batch_valid_begin", "on_batch_valid_end",
    "on_valid_end", "on_epoch_end")
  stages = c("on_begin", epoch, epoch, "on_end", "on_exit")
  expect_identical(calls, paste(rep(stages, each = 3L), c("first", "second", "late")))
})

test_that("epoch and step count from 1, and are 0 in begin", {
  seen = list()
  note = function(id, stage, ctx) {
    seen[[stage]] <<- rbind(seen[[stage]], c(ctx$epoch, ctx$step, ctx$step_valid, ctx$global_step))
  }
  small_mlp(observer("a", note))$train(tsk("iris"))
  expect_equal(seen$on_begin, rbind(c(0, 0, 0, 0)))
  expect_equal(seen$on_batch_end, rbind(c(1, 1, 0, 1), c(1, 2, 0, 2), c(2, 1, 0, 3), c(2, 2, 0, 4)))
  expect_equal(seen$on_batch_valid_end, rbind(c(1, 2, 1, 2), c(2, 2, 1, 4)))
  expect_equal(seen$on_exit, rbind(c(2, 2, 1, 4)))
})

test_that("the live sets are in the context, in call order, and lose it afterwards", {
  sets = NULL
  callbacks = list(
    torch_callback("late", weight = 2, on_end = function() NULL),
    torch_callback("first", on_begin = function() sets <<- self$ctx$callbacks),
    t_clbk("clip_grad_norm", max_norm = 1, weight = 1)
  )
  small_mlp(callbacks)$train(tsk("iris"))
  expect_named(sets, c("first", "clip_grad_norm", "late"))
  for (set in sets) expect_null(set$ctx)
})

test_that("a set cannot be cloned in a run, in any way", {
  errors = list()
  callback = torch_callback("a", on_begin = function() {
    for (deep in c(TRUE, FALSE)) errors[[length(errors) + 1L]] <<- tryCatch(self$clone(deep = deep), error = identity)
  })
  small_mlp(callback)$train(tsk("iris"))
  for (error in errors) expect_s3_class(error, "mlr3libtorch_error_context")
})

test_that("states are stored by id, and training twice starts afresh", {
  counter = torch_callback("counter",
    initialize = function(by = 1) {
      self$by = by
      self$count = 0
    },
    on_batch_end = function() self$count = self$count + self$by,
    state_dict = function() self$count,
    load_state_dict = function(state_dict) self$count = state_dict
  )
  learner = small_mlp(list(counter, t_clbk("history_1")), cb.counter.by = 2, measures_valid = msr("classif.acc"))
  for (i in 1:2) {
    learner$train(tsk("iris"))
    expect_named(learner$model$callbacks, c("counter", "history_1"))
    expect_identical(learner$model$callbacks$counter, 8)
    expect_identical(learner$model$callbacks$history_1$epoch, 1:2)
  }
  expect_identical(counter$param_set$values, set_names(list(), character()))
})

test_that("an error names callback, stage, epoch and batch, every exit runs, and the learner stays as it was", {
  exits = character()
  exit_noted = function(id, ...) {
    torch_callback(id, on_exit = function() exits <<- c(exits, class(self)[[1L]]), ...)
  }
  failing = exit_noted("bad", on_batch_end = function() if (self$ctx$global_step == 3) stop("no more"))
  learner = small_mlp(list(failing, exit_noted("good")))
  condition = expect_error(learner$train(tsk("iris")), class = "mlr3libtorch_error_callback")
  expect_match(conditionMessage(condition), "Callback 'bad' failed in stage 'on_batch_end' (epoch 2, batch 1): no more",
    fixed = TRUE)
  expect_identical(conditionMessage(condition$parent), "no more")
  expect_identical(exits, c("CallbackSetBad", "CallbackSetGood"))
  expect_null(learner$model)
})

test_that("terminate in begin trains nothing; end and exit run", {
  calls = character()
  note = function(id, stage, ctx) {
    calls <<- c(calls, stage)
    ctx$terminate = TRUE
  }
  learner = small_mlp(observer("a", note))$train(tsk("iris"))
  expect_identical(calls, c("on_begin", "on_end", "on_exit"))
  expect_equal(learner$model$epochs, 0)
})

test_that("terminate inside an epoch completes it with its validation; stop_epoch ends it after the batch", {
  history_with = function(stage_function) {
    learner = small_mlp(list(t_clbk("history"), torch_callback("a", on_batch_end = stage_function)), epochs = 9L,
      batch_size = 20L, measures_valid = msr("classif.acc"))
    steps = learner$train(tsk("iris"))$model$run$core$global_step
    list(epochs = learner$model$epochs, steps = steps, rows = nrow(learner$model$callbacks$history))
  }
  expect_equal(history_with(function() self$ctx$terminate = TRUE), list(epochs = 1, steps = 6, rows = 1))
  expect_equal(history_with(function() {
    self$ctx$terminate = TRUE
    self$ctx$stop_epoch = TRUE
  }), list(epochs = 1, steps = 1, rows = 1))
  expect_equal(history_with(function() self$ctx$stop_epoch = TRUE), list(epochs = 9, steps = 9, rows = 9))
})

test_that("an unknown field of the context, or a value of the wrong type, is an error in a run", {
  expect_stage_error = function(stage_function, message, class) {
    callback = suppressWarnings(torch_callback("a", on_begin = stage_function),
      classes = "mlr3libtorch_warning_unknown_field")
    condition = expect_error(small_mlp(callback)$train(tsk("iris")), class = "mlr3libtorch_error_callback")
    expect_match(conditionMessage(condition), message, fixed = TRUE)
    expect_s3_class(condition$parent, paste0("mlr3libtorch_error_", class))
  }
  expect_stage_error(function() self$ctx$termiante = TRUE, "did you mean 'terminate'?", "unknown_field")
  expect_stage_error(function() self$ctx$epcoh, "did you mean 'epoch'?", "unknown_field")
  expect_stage_error(function() self$ctx$terminate = "yes", "terminate", "config")
  expect_stage_error(function() self$ctx$epoch = 7, "read-only", "config")
})

test_that("clip_grad_norm clips before callbacks that come later look", {
  norms = list(before = numeric(), after = numeric())
  watch = function(id, weight) {
    torch_callback(id, weight = weight, on_after_backward = function() {
      squares = map_dbl(self$ctx$network$parameters, function(p) sum(as.array(p$grad)^2))
      norms[[id]] <<- c(norms[[id]], sqrt(sum(squares)))
    })
  }
  clip = t_clbk("clip_grad_norm", max_norm = 0.01)
  small_mlp(list(watch("after", 1), clip, watch("before", -1)))$train(tsk("iris"))
  expect_true(all(norms$before > 0.01))
  expect_equal(norms$after, rep(0.01, 4L), tolerance = 1e-3)
})

test_that("early stopping stops, and its state tells when and why", {
  learner = small_mlp(epochs = 50L, patience = 2L, min_delta = 1, measures_valid = msr("classif.acc"))
  learner$train(tsk("iris"))
  expect_equal(learner$model$epochs, 3)
  state = learner$model$callbacks$early_stopping
  expect_named(state, c("best_epochs", "best_score", "stagnation", "measure"))
  expect_equal(state[c("best_epochs", "stagnation", "measure")],
    list(best_epochs = 1L, stagnation = 2L, measure = "classif.acc"))
})

test_that("restored weights give the scores that the learner reports", {
  worse = torch_callback("worse", on_batch_end = function() {
    if (self$ctx$epoch > 1) for (p in self$ctx$network$parameters) p$mul_(0)
  })
  learner = small_mlp(worse, epochs = 9L, patience = 2L, restore_best_weights = TRUE, opt.lr = 0.1,
    measures_valid = msr("classif.acc"), validate = "predefined")
  task = tsk("iris")
  task$internal_valid_task = task$clone()$filter(seq(1, 150, by = 3))
  learner$train(task)
  expect_equal(learner$model$callbacks$early_stopping$best_epochs, 1)
  expect_gt(max(abs(as.array(learner$network$parameters[[1L]]))), 0)
  score = learner$predict(task$internal_valid_task)$score(msr("classif.acc"))
  expect_equal(unname(unlist(learner$internal_valid_scores)), unname(score))
})

test_that("a run resumed from a checkpoint has the weights and history of one that never stopped", {
  folder = withr::local_tempdir()
  callbacks = list(t_clbk("history"), t_clbk("checkpoint", path = folder, freq = 2))
  whole = small_mlp(callbacks[1L], epochs = 5L, measures_valid = msr("classif.logloss"))
  whole$predict_type = "prob"
  first = whole$clone(deep = TRUE)
  first$callbacks = callbacks
  first$param_set$set_values(epochs = 3L)
  second = first$clone(deep = TRUE)
  second$param_set$set_values(epochs = 5L, resume = TRUE)
  task = tsk("iris")
  withr::with_seed(1, whole$train(task))
  withr::with_seed(1, first$train(task))
  expect_identical(list_checkpoints(folder)$epoch, 2:3)
  expect_identical(first$model$callbacks$checkpoint$path, folder)
  withr::with_seed(1, second$train(task))
  expect_identical(second$model$callbacks$history, whole$model$callbacks$history)
  expect_identical(second$model$network, whole$model$network)
})

test_that("classes of the user's work in another process", {
  Parent = R6::R6Class("CallbackSetParent", inherit = CallbackSet, public = list(
    count = 0,
    on_batch_end = function() self$count = self$count + 1,
    state_dict = function() self$count,
    load_state_dict = function(state_dict) self$count = state_dict
  ))
  Child = R6::R6Class("CallbackSetChild", inherit = Parent, parent_env = globalenv())
  assign("Parent", Parent, envir = globalenv())
  withr::defer(rm("Parent", envir = globalenv()))
  learner = small_mlp(TorchCallback$new(Child, id = "child"))
  learner$encapsulate("callr", fallback = lrn("classif.featureless"))
  learner$train(tsk("iris"))
  expect_identical(learner$model$callbacks, list(child = 4))
})

test_that("a state that is not plain data is refused, naming the callback and the place", {
  callback = torch_callback("a", state_dict = function() list(x = list(f = mean)),
    load_state_dict = function(state_dict) NULL)
  expect_error(small_mlp(callback)$train(tsk("iris")), "callback 'a': state_dict()$x$f", fixed = TRUE,
    class = "mlr3libtorch_error_state")
})

test_that("tensors in a state come back as tensors when training goes on", {
  loaded = NULL
  callback = torch_callback("a",
    on_batch_end = function() self$last = self$ctx$y_hat,
    state_dict = function() list(y_hat = self$last),
    load_state_dict = function(state_dict) loaded <<- state_dict$y_hat
  )
  folder = withr::local_tempdir()
  learner = small_mlp(list(callback, t_clbk("checkpoint", path = folder)))
  task = tsk("iris")
  withr::with_seed(1, learner$train(task))
  saved = learner$model$callbacks$a$y_hat
  expect_s3_class(saved, "torch_tensor_data")
  learner$param_set$set_values(epochs = 3L, resume = folder)
  withr::with_seed(1, learner$train(task))
  expect_s3_class(loaded, "torch_tensor")
  expect_identical(as.array(loaded), as.array(saved))
})

test_that("R keeps its smallest numbers while the core takes them for zeros", {
  halves = numeric()
  watch = torch_callback("watch", on_after_backward = function() {
    halves <<- c(halves, .Machine$double.xmin / 2^runif(1))
  })
  lrn("regr.mlp", neurons = 16, epochs = 1, batch_size = 8, callbacks = watch)$train(tsk("mtcars"))
  expect_length(halves, 4L)
  expect_true(all(halves > 0))
  expect_true(.Machine$double.xmin / 2^runif(1) > 0)
})
