po = mlr3pipelines::po
`%>>%` = mlr3pipelines::`%>>%`
as_learner = mlr3::as_learner

small_mlp = function(...) lrn("classif.mlp", epochs = 2, batch_size = 50, neurons = 3, seed = 1, ...)
scaled = function(...) as_learner(po("scale") %>>% small_mlp(...))
network_graph = function(callback = t_clbk("history")) {
  as_learner(po("torch_ingress_num") %>>% nn("linear", out_features = 4) %>>% nn("relu") %>>% nn("head") %>>%
    po("torch_callbacks", callback) %>>% po("torch_model_classif", epochs = 2, batch_size = 50, seed = 1))
}
tuned = function(learner, ...) {
  mlr3tuning::auto_tuner(mlr3tuning::tnr("random_search"), learner, rsmp("holdout"), msr("classif.ce"), term_evals = 1,
    store_models = FALSE)
}
trained_scaled = function() train_quietly(scaled())

test_that("the learner is found in a graph, a nested graph and an AutoTuner, untrained and trained", {
  plain = small_mlp()
  expect_identical(torch_learner(plain), plain)
  graph = scaled()
  expect_identical(torch_learner(graph), graph$graph$pipeops$classif.mlp$learner)
  nested = as_learner(po("pca") %>>% po("learner", scaled(), id = "inner"))
  tuner = tuned(scaled(opt.lr = paradox::to_tune(0.001, 0.01)))
  for (learner in list(graph, nested, tuner)) {
    expect_class(torch_learner(learner), "LearnerTorchMLP")
    expect_null(torch_learner(learner)$model)
    train_quietly(learner)
    found = torch_learner(learner)
    expect_identical(found$model$epochs, 2L)
    expect_identical(found$history$epoch, 1:2)
  }
})

test_that("what is found predicts as the graph does, on what comes to it", {
  graph = trained_scaled()
  task = tsk("iris")
  scaled_task = graph$graph_model$pipeops$scale$predict(list(task))[[1L]]
  expect_identical(torch_learner(graph)$predict(scaled_task)$response, graph$predict(task)$response)
})

test_that("of several, one is chosen by its id, or the error names them", {
  both = as_learner(mlr3pipelines::gunion(list(po("learner", small_mlp(), id = "one"),
    po("learner", small_mlp(), id = "two"))) %>>% po("classifavg", 2))
  expect_error(torch_learner(both), "it has 2: 'one', 'two'", class = "mlr3libtorch_error_argument")
  expect_identical(torch_learner(both, "two"), both$graph$pipeops$two$learner)
  expect_error(torch_learner(both, "tow"), "did you mean 'two'", class = "mlr3libtorch_error_unknown_name")
})

test_that("a learner without one inside, and what is no learner, are refused", {
  none = as_learner(po("scale") %>>% lrn("classif.featureless"))
  expect_error(torch_learner(none), "in it, but it has none", class = "mlr3libtorch_error_argument")
  expect_error(torch_learner(lrn("classif.featureless")), "it has none", class = "mlr3libtorch_error_argument")
  expect_error(torch_learner(1), "must be a learner of this package", class = "mlr3libtorch_error_argument")
})

test_that("dry_run() lists the callbacks of the learner inside", {
  callback = t_clbk("history")
  plain = dry_run(small_mlp(callbacks = callback))
  expect_identical(dry_run(scaled(callbacks = callback))$calls, plain$calls)
  expect_identical(dry_run(scaled(callbacks = callback), tsk("iris"))$calls, plain$calls)
  expect_identical(dry_run(network_graph(), tsk("iris"))$calls$callback, plain$calls$callback)
  expect_error(dry_run(network_graph()), "give a task", class = "mlr3libtorch_error_argument")
})

test_that("lr_finder() searches in nested graphs", {
  nested = as_learner(po("scale") %>>% po("learner", as_learner(po("pca") %>>% small_mlp()), id = "inner"))
  found = lr_finder(nested, tsk("iris"), n_batches = 12)
  task = po("pca")$train(po("scale")$train(list(tsk("iris"))))[[1L]]
  expect_equal(as.data.frame(found), as.data.frame(lr_finder(small_mlp(), task, n_batches = 12)))
})

test_that("the network of a graph is saved; a message names what is left out", {
  graph = trained_scaled()
  path = withr::local_tempfile(fileext = ".pt")
  expect_identical(logged(jit_save(graph, path)),
    "The file holds the network only, not what these pipeops do: 'scale'.")
  x = torch_randn(3, 4)
  expect_equal(as.matrix(jit_load(path)(x)), as.matrix(torch_learner(graph)$network(x)), tolerance = 1e-6)
  weights = withr::local_tempfile(fileext = ".safetensors")
  save_weights(graph, weights)
  copy = load_weights(torch_learner(graph)$clone(deep = TRUE), weights)
  expect_identical(copy$model$network$state, torch_learner(graph)$model$network$state)
  expect_error(load_weights(graph, weights), "cannot be changed from outside", class = "mlr3libtorch_error_argument")
})

test_that("a predictor is made of a graph only if it leaves nothing out", {
  graph = train_quietly(network_graph())
  graph$predict_type = "prob"
  expect_equal(as_predictor(graph)(iris), graph$predict(tsk("iris"))$prob, ignore_attr = TRUE)
  expect_error(as_predictor(trained_scaled()), "leave out: 'scale'", class = "mlr3libtorch_error_argument")
})

test_that("last_model() gives the model of a learner, of the one inside, and of a graph that failed", {
  graph = trained_scaled()
  expect_identical(last_model(graph), torch_learner(graph)$model)
  expect_error(last_model(scaled()), "has not been trained", class = "mlr3libtorch_error_argument")
  fails = torch_callback("fails", on_epoch_end = function() stop("on purpose"))
  cond = tryCatch(suppressWarnings(train_quietly(scaled(callbacks = fails))), error = identity)
  expect_class(last_model(cond), "learner_torch_model")
})

test_that("a graph is drawn as its learner is", {
  drawn = function(x) tryCatch(ggplot2::autoplot(x)$data, error = conditionMessage)
  graph = trained_scaled()
  expect_identical(drawn(graph), drawn(torch_learner(graph)))
  expect_error(ggplot2::autoplot(as_learner(po("scale") %>>% lrn("classif.featureless"))), "it has none")
})

test_that("verify_resume() and the kit take a graph", {
  folder = withr::local_tempfile()
  graph = train_quietly(scaled(callbacks = t_clbk("checkpoint", path = folder)))
  expect_true(all(withr::with_seed(1, verify_resume(list_checkpoints(folder)$file[[1L]], graph, tsk("iris"),
    k = 2))$identical))
  expect_no_error(expect_callback("history", learner = scaled(measures_train = msr("classif.ce"))))
})
