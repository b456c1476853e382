# What R signals where the core looks for interrupts is R's own condition: that of a time limit, above all.

# Runs for several seconds.
endless = function(...) small_learner(epochs = 5e4, validate = NULL, ...)

# What `f()` ends with under a limit. R's own compiler swallows an error that comes while it compiles a function, so a
# call that ended as if there were no limit is made again.
limited = function(f, ...) {
  on.exit(setTimeLimit())
  for (attempt in 1:3) {
    setTimeLimit(..., transient = TRUE)
    cond = tryCatch(f(), error = identity)
    setTimeLimit()
    if (inherits(cond, "condition")) break
  }
  cond
}

test_that("a time limit ends whatever runs with the same error as a loop of R's", {
  trained = train_quietly(small_learner())
  trained$param_set$set_values(mc_dropout = 1000000L)
  wide = set_names(rep(list(runif(1e6)), 20), paste0("x", 1:20))
  target = core_columns_create(1e6, 20)
  codes = list(
    control = function() repeat sqrt(2),
    planned = function() train_quietly(endless(plan = "require")),
    autograd = function() train_quietly(endless(plan = "off")),
    callback = function() {
      long = stage_callback("long", function(stage, ctx) repeat sqrt(2), "on_begin")
      train_quietly(small_learner(list(long)))
    },
    kept = function() train_quietly(endless(keep_on_interrupt = TRUE)),
    lr_finder = function() lr_finder(endless(), tsk("iris"), n_batches = 2e4),
    prediction = function() trained$predict(tsk("iris")),
    conversion = function() repeat core_columns_fill(target, 1, wide, NULL),
    tensors = function() repeat torch_ones(700, 700)$matmul(torch_ones(700, 700))
  )
  for (name in names(codes)) {
    for (limit in list(list(elapsed = 0.2), list(cpu = 0.2))) {
      cond = invoke(limited, codes[[name]], .args = limit)
      expect_identical(class(cond), c("simpleError", "error", "condition"), info = name)
      expect_match(conditionMessage(cond), "reached (elapsed|CPU) time limit", info = name)
    }
  }
})

test_that("a time limit is not an interrupt: nothing half-trained is kept, and the condition has the model", {
  learner = endless(keep_on_interrupt = TRUE)
  cond = limited(function() train_quietly(learner), elapsed = 0.3)
  expect_null(learner$model)
  expect_s3_class(last_model(cond), "learner_torch_model")
})

test_that("mlr3 logs a timeout and uses the fallback", {
  withr::local_options(try.outFile = withr::local_connection(file(nullfile(), "w")))
  for (method in c("try", "evaluate")) {
    learner = endless(keep_on_interrupt = TRUE)
    learner$encapsulate(method, lrn("classif.featureless"))
    learner$timeout = c(train = 0.3, predict = Inf)
    train_quietly(learner)
    expect_null(learner$model)
    expect_s3_class(learner$state$log$condition[[1L]], "Mlr3ErrorTimeout")
    expect_number(learner$predict(tsk("iris"))$score())
    result = benchmark(benchmark_grid(tsk("iris"), list(learner, lrn("classif.featureless")), rsmp("holdout")))
    expect_identical(result$aggregate(conditions = TRUE)$errors, c(1L, 0L))
  }
})

test_that("a timeout of predict() goes to the fallback too", {
  withr::local_options(try.outFile = withr::local_connection(file(nullfile(), "w")))
  learner = small_learner(validate = NULL)
  learner$encapsulate("try", lrn("classif.featureless"))
  learner$timeout = c(train = Inf, predict = 0.3)
  train_quietly(learner)
  learner$param_set$set_values(mc_dropout = 1000000L)
  expect_number(learner$predict(tsk("iris"))$score())
  expect_s3_class(learner$state$log$condition[[1L]], "Mlr3ErrorTimeout")
})
