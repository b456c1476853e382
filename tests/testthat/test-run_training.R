batch = c("on_batch_begin", "on_after_backward", "on_batch_end")
epoch = c("on_epoch_begin", batch, batch, "on_before_valid", "on_batch_valid_begin", "on_batch_valid_end",
  "on_valid_end", "on_epoch_end")

test_that("stages come in the order of the contract", {
  seen = character()
  train_quietly(small_learner(stage_callback("spy", function(stage, ctx) seen <<- c(seen, stage))))
  expect_equal(seen, c("on_begin", epoch, epoch, "on_end", "on_exit"))
})

test_that("without validation no validation stage is called", {
  seen = character()
  learner = small_learner(stage_callback("spy", function(stage, ctx) seen <<- c(seen, stage)), validate = NULL)
  train_quietly(learner)
  expect_equal(seen, c("on_begin", rep(c("on_epoch_begin", batch, batch, batch, "on_before_valid", "on_epoch_end"), 2),
    "on_end", "on_exit"))
})

test_that("callbacks are called by weight, then as given", {
  seen = character()
  note = function(id, weight = 0) {
    callback = stage_callback(id, eval(bquote(function(stage, ctx) seen <<- c(seen, .(id)))), "on_begin")
    callback$weight = weight
    callback
  }
  train_quietly(small_learner(list(note("last", Inf), note("b"), note("a"), note("first", -1))))
  expect_equal(seen, c("first", "b", "a", "last"))
})

test_that("an error in any stage names callback, stage, epoch and batch, and every exit runs", {
  for (stage in setdiff(stages_of_whole_runs(), "on_exit")) {
    exits = 0
    fails = stage_callback("fails", function(stage, ctx) stop(errorCondition("boom", class = "my_error")), stage)
    leaves = stage_callback("leaves", function(stage, ctx) exits <<- exits + 1, "on_exit")
    learner = small_learner(list(fails, leaves))
    cond = expect_error(train_quietly(learner), class = "mlr3libtorch_error_callback")
    expect_equal(cond$callback, "fails")
    expect_equal(cond$stage, stage)
    expect_s3_class(cond$parent, "my_error")
    where = sprintf("Callback 'fails' failed in stage '%s' \\(epoch [0-2], batch [0-2]\\): boom", stage)
    expect_match(conditionMessage(cond), where)
    expect_equal(exits, 1)
    expect_null(learner$model)
  }
})

test_that("an error in one exit does not keep the next from running, and is reported", {
  exits = character()
  callback = function(id) {
    stage_callback(id, eval(bquote(function(stage, ctx) {
      exits <<- c(exits, .(id))
      stop("no exit")
    })), "on_exit")
  }
  learner = small_learner(list(callback("a"), callback("b")))
  expect_error(train_quietly(learner), "Callback 'a' failed in stage 'on_exit'")
  expect_equal(exits, c("a", "b"))
})

test_that("a failed run leaves the learner as it was", {
  learner = train_quietly(small_learner())
  before = learner$model
  learner$callbacks = stage_callback("fails", function(stage, ctx) stop("boom"), "on_batch_end")
  expect_error(train_quietly(learner), "boom")
  expect_identical(learner$model, before)
})

test_that("a warning is a warning, and an error where R is told so", {
  warns = small_learner(stage_callback("warns", function(stage, ctx) warning("careful"), "on_epoch_end"))
  seen = 0
  withCallingHandlers(train_quietly(warns), warning = function(cond) {
    seen <<- seen + 1
    invokeRestart("muffleWarning")
  })
  expect_equal(seen, 2)
  old = options(warn = 2)
  on.exit(options(old))
  expect_error(train_quietly(warns), "careful", class = "mlr3libtorch_error_callback")
})

test_that("a restart may be invoked out of any stage, and every exit runs", {
  for (stage in stages_of_whole_runs()) {
    exits = 0
    jumps = stage_callback("jumps", function(stage, ctx) invokeRestart("out", "jumped"), stage)
    leaves = stage_callback("leaves", function(stage, ctx) exits <<- exits + 1, "on_exit")
    result = withRestarts(train_quietly(small_learner(list(jumps, leaves))), out = identity)
    expect_equal(result, "jumped")
    expect_equal(exits, 1)
  }
})

