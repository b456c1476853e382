test_that("files are decoded as R's packages decode them", {
  folder = withr::local_tempdir()
  values = withr::with_seed(1, array(runif(7 * 5 * 3), c(7, 5, 3)))
  files = c(
    write_picture(values, file.path(folder, "colour.png")),
    write_picture(values, file.path(folder, "colour.jpg"))
  )
  rows = materialize(as_lazy_tensor(files))
  for (i in 1:2) expect_equal(as_array(rows[[i]]), picture_array(files[[i]]), tolerance = 1e-6)
  grey = c(
    write_picture(values[, , 1], file.path(folder, "grey.png")),
    write_picture(values[, , 1], file.path(folder, "grey.jpg"))
  )
  rows = materialize(as_lazy_tensor(grey, channels = NULL))
  for (i in 1:2) expect_equal(as_array(rows[[i]]), picture_array(grey[[i]]), tolerance = 1e-6)
})

test_that("the shipped pictures are decoded as R's package does", {
  files = list.files(system.file("extdata", "pictures", package = "mlr3libtorch"), full.names = TRUE, recursive = TRUE)
  expect_length(files, 120)
  chosen = files[c(1, 60, 120)]
  rows = as_array(materialize(as_lazy_tensor(chosen), rbind = TRUE))
  for (i in 1:3) expect_equal(rows[i, , , ], picture_array(chosen[[i]]), tolerance = 1e-6)
})

test_that("grey and coloured files get the channels asked for", {
  folder = withr::local_tempdir()
  grey = write_picture(matrix(0:5 / 5, 2), file.path(folder, "grey.png"))
  colour = write_picture(array(0:17 / 17, c(2, 3, 3)), file.path(folder, "colour.png"))
  alpha = write_picture(array(0:23 / 23, c(2, 3, 4)), file.path(folder, "alpha.png"))
  shapes = function(channels) map(c(grey, colour, alpha), function(file) lazy_shape(as_lazy_tensor(file, channels)))
  expect_equal(shapes(3), rep(list(c(NA, 3L, 2L, 3L)), 3))
  expect_equal(shapes(1), rep(list(c(NA, 1L, 2L, 3L)), 3))
  expect_equal(shapes(NULL), list(c(NA, 1L, 2L, 3L), c(NA, 3L, 2L, 3L), c(NA, 4L, 2L, 3L)))
  three = as_array(materialize(as_lazy_tensor(grey), rbind = TRUE))
  expect_equal(three[1, 1, , ], three[1, 3, , ])
  expect_config_error(as_lazy_tensor(grey, channels = 2), "argument", "'channels' must be 1")
})

test_that("arrays, matrices, vectors, tables and tensors become rows", {
  x = array(1:24, c(4, 3, 2))
  expect_equal(as_array(materialize(as_lazy_tensor(x), rbind = TRUE)), x)
  expect_equal(as_array(materialize(as_lazy_tensor(torch_tensor(x)), rbind = TRUE)), x)
  expect_equal(as_array(materialize(as_lazy_tensor(matrix(1:6, 3)), rbind = TRUE)), matrix(1:6, 3))
  expect_equal(as_array(materialize(as_lazy_tensor(iris[1:3, 1:4]), rbind = TRUE)), unname(as.matrix(iris[1:3, 1:4])),
    tolerance = 1e-6)
  expect_equal(lazy_shape(as_lazy_tensor(c(1.5, 2))), c(NA, 1L))
  expect_identical(as_lazy_tensor(as_lazy_tensor(1:2)), as_lazy_tensor(as_lazy_tensor(1:2)))
  expect_length(as_lazy_tensor(numeric()), 0)
  expect_config_error(as_lazy_tensor(TRUE), "argument", "takes paths, numbers, tensors, lists of these and datasets")
})

test_that("items of a dataset become rows", {
  squares = dataset("squares",
    initialize = function(n) self$n = n,
    .getitem = function(i) list(x = torch_tensor(c(i, i^2)), y = i),
    .length = function() self$n
  )
  x = as_lazy_tensor(squares(4), list(x = c(NA, 2)))
  expect_equal(as_array(materialize(x[3:4], rbind = TRUE)), rbind(c(3, 9), c(4, 16)))
  expect_equal(lazy_shape(as_lazy_tensor(squares(4), ids = 2)), c(NA, 2L))
  expect_config_error(as_lazy_tensor(squares(4), list(x = c(NA, 3))), "shape", "but the dataset gives")
  numbers = dataset("numbers", .getitem = function(i) i, .length = function() 3)
  expect_config_error(as_lazy_tensor(numbers()), "dataset", "items must be named lists")
})

test_that("missing files are named at once, damaged ones when they are read", {
  folder = picture_folder_of(2)
  files = list.files(folder, recursive = TRUE, full.names = TRUE)
  expect_config_error(as_lazy_tensor(c(files, "absent.png")), "file", "There is no file 'absent.png' (row 5)")
  expect_config_error(as_lazy_tensor(c(files, NA)), "file", "The path of row 5 is missing")
  writeBin(readBin(files[[3]], "raw", 60), files[[3]])
  x = as_lazy_tensor(files)
  expect_length(materialize(x[-3]), 3)
  cond = tryCatch(materialize(x, rbind = TRUE), mlr3libtorch_error_file = identity)
  expect_match(conditionMessage(cond), "^Row 3: '.*01.png' .*cannot be read as a picture.*leave out the row")
  expect_identical(cond$row, 3)
  expect_identical(cond$path, normalizePath(files[[3]]))
})
