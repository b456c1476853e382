`%>>%` = mlr3pipelines::`%>>%`
po = mlr3pipelines::po
as_learner = mlr3::as_learner

network_learner = function(..., epochs = 2, batch_size = 50, seed = 1) {
  graph = Reduce(`%>>%`, list(...))
  as_learner(graph %>>% po("torch_model_classif", epochs = epochs, batch_size = batch_size, seed = seed))
}

mixed_network = function() {
  branches = mlr3pipelines::gunion(list(
    po("torch_ingress_num") %>>% nn("linear", out_features = 8),
    po("torch_ingress_categ") %>>% nn("embedding", embedding_dim = 4) %>>% nn("flatten")
  ))
  network_learner(branches, nn("merge_cat"), nn("head"), batch_size = 200)
}

test_that("the contract's example trains, predicts and is resampled", {
  graph = po("torch_ingress_num") %>>% po("nn_linear", out_features = 10) %>>% po("nn_relu") %>>% po("nn_head") %>>%
    po("torch_loss", t_loss("cross_entropy")) %>>% po("torch_optimizer", t_opt("adam", lr = 0.05)) %>>%
    po("torch_callbacks", t_clbk("history")) %>>% po("torch_model_classif", epochs = 40, batch_size = 32, seed = 1)
  learner = as_learner(graph)
  expect_lt(resample(tsk("iris"), learner, rsmp("cv", folds = 2))$aggregate(), 0.2)
  learner$train(tsk("iris"))
  expect_lt(learner$predict(tsk("iris"))$score(), 0.1)
  expect_named(learner$model$torch_model_classif$model$callbacks, "history")
})

test_that("a graph is the same network as lrn('classif.mlp')", {
  graph = network_learner(po("torch_ingress_num"), nn("linear", out_features = 6), nn("relu"), nn("head"))
  graph$predict_type = "prob"
  graph$train(tsk("iris"))
  mlp = lrn("classif.mlp", neurons = 6, p = 0, epochs = 2, batch_size = 50, seed = 1, predict_type = "prob",
    scale = FALSE)
  mlp$train(tsk("iris"))
  expect_identical(graph$predict(tsk("iris"))$prob, mlp$predict(tsk("iris"))$prob)
  expect_true(graph$model$torch_model_classif$model$plan$used)
})

test_that("numbers and factors enter by inputs of their own; classes count from 1 in R", {
  seen = NULL
  task = tsk("german_credit")
  learner = mixed_network()
  learner$train(task)
  weights = learner$graph_model$pipeops$torch_model_classif$learner_model$network$parameters
  expect_equal(as.numeric(weights$embedding.weight$shape), c(sum(lengths(task$levels(task$feature_names))), 4))
  look = torch_callback("look", on_batch_begin = function() {
    classes = as_array(self$ctx$batch$x$torch_ingress_categ)
    seen <<- list(dim(classes), min(classes))
  })
  network_learner(po("torch_ingress_categ"), nn("embedding", embedding_dim = 2), nn("flatten"), nn("head"),
    po("torch_callbacks", look), epochs = 1, batch_size = 1000)$train(task)
  expect_equal(seen, list(c(1000, 17), 1))
})

test_that("a trained graph predicts the same in a fresh process", {
  learner = mixed_network()
  learner$train(tsk("german_credit"))
  file = withr::local_tempfile(fileext = ".rds")
  saveRDS(learner, file)
  predicted = callr::r(function(file) readRDS(file)$predict(mlr3::tsk("german_credit"))$response, list(file),
    libpath = .libPaths())
  expect_identical(predicted, learner$predict(tsk("german_credit"))$response)
})

test_that("branches bring their features together, transformed as they are", {
  select = function(...) po("select", selector = mlr3pipelines::selector_name(c(...)))
  branches = mlr3pipelines::gunion(list(
    select("Petal.Length", "Petal.Width") %>>% po("scale") %>>% po("torch_ingress_num_1"),
    po("torch_ingress_num_2", select = mlr3pipelines::selector_name("Sepal.Length"))
  ))
  learner = network_learner(branches, nn("merge_cat"), nn("head"))
  learner$train(tsk("iris"))
  info = learner$model$torch_model_classif$model$task_col_info
  expect_setequal(info$id, c("Petal.Length", "Petal.Width", "Sepal.Length", "Species"))
  expect_length(learner$predict(tsk("iris"))$response, 150L)
  clash = mlr3pipelines::gunion(list(po("scale") %>>% po("torch_ingress_num_1"), po("torch_ingress_num_2")))
  clashing = network_learner(clash, nn("merge_cat"), nn("head"))
  expect_error(clashing$train(tsk("iris")), "different features of the same name",
    class = "mlr3libtorch_error_features")
})