test_that("an interrupt in a stage goes the way of an error, or is kept if asked for", {
  interrupts = stage_callback("interrupts", function(stage, ctx) {
    tools::pskill(Sys.getpid(), tools::SIGINT)
    Sys.sleep(1)
  }, "on_after_backward")
  exits = 0
  leaves = stage_callback("leaves", function(stage, ctx) exits <<- exits + 1, "on_exit")
  learner = small_learner(list(interrupts, leaves), keep_on_interrupt = FALSE)
  expect_s3_class(tryCatch(train_quietly(learner), interrupt = identity), "interrupt")
  expect_null(learner$model)
  learner$param_set$set_values(keep_on_interrupt = TRUE)
  train_quietly(learner)
  expect_true(learner$model$interrupted)
  expect_equal(learner$model$epochs, 0)
  expect_s3_class(learner$predict(tsk("iris")), "PredictionClassif")
  expect_equal(exits, 2)
})

test_that("an interrupt between stages is noticed", {
  learner = small_learner(epochs = 1e8, keep_on_interrupt = TRUE, validate = NULL)
  system(sprintf("(sleep 1; kill -INT %i) &", Sys.getpid()))
  train_quietly(learner)
  expect_true(learner$model$interrupted)
})

test_that("a learner may be trained in another's stage", {
  inner = NULL
  outer = small_learner(stage_callback("nests", function(stage, ctx) {
    inner <<- train_quietly(small_learner())
    ctx$epoch
  }, c("on_epoch_begin", "on_batch_end")))
  train_quietly(outer)
  expect_identical(inner$model$network, train_quietly(small_learner())$model$network)
  expect_identical(outer$model$network, inner$model$network)
})

test_that("garbage collection in every stage does no harm", {
  plain = train_quietly(small_learner())
  collects = stage_callback("collects", function(stage, ctx) {
    ctx$y_hat
    gc()
  })
  expect_identical(train_quietly(small_learner(collects))$model$network, plain$model$network)
})

test_that("a small training survives the torture of the garbage collector", {
  plain = train_quietly(small_learner(epochs = 1, validate = NULL))
  learner = small_learner(stage_callback("reads", function(stage, ctx) {
    ctx$batch
    ctx$network$parameters
    ctx$last_loss
  }), epochs = 1, validate = NULL)
  gctorture2(step = 997, wait = 100)
  on.exit(gctorture2(step = 0))
  train_quietly(learner)
  gctorture2(step = 0)
  expect_identical(learner$model$network, plain$model$network)
})

test_that("terminate in begin trains no epoch; within an epoch it completes the epoch", {
  seen = character()
  spy = stage_callback("spy", function(stage, ctx) seen <<- c(seen, stage))
  ends = stage_callback("ends", function(stage, ctx) ctx$terminate = TRUE, "on_begin")
  train_quietly(small_learner(list(ends, spy)))
  expect_equal(seen, c("on_begin", "on_end", "on_exit"))
  seen = character()
  ends = stage_callback("ends", function(stage, ctx) ctx$terminate = TRUE, "on_batch_begin")
  learner = train_quietly(small_learner(list(ends, spy), epochs = 5))
  expect_equal(seen, c("on_begin", epoch, "on_end", "on_exit"))
  expect_equal(learner$model$epochs, 1)
})

test_that("stop_epoch ends the epoch after the batch", {
  seen = character()
  spy = stage_callback("spy", function(stage, ctx) seen <<- c(seen, stage), c("on_epoch_begin", "on_batch_end"))
  stops = stage_callback("stops", function(stage, ctx) ctx$stop_epoch = TRUE, "on_batch_begin")
  train_quietly(small_learner(list(stops, spy)))
  expect_equal(seen, rep(c("on_epoch_begin", "on_batch_end"), 2))
})

test_that("what a callback draws changes nothing, and R's generator is as it was", {
  plain = train_quietly(small_learner(validate = NULL))
  draws = stage_callback("draws", function(stage, ctx) c(runif(3), torch_randn(2)$sum()$item()))
  withr::local_seed(5)
  before = .Random.seed
  learner = small_learner(draws, validate = NULL)
  learner$train(tsk("iris"))
  expect_identical(learner$model$network, plain$model$network)
  expect_identical(.Random.seed, before)
})

