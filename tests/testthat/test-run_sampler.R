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

test_that("how many batches a sampled epoch has is known from its beginning", {
  seen = list()
  notes = stage_callback("notes", function(stage, ctx) {
    loader = ctx$loader_train
    seen[[length(seen) + 1L]] <<- list(stage, loader$rows, loader$visited, loader$batches, length(loader))
  }, c("on_begin", "on_epoch_begin", "on_epoch_end"))
  lengths = c(40, 60, 100)
  asked = 0
  sampler = function(n) seq_len(lengths[[asked <<- asked + 1]])
  train_quietly(sampled_learner(sampler, notes, epochs = 3, batch_size = 32))
  expect_equal(seen, list(list("on_begin", NA_real_, 0, NA_real_, NA_integer_),
    list("on_epoch_begin", 40, 0, 2, 2L), list("on_epoch_end", 40, 40, 2, 2L),
    list("on_epoch_begin", 60, 0, 2, 2L), list("on_epoch_end", 60, 60, 2, 2L),
    list("on_epoch_begin", 100, 0, 4, 4L), list("on_epoch_end", 100, 100, 4, 4L)
  ))
})

test_that("with batch normalisation, a lone last row is told by the rows of the epoch", {
  visited = function(rows, sampled, ...) {
    sizes = list()
    notes = stage_callback("notes", function(stage, ctx) {
      sizes[[ctx$global_step]] <<- as.numeric(ctx$batch$y$shape[[1L]])
    }, "on_batch_end")
    network = nn_sequential(nn("linear", out_features = 4), nn("batch_norm1d"), nn("head"))
    learner = lrn("classif.torch_model", network = network, epochs = 1, batch_size = 32, seed = 1, shuffle = FALSE,
      sampler = function(n) rep_len(seq_len(n), sampled), callbacks = notes, ...)
    train_quietly(learner, tsk("iris")$filter(seq_len(rows)))
    unlist(sizes)
  }
  expect_equal(visited(150, 33), 32)
  expect_equal(visited(65, 60), c(32, 28))
  expect_equal(visited(65, 65), c(32, 32))
  expect_equal(visited(20, 70, drop_last = TRUE), c(32, 32))
})

test_that("a sampler may ask the task, so that batches have as many rows of each class", {
  balanced = function(n, task) {
    expect_equal(n, task$nrow)
    rows = split(seq_len(n), task$truth())
    c(do.call(rbind, map(rows, function(rows) sample(rows, 40, replace = TRUE))))
  }
  classes = list()
  notes = stage_callback("notes", function(stage, ctx) {
    classes[[ctx$global_step]] <<- as.numeric(table(as.array(ctx$batch$y)))
  }, "on_batch_end")
  learner = sampled_learner(balanced, notes, epochs = 1, batch_size = 30)
  train_quietly(learner, tsk("iris")$filter(c(1:50, 51:70, 101:110)))
  expect_equal(classes, rep(list(c(10, 10, 10)), 4))
})

test_that("throughput counts the rows that were visited", {
  counted = function(...) {
    train_quietly(small_learner(t_clbk("throughput"), epochs = 1, batch_size = 32, validate = NULL, ...))$
      model$callbacks$throughput$rows
  }
  stops = torch_callback("stops", on_batch_end = function() if (self$ctx$step == 2) self$ctx$stop_epoch = TRUE)
  expect_equal(counted(), 150)
  expect_equal(counted(drop_last = TRUE), 128)
  expect_equal(counted(shuffle = FALSE, sampler = function(n) seq_len(60)), 60)
  learner = small_learner(list(t_clbk("throughput"), stops), epochs = 1, batch_size = 32, validate = NULL)
  expect_equal(train_quietly(learner)$model$callbacks$throughput$rows, 64)
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

test_that("anything but an order of rows is an error that says so", {
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
  fails(integer(), "returned no rows", "sampler")
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
  for (sampler in list(function() 1, function(a, b, c) 1)) {
    expect_error(lrn("classif.mlp", sampler = sampler), "must be a function of the number of rows")
  }
})

test_that("the sampler is run with R's collector forced", {
  sampler = function(n) {
    gc()
    rev(seq_len(n))
  }
  expect_equal(visited_rows(sampler)[[2L]], 150:1, ignore_attr = TRUE)
})
