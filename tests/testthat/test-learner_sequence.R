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

test_that("rows of similar lengths form batches, which are trimmed", {
  task = reviews(150)
  for (arguments in sequence_types_of_networks) {
    make = function(...) {
      invoke(sequence_learner, dropout = 0, group_by_length = TRUE, .args = insert_named(arguments, list(...)))
    }
    learner = make()$train(task)
    # the same network, as long as the longest text, and not trimmed
    plain = invoke(sequence_learner, dropout = 0, .args = arguments)$train(task)$network
    plain$load_state_dict(learner$network$state_dict())
    x = learner$dataset(task)$x
    expect_equal(as.array(predict_network(learner$network, x, 10L)), as.array(predict_network(plain, x, 10L)),
      tolerance = 1e-5)
    expect_match(learner$model$plan$reasons, "makes batches shorter", all = FALSE)
    folder = withr::local_tempfile()
    make(callbacks = t_clbk("checkpoint", path = folder, freq = "2 batches", keep_last = Inf))$train(task)
    middle = list_checkpoints(folder)$file[[1L]]
    expect_identical(make(resume = middle)$train(task)$model$network$state, learner$model$network$state)
  }
})

test_that("the lengths of a batch's rows are similar, and each row is visited once", {
  lengths = withr::with_seed(1, sample.int(50, 320, replace = TRUE))
  texts = map_chr(lengths, function(n) paste(rep("word", n), collapse = " "))
  task = as_task_regr(data.table(text = texts, y = as.numeric(lengths)), target = "y", id = "words")
  batches = function(...) {
    visited = list()
    note = stage_callback("note", function(stage, ctx) {
      visited[[ctx$global_step]] <<- as.numeric(as.array(ctx$batch$.index))
    }, "on_batch_end")
    suppressWarnings(sequence_learner("regr.sequence", type = "gru", width = 2, epochs = 1, batch_size = 8,
      callbacks = list(note), ...)$train(task))
    visited
  }
  grouped = batches(group_by_length = TRUE)
  expect_setequal(unlist(grouped), seq_along(lengths))
  spread = function(batches) mean(map_dbl(batches, function(rows) diff(range(lengths[rows]))))
  expect_lt(spread(grouped), 3)
  expect_gt(spread(batches()), 25)
  expect_identical(batches(group_by_length = TRUE), grouped)
  # the batches are in no order of length
  expect_lt(abs(stats::cor(seq_along(grouped), map_dbl(grouped, function(rows) mean(lengths[rows])))), 0.5)
})

# Pairs of letters.
pairs_of = function(skip = " ") {
  function(texts) {
    lapply(gsub(skip, "", texts, fixed = TRUE), function(text) {
      starts = seq_len(max(nchar(text) - 1L, 0L))
      substring(text, starts, starts + 1L)
    })
  }
}

test_that("a function makes tokens of texts, and is part of the model", {
  task = reviews(60)
  learner = sequence_learner(tokens = pairs_of(), min_count = 1)$train(task)
  ingress = learner$model$network$spec$ingress$x
  texts = gsub(" ", "", task$data(cols = "review")$review, fixed = TRUE)
  expected = unlist(map(texts, function(text) substring(text, seq_len(nchar(text) - 1), seq_len(nchar(text) - 1) + 1)))
  expect_setequal(ingress$vocabulary, expected)
  expect_equal(ingress$shape[[2L]], min(200, max(nchar(texts)) - 1))
  expect_saved(learner, task)
  predictor = as_predictor(learner)
  path = withr::local_tempfile()
  saveRDS(predictor, path)
  newdata = task$data(1:3)
  expect_identical(callr::r(function(path, newdata) {
    loadNamespace("mlr3libtorch")
    readRDS(path)(newdata)
  }, list(path, newdata)), predictor(newdata))
})