test_that("LibTorch's generator is as it was", {
  torch_manual_seed(3)
  expected = as.numeric(torch_randn(4))
  torch_manual_seed(3)
  train_quietly(small_learner(stage_callback("draws", function(stage, ctx) torch_randn(3))))
  expect_identical(as.numeric(torch_randn(4)), expected)
})

test_that("two fresh processes with the same seed give the same bytes", {
  train = function() {
    library("mlr3libtorch")
    learner = lrn("classif.mlp", epochs = 3, batch_size = 16, neurons = c(8, 8), p = 0.3, seed = 42)
    learner$train(tsk("spam"))
    learner$model$network
  }
  expect_identical(callr::r(train), callr::r(train))
})

test_that("changes to gradients and batches count", {
  zeroes = stage_callback("zeroes", function(stage, ctx) {
    walk(ctx$network$parameters, function(parameter) parameter$grad$zero_())
  }, "on_after_backward")
  learner = small_learner(zeroes, optimizer = t_opt("sgd", lr = 0.1), validate = NULL)
  start = small_learner(epochs = 0, optimizer = t_opt("sgd", lr = 0.1), validate = NULL)
  expect_identical(train_quietly(learner)$model$network$state, train_quietly(start)$model$network$state)
  loss = numeric()
  hides = stage_callback("hides", function(stage, ctx) {
    x = ctx$batch$x
    x[[1L]] = x[[1L]] * 0
    ctx$batch = list(x = x, y = ctx$batch$y)
  }, "on_batch_begin")
  notes = stage_callback("notes", function(stage, ctx) {
    loss <<- c(loss, ctx$y_hat$std(dim = 1)$max()$item())
  }, "on_batch_end")
  train_quietly(small_learner(list(hides, notes), p = 0, validate = NULL))
  expect_true(all(loss < 1e-6))
})

test_that("the learning rate can be written", {
  freezes = stage_callback("freezes", function(stage, ctx) ctx$optimizer$param_groups[[1]]$lr = 0, "on_begin")
  start = small_learner(epochs = 0, validate = NULL)
  expect_identical(train_quietly(small_learner(freezes, validate = NULL))$model$network$state,
    train_quietly(start)$model$network$state)
})

test_that("what cannot be done to the optimizer is refused", {
  fails = function(change, pattern) {
    callback = stage_callback("changes", function(stage, ctx) change(ctx), "on_begin")
    expect_error(train_quietly(small_learner(callback)), pattern, class = "mlr3libtorch_error_callback")
  }
  fails(function(ctx) ctx$optimizer$param_grups, "no field 'param_grups'; did you mean 'param_groups'")
  fails(function(ctx) ctx$optimizer$param_groups[[1]]$lr = NULL, "'param_groups\\[\\[1\\]\\]\\$lr' must have a value")
  fails(function(ctx) ctx$optimizer$param_groups[[1]]$lr = -1, "'lr' of optimizer 'adam' must be at least 0")
  fails(function(ctx) ctx$optimizer$param_groups = list(), "must be a list of 1 groups")
})

test_that("a mistake in the configuration stays one if a callback makes it", {
  typo = stage_callback("typo", function(stage, ctx) ctx$epcoh, "on_begin")
  expect_error(train_quietly(small_learner(typo)), "'epcoh'; did you mean 'epoch'", class = "Mlr3ErrorConfig")
  broken = stage_callback("broken", function(stage, ctx) stop("no"), "on_begin")
  error = tryCatch(train_quietly(small_learner(broken)), error = identity)
  expect_false(inherits(error, "Mlr3ErrorConfig"))
})

test_that("a batch needs rows", {
  empties = stage_callback("empties", function(stage, ctx) {
    batch = ctx$batch
    batch$x$x = batch$x$x$narrow(1, 1, 0)
    batch$y = batch$y$narrow(1, 1, 0)
    ctx$batch = batch
  }, "on_batch_begin")
  expect_error(train_quietly(small_learner(empties)), "at least one row", class = "mlr3libtorch_error_callback")
})

test_that("more threads than OpenMP could make are refused", {
  expect_error(train_quietly(small_learner(num_threads = 1e9)), "'num_threads' must be between 1 and 1024",
    class = "mlr3libtorch_error_argument")
})

