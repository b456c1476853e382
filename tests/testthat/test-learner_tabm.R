test_that("all types of tasks and features, the same bits again, saved, resumed, without missing values", {
  expect_table_learner("tabm")
})

test_that("each kind of embedding and architecture trains on all types of features", {
  for (kind in c("linear_relu", "periodic", "piecewise_linear")) {
    expect_table_learner("tabm", num_embeddings = kind, arch_type = "tabm-mini")
  }
})

test_that("the loss is the mean of the members' losses", {
  losses = NULL
  watch = torch_callback("watch", on_batch_end = function() {
    y_hat = as.array(self$ctx$y_hat)
    y = as.vector(as.array(self$ctx$batch$y))
    losses <<- c(self$ctx$last_loss, mean(apply(y_hat[, , 1L], 2L, function(member) mean((member - y)^2))))
  })
  table_learner("regr.tabm", callbacks = watch, epochs = 1, scale = FALSE)$train(mixed_tasks()$regr)
  expect_equal(losses[[1L]], losses[[2L]], tolerance = 1e-5)
})

test_that("probabilities, values and moments of the members are averaged", {
  values = array(c(-1, 0.5, 2, 1, 0, 3, -2, 0.1, 1, 0.3, 2, -1), c(2, 3, 2))
  p = stats::plogis(values[, , 1L])
  logit = as.vector(as.array(average_members(torch_tensor(values[, , 1L, drop = FALSE]), "logits")))
  expect_equal(stats::plogis(logit), rowMeans(p), tolerance = 1e-5)
  softmax = aperm(apply(exp(values), c(1, 2), function(x) x / sum(x)), c(2, 3, 1))
  expect_equal(softmax_rows(as.array(average_members(torch_tensor(values), "logits"))),
    apply(softmax, c(1, 3), mean), tolerance = 1e-5)
  moments = as.array(average_members(torch_tensor(values), "mean_and_log_variance"))
  means = values[, , 1L]
  expect_equal(moments[, 1L], rowMeans(means), tolerance = 1e-5)
  expect_equal(exp(moments[, 2L]), rowMeans(exp(values[, , 2L]) + means^2) - rowMeans(means)^2, tolerance = 1e-5)
})

test_that("features may share the layer after a periodic encoding", {
  shapes = function(...) {
    learner = lrn("regr.tabm", k = 2, d_block = 4, num_embeddings = "periodic", d_embedding = 3, n_frequencies = 5,
      epochs = 1, batch_size = 16, ...)
    learner$train(tsk("mtcars"))
    map(learner$network$parameters[c("embed.weight", "embed.bias")], "shape")
  }
  expect_equal(unname(shapes(lite = TRUE)), list(c(3, 10), 3))
  expect_equal(shapes()[[1L]][[1L]], 10)
  expect_error(shapes(lite = TRUE, embedding_activation = FALSE), "needs an activation",
    class = "mlr3libtorch_error_parameter")
})

test_that("an embedding ends with ReLU, or not", {
  last = function(...) {
    values = insert_named(lrn("regr.tabm")$param_set$values, list(...))
    nodes = embedding_nodes(tsk("mtcars"), values, column_info(tsk("mtcars")))
    nodes[[length(nodes) - 1L]]$operation
  }
  expect_identical(last(num_embeddings = "periodic"), "relu")
  expect_identical(last(num_embeddings = "periodic", embedding_activation = FALSE), "separate_linear")
  expect_identical(last(num_embeddings = "piecewise_linear"), "merge_sum")
  expect_identical(last(num_embeddings = "piecewise_linear", embedding_activation = TRUE), "relu")
})
