# Small versions of the learners with networks for tables, and what all of them must do.

table_learner = function(key, ..., epochs = 2) {
  small = switch(sub("^.*[.]", "", key),
    tab_resnet = list(d_block = 8),
    ft_transformer = list(n_blocks = 2, d_token = 8, attention_n_heads = 2),
    tabm = list(k = 3, d_block = 8, n_blocks = 2),
    sequence = list(embedding_dim = 4, width = 8)
  )
  invoke(lrn, key, .args = insert_named(c(small, list(epochs = epochs, batch_size = 8, seed = 1)), list(...)))
}

# The keys of the learners of this package that take tables.
learner_keys = function() {
  keys = grep("^(classif|regr)[.]", mlr3::mlr_learners$keys(), value = TRUE)
  keep(setdiff(keys, paste0("classif.", names(vision_networks))), function(key) inherits(lrn(key), "LearnerTorch"))
}

# All types of features; one level alone and no variation at all among them.
mixed_data = function() {
  withr::with_seed(1, data.table(
    number = rnorm(40), whole = 1:40, constant = 1, factor = factor(rep(c("u", "v"), 20)), alone = factor("a"),
    ordered = ordered(rep(1:4, 10)), logical = rep(c(TRUE, FALSE, FALSE, TRUE), 10),
    target = rep(1:4, 10) + rnorm(40, sd = 0.1)
  ))
}

mixed_tasks = function() {
  regr = as_task_regr(mixed_data(), target = "target", id = "regr")
  classes = function(breaks) as_task_classif(mixed_data()[, target := cut(target, breaks)], target = "target")
  list(regr = regr, two = classes(c(0, 2.5, 5)), many = classes(c(0, 1.5, 2.5, 5)))
}

expect_table_learner = function(key, ...) {
  tasks = mixed_tasks()
  learner = table_learner(paste0("regr.", key), ...)
  prediction = learner$train(tasks$regr)$predict(tasks$regr)
  expect_true(all(is.finite(prediction$response)))
  for (task in tasks[c("two", "many")]) {
    classif = table_learner(paste0("classif.", key), ..., predict_type = "prob")
    prob = classif$train(task)$predict(task)$prob
    expect_equal(rowSums(prob), rep(1, task$nrow), tolerance = 1e-5)
  }
  again = table_learner(paste0("regr.", key), ...)$train(tasks$regr)
  expect_identical(again$model$network$state, learner$model$network$state)
  expect_saved(learner, tasks$regr)
  expect_continued(key, tasks$regr, ...)
  expect_missings_refused(learner, tasks$regr)
}

# Another process has nothing of this one's.
expect_saved = function(learner, task) {
  file = withr::local_tempfile(fileext = ".rds")
  saveRDS(list(learner = learner, task = task), file)
  response = callr::r(function(file) {
    loadNamespace("mlr3libtorch")
    saved = readRDS(file)
    saved$learner$predict(saved$task)$response
  }, list(file = file))
  expect_identical(response, learner$predict(task)$response)
}

# Two epochs and two more are four.
expect_continued = function(key, task, ...) {
  folder = withr::local_tempfile()
  train = function(epochs, ...) {
    table_learner(paste0("regr.", key), ..., epochs = epochs)$train(task)$model$network$state
  }
  train(2, ..., callbacks = t_clbk("checkpoint", path = folder))
  expect_identical(train(4, ..., resume = folder), train(4, ...))
}

expect_missings_refused = function(learner, task) {
  data = task$data()
  data$number[[3L]] = NA
  broken = as_task_regr(data, target = "target")
  expect_error(learner$clone(deep = TRUE)$train(broken), "po(\"imputemedian\")", fixed = TRUE,
    class = "mlr3libtorch_error_missing_values")
}

# Probabilities of logits, by rows.
softmax_rows = function(x) exp(x) / rowSums(exp(x))
