csv = function(path) data.table::fread(path)
jsonl = function(path) {
  data.table::rbindlist(lapply(readLines(path), function(line) {
    lapply(jsonlite::fromJSON(line), function(x) if (is.null(x)) NA_real_ else x)
  }))
}

# A run of `epochs` that is left after two, and resumed: the callback writes to the same file.
resumed_log = function(key, path, tamper = identity, epochs = 4) {
  folder = withr::local_tempdir()
  logger = t_clbk(key, path = path)
  train_quietly(small_learner(list(logger, t_clbk("checkpoint", path = folder)), epochs = 2))
  tamper(path)
  train_quietly(small_learner(logger, epochs = epochs, resume = folder))
}

for (key in c("csv_logger", "jsonl_logger")) {
  read = if (key == "csv_logger") csv else jsonl

  test_that(sprintf("%s writes a line for each epoch", key), {
    path = withr::local_tempfile()
    learner = small_learner(t_clbk(key, path = path), epochs = 3, eval_freq = 2, opt.lr = 0.01)
    train_quietly(learner)
    log = read(path)
    expect_named(log, c("epoch", "step", "seconds", "loss", "lr", "valid.classif.ce"))
    expect_identical(log$epoch, 1:3)
    expect_identical(log$step, c(2L, 4L, 6L))
    expect_equal(log$lr, rep(0.01, 3))
    expect_identical(is.na(log$valid.classif.ce), c(TRUE, FALSE, FALSE))
    expect_equal(log$valid.classif.ce[[3L]], learner$internal_valid_scores[[1L]])
  })

  test_that(sprintf("%s: a line is in the file when its epoch ends", key), {
    path = withr::local_tempfile()
    lines = integer()
    observer = torch_callback("observer", weight = 1, on_epoch_end = function() {
      lines <<- c(lines, nrow(read(path)))
    })
    train_quietly(small_learner(list(t_clbk(key, path = path), observer), epochs = 3))
    expect_identical(lines, 1:3)
  })

  test_that(sprintf("%s appends in a resumed run, without duplicates and cut lines", key), {
    path = withr::local_tempfile()
    resumed_log(key, path)
    expect_identical(read(path)$epoch, 1:4)
    resumed_log(key, path, tamper = function(path) {
      lines = readLines(path)
      third = sub("2", "3", lines[[length(lines)]], fixed = TRUE)
      cat(third, "\n", substr(third, 1L, 6L), sep = "", file = path, append = TRUE)
    })
    expect_identical(read(path)$epoch, 1:4)
  })

  test_that(sprintf("%s: a new run replaces the file", key), {
    path = withr::local_tempfile()
    logger = t_clbk(key, path = path)
    train_quietly(small_learner(logger, epochs = 3))
    train_quietly(small_learner(logger, epochs = 1))
    expect_identical(read(path)$epoch, 1L)
  })
}

test_that("a csv file with other columns is not appended to", {
  path = withr::local_tempfile()
  expect_error(resumed_log("csv_logger", path, tamper = function(path) writeLines("a,b\n1,2", path)),
    "has other columns than this run writes", class = "mlr3libtorch_error")
})

test_that("the path must be that of a file in a folder that is there", {
  expect_config_error(t_clbk("csv_logger", path = tempdir()), "parameter", "the path of a file in an existing folder")
  expect_config_error(t_clbk("jsonl_logger", path = file.path(tempfile(), "a")), "parameter",
    "in an existing folder")
  expect_config_error(t_clbk("csv_logger", path = 1), "parameter", "must be the path of a file, not 1")
  expect_config_error(CallbackSetCsvLogger$new(1), "invalid_callback", "'path' must be the path of a file")
})

test_that("an epoch that is finished by a resumed run has one line", {
  path = withr::local_tempfile()
  folder = withr::local_tempdir()
  callbacks = list(t_clbk("csv_logger", path = path), t_clbk("checkpoint", path = folder, freq = "3 batches",
    keep_last = Inf))
  learner = function(...) lrn("classif.mlp", epochs = 4, batch_size = 20, seed = 1, callbacks = callbacks, ...)
  train_quietly(learner())
  middle = file.path(folder, "checkpoint_000001_000004.safetensors")
  expect_true(file.exists(middle))
  train_quietly(learner(resume = middle))
  expect_identical(csv(path)$epoch, 1:4)
})
