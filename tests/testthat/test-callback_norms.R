test_that("norms of weights and gradients are those of the tensors", {
  expected = list()
  observer = torch_callback("observer", on_after_backward = function() {
    if (self$ctx$step == 1) {
      parameter = self$ctx$network$parameters[[1L]]
      expected[[self$ctx$epoch]] <<- c(sqrt(sum(as.numeric(parameter)^2)), sqrt(sum(as.numeric(parameter$grad)^2)))
    }
  })
  learner = train_quietly(small_learner(list(t_clbk("norms"), observer), epochs = 3))
  norms = learner$model$callbacks$norms
  expect_s3_class(norms, c("torch_norms", "data.table"))
  expect_named(norms, c("epoch", "step", "parameter", "weight", "gradient"))
  names = names(learner$model$network$parameters)
  expect_identical(norms$parameter, rep(names, 3L))
  expect_identical(norms$epoch, rep(1:3, each = length(names)))
  expect_identical(unique(norms$step), c(1L, 3L, 5L))
  first = norms[norms$parameter == names[[1L]], ]
  expect_equal(cbind(first$weight, first$gradient), do.call(rbind, expected), tolerance = 1e-6)
})

test_that("they are measured every freq-th epoch, also over a resume", {
  start = train_quietly(small_learner(t_clbk("norms", freq = 2), epochs = 2, validate = NULL))
  learner = small_learner(t_clbk("norms", freq = 2), epochs = 5, validate = NULL)
  learner$hotstart_stack = HotstartStack$new(list(start))
  train_quietly(learner)
  expect_identical(unique(learner$model$callbacks$norms$epoch), c(1L, 3L, 5L))
  expect_config_error(t_clbk("norms", freq = 0), "parameter", "'freq' must be a whole number of at least 1, not 0")
  expect_config_error(CallbackSetNorms$new(0), "invalid_callback", "'freq' must be a whole number")
})

test_that("a run that goes on from the middle of an epoch has the norms of a whole one", {
  whole = train_quietly(stoppable(list(t_clbk("norms"))))$model
  for (stage in c(7, 10)) {
    stopped = train_quietly(stoppable(list(t_clbk("norms"), interrupting(stage)), keep_on_interrupt = TRUE))
    resumed = train_quietly(stoppable(list(t_clbk("norms")), resume = stopped$model))$model
    expect_equal(as.list(resumed$callbacks$norms), as.list(whole$callbacks$norms), tolerance = 0)
  }
})
