sampled_learner = function(sampler, callbacks = list(), ..., shuffle = FALSE, validate = NULL) {
  small_learner(callbacks, sampler = sampler, shuffle = shuffle, ..., validate = validate)
}

# Positions of the rows that each epoch visited.
visited_rows = function(sampler, ...) {
  rows = list()
  notes = stage_callback("notes", function(stage, ctx) {
    rows[[ctx$epoch]] <<- c(if (length(rows) >= ctx$epoch) rows[[ctx$epoch]], as.array(ctx$batch$.index))
  }, "on_batch_end")
  train_quietly(sampled_learner(sampler, notes, ...))
  rows
}

test_that("a sampler gives the order of each epoch, once at its start", {
  asked = numeric()
  rows = visited_rows(function(n) {
    asked <<- c(asked, n)
    if (length(asked) == 1L) c(150, 150, 3, 1) else rev(seq_len(n))
  }, batch_size = 3)
  expect_equal(asked, c(150, 150))
  expect_equal(rows, list(c(150, 150, 3, 1), 150:1), ignore_attr = TRUE)
})

test_that("the loader tells the batches of the sampled epoch, and scores are those of the sampled rows", {
  batches = NULL
  notes = stage_callback("notes", function(stage, ctx) batches <<- ctx$loader_train$batches, "on_batch_end")
  learner = sampled_learner(function(n) rep(1:50, 2), notes, batch_size = 30, measures_train = msr("classif.acc"),
    neurons = integer(), opt.lr = 0.1, epochs = 20, p = 0)
  scores = NULL
  reads = stage_callback("reads", function(stage, ctx) scores <<- ctx$last_scores_train, "on_end")
  learner$callbacks = list(notes, reads)
  train_quietly(learner)
  expect_equal(batches, 4)
  # nothing but the first class was seen
  expect_equal(scores, list(classif.acc = 1))
})

test_that("the identity as sampler gives the bits of a run without shuffling", {
  expect_identical(train_quietly(sampled_learner(seq_len))$model$network,
    train_quietly(sampled_learner(NULL))$model$network)
})

test_that("a resumed run samples on as if it had never stopped", {
  folder = tempfile()
  sampler = function(n) sample(n, 40, replace = TRUE)
  whole = train_quietly(sampled_learner(sampler, epochs = 5))
  train_quietly(sampled_learner(sampler, t_clbk("checkpoint", path = folder), epochs = 2))
  resumed = train_quietly(sampled_learner(sampler, epochs = 5, resume = folder))
  expect_identical(resumed$model$network, whole$model$network)
  expect_identical(resumed$model$optimizer, whole$model$optimizer)
})

test_that("what is no order of rows is an error that says so", {
  fails = function(value, pattern, class = "argument") {
    expect_error(train_quietly(sampled_learner(function(n) value)), pattern,
      class = paste0("mlr3libtorch_error_", class))
  }
  fails("a", "'sampler\\(\\)' must be whole numbers")
  fails(NULL, "must be whole numbers")
  fails(c(1, NA), "without missing values")
  fails(1.5, "a whole number")
  fails(c(1, 0), "counts from 1, so it cannot hold 0")
  fails(c(1, 151), "element 2\\) outside of the 150 rows", "sampler")
  fails(-1, "outside of the 150 rows", "sampler")
  fails(integer(), "gave no rows", "sampler")
})

test_that("an error in the sampler says where it came from and leaves the learner as it was", {
  learner = sampled_learner(function(n) stop("no order today"))
  condition = expect_error(train_quietly(learner), "'sampler' failed: no order today",
    class = "mlr3libtorch_error_sampler")
  expect_equal(conditionMessage(condition$parent), "no order today")
  expect_null(learner$model)
})

test_that("a jump out of the sampler ends the run", {
  exits = 0
  counts = stage_callback("counts", function(stage, ctx) exits <<- exits + 1, "on_exit")
  learner = sampled_learner(function(n) invokeRestart("leave"), counts)
  expect_equal(withRestarts(train_quietly(learner), leave = function() "left"), "left")
  expect_equal(exits, 1)
  expect_null(learner$model)
})

test_that("sampler and shuffle exclude each other, and a sampler is a function of one argument", {
  expect_error(train_quietly(sampled_learner(seq_len, shuffle = TRUE)), "set `shuffle = FALSE`",
    class = "mlr3libtorch_error_sampler")
  expect_error(lrn("classif.mlp", sampler = 1:3), "must be a function of the number of rows",
    class = "mlr3libtorch_error_parameter")
  expect_error(lrn("classif.mlp", sampler = function() 1), "must be a function of the number of rows")
})

test_that("the sampler is run with R's collector forced", {
  sampler = function(n) {
    gc()
    rev(seq_len(n))
  }
  expect_equal(visited_rows(sampler)[[2L]], 150:1, ignore_attr = TRUE)
})
