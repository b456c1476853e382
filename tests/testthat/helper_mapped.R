# Tasks in files that are mapped into memory, held against the same in memory.

mapped_path = function(envir = parent.frame()) withr::local_tempfile(.local_envir = envir, fileext = ".safetensors")

# Numbers, factors, a logical, and a target of classes or a number. Row ids do not begin at 1 with `ids`.
mixed_task = function(type = "classif", n = 90, ids = NULL) {
  withr::with_seed(1, {
    data = data.table(
      a = rnorm(n), b = factor(sample(c("u", "v", "w"), n, replace = TRUE)), c = sample(100L, n, replace = TRUE),
      d = rep_len(c(TRUE, FALSE), n), e = runif(n, 5, 6)
    )
    data[, y := a + as.integer(b) + rnorm(n, sd = 0.1)]
    if (type != "regr") {
      data[, y := cut(y, if (type == "twoclass") c(-Inf, 2, Inf) else c(-Inf, 1, 2, Inf), labels = FALSE)]
      data[, y := factor(y, labels = if (type == "twoclass") c("no", "yes") else c("low", "mid", "top"))]
    }
    if (!is.null(ids)) {
      data[, id := ids]
      data = mlr3::as_data_backend(data, primary_key = "id")
    }
  })
  if (type == "regr") mlr3::as_task_regr(data, target = "y", id = "mixed") else
    mlr3::as_task_classif(data, target = "y", id = "mixed")
}

# After few epochs, so small a network may be worse than a constant.
quietly = function(code) {
  withCallingHandlers(code, mlr3libtorch_warning_worse_than_constant = function(cond) {
    invokeRestart("muffleWarning")
  })
}

# Trained the same way with rows in memory and in a file: the models must agree bit by bit.
expect_same_from_file = function(task, learner, in_file = map_task(task, mapped_path()), rows = NULL) {
  memory = learner$clone(deep = TRUE)
  memory$param_set$set_values(data = "memory", num_workers = 0)
  quietly(memory$train(task, rows))
  quietly(learner$train(in_file, rows))
  expect_identical(learner$model$network$state, memory$model$network$state)
  expect_identical(learner$history[, !"seconds"], memory$history[, !"seconds"])
  expect_identical(learner$model$internal_valid_scores, memory$model$internal_valid_scores)
  expect_identical(as.data.table(learner$predict(in_file)), as.data.table(memory$predict(task)))
  invisible(learner)
}
