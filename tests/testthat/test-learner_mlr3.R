# The learners among what mlr3 and its relatives do with learners.

learner_for = function(...) {
  lrn("classif.mlp", epochs = 2, batch_size = 50, seed = 1, ...)
}

test_that("resample() and benchmark() work, with validation on the test set", {
  learner = learner_for(validate = "test", measures_valid = msrs("classif.ce"))
  rr = resample(tsk("iris"), learner, rsmp("cv", folds = 2), store_models = TRUE)
  expect_number(rr$aggregate(msr("classif.ce")), lower = 0, upper = 1)
  expect_named(rr$learners[[1L]]$internal_valid_scores, "classif.ce")
  bmr = benchmark(benchmark_grid(tsk("iris"), list(learner_for(), lrn("classif.torch_featureless", epochs = 1,
    batch_size = 50)), rsmp("holdout")))
  expect_equal(nrow(bmr$aggregate()), 2L)
})

test_that("callr encapsulation gives the same model", {
  inside = learner_for()$train(tsk("iris"))
  outside = learner_for()
  outside$encapsulate("callr", lrn("classif.featureless"))
  outside$train(tsk("iris"))
  expect_length(outside$errors, 0L)
  expect_identical(outside$model$network, inside$model$network)
  expect_identical(outside$predict(tsk("iris"))$response, inside$predict(tsk("iris"))$response)
})

test_that("future workers give the same scores", {
  sequential = resample(tsk("iris"), learner_for(), rsmp("insample"))
  future::plan("multisession", workers = 2)
  withr::defer(future::plan("sequential"))
  parallel = resample(tsk("iris"), learner_for(), rsmp("insample"))
  expect_identical(parallel$prediction()$response, sequential$prediction()$response)
})

test_that("a mirai worker gives the same model", {
  inside = learner_for()$train(tsk("iris"))
  outside = mirai::mirai({
    library(mlr3libtorch)
    learner$train(task)
  }, learner = learner_for(), task = tsk("iris"))
  outside = mirai::call_mirai(outside)$data
  expect_identical(outside$model$network, inside$model$network)
  expect_identical(outside$predict(tsk("iris"))$response, inside$predict(tsk("iris"))$response)
})

test_that("the epochs are tuned internally", {
  learner = lrn("classif.mlp", epochs = paradox::to_tune(upper = 10, internal = TRUE), patience = 2, batch_size = 50,
    measures_valid = msrs("classif.ce"), validate = "test", seed = 1,
    opt.lr = paradox::to_tune(1e-3, 1e-1, logscale = TRUE))
  instance = mlr3tuning::tune(mlr3tuning::tnr("random_search", batch_size = 2), tsk("iris"), learner,
    rsmp("holdout"), msr("internal_valid_score", minimize = TRUE, select = "classif.ce"), term_evals = 2)
  expect_int(instance$result_learner_param_vals$epochs, lower = 1, upper = 10)
  tuned = mlr3tuning::auto_tuner(mlr3tuning::tnr("random_search", batch_size = 1), learner, rsmp("holdout"),
    msr("internal_valid_score", minimize = TRUE, select = "classif.ce"), term_evals = 1)
  tuned$train(tsk("iris"))
  final = tuned$learner
  expect_equal(final$model$epochs, final$param_set$values$epochs)
  expect_equal(final$param_set$values$patience, 0L)
})

test_that("tuning reaches the parameters of optimizer and callbacks", {
  sizes = ps(size = p_int(2, 4), .extra_trafo = function(x, param_set) list(neurons = x$size))
  learner = learner_for(callbacks = t_clbk("clip_grad_norm", max_norm = paradox::to_tune(0.1, 1)),
    opt.lr = paradox::to_tune(1e-3, 1e-1), neurons = paradox::to_tune(sizes))
  instance = mlr3tuning::tune(mlr3tuning::tnr("random_search"), tsk("iris"), learner, rsmp("holdout"),
    msr("classif.ce"), term_evals = 2)
  expect_subset(c("opt.lr", "cb.clip_grad_norm.max_norm", "size"), names(instance$archive$data))
})

test_that("pipelines train it, handle factors and missing values, and pass validation data on", {
  graph = mlr3pipelines::as_graph(mlr3pipelines::po("imputemode"))
  graph = mlr3pipelines::`%>>%`(graph, mlr3pipelines::po("scale"))
  graph = mlr3pipelines::`%>>%`(graph, learner_for(measures_valid = msrs("classif.ce")))
  learner = as_learner(graph)
  set_validate(learner, 0.3)
  learner$train(tsk("penguins"))
  expect_named(learner$internal_valid_scores, "classif.mlp.classif.ce")
  expect_length(learner$predict(tsk("penguins"))$response, 344L)
})

test_that("a hotstarted learner goes on where the first one stopped, and so do its callbacks", {
  task = tsk("iris")
  learner_for = function() {
    lrn("classif.mlp", epochs = 2, batch_size = 50, seed = 1, callbacks = t_clbk("history"),
      measures_train = msrs("classif.ce"))
  }
  first = learner_for()$train(task)
  stack = HotstartStack$new(list(first))
  second = learner_for()
  second$param_set$values$epochs = 5
  second$hotstart_stack = stack
  second$train(task)
  straight = learner_for()
  straight$param_set$values$epochs = 5
  straight$train(task)
  expect_equal(second$model$epochs, 5)
  expect_identical(second$model$network, straight$model$network)
  expect_equal(second$model$callbacks$history$epoch, 1:5)
  expect_equal(second$model$callbacks$history, straight$model$callbacks$history)
  expect_equal(first$model$epochs, 2)
})
