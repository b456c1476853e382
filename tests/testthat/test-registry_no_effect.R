forget_mentions = function() rm(list = ls(said), envir = said)

warnings_of = function(expr) {
  messages = character()
  withCallingHandlers(expr, mlr3libtorch_warning_no_effect = function(condition) {
    messages <<- c(messages, condition$parameter)
    invokeRestart("muffleWarning")
  })
  messages
}

test_that("a learner's parameters without effect are accepted, and mentioned once", {
  forget_mentions()
  settings = list(num_workers = 2, jit_trace = TRUE, pin_memory = TRUE, timeout = 10, worker_packages = "stats",
    worker_globals = "a", worker_init_fn = identity, tensor_dataset = "device")
  learner = invoke(lrn, "regr.mlp", epochs = 1, batch_size = 8, seed = 1, .args = settings)
  expect_setequal(warnings_of(learner$train(tsk("mtcars"))), setdiff(names(settings), "tensor_dataset"))
  expect_identical(warnings_of(learner$train(tsk("mtcars"))), character())
  plain = lrn("regr.mlp", epochs = 1, batch_size = 8, seed = 1)$train(tsk("mtcars"))
  expect_identical(learner$model$network, plain$model$network)
})

test_that("values that say nothing are not mentioned", {
  forget_mentions()
  learner = lrn("regr.mlp", epochs = 1, batch_size = 8, num_workers = 0, jit_trace = FALSE, timeout = -1)
  expect_identical(warnings_of(learner$train(tsk("mtcars"))), character())
  expect_identical(warnings_of(nn_sequential(nn("relu", inplace = FALSE))), character())
})

test_that("layers take `inplace`, which does not become part of the network", {
  forget_mentions()
  expect_identical(warnings_of({
    spec = nn_sequential(nn("relu", inplace = TRUE), nn("dropout", p = 0.2, inplace = TRUE))
  }), "inplace")
  expect_identical(unclass(spec), unclass(nn_sequential(nn("relu"), nn("dropout", p = 0.2))))
  expect_error(nn("sigmoid", inplace = TRUE), class = "mlr3libtorch_error_unknown_parameter")
  expect_error(nn("relu", inplace = 3), "'inplace' must be TRUE or FALSE", class = "mlr3libtorch_error_parameter")
  expect_identical(warnings_of(nn_sequential(nn("multihead_attention", num_heads = 1, batch_first = TRUE))),
    character())
  expect_identical(warnings_of(nn_sequential(nn("multihead_attention", num_heads = 1, batch_first = FALSE))),
    "batch_first")
})

test_that("schedules take `verbose`", {
  forget_mentions()
  constant = function(epoch) 1
  callbacks = list(t_clbk("lr_step", step_size = 1, verbose = TRUE),
    t_clbk("lr_lambda", lr_lambda = constant, verbose = TRUE), t_clbk("lr_reduce_on_plateau", verbose = TRUE))
  for (callback in callbacks) {
    forget_mentions()
    expect_identical(warnings_of(callback$generate()), "verbose")
  }
  # a callback of one's own may have such an argument
  mine = torch_callback("mine", initialize = function(verbose) self$verbose = verbose)
  mine$param_set$set_values(verbose = 3)
  expect_identical(warnings_of({
    set = mine$generate()
  }), character())
  expect_identical(set$verbose, 3)
})

test_that("`verbose` of a schedule is a parameter of training, as mlr3 asks of all, and is not passed on", {
  learner = lrn("regr.mlp", epochs = 1, batch_size = 16, callbacks = t_clbk("lr_step", step_size = 1, verbose = FALSE))
  expect_true(all(lengths(learner$param_set$tags) > 0L))
  expect_true("train" %in% learner$param_set$tags$cb.lr_step.verbose)
  expect_no_error(learner$train(tsk("mtcars")))
})

test_that("`divisor_override` of pooling is a parameter that keeps its default", {
  pool = nn("avg_pool2d", kernel_size = 2, divisor_override = NULL)
  expect_true("divisor_override" %in% pool$param_set$ids())
  expect_error(pool$param_set$set_values(divisor_override = 3), "can only be NULL here")
})
