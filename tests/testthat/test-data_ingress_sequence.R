# Sequences of different lengths in learners.

walks = function(n = 60, channels = 2, lengths = 1 + (seq_len(n) * 7) %% 9) {
  withr::with_seed(1, map(lengths, function(length) matrix(rnorm(length * channels), length)))
}

walk_task = function(sequences = walks()) {
  data = data.table(walk = as_lazy_tensor(sequences), total = map_dbl(sequences, sum))
  as_task_regr(data, target = "total", id = "walks")
}

walk_learner = function(...) {
  invoke(lrn, "regr.sequence", .args = insert_named(list(width = 8, epochs = 2, batch_size = 16, seed = 1,
    opt.lr = 0.02), list(...)))
}

kinds_of_layers = list(lstm = list(type = "lstm", layers = 2, bidirectional = TRUE), gru = list(type = "gru"),
  transformer = list(type = "transformer", n_heads = 2))

# The state after the last step of a sequence (steps, channels), by the formulas in PyTorch's help of nn.LSTM, whose
# gates come in the order input, forget, cell, output.
lstm_state = function(x, weights) {
  weights = map(weights, function(weight) as_array(weight$detach()))
  hidden = ncol(weights$weight_hh_l0)
  sigmoid = function(x) 1 / (1 + exp(-x))
  h = cell = numeric(hidden)
  for (step in seq_row(x)) {
    sums = weights$weight_ih_l0 %*% x[step, ] + weights$bias_ih_l0 + weights$weight_hh_l0 %*% h + weights$bias_hh_l0
    gate = function(k) sums[(k - 1) * hidden + seq_len(hidden)]
    cell = sigmoid(gate(2)) * cell + sigmoid(gate(1)) * tanh(gate(3))
    h = sigmoid(gate(4)) * tanh(cell)
  }
  h
}

test_that("predictions are those of an LSTM that reads each sequence by itself", {
  sequences = walks()
  learner = walk_learner(type = "lstm", dropout = 0)$train(walk_task(sequences))
  parameters = learner$network$parameters
  lstm = parameters[startsWith(names(parameters), "lstm.")]
  names(lstm) = sub("lstm.", "", names(lstm), fixed = TRUE)
  steps = do.call(rbind, sequences)
  # standardised by all steps; the target likewise
  mean = colMeans(steps)
  sd = apply(steps, 2, sd) * sqrt((nrow(steps) - 1) / nrow(steps))
  totals = map_dbl(sequences, sum)
  expected = map_dbl(sequences, function(x) {
    state = lstm_state(t((t(x) - mean) / sd), lstm)
    output = sum(as_array(parameters$head.weight$detach()) * state) + as_array(parameters$head.bias$detach())
    output * sqrt(mean((totals - mean(totals))^2)) + mean(totals)
  })
  expect_equal(learner$predict(walk_task(sequences))$response, expected, tolerance = 1e-4)
})

test_that("padding changes nothing: a sequence has the same prediction alone and beside longer ones", {
  sequences = c(walks(20), list(matrix(0, 0, 2)))
  task = walk_task(sequences)
  for (arguments in kinds_of_layers) {
    learner = invoke(walk_learner, epochs = 5, .args = arguments)$train(task)
    alone = map_dbl(seq_along(sequences), function(row) learner$predict(task, row)$response)
    expect_equal(alone, learner$predict(task)$response, tolerance = 1e-5)
    newdata = data.table(walk = as_lazy_tensor(sequences[2]))
    expect_equal(learner$predict_newdata(newdata)$response, alone[[2L]], tolerance = 1e-5)
    expect_equal(as_predictor(learner)(newdata), alone[[2L]], tolerance = 1e-5)
  }
})

test_that("standardising leaves padding out, and follows case weights", {
  sequences = list(matrix(c(1, 3)), matrix(5))
  data = data.table(walk = as_lazy_tensor(sequences), y = 1:2)
  task = as_task_regr(data, target = "y", id = "two")
  scale = function(task) {
    spec = train_quietly(walk_learner(batch_size = 2), task)$model$network$spec
    detect(spec$nodes, function(node) node$id == "standardize")$parameters
  }
  expect_equal(scale(task)[c("mean", "sd")], list(mean = 3, sd = sqrt(8 / 3)), tolerance = 1e-6)
  task = as_task_regr(cbind(data, w = c(1, 2)), target = "y", id = "two")$set_col_roles("w", "weights_learner")
  # 1 and 3 once, 5 twice
  expect_equal(scale(task)[c("mean", "sd")], list(mean = 3.5, sd = sqrt((6.25 + 0.25 + 2 * 2.25) / 4)),
    tolerance = 1e-6)
})

test_that("the same bits again, saved, resumed", {
  task = walk_task()
  for (arguments in kinds_of_layers) {
    make = function(...) invoke(walk_learner, .args = insert_named(arguments, list(...)))
    learner = make()$train(task)
    folder = withr::local_tempfile()
    make(callbacks = t_clbk("checkpoint", path = folder))$train(task)
    expect_identical(make(epochs = 4, resume = folder)$train(task)$model$network$state,
      make(epochs = 4)$train(task)$model$network$state)
  }
  expect_saved(learner, task)
})

test_that("what is longer than in training is cut", {
  sequences = walks(20, lengths = rep(3:4, 10))
  learner = walk_learner()$train(walk_task(sequences))
  longer = map(sequences, function(x) rbind(x, matrix(9, 5, 2)))
  cut = map(longer, function(x) x[1:4, ])
  expect_equal(learner$predict(walk_task(longer))$response, learner$predict(walk_task(cut))$response, tolerance = 1e-6)
  said = logged(walk_learner(max_length = 3)$train(walk_task(sequences)))
  expect_length(grep("10 of 20 sequences are longer than 'max_length' = 3", said), 1L)
})

