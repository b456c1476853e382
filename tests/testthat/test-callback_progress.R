# Runs the callback over one epoch and returns what it printed, without times.
printed = function(context, set = t_clbk("progress")$generate()) {
  lines = capture.output(run_epochs(set, context, list(context$last_scores_valid)))
  gsub("[0-9.]+ seconds", "<seconds>", gsub("\\([0-9: -]+\\)", "(<time>)", lines))
}

test_that("an epoch has a header and a summary of its scores", {
  context = fake_context(total_epochs = 1L, task_valid = TRUE, last_scores_train = list(a = 0.12345),
    last_scores_valid = list(a = 1 / 3, b = 123))
  expect_identical(printed(context), c(
    "Epoch 1/1 started (<time>)",
    "Validation for epoch 1 started (<time>)",
    "",
    "[Summary epoch 1]",
    "-----------------",
    "Measures (Train):",
    " * a = 0.12",
    "Measures (Valid):",
    " * a = 0.33",
    " * b = 123",
    "Finished training for 1 epochs in <seconds>"
  ))
})

test_that("there is no validation line without validation, and no summary without scores", {
  expect_identical(printed(fake_context(total_epochs = 1L)), c(
    "Epoch 1/1 started (<time>)",
    "Finished training for 1 epochs in <seconds>"
  ))
})

test_that("an epoch that is not evaluated has no validation line and no summary", {
  context = fake_context(total_epochs = 5L, evaluated = FALSE, task_valid = TRUE, last_scores_train = list(a = 1))
  expect_false(any(grepl("Validation|Summary", printed(context))))
})

test_that("digits are significant digits", {
  context = fake_context(total_epochs = 1L, last_scores_train = list(a = 0.000123456))
  set = t_clbk("progress", digits = 4)$generate()
  expect_subset(" * a = 0.0001235", printed(context, set))
})

with_bars = function() {
  set = CallbackSetProgress$new()
  private = get_private(set)
  private$.bars = TRUE
  set
}

test_that("without bars R is not entered for a batch", {
  batch_stages = c("on_batch_end", "on_batch_valid_end")
  expect_disjunct(CallbackSetProgress$new()$stages, batch_stages)
  expect_subset(batch_stages, with_bars()$stages)
})

test_that("bars count batches and are gone after the run", {
  withr::local_options(cli.dynamic = TRUE, cli.progress_show_after = 3600)
  set = with_bars()
  set$ctx = fake_context(epoch = 1L)
  capture.output({
    set$on_begin()
    set$on_epoch_begin()
    set$on_batch_end()
    expect_string(get_private(set)$.bar)
    for (i in 2:4) set$on_batch_end()
    set$on_exit()
  }, type = "output")
  expect_null(get_private(set)$.bar)
})

test_that("progressr is told of each epoch", {
  messages = character()
  withCallingHandlers(
    progressr::with_progress(
      capture.output(run_epochs(CallbackSetProgress$new(), fake_context(total_epochs = 2L), list(NULL, NULL))),
      handlers = progressr::handler_void(), enable = TRUE
    ),
    progression = function(condition) messages <<- c(messages, conditionMessage(condition))
  )
  expect_subset(c("epoch 1/2", "epoch 2/2"), messages)
})

test_that("a process without a terminal gets a line for each epoch and no bars", {
  output = withr::local_tempfile(fileext = c("out", "err"))
  timing = callr::r(function() {
    library("mlr3libtorch")
    lgr::get_logger("mlr3")$set_threshold("warn")
    learner = lrn("classif.mlp", epochs = 2, batch_size = 10, seed = 1, callbacks = t_clbk("progress"))
    learner$train(tsk("iris"))
    learner$model$timing
  }, stdout = output[1L], stderr = output[2L])
  lines = readLines(output[1L])
  expect_match(lines, "^(Epoch [12]/2 started|Finished training for 2 epochs)")
  expect_length(lines, 3L)
  expect_false("on_batch_end" %in% timing$stage)
  expect_false(any(grepl("[\r\033%]", c(lines, readLines(output[2L])))))
})

test_that("a handler of progressr gets each epoch of a run, and its end", {
  seen = character()
  handler = progressr::make_progression_handler("test", interval = 0, enable = TRUE, reporter = list(
    update = function(config, state, progression, ...) seen <<- c(seen, state$message),
    finish = function(...) seen <<- c(seen, "finish")))
  learner = small_learner(t_clbk("progress"), epochs = 3, validate = NULL)
  capture.output(progressr::with_progress(train_quietly(learner), handlers = handler, enable = TRUE))
  expect_identical(seen, c("epoch 1/3", "epoch 2/3", "epoch 3/3", "finish"))
})

test_that("the state is the time of all runs together", {
  set = CallbackSetProgress$new()
  set$load_state_dict(list(elapsed = 100))
  expect_gte(set$state_dict()$elapsed, 100)
  expect_config_error(set$load_state_dict(list(1)), "state", "callback 'progress': the state must be a list")
  expect_config_error(CallbackSetProgress$new(digits = 0), "invalid_callback", "'digits' must be a whole number")
})

test_that("times are readable", {
  expect_identical(format_seconds(1.23), "1.2 seconds")
  expect_identical(format_seconds(90), "1.5 minutes")
})
