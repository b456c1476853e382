test_that("task_dataset() gives rows of a task by tokens, with the encoded truth and the positions", {
  task = tsk("iris")$filter(c(150, 1, 60))
  ds = task_dataset(task, list(
    petal = TorchIngressToken(c("Petal.Length", "Petal.Width"), batchgetter_num, c(NA, 2)),
    rest = ingress_num("Sepal.Width")
  ), get_target_batchgetter(task))
  expect_length(ds, 3)
  batch = ds$.getbatch(c(3, 1))
  expect_named(batch, c("x", "y", ".index"))
  expect_equal(as_array(batch$x$petal), rbind(c(3.9, 1.4), c(5.1, 1.8)), tolerance = 1e-6)
  expect_equal(as_array(batch$x$rest), rbind(2.7, 3), tolerance = 1e-6)
  expect_equal(as_array(batch$y), c(2, 3))
  expect_equal(as_array(batch$.index), c(3, 1))
  expect_null(task_dataset(task, list(x = ingress_num()))$.getbatch(1)$y)
})

test_that("a dataset of a task goes into a loader", {
  task = tsk("mtcars")
  loader = dataloader(task_dataset(task, list(x = ingress_num()), get_target_batchgetter(task)), batch_size = 10)
  expect_equal(unlist(map(loaded(loader, "y"), as.numeric)), task$truth(), tolerance = 1e-6)
})

test_that("the truth is encoded as losses need it", {
  encode = function(task) as_array(get_target_batchgetter(task)(task$data(1:2, task$target_names), "cpu"))
  expect_equal(encode(tsk("iris")), c(1, 1))
  expect_equal(encode(tsk("mtcars")), rbind(21, 21))
  # the positive class of two is 1
  sonar = tsk("sonar")
  expect_equal(encode(sonar), matrix(as.numeric(sonar$truth(1:2) == sonar$positive)))
})

test_that("tokens and tasks that do not fit are refused", {
  task = tsk("iris")
  expect_config_error(task_dataset(task, list()), "argument", "'feature_ingress_tokens' must be a named list")
  expect_config_error(task_dataset(task, list(ingress_num())), "argument", "must be a named list")
  expect_config_error(task_dataset(task, list(x = ingress_categ())), "features", "the task has none")
  expect_config_error(task_dataset(task, list(x = TorchIngressToken("Petal", function(data, device) 1))), "features",
    "the task has no such feature 'Petal'")
  expect_error(TorchIngressToken("a", function(data) 1), "device")
})

test_that("a token with a batchgetter of its own is read by the loop, batch by batch", {
  sizes = NULL
  doubled = function(data, device) {
    sizes <<- c(sizes, nrow(data))
    torch_tensor(2 * as.matrix(data), dtype = "float32", device = device)
  }
  task = tsk("iris")
  learner = function(token, ...) {
    lrn("classif.torch_model", network = nn_sequential(nn("linear", out_features = 4), nn("tanh"), nn("head")),
      ingress_tokens = list(x = token), epochs = 3, batch_size = 50, seed = 1, ...)
  }
  read = train_quietly(learner(TorchIngressToken(task$feature_names, doubled)))
  # the shape, the example, three batches in each epoch
  expect_equal(sizes, c(1, 1, rep(50, 9)))
  twice = task$data()
  twice[, (task$feature_names) := map(.SD, function(column) 2 * column), .SDcols = task$feature_names]
  twice = as_task_classif(twice, target = "Species", id = "twice")
  memory = train_quietly(learner(ingress_num(task$feature_names)), twice)
  expect_identical(learned(read), learned(memory))
  expect_equal(read$predict(task)$response, memory$predict(twice)$response)
  expect_equal(read$predict_newdata(task$data(1:3))$response, memory$predict(twice, 1:3)$response)
  saved = unserialize(serialize(read, NULL))
  expect_equal(saved$predict(task)$response, read$predict(task)$response)
  expect_false(any(rapply(read$model$network$spec, is.function)))
})

test_that("a module reads what a batchgetter makes of text", {
  words = c("good", "bad", "fine", "awful")
  task = as_task_classif(data.table::data.table(text = factor(rep(words, 10), levels = words),
    y = factor(rep(c("p", "n"), 20))), target = "y", id = "words")
  letters_of = function(data, device) {
    codes = map(as.character(data$text), function(word) match(strsplit(word, "")[[1L]][1:3], letters))
    torch_tensor(matrix(as.integer(unlist(codes)), ncol = 3, byrow = TRUE), device = device)
  }
  embedded = nn_module("embedded",
    initialize = function(task) {
      self$embed = nn("embedding", num_embeddings = 26, embedding_dim = 3)
      self$flat = nn("flatten")
      self$out = nn("linear", out_features = output_dim_for(task))
    },
    forward = function(x) self$out(self$flat(self$embed(x)))
  )
  learner = lrn("classif.module", module_generator = embedded,
    ingress_tokens = list(x = TorchIngressToken("text", letters_of)), epochs = 60, batch_size = 10, opt.lr = 0.05,
    seed = 1)
  train_quietly(learner, task)
  expect_equal(unname(learner$predict(task)$score(msr("classif.acc"))), 1)
})

test_that("an error in a batchgetter names the features", {
  token = TorchIngressToken("Petal.Length", function(data, device) stop("no such file"))
  learner = lrn("classif.torch_model", network = nn_sequential(nn("head")), ingress_tokens = list(x = token),
    epochs = 1, batch_size = 50)
  expect_config_error(learner$train(tsk("iris")), "dataset",
    "The batchgetter of the features 'Petal.Length' failed: no such file")
  short = TorchIngressToken("Petal.Length", function(data, device) torch_ones(7, 1))
  learner = lrn("classif.torch_model", network = nn_sequential(nn("head")), ingress_tokens = list(x = short),
    epochs = 1, batch_size = 50)
  expect_config_error(learner$train(tsk("iris")), "dataset", "must return a tensor with 1 rows")
})