test_that("sequences of tokens, and arrays, are read as well", {
  numbers = withr::with_seed(1, map(1:60, function(i) sample.int(5, 1 + i %% 7, replace = TRUE)))
  wide = rbindlist(map(numbers, function(x) as.list(set_names(c(x, numeric(7 - length(x))), paste0("place", 1:7)))))
  count = map_dbl(numbers, function(x) sum(x == 3))
  learn = function(data) {
    walk_learner(tokens = "numbers", min_count = 1)$train(as_task_regr(data, target = "count"))
  }
  lazy = learn(data.table(x = as_lazy_tensor(numbers), count = count))
  expect_identical(lazy$model$network$state, learn(cbind(wide, count = count))$model$network$state)
  values = array(withr::with_seed(2, rnorm(240)), c(20, 6, 2))
  learner = walk_learner()$train(as_task_regr(data.table(x = as_lazy_tensor(values), y = 1:20), target = "y"))
  rows = as_lazy_tensor(map(1:20, function(i) values[i, , ]))
  listed = walk_learner()$train(as_task_regr(data.table(x = rows, y = 1:20), target = "y"))
  expect_identical(learner$model$network$state, listed$model$network$state)
})

test_that("sequences go into networks of one's own", {
  network = nn_graph(mean = nn("sequence_mean", reads = c("x", "mask")), head = nn("head"), inputs = c("x", "mask"))
  learner = lrn("regr.torch_model", network = network, epochs = 1, batch_size = 60, seed = 1,
    ingress_tokens = list(x = ingress_sequence(), mask = ingress_sequence("walk", mask = TRUE)))
  sequences = walks()
  learner$train(walk_task(sequences))
  weights = map(learner$network$parameters, function(parameter) as_array(parameter$detach()))
  expected = map_dbl(sequences, function(x) sum(weights$head.weight * colMeans(x)) + weights$head.bias)
  expect_equal(learner$predict(walk_task(sequences))$response, expected, tolerance = 1e-5)
})

test_that("the network is exported, and takes the values and the mask", {
  task = walk_task()
  learner = walk_learner()$train(task)
  path = withr::local_tempfile(fileext = ".pt")
  jit_save(learner, path)
  data = learner$dataset(task)$x
  expect_equal(as.numeric(as_array(jit_load(path)(data$x, data$mask)$detach())), learner$predict(task)$response,
    tolerance = 1e-4)
})

test_that("mistakes are named with their remedy", {
  task = walk_task()
  both = as_task_regr(cbind(task$data(), other = 1), target = "total", id = "both")
  expect_config_error(walk_learner()$train(both), "config", "it reads one lazy tensor and nothing else")
  expect_config_error(walk_learner(tokens = "words")$train(task), "config", "'walk' is not")
  expect_config_error(walk_learner(tokens = "numbers")$train(task), "shape", "2 channels, but a token is one number")
  expect_config_error(walk_learner(data = "mapped")$train(task), "config", "its sequences stay in memory")
  learner = walk_learner()$train(task)
  one = data.table(walk = as_lazy_tensor(list(1:3)))
  expect_config_error(learner$predict_newdata(one), "shape", "have 1 channels, but the network was made for 2")
  expect_config_error(lrn("regr.torch_model", network = nn("head"), epochs = 1, batch_size = 10)$train(task), "shape",
    "have different lengths; `lrn(\"classif.sequence\")`")
  pictures = as_task_regr(data.table(image = lazy_pictures(6), y = 1:6), target = "y")
  expect_config_error(walk_learner()$train(pictures), "shape", "a sequence is (steps) or (steps, channels)")
  ingress = list(x = ingress_sequence("total"), mask = ingress_sequence(mask = TRUE))
  network = nn_graph(mean = nn("sequence_mean", reads = c("x", "mask")), head = nn("head"), inputs = c("x", "mask"))
  learner = lrn("regr.torch_model", network = network, ingress_tokens = ingress, epochs = 1, batch_size = 10)
  expect_config_error(learner$train(task), "features", "takes one lazy tensor of sequences")
})

test_that("an empty sequence is predicted by itself", {
  sequences = c(walks(20), list(matrix(0, 0, 2)))
  learner = walk_learner(type = "gru")$train(walk_task(sequences))
  alone = learner$predict_newdata(data.table(walk = as_lazy_tensor(sequences[21])))
  expect_equal(alone$response, learner$predict(walk_task(sequences), 21)$response)
})

test_that("zeros at the end of token numbers are padding, as in columns; too large numbers are refused", {
  rows = rep(list(c(3, 3, 0, 0), c(4, 0, 3, 0), c(0, 0, 0, 0), 5:8), 5)
  table = data.table(do.call(rbind, rows))
  y = as.numeric(seq_along(rows))
  learner = walk_learner(tokens = "numbers", min_count = 1, type = "gru", scale = FALSE)
  in_columns = as_task_regr(data.table(table, y = y), target = "y")
  in_lists = as_task_regr(data.table(x = as_lazy_tensor(rows), y = y), target = "y")
  expect_identical(learner$clone(deep = TRUE)$train(in_lists)$predict(in_lists)$response,
    learner$clone(deep = TRUE)$train(in_columns)$predict(in_columns)$response)
  large = as_task_regr(data.table(x = as_lazy_tensor(list(2^24, 2^24 + 1)), y = 1:2), target = "y")
  expect_config_error(learner$train(large), "features", "cannot tell apart")
})
