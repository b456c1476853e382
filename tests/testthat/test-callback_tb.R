# The records of an event file whose framing is right: each a raw vector.
event_records = function(path) {
  bytes = readBin(path, "raw", file.size(path))
  records = list()
  while (length(bytes)) {
    length = readBin(bytes[1:4], "integer", endian = "little")
    records[[length(records) + 1L]] = bytes[12 + seq_len(length)]
    bytes = bytes[-seq_len(16 + length)]
  }
  records
}

# How many records of a folder have the tag.
tagged = function(folder, tag) {
  records = unlist(lapply(list.files(folder, "tfevents", full.names = TRUE), event_records), recursive = FALSE)
  sum(vapply(records, function(record) grepl(tag, rawToChar(record[record != 0]), fixed = TRUE, useBytes = TRUE),
    logical(1)))
}

test_that("losses are written for each batch, scores for each evaluated epoch", {
  folder = withr::local_tempdir()
  learner = small_learner(t_clbk("tb", path = folder, log_train_loss = TRUE), epochs = 3, batch_size = 45,
    measures_train = msr("classif.acc"), eval_freq = 2)
  train_quietly(learner)
  expect_identical(tagged(folder, "train.loss"), 6L)
  expect_identical(tagged(folder, "train.classif.acc"), 2L)
  expect_identical(tagged(folder, "valid.classif.ce"), 2L)
  expect_identical(tagged(folder, "brain.Event:2"), 1L)
})

test_that("R is entered for a batch only where its loss is wanted", {
  folder = withr::local_tempdir()
  callback = t_clbk("tb", path = file.path(folder, "new"))
  expect_false("on_batch_end" %in% callback$generate()$stages)
  train_quietly(small_learner(callback))
  expect_identical(tagged(file.path(folder, "new"), "train.loss"), 0L)
})

test_that("each run has a file of its own", {
  folder = withr::local_tempdir()
  callback = t_clbk("tb", path = folder, log_train_loss = TRUE)
  for (i in 1:2) train_quietly(small_learner(callback, epochs = 1))
  expect_length(list.files(folder), 2L)
})

test_that("the path is required, and both parameters are checked", {
  expect_config_error(t_clbk("tb", path = 1), "parameter", "callback 'tb': path")
  expect_config_error(t_clbk("tb", log_train_loss = "a"), "parameter",
    "'log_train_loss' must be TRUE or FALSE, not \"a\".")
  expect_config_error(t_clbk("tb")$generate(), "missing_parameter", "'path' has no value")
  expect_config_error(CallbackSetTb$new(1, TRUE), "invalid_callback", "'path' must be the path of a folder, not 1.")
})
