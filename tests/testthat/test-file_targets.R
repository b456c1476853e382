# Whoever writes a file refuses a target that is there and is not a regular file.

test_that("no writer replaces a pipe or a link to one, or waits for its reader", {
  folder = withr::local_tempdir()
  pipe = file.path(folder, "pipe")
  link = file.path(folder, "link")
  expect_identical(system2("mkfifo", pipe), 0L)
  file.symlink(pipe, link)
  learner = train_quietly(small_learner())
  trained_with = function(callback) train_quietly(small_learner(list(callback)))
  writers = list(
    save_weights = function(path) save_weights(learner, path),
    torch_save = function(path) torch_save(torch_ones(2), path),
    jit_save = function(path) jit_save(learner, path),
    checkpoint_file = function(path) write_plain_file(path, list(a = 1), content = "checkpoint"),
    checkpoint = function(path) trained_with(t_clbk("checkpoint", path = path)),
    csv_logger = function(path) trained_with(t_clbk("csv_logger", path = path)),
    jsonl_logger = function(path) trained_with(t_clbk("jsonl_logger", path = path)),
    tb = function(path) trained_with(t_clbk("tb", path = path, log_train_loss = TRUE)),
    event_file = function(path) core_event_file_create(path, 1),
    event = function(path) core_event_file_append(path, list(a = 1), 1, 1)
  )
  for (name in names(writers)) {
    for (path in c(pipe, link)) {
      expect_error(writers[[name]](path), class = "mlr3libtorch_error", info = name)
      expect_identical(system2("test", c("-p", pipe)), 0L, info = name)
    }
  }
  expect_set_equal(list.files(folder), c("pipe", "link"))
})

test_that("the message says what the target is", {
  pipe = withr::local_tempfile()
  system2("mkfifo", pipe)
  expect_error(torch_save(torch_ones(2), pipe), "it is not a regular file", class = "mlr3libtorch_error_file")
  expect_error(train_quietly(small_learner(list(t_clbk("csv_logger", path = pipe)))), "it is not a regular file")
})
