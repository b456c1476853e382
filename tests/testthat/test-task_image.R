test_that("a folder of folders becomes a task of pictures", {
  folder = picture_folder_of(3)
  task = image_task(folder, id = "light")
  expect_identical(task$id, "light")
  expect_identical(task$class_names, c("dark", "light"))
  expect_identical(as.character(task$truth()), rep(c("dark", "light"), each = 3))
  expect_equal(lazy_shape(task$data(1)$image), c(NA, 3L, 8L, 8L))
  rows = materialize(task$data()$image)
  files = list.files(folder, recursive = TRUE, full.names = TRUE)
  for (i in seq_along(files)) expect_equal(as_array(rows[[i]]), picture_array(files[[i]]), tolerance = 1e-6)
  expect_equal(lazy_shape(image_task(folder, channels = 1)$data(1)$image), c(NA, 1L, 8L, 8L))
})

test_that("a table of paths becomes a task, of classes or numbers", {
  files = list.files(picture_folder_of(2), recursive = TRUE, full.names = TRUE)
  table = data.frame(file = files, age = c(1, 2, 3, 4), kind = c("a", "b", "a", "b"))
  regr = image_task(table, target = "age", path = "file")
  expect_identical(regr$task_type, "regr")
  expect_setequal(regr$feature_names, c("image", "kind"))
  expect_identical(image_task(table, target = "kind", path = "file")$class_names, c("a", "b"))
  expect_config_error(image_task(table, target = "age"), "features", "has no column 'path'")
})

test_that("folders without pictures are refused", {
  expect_config_error(image_task(file.path(tempdir(), "absent")), "file", "a table or a folder that exists")
  expect_config_error(image_task(withr::local_tempdir()), "no_rows", "one for each class")
  expect_config_error(image_task(picture_folder_of(1), on_error = "ignore"), "argument", "'stop' or 'skip'")
})

test_that("files that cannot be read are left out if asked to", {
  folder = picture_folder_of(3)
  writeLines("not a picture", file.path(folder, "dark", "02.png"))
  cond = NULL
  task = withCallingHandlers(image_task(folder, on_error = "skip"), warning = function(warning) {
    cond <<- warning
    tryInvokeRestart("muffleWarning")
  })
  expect_s3_class(cond, "mlr3libtorch_warning_file")
  expect_match(conditionMessage(cond), "1 of 6 rows are left out.*row 2: .*02.png")
  expect_identical(cond$row, 2L)
  expect_identical(task$nrow, 5L)
  expect_length(materialize(task$data()$image), 5)
  expect_error(materialize(image_task(folder)$data()$image), class = "mlr3libtorch_error_file")
})

test_that("missing paths are left out as unreadable files are, and no column is overwritten", {
  files = list.files(picture_folder_of(2), recursive = TRUE, full.names = TRUE)
  expect_warning({
    task = image_task(data.table(path = c(files, NA), y = 1:5), target = "y", on_error = "skip")
  }, "row 5: the path is missing", class = "mlr3libtorch_warning_file")
  expect_identical(task$nrow, 4L)
  expect_error(image_task(data.table(path = files, y = 1:4, image = 4:1), target = "y"), "has a column 'image'",
    class = "mlr3libtorch_error_features")
})
