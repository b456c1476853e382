# Checkpoints in the middle of an epoch.

# A run that writes a checkpoint each third batch, and the files.
with_checkpoints = function(callbacks = list(), ..., freq = "3 batches") {
  folder = withr::local_tempfile(.local_envir = parent.frame())
  checkpoint = t_clbk("checkpoint", path = folder, freq = freq, keep_last = Inf)
  model = train_quietly(stoppable(c(list(checkpoint), callbacks), ...))$model
  list(model = model, folder = folder, files = list_checkpoints(folder))
}

expect_same_end = function(written, ...) {
  for (file in written$files$file) {
    resumed = train_quietly(stoppable(..., resume = file))$model
    expect_identical(comparable(resumed), comparable(written$model), label = basename(file))
  }
}

test_that("a run goes on from the middle of an epoch with the same bits", {
  written = with_checkpoints()
  expect_identical(written$files$epoch, c(0L, 0L, 1L, 1L, 2L, 2L, 2L, 3L))
  expect_identical(written$files$batch, c(3L, 6L, 2L, 5L, 1L, 4L, 7L, 0L))
  expect_same_end(written)
})

test_that("so does a run without the compiled step", {
  expect_same_end(with_checkpoints(plan = "off", freq = "8 batches"), plan = "off")
})

test_that("so does a run whose sampler draws from R's generator", {
  sampler = function(n) sample.int(n, n %/% 2)
  expect_same_end(with_checkpoints(shuffle = FALSE, sampler = sampler, freq = "4 batches"),
    shuffle = FALSE, sampler = sampler)
})

test_that("writing checkpoints changes nothing", {
  expect_identical(comparable(with_checkpoints()$model), comparable(train_quietly(stoppable())$model))
})

test_that("on_epoch_begin is not called again for an epoch that has begun", {
  written = with_checkpoints(freq = "5 batches")
  seen = character()
  spy = stage_callback("spy", function(stage, ctx) seen <<- c(seen, sprintf("%s %i %i", stage, ctx$epoch, ctx$step)),
    c("on_begin", "on_epoch_begin", "on_batch_begin"))
  train_quietly(stoppable(list(spy), epochs = 2, resume = written$files$file[1L]))
  expect_identical(head(seen, 3L), c("on_begin 1 5", "on_batch_begin 1 6", "on_batch_begin 1 7"))
  expect_identical(seen[4L], "on_epoch_begin 2 0")
})

test_that("what a callback has asked for holds after a resume", {
  stops = torch_callback("stops", weight = -1, on_batch_end = function() {
    if (self$ctx$global_step == 3) self$ctx$stop_epoch = self$ctx$terminate = TRUE
  })
  folder = withr::local_tempfile()
  checkpoint = t_clbk("checkpoint", path = folder, freq = "3 batches", keep_last = Inf)
  whole = train_quietly(stoppable(list(stops, checkpoint)))$model
  expect_equal(whole$epochs, 1)
  for (file in list_checkpoints(folder)$file) {
    resumed = train_quietly(stoppable(resume = file))$model
    expect_identical(comparable(resumed), comparable(whole))
  }
})

test_that("an early stopped run stays stopped, unless more epochs are asked for", {
  folder = withr::local_tempfile()
  stops = torch_callback("stops", on_epoch_end = function() if (self$ctx$epoch == 1) self$ctx$terminate = TRUE)
  train_quietly(stoppable(list(stops, t_clbk("checkpoint", path = folder))))
  expect_equal(train_quietly(stoppable(resume = folder))$model$epochs, 1)
  expect_equal(train_quietly(stoppable(resume = folder, epochs = 4))$model$epochs, 4)
})

test_that("a damaged newest file is named, and the one before it leads to the same end", {
  written = with_checkpoints()
  unlink(written$files$file[8L])
  newest = written$files$file[7L]
  bytes = readBin(newest, "raw", file.size(newest))
  bytes[length(bytes) %/% 2] = !bytes[length(bytes) %/% 2]
  writeBin(bytes, newest)
  expect_warning({
    resumed = train_quietly(stoppable(resume = written$folder))$model
  }, basename(newest), class = "mlr3libtorch_warning_checkpoint")
  expect_identical(comparable(resumed), comparable(written$model))
})