test_that("numbers of a function are tokens as those of columns are", {
  columns = numbers_task()
  numbers = as.matrix(columns$data(cols = paste0("place", 1:10)))
  texts = apply(numbers, 1, function(row) paste(row[row != 0], collapse = "-"))
  task = as_task_regr(data.table(text = texts, target = columns$truth()), target = "target")
  split = function(texts) lapply(strsplit(texts, "-", fixed = TRUE), as.integer)
  learn = function(task, tokens) sequence_learner("regr.sequence", tokens = tokens, min_count = 1)$train(task)
  expect_identical(learn(task, split)$model$network$state, learn(columns, "numbers")$model$network$state)
})

test_that("learners with different tokenizers have different hashes", {
  hash = function(tokens) sequence_learner(tokens = tokens)$hash
  expect_identical(hash(pairs_of()), hash(pairs_of()))
  expect_false(hash(pairs_of()) == hash(function(texts) strsplit(texts, "o")))
  phash = function(tokens) {
    lrn("classif.torch_model", network = nn("head"), ingress_tokens = list(x = ingress_text(tokens = tokens)))$phash
  }
  expect_identical(phash(pairs_of()), phash(pairs_of()))
  expect_false(phash(pairs_of()) == phash(pairs_of("o")))
})

test_that("what a tokenizer may not return is said", {
  fails = function(tokens, pattern) {
    expect_error(sequence_learner(tokens = tokens)$train(reviews(20)), pattern, fixed = TRUE,
      class = "mlr3libtorch_error_function")
  }
  fails(function(texts) stop("no file"), "The function 'tokens' failed: no file")
  fails(function(texts) "a", "must return a list with an element for each of 20 texts")
  fails(function(texts) lapply(texts, function(text) NA_character_), "numbers or texts without NA")
  fails(function(texts) lapply(texts, function(text) list(1)), "numbers or texts without NA")
  expect_error(sequence_learner(tokens = "sentences"), "must be \"words\"")
  expect_error(ingress_text(tokens = "values"), "must be \"words\"", class = "mlr3libtorch_error_argument")
  expect_error(sequence_learner(tokens = pairs_of())$train(tsk("sonar")), "with tokens = a function",
    class = "mlr3libtorch_error_config")
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
  no_tokens = function(message, task, ...) {
    expect_error(sequence_learner(..., min_count = 1)$train(task), message, class = "mlr3libtorch_error_features")
  }
  no_tokens("the function 'tokens' makes no token of any text in 'review'", task, tokens = function(texts) {
    lapply(texts, function(text) character())
  })
  expect_error(sequence_learner(min_count = 1e6)$train(task), "set 'min_count' lower",
    class = "mlr3libtorch_error_features")
  expect_error(sequence_learner(type = "transformer", n_heads = 3)$train(task), "multiple of n_heads = 3",
    class = "mlr3libtorch_error_config")
  expect_error(sequence_learner(channels = 7)$train(tsk("sonar")), "not a multiple of channels = 7",
    class = "mlr3libtorch_error_config")
  expect_error(sequence_learner(data = "mapped")$train(task), "sequences stay in memory",
    class = "mlr3libtorch_error_config")
  expect_error(sequence_learner(group_by_length = TRUE)$train(tsk("sonar")), "nothing to group",
    class = "mlr3libtorch_error_config")
  expect_error(sequence_learner(group_by_length = TRUE, shuffle = FALSE)$train(task), "set `shuffle = TRUE`",
    class = "mlr3libtorch_error_config")
  mixed = as_task_classif(cbind(task$data(), price = 1:40), target = "sentiment")
  expect_error(sequence_learner()$train(mixed), "'price' is not", class = "mlr3libtorch_error_config")
  empty = as_task_classif(data.table(text = c("", "?!"), y = factor(rep(1:2, 10))), target = "y")
  no_tokens("there are no words in 'text': all rows are empty", empty)
})

test_that("it is said once that texts are cut", {
  said = logged(sequence_learner(max_length = 3)$train(reviews(40)))
  expect_length(grep("longer than 'max_length' = 3", said), 1L)
})
