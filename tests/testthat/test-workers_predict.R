# The same prediction by one process, and by three that share its rows whether that is faster or not.
predict_alone_and_shared = function(learner, task, compute) {
  learner$param_set$set_values(batch_size_predict = 16, workers = 1L)
  one = learner$predict(task)
  learner$param_set$set_values(workers = torch_workers(compute = compute))
  asked = 0
  local_functions(least_saving = function(workers) 0, outputs_of_share = function(result, ...) {
    asked <<- asked + 1
    from_plain_data(result)
  })
  list(one = as.data.table(one), shared = as.data.table(learner$predict(task)), asked = asked)
}

small_batches = function(learner) {
  learner$param_set$set_values(batch_size_predict = 16)
  learner
}

test_that("shares are whole batches in the order of the rows", {
  expect_identical(shares_of_rows(1:10, 3, 2), list(1:6, 7:10))
  expect_identical(shares_of_rows(1:10, 3, 3), list(1:6, 7:9, 10L))
  expect_identical(shares_of_rows(1:3, 3, 4), list(1:3))
})

test_that("a shared prediction has the bits of one process, whatever the rows are", {
  compute = local_daemons(2L)
  learner = train_quietly(small_learner(predict_type = "prob"))
  german = lrn("classif.ft_transformer", epochs = 1, batch_size = 50, n_blocks = 1, d_token = 8, seed = 1)
  cases = list(
    list(learner, tsk("iris")), list(learner, tsk("iris")$filter(c(150:20, 5L))),
    list(train_quietly(german, tsk("german_credit")), tsk("german_credit")$filter(1:200)),
    list(train_quietly(lrn("regr.mlp", epochs = 1, batch_size = 8), tsk("mtcars")), tsk("mtcars"))
  )
  for (case in cases) {
    predictions = predict_alone_and_shared(case[[1L]], case[[2L]], compute)
    expect_identical(predictions$asked, if (case[[2L]]$nrow > 32) 2 else 0)
    expect_identical(predictions$shared, predictions$one)
  }
})

test_that("pictures and new rows are shared, too", {
  compute = local_daemons(2L)
  task = tsk("shapes")$filter(c(1:40, 81:120))
  learner = train_quietly(shapes_learner(epochs = 1), task)
  learner$param_set$set_values(torch_model_classif.batch_size_predict = 8L)
  one = as.data.table(learner$predict(task))
  learner$param_set$set_values(torch_model_classif.workers = torch_workers(compute = compute))
  local_functions(least_saving = function(workers) 0)
  expect_identical(as.data.table(learner$predict(task)), one)
  learner = small_batches(train_quietly(small_learner()))
  one = learner$predict_newdata(iris)$response
  learner$param_set$set_values(workers = torch_workers(compute = compute))
  asked = FALSE
  local_functions(least_saving = function(workers) {
    asked <<- TRUE
    0
  })
  expect_identical(learner$predict_newdata(iris)$response, one)
  expect_true(asked)
})

test_that("processes of their own are started only if that pays, and are gone afterwards", {
  learner = small_batches(train_quietly(small_learner()))
  one = learner$predict(tsk("iris"))$response
  learner$param_set$set_values(workers = 2)
  local_functions(own_daemons = function(n) stop("not needed"))
  expect_identical(learner$predict(tsk("iris"))$response, one)
  processes = integer()
  local_functions(least_saving = function(workers) 0, own_daemons = function(n) {
    profile = basename(tempfile("workers-"))
    mirai::daemons(n, .compute = profile)
    processes <<- mirai::mirai(Sys.getpid(), .compute = profile)[]
    profile
  })
  expect_identical(learner$predict(tsk("iris"))$response, one)
  wait_until(function() !is_process(processes), 5)
  expect_false(is_process(processes))
})

test_that("what a worker fails to predict is predicted here, with a warning", {
  compute = local_daemons(1L)
  learner = small_batches(train_quietly(small_learner()))
  one = learner$predict(tsk("iris"))$response
  learner$param_set$set_values(workers = torch_workers(compute = compute))
  local_functions(least_saving = function(workers) 0)
  mirai::everywhere(assignInNamespace("outputs_elsewhere", function(...) stop("its disk is gone"), "mlr3libtorch"),
    .compute = compute)[]
  expect_warning(expect_identical(learner$predict(tsk("iris"))$response, one), "Worker 2 .*its disk is gone",
    class = "mlr3libtorch_warning_workers")
})

test_that("a network with dropout in prediction predicts in one process", {
  learner = train_quietly(lrn("regr.mlp", epochs = 1, batch_size = 8, neurons = 4, p = 0.5, mc_dropout = 3,
    batch_size_predict = 8, seed = 1), tsk("mtcars"))
  one = learner$predict(tsk("mtcars"))$response
  learner$param_set$set_values(workers = 2)
  local_functions(outputs_of_workers = function(...) stop("not shared"))
  expect_identical(learner$predict(tsk("mtcars"))$response, one)
})

test_that("a learner predicts when the daemons that have trained it are gone", {
  compute = basename(tempfile("workers-"))
  mirai::daemons(1L, .compute = compute)
  learner = train_quietly(small_batches(small_learner(workers = torch_workers(compute = compute))))
  mirai::daemons(0L, .compute = compute)
  expect_length(learner$predict(tsk("iris"))$response, 150L)
})

test_that("one process predicts new rows without a task, whichever type the number has", {
  learner = train_quietly(small_learner())
  for (workers in list(1L, 1)) {
    learner$param_set$set_values(workers = workers)
    expect_true(predicts_plainly(learner, iris))
  }
  learner$param_set$set_values(workers = 2)
  expect_false(predicts_plainly(learner, iris))
})
