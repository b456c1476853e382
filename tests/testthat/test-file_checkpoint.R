local_folder = function(env = parent.frame()) withr::local_tempfile(.local_envir = env)

test_that("a checkpoint is written and read, the newest first", {
  folder = local_folder()
  path = write_checkpoint(folder, list(epoch = 9L), 9L)
  write_checkpoint(folder, list(epoch = 10L), 10L)
  expect_equal(basename(path), "checkpoint_000009.safetensors")
  expect_equal(list_checkpoints(folder), data.table(
    epoch = 9:10, batch = 0L,
    file = file.path(folder, c("checkpoint_000009.safetensors", "checkpoint_000010.safetensors"))
  ))
  expect_identical(read_checkpoint(folder), list(epoch = 10L))
  expect_identical(read_checkpoint(path), list(epoch = 9L))
})

test_that("a checkpoint of the same epoch takes the place of the old one", {
  folder = local_folder()
  write_checkpoint(folder, list(run = 1), 1L)
  write_checkpoint(folder, list(run = 2), 1L)
  expect_identical(read_checkpoint(folder), list(run = 2))
  expect_length(list.files(folder, all.files = TRUE, no.. = TRUE), 1L)
})

test_that("a checkpoint in the middle of an epoch comes between those at its ends", {
  folder = local_folder()
  for (batch in c(0, 1000000, 20)) write_checkpoint(folder, list(batch = batch), 2, batch)
  write_checkpoint(folder, list(), 3)
  expect_identical(list_checkpoints(folder)$batch, c(0L, 20L, 1000000L, 0L))
  expect_identical(basename(list_checkpoints(folder)$file[2L]), "checkpoint_000002_000020.safetensors")
  expect_identical(basename(checkpoints_ahead(folder, 2, 20)),
    c("checkpoint_000002_1000000.safetensors", "checkpoint_000003.safetensors"))
})

test_that("epochs beyond six digits stay in order", {
  folder = local_folder()
  write_checkpoint(folder, list(epoch = 1000000), 1000000)
  write_checkpoint(folder, list(epoch = 999999), 999999)
  expect_identical(list_checkpoints(folder)$epoch, c(999999L, 1000000L))
  expect_identical(read_checkpoint(folder), list(epoch = 1000000))
})

test_that("a damaged checkpoint is named and the one before it is used", {
  folder = local_folder()
  write_checkpoint(folder, list(epoch = 1L), 1L)
  newest = write_checkpoint(folder, list(epoch = 2L), 2L)
  writeBin(readBin(newest, "raw", file.size(newest) - 1L), newest)
  expect_warning({
    value = read_checkpoint(folder)
  }, "checkpoint_000002.safetensors.*The checkpoint before it is used", class = "mlr3libtorch_warning_checkpoint")
  expect_identical(value, list(epoch = 1L))
  expect_error(read_checkpoint(newest), basename(newest), class = "mlr3libtorch_error_file")
})

test_that("a folder whose checkpoints are all damaged holds none that can be read", {
  folder = local_folder()
  path = write_checkpoint(folder, list(epoch = 1L), 1L)
  writeBin(raw(10L), path)
  cond = expect_error(suppressWarnings(read_checkpoint(folder)), "no checkpoint that can be read",
    class = "mlr3libtorch_error_checkpoint")
  expect_s3_class(cond, c("mlr3libtorch_error_config", "Mlr3ErrorConfig"), exact = FALSE)
  expect_s3_class(cond$parent, "mlr3libtorch_error_file")
})

test_that("a folder without checkpoints, and one that is not there, say so", {
  folder = local_folder()
  expect_error(read_checkpoint(folder), "does not exist", class = "mlr3libtorch_error_checkpoint")
  dir.create(folder)
  expect_error(read_checkpoint(folder), "holds no checkpoint", class = "mlr3libtorch_error_checkpoint")
  expect_equal(nrow(list_checkpoints(folder)), 0L)
})

test_that("a folder that holds something else is refused", {
  folder = local_folder()
  dir.create(folder)
  writeLines("mine", file.path(folder, "thesis.txt"))
  expect_error(write_checkpoint(folder, list(), 1L), "holds 'thesis.txt', which is not a checkpoint",
    class = "mlr3libtorch_error_config")
  expect_equal(list.files(folder), "thesis.txt")
  expect_error(write_checkpoint(file.path(folder, "thesis.txt"), list(), 1L), "is a file",
    class = "mlr3libtorch_error_config")
})

test_that("a plain data file is not a checkpoint", {
  folder = local_folder()
  path = write_checkpoint(folder, list(), 1L)
  write_plain_file(path, list())
  expect_error(read_checkpoint(path), "is not a checkpoint file", class = "mlr3libtorch_error_file")
})

test_that("a folder that cannot be made is refused", {
  expect_error(write_checkpoint("/dev/null/folder", list(), 1L), "cannot be made", class = "mlr3libtorch_error_config")
})

test_that("what a killed run left behind is ignored and cleared away by the next write", {
  folder = local_folder()
  write_checkpoint(folder, list(epoch = 1L), 1L)
  left = file.path(folder, "checkpoint_000002.safetensors.tmp-123-0")
  writeBin(raw(10L), left)
  expect_identical(read_checkpoint(folder), list(epoch = 1L))
  write_checkpoint(folder, list(epoch = 2L), 2L)
  expect_false(file.exists(left))
})

test_that("a state that is not plain data leaves the folder as it was", {
  folder = local_folder()
  write_checkpoint(folder, list(epoch = 1L), 1L)
  expect_error(write_checkpoint(folder, list(f = mean), 2L), class = "mlr3libtorch_error_state")
  expect_length(list.files(folder, all.files = TRUE, no.. = TRUE), 1L)
})

test_that("there is a whole checkpoint whenever the process that writes is killed", {
  folder = local_folder()
  value = list(weights = as.double(seq_len(1e5)))
  write_checkpoint(folder, value, 1L)
  writer = callr::r_bg(function(folder, value) {
    write = getFromNamespace("write_checkpoint", "mlr3libtorch")
    repeat write(folder, value, 1L)
  }, list(folder, value))
  withr::defer(writer$kill())
  # The first write shows that the process is at work.
  before = file.mtime(list_checkpoints(folder)$file)
  while (file.mtime(list_checkpoints(folder)$file) == before && writer$is_alive()) Sys.sleep(0.05)
  writer$kill(grace = 0)
  expect_identical(read_checkpoint(folder), value)
})
