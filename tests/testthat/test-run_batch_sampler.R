# `sampler` and `batch_sampler` as R torch's objects, and batches of any size.

# Positions of the rows of each batch of a run.
visited_batches = function(...) {
  batches = list()
  notes = stage_callback("notes", function(stage, ctx) {
    batches[[ctx$global_step]] <<- as.numeric(as.array(ctx$batch$.index))
  }, "on_batch_end")
  train_quietly(small_learner(list(notes), shuffle = FALSE, validate = NULL, ...))
  batches
}

# Neighbours, in batches of rising sizes.
rising = function(n) split(seq_len(n), rep(1:17, times = 1:17)[seq_len(n)])

backwards = sampler("backwards",
  initialize = function(data_source) self$data = data_source,
  .iter = function() {
    i = length(self$data) + 1
    function() {
      i <<- i - 1
      if (i > 0) i else as.symbol(".__exhausted__.")
    }
  },
  .length = function() length(self$data)
)

two_epochs_by_class = map(rep(list(1:50, 51:100, 101:150), 2), as.numeric)

by_class_sampler = sampler("by_class",
  initialize = function(data_source) self$classes = data_source$task$truth(),
  .iter = function() {
    batches = split(seq_along(self$classes), self$classes)
    function() {
      if (!length(batches)) return(as.symbol(".__exhausted__."))
      batch = batches[[1]]
      batches <<- batches[-1]
      batch
    }
  },
  .length = function() nlevels(self$classes)
)

test_that("a batch sampler decides which rows each batch has", {
  batches = visited_batches(batch_sampler = rising, epochs = 1)
  expect_equal(batches, map(unname(rising(150)), as.numeric))
  by_class = function(n, task) unname(split(seq_len(n), task$truth()))
  expect_equal(visited_batches(batch_sampler = by_class, epochs = 2), two_epochs_by_class)
})

test_that("batches of the same size give the bits of a sampler with that batch size", {
  order = rev(seq_len(150))
  train = function(...) train_quietly(small_learner(shuffle = FALSE, validate = NULL, ...))$model$network
  expect_identical(train(batch_sampler = function(n) split(order, (seq_len(n) - 1) %/% 32), batch_size = 7),
    train(sampler = function(n) order, batch_size = 32))
})

test_that("objects and generators of sampler() are taken", {
  expect_equal(visited_batches(sampler = backwards, epochs = 1), list(as.numeric(150:91), 90:31, 30:1))
  expect_equal(visited_batches(sampler = backwards(1:70), epochs = 1), list(as.numeric(70:11), 10:1))
  expect_equal(visited_batches(batch_sampler = by_class_sampler, epochs = 2), two_epochs_by_class)
  shuffled = visited_batches(sampler = dataloader(squares_dataset(150), shuffle = TRUE)$sampler, epochs = 1)
  expect_setequal(unlist(shuffled), 1:150)
  expect_false(identical(unlist(shuffled), as.numeric(1:150)))
})

test_that("a run with a batch sampler goes on from the middle of an epoch with the same bits", {
  batches = function(n) split(sample(n), sort(sample.int(9, n, replace = TRUE)))
  folder = tempfile()
  learner = function(...) small_learner(..., shuffle = FALSE, validate = NULL, batch_sampler = batches, epochs = 3)
  whole = train_quietly(learner(list(t_clbk("checkpoint", path = folder, freq = "4 batches", keep_last = Inf))))$model
  files = list_checkpoints(folder)$file
  expect_gte(length(files), 6)
  for (file in files) {
    resumed = train_quietly(learner(resume = file))$model
    expect_identical(resumed$network, whole$network, label = basename(file))
    expect_identical(resumed$optimizer, whole$optimizer)
  }
})

test_that("rows that are read follow the batch sampler, by the loop and by threads", {
  task = tsk("iris")
  path = tempfile(fileext = ".mlr3libtorch")
  train = function(task, ...) {
    learner = small_learner(batch_sampler = rising, shuffle = FALSE, validate = NULL, ...)
    train_quietly(learner, task)$model$network$state
  }
  memory = train(task)
  expect_identical(train(map_task(task, path)), memory)
  expect_identical(train(map_task(task, path), num_workers = 2), memory)
})

test_that("what cannot be a batch sampler is refused by name", {
  fails = function(pattern, class, ...) {
    expect_error(train_quietly(small_learner(validate = NULL, ...)), pattern, fixed = TRUE,
      class = paste0("mlr3libtorch_error_", class))
  }
  fails("'batch_sampler' decides the order of the rows, so 'shuffle' must not; set `shuffle = FALSE`", "sampler",
    batch_sampler = rising)
  fails("'batch_sampler' decides which batches there are, so 'drop_last' must not", "sampler", batch_sampler = rising,
    shuffle = FALSE, drop_last = TRUE)
  fails("'sampler' decides the order of the rows, so 'batch_sampler' must not; set `batch_sampler = NULL`", "sampler",
    batch_sampler = rising, sampler = seq_len, shuffle = FALSE)
  returns = function(value) function(n) value
  fails("must return a list with the positions of each batch", "sampler", batch_sampler = returns(1:3),
    shuffle = FALSE)
  fails("returned no batches", "sampler", batch_sampler = returns(list()), shuffle = FALSE)
  fails("batches must have rows", "sampler", batch_sampler = returns(list(1:3, integer())), shuffle = FALSE)
  fails("outside of the 150 rows", "sampler", batch_sampler = returns(list(1:3, 151)), shuffle = FALSE)
  fails("'batch_sampler' failed: no batches today", "sampler", batch_sampler = function(n) stop("no batches today"),
    shuffle = FALSE)
  expect_error(lrn("classif.mlp", batch_sampler = 1:3), "what sampler() makes", fixed = TRUE)
})

test_that("a learner's hash does not depend on where its sampler stands", {
  learner = small_learner(shuffle = FALSE, validate = NULL, sampler = backwards(1:150))
  before = learner$hash
  expect_identical(learner$clone(deep = TRUE)$hash, before)
  train_quietly(learner)
  expect_identical(learner$hash, before)
  other = dataloader(squares_dataset(150))$sampler
  expect_false(small_learner(shuffle = FALSE, validate = NULL, sampler = other)$hash == before)
})
