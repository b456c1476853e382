test_that("columns of a table are made, others left out", {
  table = data.table(a = as_lazy_tensor(1:2), b = 1:2, c = lazy_pictures(2))
  result = materialize(table, rbind = TRUE)
  expect_named(result, c("a", "c"))
  expect_equal(as_array(result$a), matrix(1:2))
  expect_length(materialize(table)$c, 2)
  expect_error(materialize(lazy_tensor(), rbind = TRUE), class = "mlr3libtorch_error_no_rows")
  expect_config_error(materialize(table$a, rbind = 1), "argument", "'rbind' must be TRUE or FALSE")
})

test_that("a random transformation follows R's generator, and one without randomness draws nothing", {
  crop = function(x) add_lazy_step(x, list(name = "random_crop", arguments = list(size = 2)))
  rows = function(seed) withr::with_seed(seed, as_array(materialize(crop(lazy_pictures(20)), rbind = TRUE)))
  expect_identical(rows(1), rows(1))
  expect_false(identical(rows(1), rows(2)))
  withr::with_seed(1, {
    before = .Random.seed
    materialize(lazy_pictures(2), rbind = TRUE)
    expect_identical(.Random.seed, before)
  })
})

test_that("a lazy tensor that was saved is read in another process", {
  x = add_lazy_step(as_lazy_tensor(list.files(picture_folder_of(2), full.names = TRUE, recursive = TRUE)),
    list(name = "resize", arguments = list(size = c(3, 5))))
  expected = as_array(materialize(x, rbind = TRUE))
  there = callr::r(function(x) as.array(mlr3libtorch::materialize(x, rbind = TRUE)), list(x))
  expect_identical(there, expected)
})
