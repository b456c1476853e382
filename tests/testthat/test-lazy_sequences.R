# Sequences of different lengths as lazy tensors.

test_that("a list of vectors, matrices, tables and tensors becomes sequences", {
  table = data.frame(a = c(1.5, 2), b = 3:4)
  x = as_lazy_tensor(list(matrix(1:6, 3), table, torch_tensor(matrix(7:8, 1))))
  expect_length(x, 3)
  expect_identical(lazy_shape(x), c(NA, NA, 2L))
  elements = map(materialize(x), as_array)
  expect_equal(elements[[1L]], matrix(1:6, 3))
  expect_equal(elements[[2L]], unname(as.matrix(table)))
  expect_equal(elements[[3L]], matrix(7:8, 1))
  vectors = as_lazy_tensor(list(first = 1:3, second = numeric(), 4.5))
  expect_equal(map(materialize(vectors), function(tensor) as.numeric(as_array(tensor))), list(1:3, numeric(), 4.5))
  expect_identical(lazy_shape(vectors), c(NA, NA, 1L))
  expect_length(as_lazy_tensor(list()), 0)
  expect_output(print(x), "<tnsr[NAx2]>", fixed = TRUE)
  expect_output(print(unclass(x)[[1L]][[2L]]), "3 elements of a list of sequences")
})

test_that("sequences of one length are one tensor, others are not", {
  x = as_lazy_tensor(list(1:2, 3:5, 6:7))
  expect_equal(as_array(materialize(x[c(3, 1)], rbind = TRUE))[, , 1], rbind(6:7, 1:2))
  expect_config_error(materialize(x, rbind = TRUE), "shape", "different lengths, such as 2 and 3")
  expect_identical(lazy_shape(as_lazy_tensor(list(1:2, 3:4))), c(NA, 2L, 1L))
})

test_that("they are told apart, mixed, saved, and read again in another form", {
  x = as_lazy_tensor(list(1:2, 3:5))
  hash = function(x) unclass(x)[[1L]][[2L]]$hash
  expect_identical(hash(as_lazy_tensor(list(1:2, 3:5))), hash(x))
  expect_false(hash(as_lazy_tensor(list(1:3, 4:5))) == hash(x))
  joined = c(x[2], as_lazy_tensor(list(9)))
  expect_equal(map(materialize(joined), function(tensor) as.numeric(as_array(tensor))), list(3:5, 9))
  path = withr::local_tempfile()
  saveRDS(x, path)
  expect_equal(as_array(materialize(readRDS(path))[[2L]]), matrix(3:5))
})

test_that("functions in R change sequences one by one, and may shorten them", {
  task = as_task_regr(data.table(x = as_lazy_tensor(list(c(1, 4), c(1, 3, 9))), y = 1:2), target = "y")
  differences = preproc_torch(function(x) x$narrow(1, 2, x$shape[[1]] - 1) - x$narrow(1, 1, x$shape[[1]] - 1),
    rowwise = TRUE)
  changed = differences$train(list(task))[[1L]]$data(cols = "x")$x
  expect_equal(map(materialize(changed), function(tensor) as.numeric(as_array(tensor))), list(3, c(2, 6)))
  expect_identical(lazy_shape(changed), c(NA, NA, 1L))
  total = preproc_torch(function(x) x$sum(1), rowwise = TRUE)$train(list(task))[[1L]]$data(cols = "x")$x
  expect_identical(lazy_shape(total), c(NA, 1L))
  expect_equal(as.numeric(map_dbl(materialize(total), as_array)), c(5, 13))
})

test_that("elements that are no sequences are named", {
  refused = function(x, class, pattern) expect_config_error(as_lazy_tensor(x), class, pattern)
  refused(list(1, "a"), "argument", "element 2 of the list must be numbers")
  refused(list(array(1:8, c(2, 2, 2))), "argument", "element 1 of the list must be numbers")
  refused(list(1, c(2, NA)), "missing_values", "element 2 of the list has missing or infinite numbers")
  refused(list(1, matrix(1:4, 2)), "shape", "element 2 of the list has 2 channels, but the first one has 1")
})

test_that("a vector of empty sequences is one", {
  empty = as_lazy_tensor(list(numeric(), numeric()))
  expect_identical(lazy_shape(empty), c(NA, 0L, 1L))
})

