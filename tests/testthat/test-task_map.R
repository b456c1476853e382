read_bytes_of = function(path) readBin(path, "raw", file.size(path))

test_that("a file that belongs to the task is used as it is", {
  task = mixed_task()
  path = mapped_path()
  expect_identical(map_task(task, path)$hash, task$hash)
  written = file.mtime(path)
  Sys.setFileTime(path, written - 100)
  map_task(task, path)
  expect_equal(file.mtime(path), written - 100)
  map_task(task, path, overwrite = TRUE)
  expect_gt(file.mtime(path), written - 50)
})

test_that("a mapped task is the same task", {
  task = mixed_task()
  in_file = map_task(task, mapped_path())
  expect_class(in_file, "TaskClassif")
  expect_identical(in_file$data(), task$data())
  expect_identical(in_file$truth(), task$truth())
  expect_identical(in_file$missings(), task$missings())
  expect_identical(in_file$head(), task$head())
  expect_output(print(in_file$backend), "DataBackendMapped")
  again = map_task(in_file, mapped_path())
  expect_identical(again$data(), task$data())
})

test_that("a mapped task goes to other processes", {
  in_file = map_task(mixed_task(), mapped_path())
  learner = lrn("classif.mlp", epochs = 2, batch_size = 16, neurons = 4, seed = 1)
  expected = learner$train(in_file)$predict(in_file)$response
  copy = unserialize(serialize(in_file, NULL))
  expect_identical(learner$predict(copy)$response, expected)
})

test_that("backends without a hash of their values are told apart by their rows", {
  joined = function(value) {
    task = mixed_task("regr")
    more = task$data()[1:20]
    task$rbind(set(more, 3L, "a", value))
  }
  path = mapped_path()
  in_file = map_task(joined(5), path)
  expect_no_error(map_task(joined(5), path))
  expect_error(map_task(joined(6), path), "another task", class = "mlr3libtorch_error_file")
  expect_same_from_file(joined(5), lrn("regr.mlp", epochs = 2, batch_size = 16, seed = 1), in_file)
})

test_that("files of another task, damaged and foreign files are refused, with what to do", {
  task = mixed_task()
  path = mapped_path()
  map_task(task, path)
  remedy = "give another path, or `overwrite = TRUE` to replace it"
  expect_error(map_task(tsk("iris"), path), paste("another task.*", remedy), class = "mlr3libtorch_error_file")
  expect_error(map_task(task$clone()$select("a"), path), "other rows, columns or levels",
    class = "mlr3libtorch_error_file")
  bytes = read_bytes_of(path)
  damage = list(
    flipped = replace(bytes, length(bytes) - 3L, as.raw(255L - as.integer(bytes[length(bytes) - 3L]))),
    short = bytes[seq_len(length(bytes) - 50L)], foreign = charToRaw("a,b\n1,2\n"), empty = raw()
  )
  for (bad in damage) {
    writeBin(bad, path)
    expect_error(map_task(task, path), remedy, class = "mlr3libtorch_error_file", fixed = TRUE)
  }
  expect_no_error(map_task(task, path, overwrite = TRUE))
})

test_that("a file that is gone or replaced is named when it is needed", {
  path = mapped_path()
  in_file = map_task(mixed_task("regr"), path)
  learner = lrn("regr.mlp", epochs = 1, batch_size = 16)
  map_task(tsk("mtcars"), path, overwrite = TRUE)
  expect_error(learner$train(in_file), "has been replaced", class = "mlr3libtorch_error_file")
  unlink(path)
  expect_error(learner$train(in_file), "is gone", class = "mlr3libtorch_error_file")
  learner$param_set$set_values(data = "memory")
  expect_no_error(learner$train(in_file))
})

test_that("what stops the writing leaves nothing behind", {
  folder = withr::local_tempdir()
  task = mixed_task()
  Broken = R6::R6Class("Broken", inherit = mlr3::DataBackendDataTable, public = list(data = function(rows, cols) {
    if (90 %in% rows) stop("the connection is lost")
    super$data(rows, cols)
  }))
  data = task$backend$data(task$backend$rownames, task$backend$colnames)
  broken = as_task_classif(Broken$new(data, task$backend$primary_key), target = "y")
  expect_error(map_task(broken, file.path(folder, "file")), "the connection is lost")
  expect_identical(list.files(folder, all.files = TRUE, no.. = TRUE), character())
  expect_error(map_task(task, file.path(folder, "no", "folder")), "There is no folder .*; make it",
    class = "mlr3libtorch_error_file")
})

test_that("a disk without room leaves nothing behind", {
  folder = withr::local_tempdir()
  code = sprintf("mlr3libtorch::map_task(mlr3::tsk(\"sonar\"), file.path(\"%s\", \"file\"))", folder)
  # files of at most 20 blocks of 512 bytes; what goes beyond them is an error, as on a full disk
  command = sprintf("trap \"\" XFSZ; ulimit -f 20; %s -e '%s'", file.path(R.home("bin"), "Rscript"), code)
  output = suppressWarnings(system2("sh", c("-c", shQuote(command)), stdout = TRUE, stderr = TRUE))
  expect_match(output, "Cannot write .*File too large", all = FALSE)
  expect_identical(list.files(folder, all.files = TRUE, no.. = TRUE), character())
})

test_that("what a killed process has left is removed, but not what another one is writing", {
  path = mapped_path()
  dead = paste0(path, ".tmp-999999999-0")
  alive = sprintf("%s.tmp-%i-7", path, Sys.getpid())
  file.create(dead, alive)
  withr::defer(unlink(alive))
  Sys.setFileTime(c(dead, alive), Sys.time() - 1000)
  map_task(mixed_task(), path)
  expect_false(file.exists(dead))
  expect_true(file.exists(alive))
})

test_that("tasks without usable columns or rows are refused", {
  task = as_task_regr(data.table(a = c("x", "y"), y = 1:2), target = "y")
  expect_no_error(map_task(task, mapped_path()))
  expect_error(map_task(list(), mapped_path()))
  expect_error(map_task(task, 3))
})
