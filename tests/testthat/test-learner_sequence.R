sequence_learner = function(key = "classif.sequence", ..., epochs = 2) {
  invoke(lrn, key, .args = insert_named(list(embedding_dim = 4, width = 8, epochs = epochs, batch_size = 64, seed = 1,
    opt.lr = 0.02), list(...)))
}

sequence_types_of_networks = list(lstm = list(type = "lstm", layers = 2, bidirectional = TRUE),
  gru = list(type = "gru"), transformer = list(type = "transformer", n_heads = 2))

reviews = function(rows = 200L) tsk("made_reviews")$filter(seq_len(rows))

# Token numbers in columns, with zeros after the end.
numbers_task = function() {
  withr::with_seed(1, {
    numbers = matrix(sample(5, 400, replace = TRUE), 40)
    numbers[col(numbers) > sample(10, 40, replace = TRUE)] = 0
  })
  data = set_names(as.data.table(numbers), paste0("place", 1:10))
  as_task_regr(data[, target := rowSums(numbers == 2)], target = "target")
}

test_that("padding changes nothing: a text has the same prediction alone and beside longer ones", {
  texts = c("the soup was good", "bad", "", paste(rep("I loved the bread and the tea", 3), collapse = " "))
  for (arguments in sequence_types_of_networks) {
    learner = invoke(sequence_learner, predict_type = "prob", .args = arguments)$train(reviews())
    together = learner$predict_newdata(data.frame(review = texts))$prob
    alone = map(texts, function(text) learner$predict_newdata(data.frame(review = text))$prob)
    expect_equal(do.call(rbind, alone), together, tolerance = 1e-5)
  }
})

test_that("a text that is as long as all steps has the state of a network without a mask", {
  task = as_task_classif(data.table(text = rep(c("a b c", "b c a"), 20), y = factor(rep(1:2, 20))), target = "y")
  learner = sequence_learner(type = "lstm", dropout = 0)$train(task)
  spec = learner$model$network$spec
  lstm = detect(spec$nodes, function(node) node$id == "lstm")
  expect_identical(lstm$inputs, c("embedding", "mask"))
  plain = nn_graph(embedding = nn("embedding", num_embeddings = 5, embedding_dim = 4, padding_idx = 1),
    lstm = nn("lstm", hidden_size = 8, output = "last"), head = nn("linear", out_features = 1))
  data = learner$dataset(task)
  network = build_network(plain, data$x, core_generator_create(1))
  network$load_state_dict(learner$network$state_dict())
  expect_equal(as.array(predict_network(network, data$x, 40L)), as.array(predict_network(learner$network, data$x, 40L)),
    tolerance = 1e-5)
})

test_that("the order of words is learned", {
  task = tsk("made_reviews")
  learner = sequence_learner(epochs = 25, embedding_dim = 16, width = 32, dropout = 0)$train(task, 1:600)
  expect_lt(learner$predict(task, 601:800)$score(), 0.2)
})

test_that("the vocabulary is that of the training rows", {
  texts = rep(c("seen words", "other letters"), each = 10)
  task = as_task_classif(data.table(text = texts, y = factor(rep(1:2, 10))), target = "y")
  learner = sequence_learner()$train(task, 1:10)
  expect_identical(learner$model$network$spec$ingress$x$vocabulary, c("seen", "words"))
  expect_identical(learner$predict(task, 11:20)$response, rep(learner$predict(task, 11L)$response, 10))
  # asked again, it learns another one
  expect_identical(learner$train(task, 11:20)$model$network$spec$ingress$x$vocabulary, c("letters", "other"))
})

test_that("the same bits again, saved, resumed", {
  task = reviews()
  for (arguments in sequence_types_of_networks) {
    make = function(...) invoke(sequence_learner, .args = insert_named(arguments, list(...)))
    learner = make()$train(task)
    expect_identical(make()$train(task)$model$network$state, learner$model$network$state)
    folder = withr::local_tempfile()
    make(callbacks = t_clbk("checkpoint", path = folder))$train(task)
    expect_identical(make(epochs = 4, resume = folder)$train(task)$model$network$state,
      make(epochs = 4)$train(task)$model$network$state)
  }
  expect_saved(learner, task)
  expect_identical(learner$continue(task, 2)$model$epochs, 4L)
})

