# The learners' parameter `collate_fn`, and loaders as their source of batches.

twice_iris = function() {
  data = tsk("iris")$data()
  features = tsk("iris")$feature_names
  data[, (features) := map(.SD, function(column) 2 * column), .SDcols = features]
  as_task_classif(data, target = "Species", id = "twice")
}

doubled = function(batch) {
  batch$x = map(batch$x, function(x) x * 2)
  batch
}

test_that("`collate_fn` changes each batch, in training, validation and prediction", {
  learner = function(...) small_learner(scale = FALSE, ...)
  changed = train_quietly(learner(collate_fn = doubled))
  plain = train_quietly(learner(), twice_iris())
  expect_identical(learned(changed), learned(plain))
  expect_equal(changed$model$callbacks$history, plain$model$callbacks$history)
  expect_equal(changed$predict(tsk("iris"))$response, plain$predict(twice_iris())$response)
  expect_config_error(as_predictor(changed), "config", "has a 'collate_fn'")
})

test_that("`scale` standardises by the rows before `collate_fn`", {
  nothing = function(batch) batch
  expect_identical(learned(train_quietly(small_learner(collate_fn = nothing))), learned(train_quietly(small_learner())))
  regr = function(...) lrn("regr.mlp", neurons = 5, epochs = 3, batch_size = 8, seed = 1, ...)
  task = tsk("mtcars")
  expect_identical(learned(train_quietly(regr(collate_fn = nothing), task)), learned(train_quietly(regr(), task)))
})

test_that("`collate_fn` gets the items of a dataset that makes single ones", {
  rows = dataset("rows",
    initialize = function(task) self$data = task$data(),
    .getitem = function(i) list(numbers = unlist(self$data[i, -1]), class = as.integer(self$data$Species[[i]])),
    .length = function() nrow(self$data)
  )
  stack = function(items) {
    list(x = torch_tensor(t(sapply(items, function(item) item$numbers))),
      y = torch_tensor(map_int(items, "class")))
  }
  task = tsk("iris")
  learner = reading_learner(make = function(task, target) rows(task), collate_fn = stack)
  memory = reading_learner(in_memory = TRUE)
  expect_identical(learned(train_quietly(learner, task)), learned(train_quietly(memory, task)))
})

test_that("a loader as the source of batches decides their order and size", {
  task = tsk("iris")
  source = function(task) task_dataset(task, list(features = ingress_num()), get_target_batchgetter(task))
  from_loader = function(...) {
    make = function(task, target) dataloader(source(task), ...)
    learned(train_quietly(reading_learner(make = make, epochs = 2), task))
  }
  memory = function(...) learned(train_quietly(reading_learner(epochs = 2, ..., in_memory = TRUE), task))
  expect_identical(from_loader(batch_size = 20), memory(batch_size = 20, shuffle = FALSE))
  expect_identical(from_loader(batch_size = 40, shuffle = TRUE, drop_last = TRUE),
    memory(batch_size = 40, drop_last = TRUE))
  by_class = sampler("by_class",
    .iter = function() {
      i = 0
      function() if ((i <<- i + 1) > 3) as.symbol(".__exhausted__.") else 50 * (i - 1) + 1:50
    },
    .length = function() 3
  )
  expect_identical(from_loader(batch_sampler = by_class()), memory(batch_size = 50, shuffle = FALSE))
})

test_that("new rows go through `collate_fn` as well", {
  learner = train_quietly(small_learner(scale = FALSE, collate_fn = doubled))
  rows = tsk("iris")$data(1:5)
  expect_equal(learner$predict_newdata(rows)$response, learner$predict(tsk("iris"), 1:5)$response)
})

test_that("a `collate_fn` that changes the rows or the kind of the truth is refused", {
  changed = function(change) {
    learner = lrn("regr.mlp", epochs = 1, batch_size = 8, collate_fn = function(batch) {
      if (!is.null(batch$y)) batch = change(batch)
      batch
    })
    train_quietly(learner, tsk("mtcars"))
  }
  expect_config_error(changed(function(batch) insert_named(batch, list(y = batch$y$squeeze(2)))), "dataset",
    "'collate_fn' changed `y` from float32 of shape (1, 1) to float32 of shape (1)")
  expect_config_error(changed(function(batch) insert_named(batch, list(y = batch$y$double()))), "dataset",
    "to float64")
  expect_config_error(changed(function(batch) insert_named(batch, list(x = torch_ones(3, 10)))), "dataset",
    "made a tensor of shape (3, 10) for 'x' of a batch of 1 rows")
})

test_that("a `collate_fn` that fails, or returns something else, is named", {
  expect_config_error(train_quietly(small_learner(collate_fn = function(batch) stop("odd batch"))), "dataset",
    "'collate_fn' failed: odd batch")
  expect_config_error(train_quietly(small_learner(collate_fn = function(batch) 1)), "dataset",
    "'collate_fn': a batch must have `x`, a list of tensors")
  expect_error(lrn("classif.mlp", collate_fn = 1), "must be a function of a batch, or NULL")
})
