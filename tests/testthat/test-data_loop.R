counted = function(loader) {
  counts = NULL
  loop(for (batch in loader) counts = c(counts, as_array(batch$count)))
  counts
}

test_that("loop() goes through the batches of a loader", {
  expect_equal(counted(dataloader(squares_dataset(5), batch_size = 2)), 1:5)
  batch = "untouched"
  loop(for (batch in dataloader(squares_dataset(1))) NULL)
  expect_equal(as_array(batch$count), 1)
})

test_that("next, break and return() work in loop()", {
  seen = NULL
  loop(for (batch in dataloader(squares_dataset(5))) {
    count = as_array(batch$count)
    if (count == 2) next
    if (count == 4) break
    seen = c(seen, count)
  })
  expect_equal(seen, c(1, 3))
  first_above = function(limit) {
    loop(for (batch in dataloader(squares_dataset(5))) {
      if (as_array(batch$half) > limit) return(batch$name)
    })
    "none"
  }
  expect_equal(first_above(1), "c")
  expect_equal(first_above(9), "none")
})

test_that("loop() goes through datasets, iterators and vectors", {
  sum_of = function(values) {
    total = 0
    loop(for (value in values) total = total + value)
    total
  }
  plain = dataset(.getitem = function(i) 10 * i, .length = function() 3)
  expect_equal(sum_of(plain()), 60)
  expect_equal(sum_of(1:4), 10)
  expect_equal(sum_of(list()), 0)
  in_turn = iterable_dataset(.iter = function() {
    left = 3
    function() {
      left <<- left - 1
      if (left < 0) as.symbol(".__exhausted__.") else 5
    }
  })
  expect_equal(sum_of(in_turn()), 15)
  expect_equal(sum_of(in_turn()$.iter()), 15)
})

test_that("loop() takes a loop, and an error in its body comes through", {
  expect_config_error(loop(1 + 1), "argument", "loop() takes a `for` loop")
  expect_error(loop(for (batch in dataloader(squares_dataset(2))) stop("inside")), "inside")
})

test_that("enumerate() reads each batch when one of its elements is asked for", {
  ds = squares_dataset(5)
  batches = enumerate(dataloader(ds, batch_size = 2))
  expect_length(batches, 3)
  expect_null(ds$asked)
  counts = NULL
  for (batch in enumerate(dataloader(squares_dataset(5), batch_size = 2))) {
    counts = c(counts, as_array(batch[[2]]))
    expect_equal(as_array(batch$half), as_array(batch[["count"]]) / 2, ignore_attr = TRUE)
  }
  expect_equal(counts, 1:5)
  expect_named(batches[[2]], c("x", "count", "half", "name"))
  expect_length(batches[[2]], 4)
  expect_equal(as_array(batches[[2]]$count), 3:4)
  expect_config_error(batches[[1]]$count, "dataset", "Batch 1 of enumerate() is gone: batch 2 has been read after it")
  expect_config_error(enumerate(1:3), "argument", "enumerate() takes a dataloader")
})

# The package coro need not be installed: its methods are registered when it is loaded.
test_that("the package coro finds the iterators of loaders, datasets and samplers", {
  methods = parseNamespaceFile("mlr3libtorch", dirname(system.file(package = "mlr3libtorch")))$S3methods
  delayed = methods[which(methods[, 4] == "coro"), 1:2]
  expect_equal(delayed[, 1], rep("as_iterator", 3))
  expect_setequal(delayed[, 2], c("dataloader", "dataset", "utils_sampler"))
  iterator = mlr3libtorch:::as_iterator.dataloader(dataloader(squares_dataset(1)))
  expect_equal(as_array(iterator()$count), 1)
  expect_identical(iterator(), as.symbol(".__exhausted__."))
})
