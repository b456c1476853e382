test_that("a dataset has a length and gives items, by brackets and by its method", {
  ds = squares_dataset(5)
  expect_s3_class(ds, c("squares", "dataset"))
  expect_length(ds, 5)
  expect_equal(as_array(ds[3]$x), c(3, 9))
  expect_identical(ds$.getitem(2)$name, "b")
  expect_output(print(ds), "<squares>: 5 items", fixed = TRUE)
  expect_output(print(squares_dataset), "<dataset_generator> squares(n, fails_at)", fixed = TRUE)
})

test_that("a dataset with `.getbatch()` gives several items at once, and one item by `.getitem()`", {
  both = dataset("both", .getitem = function(i) list("item", i), .getbatch = function(index) list("batch", index),
    .length = function() 4)
  expect_identical(both()[2], list("item", 2))
  expect_identical(both()[2:3], list("batch", 2:3))
  only_batches = dataset(.getbatch = function(index) list("batch", index), .length = function() 4)
  expect_identical(only_batches()[2], list("batch", 2))
})

test_that("a dataset inherits from another one, and has private and active members and the names of its place", {
  offset = 100
  cubes = dataset("cubes", inherit = squares_dataset,
    .getitem = function(i) c(super$.getitem(i), cube = i^3 + private$.shift + offset),
    private = list(.shift = 1000),
    active = list(twice = function() 2 * self$n)
  )
  ds = cubes(4)
  expect_s3_class(ds, c("cubes", "squares", "dataset"), exact = FALSE)
  expect_equal(ds[2]$cube, 1108)
  expect_equal(ds[2]$count, 2)
  expect_equal(ds$twice, 8)
  expect_output(print(cubes), "cubes(n, fails_at)", fixed = TRUE)
})

test_that("a dataset can be made inside of a function", {
  make = function(shift) dataset(.getitem = function(i) i + shift, .length = function() 3)
  expect_equal(make(10)()[2], 12)
})

test_that("tensor_dataset() gives rows, with the names that its tensors have", {
  x = torch_arange(1, 12)$reshape(c(4, 3))
  ds = tensor_dataset(x = x, y = torch_tensor(1:4))
  expect_length(ds, 4)
  expect_equal(as_array(ds[2]$x), c(4, 5, 6))
  expect_equal(ds[2]$x$shape, 3)
  expect_equal(as_array(ds[c(4, 1)]$x), rbind(10:12, 1:3))
  expect_equal(as_array(ds[c(4, 1)]$y), c(4, 1))
  expect_null(names(tensor_dataset(x)[1]))
})

test_that("a batch of one row keeps its dimension, and changing a batch leaves the dataset as it is", {
  x = torch_arange(1, 6)$reshape(c(3, 2))
  ds = tensor_dataset(x)
  expect_equal(ds$.getbatch(2)[[1]]$shape, c(1, 2))
  ds[1:2][[1]]$zero_()
  expect_equal(as_array(x), rbind(c(1, 2), c(3, 4), c(5, 6)))
})

test_that("dataset_subset() has some items of a dataset, one by one and at once", {
  ds = dataset_subset(squares_dataset(10), c(9, 2, 4))
  expect_length(ds, 3)
  expect_equal(ds[1]$count, 9)
  expect_equal(dataset_subset(ds, 2)[1]$count, 2)
  x = torch_arange(1, 12)$reshape(c(4, 3))
  rows = dataset_subset(tensor_dataset(x), c(4, 2))
  expect_equal(as_array(rows[1:2][[1]]), rbind(10:12, 4:6))
  expect_equal(as_array(rows[2][[1]]), 4:6)
  expect_equal(loaded(dataloader(rows, batch_size = 2), 1), list(rbind(10:12, 4:6)))
})

test_that("an iterable dataset may lack a length", {
  counter = iterable_dataset("counter", .iter = function() function() 1)
  expect_s3_class(counter(), c("counter", "iterable_dataset", "dataset"), exact = FALSE)
  expect_identical(length(counter()), NA_integer_)
  expect_output(print(counter()), "<counter>: items in turn", fixed = TRUE)
})

test_that("an error in a dataset names the dataset and the item", {
  expect_config_error(squares_dataset(5, fails_at = 3)[3], "dataset", "Dataset 'squares', item 3: the file is gone")
  broken = dataset("broken", .length = function() stop("no index"))
  expect_config_error(length(broken()), "dataset", "Dataset 'broken', its length: no index")
  torn = dataset("torn", .getbatch = function(index) stop("no disk"), .length = function() 3)
  expect_config_error(torn()[2:3], "dataset", "Dataset 'torn', the batch of items 2, 3: no disk")
})

test_that("an error names the innermost dataset", {
  error = expect_error(dataset_subset(squares_dataset(5, fails_at = 3), 2:4)[2],
    class = "mlr3libtorch_error_dataset")
  expect_equal(error$dataset, "squares")
  expect_equal(error$index, 3)
})

test_that("positions that a dataset does not have are refused", {
  ds = squares_dataset(5)
  expect_config_error(ds[6], "dataset", "Dataset 'squares' has 5 items; there is none at position 6.")
  expect_config_error(ds[0], "dataset", "positions of items are whole numbers from 1, not 0")
  expect_config_error(ds[1.5], "dataset", "whole numbers from 1, not 1.5")
  expect_config_error(dataset_subset(ds, c(1, 9)), "dataset", "has 5 items; there is none at position 9")
})

test_that("what is missing in the definition of a dataset is told", {
  expect_config_error(dataset("bare")()[1], "dataset", "Dataset 'bare' has no method '.getitem'")
  expect_config_error(length(dataset("bare")()), "dataset", "Dataset 'bare' has no method '.length'")
  expect_config_error(length(dataset("odd", .length = function() "a")()), "dataset",
    "Dataset 'odd': '.length()' must return a whole number, not a")
})

test_that("bad definitions of datasets are refused", {
  expect_config_error(dataset("a", squares_dataset, 1), "argument", "methods and fields must have unique names")
  expect_config_error(dataset("a", inherit = 1), "argument", "'inherit' must be what dataset() or R6Class() returned")
  expect_config_error(sampler("a", inherit = mean), "argument", "'inherit' must be what sampler() or R6Class()")
  expect_config_error(tensor_dataset(), "argument", "tensor_dataset() takes tensors; none was given")
  expect_config_error(tensor_dataset(torch_ones(2), 1:2), "argument", "argument 2 is")
  expect_config_error(tensor_dataset(torch_ones(2), torch_ones(3, 2)), "shape", "they have 2, 3")
  expect_config_error(tensor_dataset(torch_scalar_tensor(1)), "shape", "they have no dimension")
  expect_config_error(dataset_subset(squares_dataset, 1), "argument", "'dataset' is a generator; call it")
  expect_config_error(dataset_subset(1:3, 1), "argument", "'dataset' must be a dataset")
})