test_that("numbers of tokens in columns, and characters", {
  task = numbers_task()
  learner = sequence_learner("regr.sequence", tokens = "numbers", min_count = 1)$train(task)
  ingress = learner$model$network$spec$ingress$x
  expect_identical(ingress$features, paste0("place", 1:10))
  expect_setequal(ingress$vocabulary, 1:5)
  expect_true(all(is.finite(learner$predict(task)$response)))
  characters = sequence_learner(tokens = "characters", max_length = 20)$train(reviews(50))
  expect_equal(as.numeric(characters$dataset(reviews(50))$x$x$shape), c(50, 20))
})

test_that("measurements are read in the order of time", {
  series = data.table(value = sin(1:150 / 5))
  parts = window_task(as_task_regr(series, target = "value"), width = 12, split = 0.8)
  learner = sequence_learner("regr.sequence", epochs = 40, batch_size = 16, dropout = 0)$train(parts$train)
  expect_identical(learner$model$network$spec$ingress$x$features[c(1L, 2L, 12L)],
    c("step01_value", "step02_value", "step12_value"))
  expect_lt(learner$predict(parts$test)$score(msr("regr.mae")), 0.25)
  transformer = sequence_learner("regr.sequence", type = "transformer")$train(parts$train)
  expect_true(all(is.finite(transformer$predict(parts$test)$response)))
})

test_that("the network is exported, and takes numbers of tokens", {
  task = reviews(60)
  for (arguments in sequence_types_of_networks) {
    learner = invoke(sequence_learner, .args = arguments)$train(task)
    path = withr::local_tempfile(fileext = ".pt")
    jit_save(learner, path)
    x = learner$dataset(task)$x$x
    expected = predict_network(learner$network, list(x = x), 60L)
    expect_equal(as.array(jit_load(path)(x)$detach()), as.array(expected), tolerance = 1e-4, ignore_attr = TRUE)
  }
})

test_that("texts go into networks of one's own", {
  network = nn_graph(vectors = nn("embedding", embedding_dim = 4, padding_idx = 1),
    mask = nn("padding_mask", reads = "x"),
    state = nn("gru", hidden_size = 4, output = "last", reads = c("vectors", "mask")), head = nn("head"))
  learner = lrn("classif.torch_model", network = network, ingress_tokens = list(x = ingress_text()), epochs = 1,
    batch_size = 50, seed = 1)
  before = learner$phash
  task = reviews(100)
  learner$train(task)
  expect_identical(learner$phash, before)
  expect_identical(dim(learner$network$parameters$vectors.weight)[[1L]],
    length(learner$model$network$spec$ingress$x$vocabulary) + 2L)
  expect_identical(learner$train(reviews(10))$phash, before)
})

test_that("mistakes are named with their remedy", {
  task = reviews(40)
  expect_error(lrn("classif.mlp", epochs = 1, batch_size = 8)$train(task), "classif.sequence", fixed = TRUE,
    class = "mlr3libtorch_error_unsupported_features")
  expect_error(sequence_learner(tokens = "words")$train(tsk("sonar")), "tokens = \"words\"",
    class = "mlr3libtorch_error_config")
  expect_error(sequence_learner(min_count = 1e6)$train(task), "set 'min_count' lower",
    class = "mlr3libtorch_error_features")
  expect_error(sequence_learner(type = "transformer", n_heads = 3)$train(task), "multiple of n_heads = 3",
    class = "mlr3libtorch_error_config")
  expect_error(sequence_learner(channels = 7)$train(tsk("sonar")), "not a multiple of channels = 7",
    class = "mlr3libtorch_error_config")
  expect_error(sequence_learner(data = "mapped")$train(task), "sequences stay in memory",
    class = "mlr3libtorch_error_config")
  mixed = as_task_classif(cbind(task$data(), price = 1:40), target = "sentiment")
  expect_error(sequence_learner()$train(mixed), "'price' is not", class = "mlr3libtorch_error_config")
  empty = as_task_classif(data.table(text = "", y = factor(rep(1:2, 10))), target = "y")
  expect_error(sequence_learner()$train(empty), "none of the words in 'text' occurs 2 times",
    class = "mlr3libtorch_error_features")
})

test_that("it is said once that texts are cut", {
  said = logged(sequence_learner(max_length = 3)$train(reviews(40)))
  expect_length(grep("longer than 'max_length' = 3", said), 1L)
})