test_that("the loss in after_backward is the batch's own", {
  own = expected = numeric()
  reads = stage_callback("reads", function(stage, ctx) {
    own <<- c(own, ctx$last_loss)
    expected <<- c(expected, ctx$loss_fn(ctx$y_hat, ctx$batch$y)$item())
  }, "on_after_backward")
  train_quietly(small_learner(reads))
  expect_equal(own, expected, tolerance = 1e-6)
})

test_that("parameter groups have settings of their own; the rest has the optimizer's", {
  start = train_quietly(small_learner(epochs = 0, validate = NULL))$model$network$state
  optimizer = t_opt("sgd", lr = 0.1, param_groups = function(parameters) {
    list(list(params = grep("bias", names(parameters), value = TRUE), lr = 0), list(params = parameters["head.weight"]))
  })
  groups = NULL
  reads = stage_callback("reads", function(stage, ctx) groups <<- ctx$optimizer$param_groups, "on_end")
  state = train_quietly(small_learner(reads, optimizer = optimizer, validate = NULL))$model$network$state
  same = map_lgl(names(state), function(name) identical(state[[name]], start[[name]]))
  expect_equal(names(state)[same], c("linear1.bias", "head.bias", "standardize.mean", "standardize.sd"))
  expect_equal(group_names(groups), list(c("linear1.bias", "head.bias"), "head.weight", "linear1.weight"))
  expect_equal(map_dbl(groups, "lr"), c(0, 0.1, 0.1))
  misspelled = t_opt("sgd", lr = 0.1, param_groups = function(parameters) list(list(params = "head.wieght")))
  expect_error(train_quietly(small_learner(optimizer = misspelled)), "did you mean 'head.weight'")
  twice = t_opt("sgd", lr = 0.1, param_groups = function(parameters) list(list(params = c("head.bias", "head.bias"))))
  expect_error(train_quietly(small_learner(optimizer = twice)), "two groups")
  no_groups = t_opt("sgd", lr = 0.1, param_groups = function(parameters) 1)
  expect_error(train_quietly(small_learner(optimizer = no_groups)), "must return a list of groups",
    class = "mlr3libtorch_error_parameter")
})

test_that("a native callback and an R callback run in one ordered list", {
  norms = numeric()
  after = stage_callback("after", function(stage, ctx) {
    squares = map_dbl(ctx$network$parameters, function(parameter) parameter$grad$norm()$item()^2)
    norms <<- c(norms, sqrt(sum(squares)))
  }, "on_after_backward")
  before = stage_callback("before", function(stage, ctx) {
    walk(ctx$network$parameters, function(parameter) parameter$grad$fill_(1))
  }, "on_after_backward")
  learner = small_learner(list(before, t_clbk("clip_grad_norm", max_norm = 0.5), after))
  train_quietly(learner)
  expect_equal(norms, rep(0.5, 4), tolerance = 1e-5)
})

test_that("a gradient that a callback puts in place of another counts, and one it removes is zero", {
  sgd = t_opt("sgd", lr = 1)
  start = train_quietly(small_learner(epochs = 0, validate = NULL, optimizer = sgd))$model$network$state
  replaces = stage_callback("replaces", function(stage, ctx) {
    parameters = ctx$network$parameters
    bias = parameters$head.bias
    bias$grad = torch_ones(3)
    walk(parameters[names(parameters) != "head.bias"], function(parameter) parameter$grad = NULL)
    ctx$terminate = TRUE
    ctx$stop_epoch = TRUE
  }, "on_after_backward")
  state = train_quietly(small_learner(replaces, validate = NULL, optimizer = sgd))$model$network$state
  expect_equal(as.array(state$head.bias), as.array(start$head.bias) - 1, tolerance = 1e-6)
  expect_identical(state$linear1.weight, start$linear1.weight)
})

# A step so large that the weights overflow.
diverging_learner = function(...) {
  lrn("regr.mlp", epochs = 3, batch_size = 16, neurons = 4, p = 0, seed = 1, optimizer = t_opt("sgd", lr = 1e10), ...)
}

