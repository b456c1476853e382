test_that("the tasks that come with the package are there", {
  shapes = tsk("shapes")
  expect_identical(shapes$nrow, 120L)
  expect_identical(shapes$class_names, c("circle", "square", "triangle"))
  expect_equal(lazy_shape(shapes$data(1)$image), c(NA, 3L, 32L, 32L))
  iris = tsk("lazy_iris")
  expect_equal(as_array(materialize(iris$data()$x, rbind = TRUE)), unname(as.matrix(datasets::iris[1:4])),
    tolerance = 1e-6)
  expect_identical(iris$truth(), datasets::iris$Species)
})

write_idx = function(values, file) {
  shape = dim(values) %??% length(values)
  # the last dimension changes fastest
  values = if (is.null(dim(values))) values else as.vector(aperm(values))
  connection = gzfile(file, "wb")
  writeBin(as.raw(c(0, 0, 8, length(shape))), connection)
  writeBin(as.integer(shape), connection, endian = "big")
  writeBin(as.raw(values), connection)
  close(connection)
}

idx_folder = function(env = parent.frame()) {
  folder = withr::local_tempdir(.local_envir = env)
  pixels = function(n) array(seq_len(n * 784) %% 256, c(n, 28, 28))
  write_idx(pixels(5), file.path(folder, "train-images-idx3-ubyte.gz"))
  write_idx(c(3, 1, 4, 1, 5), file.path(folder, "train-labels-idx1-ubyte.gz"))
  write_idx(pixels(2), file.path(folder, "t10k-images-idx3-ubyte.gz"))
  write_idx(c(9, 2), file.path(folder, "t10k-labels-idx1-ubyte.gz"))
  folder
}

test_that("MNIST's files become a task whose test rows are not in use", {
  task = tsk("mnist", folder = idx_folder())
  expect_identical(as.character(task$truth()), c("3", "1", "4", "1", "5"))
  rows = as_array(materialize(task$data()$image, rbind = TRUE))
  expect_equal(rows[, 1, , ], array(seq_len(5 * 784) %% 256, c(5, 28, 28)) / 255, tolerance = 1e-6)
  task$row_roles$use = 6:7
  expect_identical(as.character(task$truth()), c("9", "2"))
})

test_that("CIFAR-10's files become a task", {
  folder = withr::local_tempdir()
  for (name in c(sprintf("data_batch_%i.bin", 1:5), "test_batch.bin")) {
    writeBin(as.raw(c(6, seq_len(3072) %% 256, 0, rev(seq_len(3072)) %% 256)), file.path(folder, name))
  }
  task = tsk("cifar10", folder = folder)
  expect_identical(task$nrow, 10L)
  expect_identical(as.character(task$truth(1:2)), c("frog", "airplane"))
  first = as_array(materialize(task$data(1)$image, rbind = TRUE))
  # red rows first, then green, then blue
  expect_equal(first[1, 1, 1, 1:3], 1:3 / 255, tolerance = 1e-6)
  expect_equal(first[1, 2, 1, 1], 1025 %% 256 / 255, tolerance = 1e-6)
})

test_that("files that are missing or something else are named, with where to get them", {
  expect_config_error(tsk("mnist"), "file", "say where, as in `tsk(\"mnist\", folder = \"data\")`")
  expect_config_error(tsk("cifar10", folder = tempdir()), "file", "has no file 'data_batch_1.bin'")
  folder = idx_folder()
  write_idx(c(9, 17), file.path(folder, "t10k-labels-idx1-ubyte.gz"))
  expect_config_error(tsk("mnist", folder = folder), "file", "t10k-labels-idx1-ubyte.gz' is not what it should be")
  folder = withr::local_tempdir()
  for (name in c(sprintf("data_batch_%i.bin", 1:5), "test_batch.bin")) {
    writeBin(as.raw(c(if (name == "data_batch_2.bin") 11 else 1, rep(0, 3072))), file.path(folder, name))
  }
  expect_config_error(tsk("cifar10", folder = folder), "file", "data_batch_2.bin' is not what it should be")
  folder = idx_folder()
  write_idx(c(1, 2), file.path(folder, "train-labels-idx1-ubyte.gz"))
  expect_config_error(tsk("mnist", folder = folder), "file", "another number of labels than pictures")
  writeLines("text", file.path(folder, "train-images-idx3-ubyte.gz"))
  expect_config_error(tsk("mnist", folder = folder), "file", "does not begin as a file of 3 dimensions")
})