test_that("only elements of the vector are read to tell its shape", {
  seen = NULL
  lengths_seen = function(x) {
    seen <<- c(seen, x$shape[[1]])
    if (x$shape[[1]] < 2) stop("too short") else x$narrow(1, 2, x$shape[[1]] - 1)
  }
  task = as_task_regr(data.table(x = as_lazy_tensor(list(1, 1:2, 1:3, 1:4, 1:9)), y = 1:5), target = "y")$filter(2:4)
  changed = preproc_torch(lengths_seen, rowwise = TRUE)$train(list(task))[[1L]]
  expect_setequal(seen, c(2, 4))
  expect_identical(lazy_shape(changed$data(cols = "x")$x), c(NA, NA, 1L))
  learner = lrn("regr.sequence", epochs = 1, batch_size = 3, width = 4, seed = 1)
  learner$train(changed)
  expect_setequal(seen, 2:4)
  expect_identical(lazy_shape(as_lazy_tensor(list(1, 1:2, 3:4))[2:3]), c(NA, 2L, 1L))
})

# Steps of two channels, `lengths` of them; the items `broken` cannot be read.
walks_dataset = dataset("walks",
  initialize = function(lengths, broken = NULL) {
    self$lengths = lengths
    self$broken = broken
  },
  .getitem = function(i) {
    if (i %in% self$broken) stop("the file is gone")
    list(walk = torch_tensor(matrix(seq_len(2 * self$lengths[[i]]) / 10, ncol = 2)))
  },
  .length = function() length(self$lengths)
)

test_that("a dataset may declare open dimensions, and read elements keep to those that are not", {
  lengths = c(3, 5, 2, 5)
  x = as_lazy_tensor(walks_dataset(lengths), dataset_shapes = list(walk = c(NA, NA, 2)))
  expect_identical(lazy_shape(x), c(NA, NA, 2L))
  expect_equal(map(materialize(x[2:3]), as_array), list(matrix(1:10 / 10, 5), matrix(1:4 / 10, 2)), tolerance = 1e-6)
  expect_output(print(x[1]), "<tnsr[NAx2]>", fixed = TRUE)
  expect_identical(lazy_shape(as_lazy_tensor(walks_dataset(lengths), list(walk = NULL))), c(NA, NA, 2L))
  expect_identical(lazy_shape(as_lazy_tensor(walks_dataset(c(3, 3)), list(walk = NULL))), c(NA, 3L, 2L))
  # what a function makes of them is found
  task = as_task_regr(data.table(x = x, y = 1:4), target = "y")
  total = preproc_torch(function(x) x$sum(1), rowwise = TRUE)$train(list(task))[[1L]]$data(cols = "x")$x
  expect_identical(lazy_shape(total), c(NA, 2L))
  doubled = preproc_torch(function(x) torch_cat(list(x, x), 1), rowwise = TRUE)$train(list(task))[[1L]]
  expect_identical(lazy_shape(doubled$data(cols = "x")$x), c(NA, NA, 2L))
  refused = function(shapes, class, pattern) {
    expect_config_error(as_lazy_tensor(walks_dataset(lengths), dataset_shapes = shapes), class, pattern)
  }
  refused(list(walk = c(NA, NA, 3)), "shape", "'dataset_shapes' says (NA, NA, 3), but the dataset gives (NA, NA, 2)")
  refused(list(walk = c(NA, 2)), "shape", "'dataset_shapes' says (NA, 2), but the dataset gives")
  refused(list(walk = c(5, 2)), "argument", "must name shapes that begin with NA")
  refused(list(c(NA, NA, 2)), "argument", "must name shapes that begin with NA")
})

test_that("sequences of a dataset train as those of a list", {
  lengths = rep(c(3, 5, 2, 5), 5)
  y = as.numeric(lengths)
  walks = walks_dataset(lengths)
  sequences = list(
    dataset = as_lazy_tensor(walks, dataset_shapes = list(walk = c(NA, NA, 2))),
    list = as_lazy_tensor(map(seq_along(lengths), function(i) walks[i]$walk))
  )
  predictions = map(sequences, function(x) {
    task = as_task_regr(data.table(walk = x, y = y), target = "y", id = "walks")
    learner = lrn("regr.sequence", epochs = 2, batch_size = 8, width = 4, seed = 1, group_by_length = TRUE)
    learner$train(task, 1:16)$predict(task, 17:20)$response
  })
  expect_identical(predictions$dataset, predictions$list)
  task = as_task_regr(data.table(walk = sequences$dataset, y = y), target = "y")
  graph = mlr3pipelines::`%>>%`(mlr3pipelines::po("torch_ingress_ltnsr"), nn("head"))
  expect_config_error(graph$train(task), "shape", "have different lengths")
})

test_that("items of a dataset that no row is made of may be broken", {
  x = as_lazy_tensor(walks_dataset(c(3, 4, 4, 3), broken = c(1, 3)), dataset_shapes = list(walk = c(NA, NA, 2)),
    ids = c(2, 4))
  task = as_task_regr(data.table(walk = rep(x, 4), y = as.numeric(1:8)), target = "y")
  learner = lrn("regr.sequence", epochs = 1, batch_size = 8, width = 4, seed = 1)$train(task)
  expect_true(all(is.finite(learner$predict(task)$response)))
})