test_that("a run whose last loss is not finite ends with one warning that says what to try", {
  warnings = list()
  learner = withCallingHandlers(train_quietly(diverging_learner(), tsk("mtcars")), warning = function(cond) {
    warnings[[length(warnings) + 1L]] <<- cond
    invokeRestart("muffleWarning")
  })
  expect_length(warnings, 1L)
  condition = warnings[[1L]]
  expect_s3_class(condition, c("mlr3libtorch_warning_diverged", "mlr3libtorch_warning", "Mlr3Warning"))
  expect_match(conditionMessage(condition), "'regr.mlp'.*diverged.*epoch 3.*opt.lr.*scale.*clip_grad_norm")
  expect_equal(condition$epoch, 3)
  expect_false(is.finite(condition$loss))
  expect_equal(learner$model$epochs, 3)
})

test_that("scores of a diverged run are NaN, and the warning is not hidden by an error", {
  learner = diverging_learner(measures_train = msr("regr.mse"), measures_valid = msr("regr.mse"), validate = 0.3)
  expect_warning(train_quietly(learner, tsk("mtcars")), class = "mlr3libtorch_warning_diverged")
  expect_equal(learner$internal_valid_scores, list(regr.mse = NaN))
})

test_that("with options(warn = 2) the warning of a diverged run is an error that leaves the learner untrained", {
  withr::local_options(warn = 2)
  learner = diverging_learner()
  expect_error(train_quietly(learner, tsk("mtcars")), "diverged")
  expect_null(learner$model)
})

test_that("runs that end well, or train no epoch, warn of nothing", {
  expect_no_warning(train_quietly(small_learner()))
  expect_no_warning(train_quietly(small_learner(epochs = 0)))
})

# What belongs to the process.
process_state = function() {
  grad = core_grad_mode(TRUE)
  core_grad_mode(grad)
  list(threads = core_threads(), library = as.array(torch_get_rng_state()), grad = grad, r = r_generator_state())
}

test_that("an error at any step of a training gives everything back at once, and nothing later", {
  folder = withr::local_tempdir()
  learner = function(epochs) {
    small_learner(list(t_clbk("checkpoint", path = folder)), epochs = epochs, num_threads = 3, validate = NULL)
  }
  train_quietly(learner(1))
  space = asNamespace("mlr3libtorch")
  called = unlist(map(list(train_network, make_run, begin_run, load_run_state, run_loop), function(f) {
    all.names(body(f))
  }))
  # those that clean up cannot be what fails, and these are called in another case only, or are names of variables, too
  functions = names(keep(as.list(space), is.function))
  steps = setdiff(intersect(called, functions), c("close_run", "core_unwatch_stop_signal", "set_r_generator_state",
    "abort", "abort_with_model", "signal_with_model", "put_off", "run_stops", "load_filters", "core_loss",
    "core_optimizer_set", "warn", "warn_diverged", "optimizer", "row_lengths"))
  expect_subset(c("make_run", "begin_run", "core_run_create", "core_run_begin", "core_run_load_state", "run_loop",
    "core_run_train", "run_model"), steps)
  torch_manual_seed(5)
  set.seed(5)
  before = process_state()
  for (step in steps) {
    original = space[[step]]
    fails = function(when) {
      on.exit(utils::assignInNamespace(step, original, space))
      injected = if (when == "before") function(...) stop("injected") else function(...) {
        original(...)
        stop("injected")
      }
      utils::assignInNamespace(step, injected, space)
      resumed = learner(2)
      resumed$param_set$set_values(resume = folder)
      expect_error(resumed$train(tsk("iris")), "injected", info = step)
    }
    for (when in c("before", "after")) {
      fails(when)
      expect_identical(process_state(), before, info = paste(when, step))
      gc()
      expect_identical(process_state(), before, info = paste(when, step, "and garbage collection"))
    }
  }
})

test_that("a resume that is refused leaves LibTorch's generator alone", {
  folder = withr::local_tempdir()
  train_quietly(small_learner(list(t_clbk("checkpoint", path = folder)), epochs = 1))
  torch_manual_seed(5)
  before = as.array(torch_get_rng_state())
  other = small_learner(epochs = 2, resume = folder, optimizer = t_opt("sgd", lr = 0.1))
  expect_error(train_quietly(other), class = "mlr3libtorch_error")
  expect_identical(as.array(torch_get_rng_state()), before)
  drawn = as.array(torch_randn(3))
  gc()
  torch_manual_seed(5)
  torch_randn(3)
  after = as.array(torch_get_rng_state())
  expect_false(identical(after, before))
  gc()
  expect_identical(as.array(torch_get_rng_state()), after)
})