test_that("an array enters in its shape", {
  learner = network_learner(po("torch_ingress_ltnsr", shape = c(NA, 1, 2, 2)),
    nn("conv2d", out_channels = 3, kernel_size = 2), nn("flatten"), nn("head"))
  learner$train(tsk("iris"))
  expect_length(learner$predict(tsk("iris"))$response, 150L)
  wrong = network_learner(po("torch_ingress_ltnsr", shape = c(NA, 1, 3, 2)), nn("flatten"), nn("head"))
  expect_error(wrong$train(tsk("iris")), "has 4 features, but its shape (NA, 1, 3, 2) needs 6", fixed = TRUE,
    class = "mlr3libtorch_error_shape")
})

test_that("the structure can be tuned", {
  block = nn("linear", out_features = paradox::to_tune(2, 8)) %>>% nn("relu")
  learner = network_learner(po("torch_ingress_num"), nn("block", block, n_blocks = paradox::to_tune(1, 3)), nn("head"))
  instance = mlr3tuning::tune(mlr3tuning::tnr("random_search"), tsk("iris"), learner, rsmp("holdout"), term_evals = 3)
  tried = as.data.table(instance$archive)
  expect_true(all(tried$block.n_blocks %in% 1:3) && all(tried$block.linear.out_features %in% 2:8))
})

test_that("validation scores and probabilities come through the graph", {
  learner = network_learner(po("torch_ingress_num"), nn("head"))
  learner$param_set$set_values(torch_model_classif.measures_valid = msrs("classif.ce"))
  mlr3::set_validate(learner, 0.3)
  learner$predict_type = "prob"
  learner$train(tsk("iris"))
  expect_named(learner$internal_valid_scores, "torch_model_classif.classif.ce")
  expect_equal(rowSums(learner$predict(tsk("iris"))$prob), rep(1, 150), tolerance = 1e-6)
})

test_that("mistakes in a graph name the pipeop and the remedy", {
  num = po("torch_ingress_num")
  train = function(...) network_learner(...)$train(tsk("iris"))
  expect_error_snapshot(train(po("torch_ingress_categ"), nn("head")))
  expect_error_snapshot(train(num, nn("conv2d", out_channels = 3, kernel_size = 2), nn("head")))
  expect_error_snapshot(train(num, nn("linear", out_features = 7)))
  expect_error_snapshot(train(num, nn("linear"), nn("head")))
  expect_error_snapshot(train(num, nn("head"), po("torch_loss", t_loss("mse"))))
  expect_error_snapshot(train(num, nn("head"), batch_size = NULL))
  meet = mlr3pipelines::gunion(list(nn("linear_1", out_features = 4), nn("linear_2", out_features = 5)))
  expect_error_snapshot(train(num, meet, nn("merge_sum"), nn("head")))
  both = mlr3pipelines::gunion(list(po("torch_loss_1", "cross_entropy"), po("torch_loss_2", "focal")))
  expect_error_snapshot(train(num, both, nn("merge_sum"), nn("head")))
})

# Each setting twice: (two that agree, one that does not)
settings = list(
  loss = list(po("torch_loss", "cross_entropy"), po("torch_loss_2", "cross_entropy"), po("torch_loss_3", "focal")),
  optimizer = list(po("torch_optimizer", t_opt("sgd", lr = 0.1)), po("torch_optimizer_2", t_opt("sgd", lr = 0.1)),
    po("torch_optimizer_3", t_opt("sgd", lr = 0.2))),
  callbacks = list(po("torch_callbacks", t_clbk("history")), po("torch_callbacks_2", t_clbk("history")),
    po("torch_callbacks_3", t_clbk("clip_grad_norm", max_norm = 1, id = "history")))
)

test_that("a second pipeop that sets the loss, the optimizer or a callback is an error that names both", {
  for (kind in names(settings)) {
    for (second in settings[[kind]][-1L]) {
      learner = network_learner(po("torch_ingress_num"), settings[[kind]][[1L]], nn("head"), second)
      expect_error(learner$train(tsk("iris")), sprintf("Pipeops 'torch_%s' and '%s' both set the", kind, second$id),
        fixed = TRUE, class = "mlr3libtorch_error_config")
    }
  }
})

test_that("branches that meet may agree on a setting, also after a copy, and are refused if they do not", {
  meet = function(first, second) {
    branches = mlr3pipelines::gunion(list(first %>>% nn("linear_1", out_features = 4),
      second %>>% nn("linear_2", out_features = 4)))
    network_learner(po("torch_ingress_num"), branches, nn("merge_sum"), nn("head"), epochs = 1)
  }
  for (kind in names(settings)) {
    same = settings[[kind]]
    expect_no_error(meet(same[[1L]], same[[2L]])$train(tsk("iris")))
    expect_error(meet(same[[1L]], same[[3L]])$train(tsk("iris")), sprintf("'torch_%s' and '%s'", kind, same[[3L]]$id),
      class = "mlr3libtorch_error_config")
    copied = network_learner(po("torch_ingress_num"), same[[1L]], po("copy", 2), mlr3pipelines::gunion(list(
      nn("relu"), nn("tanh"))), nn("merge_sum"), nn("head"), epochs = 1)
    expect_no_error(copied$train(tsk("iris")))
  }
})

