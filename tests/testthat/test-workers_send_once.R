# Many fits over daemons of mirai.

four_fits = function() {
  learner = lrn("classif.mlp", epochs = 2, batch_size = 50, neurons = 4, seed = 1, predict_type = "prob")
  design = withr::with_seed(1, benchmark_grid(tsks(c("iris", "sonar")), learner, rsmp("cv", folds = 2)))
  benchmark(design, store_models = TRUE)
}

# The value of `code`, evaluated while mlr3 has two daemons.
over_daemons = function(serial, code) {
  mirai::daemons(2L, serial = serial, .compute = "mlr3_parallelization")
  withr::defer(mirai::daemons(0L, .compute = "mlr3_parallelization"))
  code
}

models_of = function(bmr) map(as.data.table(bmr)$learner, function(learner) learner$model$network)

predictions_of = function(bmr) map(as.data.table(bmr)$prediction, as.data.table)

test_that("benchmark() over daemons gives the same bits, whether or not tasks are sent once", {
  expected = four_fits()
  for (serial in list(list(), send_once())) {
    bmr = over_daemons(if (length(serial)) serial, four_fits())
    expect_identical(models_of(bmr), models_of(expected))
    expect_identical(predictions_of(bmr), predictions_of(expected))
  }
  expect_false(mirai::daemons_set(.compute = "mlr3_parallelization"))
})

test_that("a task's data become one file, which each daemon reads once", {
  folder = withr::local_tempfile()
  mirai::daemons(1L, serial = send_once(folder), .compute = "once")
  withr::defer(mirai::daemons(0L, .compute = "once"))
  task = tsk("sonar")
  fetch = function() mirai::mirai(list(rows = task$nrow, data = task$data()), task = task, .compute = "once")[]
  expect_identical(fetch(), list(rows = task$nrow, data = task$data()))
  files = list.files(folder, full.names = TRUE)
  expect_length(files, 1L)
  # a file that is gone is not missed by a daemon that has read it
  path = withr::local_tempfile()
  file.rename(files, path)
  file.create(files)
  expect_identical(fetch()$data, task$data())
  file.rename(path, files)
  # what comes back is a task again
  expect_identical(mirai::mirai(task, task = task, .compute = "once")[]$data(), task$data())
})

test_that("a file gives back the same backend, with columns of all types and of a mapped task, too", {
  folder = withr::local_tempfile()
  dir.create(folder)
  data = data.table(number = c(1.5, NA), whole = 1:2, text = c("a", "\u00e9"), factor = factor(c("u", "v")),
    ordered = ordered(c(2, 1)), logical = c(TRUE, NA), time = as.POSIXct(c("2026-01-01", "2026-01-02"), tz = "UTC"))
  for (backend in list(as_data_backend(data), tsk("sonar")$backend)) {
    read = read_backend(write_backend(backend, folder))
    expect_identical(read$hash, backend$hash)
    expect_identical(read$data(backend$rownames, backend$colnames), backend$data(backend$rownames, backend$colnames))
  }
  mirai::daemons(1L, serial = send_once(folder), .compute = "once")
  withr::defer(mirai::daemons(0L, .compute = "once"))
  mapped = map_task(tsk("sonar"), withr::local_tempfile(fileext = ".safetensors"))
  task = mirai::mirai(task, task = mapped, .compute = "once")[]
  expect_identical(task$backend$path, mapped$backend$path)
  expect_identical(task$data(), mapped$data())
})

test_that("data that are no plain vectors are refused before anything is sent", {
  folder = withr::local_tempfile()
  dir.create(folder)
  backend = as_data_backend(data.table(x = 1:2, object = list(sum, new.env())))
  condition = expect_error(write_backend(backend, folder), class = "mlr3libtorch_error_argument")
  expect_match(conditionMessage(condition), "without send_once(): value$data$object", fixed = TRUE)
  expect_length(list.files(folder), 0L)
})

test_that("send_once() refuses what is not a folder that can be written", {
  expect_error(send_once(3), class = "mlr3libtorch_error_argument")
  file = withr::local_tempfile(lines = "")
  expect_error(send_once(file), class = "mlr3libtorch_error_file")
})