test_that("a run that goes on removes the checkpoints it has not come to yet", {
  written = with_checkpoints()
  checkpoint = t_clbk("checkpoint", path = written$folder)
  train_quietly(stoppable(list(checkpoint), resume = written$files$file[2L], epochs = 1))
  expect_identical(list_checkpoints(written$folder)$file,
    c(written$files$file[2L], file.path(written$folder, "checkpoint_000001.safetensors")))
})

test_that("a checkpoint of an earlier version is refused with its version", {
  path = withr::local_tempfile(fileext = ".safetensors")
  core_write_file(path, list(), c(content = "mlr3libtorch checkpoint", version = "1", structure = "{}"))
  expect_error(read_checkpoint(path), "version 1; this version of mlr3libtorch reads version 3",
    class = "mlr3libtorch_error_file")
})

test_that("in the middle of an epoch, another batch size and no shuffling leave each row its one visit", {
  folder = withr::local_tempfile()
  rows = numeric()
  notes = stage_callback("notes", function(stage, ctx) rows <<- c(rows, as.array(ctx$batch$.index)), "on_batch_end")
  checkpoint = t_clbk("checkpoint", path = folder, freq = "2 batches", keep_last = Inf)
  train_quietly(stoppable(list(notes, checkpoint), epochs = 1))
  before = rows[1:32]
  for (settings in list(list(batch_size = 8), list(batch_size = 48), list(shuffle = FALSE))) {
    rows = numeric()
    learner = stoppable(list(notes), epochs = 1, resume = list_checkpoints(folder)$file[[1L]])
    learner$param_set$set_values(.values = settings)
    train_quietly(learner)
    expect_equal(sort(c(before, rows)), 1:105)
  }
})

test_that("a schedule in a resumed run counts the batches of its sampler", {
  sampler = function(n) sample.int(n, sample(20:60, 1))
  schedule = list(t_clbk("lr_one_cycle", max_lr = 0.1))
  written = with_checkpoints(schedule, shuffle = FALSE, sampler = sampler, freq = "2 batches")
  expect_same_end(written, schedule, shuffle = FALSE, sampler = sampler)
})

test_that("verify_resume() shows that a run goes on with the same bits, and where it does not", {
  written = with_checkpoints()
  before = tools::md5sum(written$files$file)
  result = withr::with_seed(1, verify_resume(written$files$file[2L], stoppable(), tsk("iris")))
  expect_identical(result$part,
    c("weights", "optimizer", "run", "r_generator", "callback draws", "callback history"))
  expect_true(all(result$identical))
  expect_identical(tools::md5sum(written$files$file), before)
})

# The order of callbacks as if a checkpoint's weight did not count.
writer_in_between = function(callbacks, param_vals) {
  sets = set_names(map(callbacks, function(callback) callback$generate()), ids(callbacks))
  is_late = map_lgl(sets, function(set) is.infinite(set$weight)) & names(sets) != "verify_resume_writer"
  sets[order(is_late)]
}

test_that("verify_resume() finds a state that is not put back, and one that is not in the checkpoint", {
  written = with_checkpoints()
  verify = function(callback) {
    result = withr::with_seed(1, verify_resume(written$files$file[4L], stoppable(list(callback)), tsk("iris"), k = 4))
    result$part[!result$identical]
  }
  forgets = torch_callback("forgets", public = list(n = 0), on_batch_end = function() self$n = self$n + 1,
    state_dict = function() self$n, load_state_dict = function(state_dict) NULL)
  expect_identical(verify(forgets), "callback forgets")
  late = late_history()
  expect_identical(verify(late), character())
  rule = generate_callbacks
  withr::defer(utils::assignInNamespace("generate_callbacks", rule, "mlr3libtorch"))
  utils::assignInNamespace("generate_callbacks", writer_in_between, "mlr3libtorch")
  expect_identical(verify(late), "callback late")
  expect_error(verify_resume(written$folder, stoppable(), tsk("iris"), k = 1), "at least 2")
})

test_that("a checkpoint holds the state of callbacks that were given after it, and of those of the same weight", {
  folder = withr::local_tempfile()
  checkpoint = t_clbk("checkpoint", path = folder, keep_last = Inf)
  whole = train_quietly(small_learner(list(checkpoint, late_history()), epochs = 4))
  expect_equal(whole$model$callbacks$late, 1:4)
  for (file in list_checkpoints(folder)$file) {
    resumed = train_quietly(small_learner(late_history(), epochs = 4, resume = file))
    expect_equal(resumed$model$callbacks$late, 1:4)
  }
})