# Features whose levels mean different things; `table` holds the vectors of all.
test_that("an embedding behind a categorical ingress has vectors of its own for each feature", {
  data = data.table(a = factor(c("no", "yes", "no", "yes")), b = factor(c("no", "maybe", "yes", "no")),
    y = factor(c("u", "v", "u", "v")))
  task = as_task_classif(data, target = "y")
  learner = network_learner(po("torch_ingress_categ"), nn("embedding", embedding_dim = 3), nn("flatten"), nn("head"),
    epochs = 3, batch_size = 2)
  learner$predict_type = "prob"
  learner$train(task)
  state = lapply(learner$model$torch_model_classif$model$network$state, function(x) as_array(torch_tensor(x)))
  table = state$embedding.weight
  rows = list(a = as.integer(data$a), b = nlevels(data$a) + as.integer(data$b))
  expect_identical(dim(table), c(5L, 3L))
  logit = cbind(table[rows$a, ], table[rows$b, ]) %*% t(state$head.weight) + state$head.bias
  expect_equal(learner$predict(task)$prob[, "u"], drop(1 / (1 + exp(-logit))), tolerance = 1e-6)
  # a level that no feature has leaves the others' vectors alone
  shared = network_learner(po("torch_ingress_categ"), nn("embedding", embedding_dim = 3, num_embeddings = 3),
    nn("flatten"), nn("head"))
  weights = shared$train(task)$model$torch_model_classif$model$network$state
  expect_equal(weights$embedding.weight$shape, c(3, 3))
})

# All learners and all pipeops of this package: what is trained is the same thing as before.
expect_same_hashes = function(object, train) {
  before = c(object$hash, object$phash)
  train()
  expect_identical(c(object$hash, object$phash), before, info = object$id)
}

test_that("training changes no learner's hash", {
  network = nn_sequential(nn("linear", out_features = 3), nn("head"))
  module = nn_module("net", function(task) {
    self$output = nn("linear", out_features = output_dim_for(task))
  }, function(x) self$output(x))
  for (key in learner_keys()) {
    learner = table_learner(key, epochs = 1, batch_size = 50)
    if (endsWith(key, "torch_model")) learner = lrn(key, network = network, epochs = 1, batch_size = 50)
    if (endsWith(key, "module")) learner = lrn(key, module_generator = module, epochs = 1, batch_size = 50)
    task = if (learner$task_type == "classif") tsk("iris") else tsk("mtcars")
    expect_same_hashes(learner, function() learner$train(task))
  }
})

# With the parameters that each needs.
operation_pipeops = function() {
  examples = operation_examples()
  imap(examples[!duplicated(names(examples))], function(example, key) invoke(nn, key, .args = example[[1L]]))
}

test_that("training changes no pipeop's hash", {
  for (example in operation_pipeops()) {
    inputs = map(seq_row(example$input), function(i) network_descriptor(list(x = NULL), "x"))
    expect_same_hashes(example, function() example$train(inputs))
  }
  graphs = list(
    mixed_network(),
    network_learner(po("torch_ingress_num"), nn("block", nn("linear", out_features = 3), n_blocks = 2), nn("head"),
      po("torch_loss", "focal"), po("torch_optimizer", t_opt("sgd", lr = 0.1)), po("torch_callbacks", "history")),
    as_learner(po("torch_ingress_ltnsr", shape = c(NA, 2, 5)) %>>% nn("flatten") %>>% nn("head") %>>%
      po("torch_loss", "l1") %>>% po("torch_model_regr", epochs = 1, batch_size = 20))
  )
  tasks = list(tsk("german_credit"), tsk("iris"), tsk("mtcars"))
  for (i in seq_along(graphs)) {
    pipeops = graphs[[i]]$graph$pipeops
    before = map(pipeops, function(pipeop) c(pipeop$hash, pipeop$phash))
    expect_same_hashes(graphs[[i]], function() graphs[[i]]$train(tasks[[i]]))
    expect_identical(map(graphs[[i]]$graph_model$pipeops, function(pipeop) c(pipeop$hash, pipeop$phash)), before)
  }
})

test_that("resample() keeps the model of each fold of a graph learner", {
  learner = network_learner(po("torch_ingress_num"), nn("linear", out_features = 4), nn("relu"), nn("head"),
    po("torch_loss", "focal"))
  learner$predict_type = "prob"
  rr = resample(tsk("iris"), learner, rsmp("cv", folds = 3), store_models = TRUE)
  for (i in seq_along(rr$learners)) {
    prediction = rr$learners[[i]]$predict(tsk("iris"), rr$resampling$test_set(i))
    expect_identical(prediction$prob, rr$predictions()[[i]]$prob)
  }
})
