# Runs the callback over epochs with these validation scores and returns what it printed, without times.
printed = function(context, set = t_clbk("progress", style = "epochs")$generate(),
  scores = list(context$last_scores_valid)) {
  without_times(capture.output(run_epochs(set, context, scores)))
}

without_times = function(lines) {
  lines = sub("  (under 1|[0-9]+) (s|min) left$", "  <left>", lines)
  lines = gsub("[0-9.]+ seconds", "<seconds>", gsub("\\([0-9: -]+\\)", "(<time>)", lines))
  gsub("(<1|[0-9.]+) m?s(?=$|[ :;])", "<time>", lines, perl = TRUE)
}

test_that("in the long form, an epoch has a header and a summary of its scores", {
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

test_that("the long form has no validation line without validation, and no summary without scores", {
  expect_identical(printed(fake_context(total_epochs = 1L)), c(
    "Epoch 1/1 started (<time>)",
    "Finished training for 1 epochs in <seconds>"
  ))
})

test_that("in the long form, an epoch that is not evaluated has no validation line and no summary", {
  context = fake_context(total_epochs = 5L, evaluated = FALSE, task_valid = TRUE, last_scores_train = list(a = 1))
  expect_false(any(grepl("Validation|Summary", printed(context))))
})

test_that("digits are significant digits", {
  context = fake_context(total_epochs = 1L, last_scores_train = list(a = 0.000123456))
  set = t_clbk("progress", digits = 4, style = "epochs")$generate()
  expect_subset(" * a = 0.0001235", printed(context, set))
})

line_context = function(..., losses = c(0.9, 0.51, 0.5)) {
  context = fake_context(measures_valid = list(msr("regr.rmse")), ...)
  # a field that is another number in each epoch
  makeActiveBinding("mean_loss_train", function() losses[[context$epoch]], context)
  context
}

line_set = function(...) t_clbk("progress", ...)$generate()

test_that("a line for each epoch has its losses and scores, and a star if it is the best so far", {
  scores = list(list(regr.rmse = 0.6), list(regr.rmse = 0.55), list(regr.rmse = 0.5512))
  expect_identical(printed(line_context(), line_set(), scores), c(
    "1/3  <time>  loss 0.90  valid rmse 0.60 *  <left>",
    "2/3  <time>  loss 0.51  valid rmse 0.55 *  <left>",
    "3/3  <time>  loss 0.50  valid rmse 0.551",
    "Trained all 3 epochs in <time>; best at epoch 2 (valid rmse 0.550)"
  ))
})

test_that("the star follows the direction of the first validation measure", {
  context = fake_context(measures_valid = list(msr("classif.acc"), msr("classif.ce")), last_scores_train = list())
  scores = map(c(0.5, 0.4, 0.7), function(acc) list(classif.acc = acc, classif.ce = 1 - acc))
  lines = printed(context, line_set(), scores)
  expect_identical(grepl("acc 0.[0-9]+ \\*", lines[1:3]), c(TRUE, FALSE, TRUE))
  expect_false(any(grepl("ce 0.[0-9]+ \\*", lines)))
  expect_match(lines[[4L]], "best at epoch 3 (valid acc 0.70)", fixed = TRUE)
})

test_that("a score that is not a number is never the best, and a measure without a direction has no star", {
  scores = list(list(regr.rmse = NaN), list(regr.rmse = 2), list(regr.rmse = NaN))
  lines = printed(line_context(), line_set(), scores)
  expect_identical(grepl("*", lines[1:3], fixed = TRUE), c(FALSE, TRUE, FALSE))
  undirected = msr("classif.acc")
  undirected$minimize = NA
  context = fake_context(measures_valid = list(undirected))
  expect_false(any(grepl("*", printed(context, line_set(), rep(list(list(classif.acc = 1)), 3)), fixed = TRUE)))
})

test_that("without measures the validation loss has the star", {
  context = fake_context(total_epochs = 1L, mean_loss_train = 1, mean_loss_valid = 2)
  expect_match(printed(context, line_set(), list(NULL))[[1L]], "loss 1.0  valid loss 2.0 *", fixed = TRUE)
})

test_that("numbers have the digits that show a change, at most five significant ones", {
  decimals = function(values) {
    kept = 0
    map_dbl(seq_along(values), function(i) {
      kept <<- needed_decimals(values[[i]], if (i > 1L) values[[i - 1L]], kept, 2)
      kept
    })
  }
  expect_identical(decimals(c(0.51, 0.5, 0.4996, 0.49955)), c(2, 2, 4, 5))
  expect_identical(decimals(c(1, 1 + 1e-9)), c(1, 4))
  expect_identical(decimals(c(123456, 123455)), c(0, 0))
  expect_identical(decimals(c(0, NaN, 0.031)), c(0, 0, 3))
  expect_identical(number_text(12345678, 0, 2), "1.23e+07")
  expect_identical(number_text(0.0000123, 7, 2), "1.23e-05")
  expect_identical(number_text(Inf, 2, 2), "Inf")
})

test_that("a long run prints about fifty lines, and always the first and the last", {
  expect_identical(map_dbl(c(1, 50, 51, 100, 250, 251, 1000, 12345), epochs_between_lines),
    c(1, 1, 2, 2, 5, 10, 20, 500))
  context = fake_context(total_epochs = 1003L, mean_loss_train = 1)
  lines = printed(context, line_set(), rep(list(NULL), 1003))
  epochs = as.integer(sub("/.*", "", lines[-length(lines)]))
  expect_identical(epochs, c(1L, seq(50L, 1000L, 50L), 1003L))
})

test_that("the last line of a run that is stopped is printed, whoever stops it and when", {
  learner = small_learner(list(t_clbk("progress"), torch_callback("halt", on_epoch_end = function() {
    if (self$ctx$epoch == 3) self$ctx$terminate = TRUE
  })), epochs = 1000, validate = NULL)
  lines = without_times(capture.output(train_quietly(learner)))
  expect_match(lines, "^ +(1|3)/1000|^Stopped after 3 of 1000 epochs in <time>: stopped by callback 'halt'$")
  expect_length(lines, 3L)
})

# A display that draws over its line, with what it wrote.
drawn = function(do) {
  display = ProgressLine$new(2L, dynamic = TRUE, silent = FALSE)
  withr::local_options(cli.width = 60)
  paste(capture.output(do(display)), collapse = "\n")
}

test_that("in a terminal a line is drawn over the one before, and ended once", {
  context = line_context(epoch = 1L, step = 2L, last_loss = 0.7)
  text = drawn(function(display) {
    display$begin(fake_context())
    display$epoch_begin(context)
    display$batch_end(context)
    display$epoch_end(context, NULL)
    context$epoch = 3L
    display$end(context, NULL, 1)
    display$close()
  })
  parts = strsplit(text, "\r", fixed = TRUE)[[1L]]
  expect_match(parts[[2L]], "^1/3  50%  loss 0.70")
  expect_match(parts[[3L]], "^1/3  .*loss 0.90")
  expect_identical(lengths(regmatches(text, gregexpr("\n", text))), 1L)
  expect_match(text, "\nTrained all 3 epochs in 1.0 s$")
})

test_that("a line is no longer than the terminal is wide, and covers what was there", {
  context = line_context(epoch = 1L, last_scores_valid = set_names(as.list(1:20), paste0("measure", 1:20)))
  text = drawn(function(display) {
    display$begin(fake_context())
    display$epoch_begin(context)
    display$epoch_end(context, NULL)
    get_private(display)$.draw("short")
  })
  parts = strsplit(text, "\r", fixed = TRUE)[[1L]]
  expect_identical(nchar(parts), c(0L, 59L, 59L))
})

with_bars = function() {
  set = CallbackSetProgress$new(style = "epochs")
  private = get_private(set)
  private$.display$bars = TRUE
  set
}

test_that("without something to draw R is not entered for a batch, and else a few times a second", {
  batch_stages = c("on_batch_end", "on_batch_valid_end")
  expect_disjunct(CallbackSetProgress$new()$stages, batch_stages)
  expect_disjunct(CallbackSetProgress$new(style = "epochs")$stages, batch_stages)
  expect_subset(batch_stages, with_bars()$stages)
  set = CallbackSetProgress$new()
  private = get_private(set)
  private$.display = ProgressLine$new(2L, dynamic = TRUE, silent = FALSE)
  expect_subset(batch_stages, set$stages)
  for (stage in batch_stages) {
    expect_identical(attr(get_private(set)$.stage_function(stage), "stage_filter"), list(unit = "second", n = 0.2))
  }
  expect_null(attr(get_private(set)$.stage_function("on_epoch_end"), "stage_filter"))
})

test_that("bars count batches and are gone after the run", {
  withr::local_options(cli.dynamic = TRUE, cli.progress_show_after = 3600)
  set = with_bars()
  set$ctx = fake_context(epoch = 1L)
  bar = function() get_private(get_private(set)$.display)$.bar
  capture.output({
    set$on_begin()
    set$on_epoch_begin()
    set$on_batch_end()
    expect_string(bar())
    for (i in 2:4) set$on_batch_end()
    set$on_exit()
  }, type = "output")
  expect_null(bar())
})

test_that("an option keeps every run quiet", {
  withr::local_options(mlr3libtorch.progress = FALSE)
  for (style in c("line", "epochs")) {
    expect_identical(printed(line_context(), line_set(style = style), list(list(regr.rmse = 1))), character())
  }
  withr::local_options(mlr3libtorch.progress = "no")
  expect_config_error(CallbackSetProgress$new(), "argument", "'mlr3libtorch.progress' must be TRUE or FALSE, not no")
})

test_that("progressr is told of each epoch", {
  messages = character()
  withCallingHandlers(
    progressr::with_progress(
      capture.output(run_epochs(CallbackSetProgress$new(), line_context(total_epochs = 2L), list(NULL, NULL))),
      handlers = progressr::handler_void(), enable = TRUE
    ),
    progression = function(condition) messages <<- c(messages, conditionMessage(condition))
  )
  expect_subset(c("epoch 1/2  loss 0.90", "epoch 2/2  loss 0.51"), messages)
})

test_that("a process without a terminal gets a line for each epoch and nothing that redraws", {
  output = withr::local_tempfile(fileext = c("out", "err"))
  timing = callr::r(function() {
    library("mlr3libtorch")
    lgr::get_logger("mlr3")$set_threshold("warn")
    learner = lrn("classif.mlp", epochs = 2, batch_size = 10, seed = 1, callbacks = t_clbk("progress"))
    learner$train(tsk("iris"))
    learner$model$timing
  }, stdout = output[1L], stderr = output[2L], env = quiet_environment())
  lines = readLines(output[1L])
  expect_match(lines, "^([12]/2  .*  loss [0-9.]+|Trained all 2 epochs)")
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
  expect_identical(sub("  .*", "", seen), c("epoch 1/3", "epoch 2/3", "epoch 3/3", "finish"))
})

test_that("a run that is interrupted says so, once, and its line is ended", {
  context = fake_context(epoch = 2L)
  set = line_set()
  set$ctx = context
  lines = capture.output(for (stage in c("on_begin", "on_stop", "on_exit")) set[[stage]]())
  expect_match(lines, "^Interrupted in epoch 2 of 3, after")
})

test_that("the state is the time of all runs together, and the best epoch", {
  set = CallbackSetProgress$new()
  best = list(epoch = 1L, score = 0.5, name = "valid rmse", is_new = FALSE)
  set$load_state_dict(list(elapsed = 100, best = best))
  expect_gte(set$state_dict()$elapsed, 100)
  lines = printed(line_context(epoch = 1L), set, list(list(regr.rmse = 0.6), list(regr.rmse = 0.4)))
  expect_identical(grepl("*", lines[1:2], fixed = TRUE), c(FALSE, TRUE))
  # of an earlier version
  expect_silent(set$load_state_dict(list(elapsed = 100)))
  expect_config_error(set$load_state_dict(list(1)), "state", "callback 'progress': the state must be a list")
})

test_that("arguments are checked", {
  expect_config_error(CallbackSetProgress$new(digits = 0), "invalid_callback", "'digits' must be a whole number")
  expect_config_error(CallbackSetProgress$new(style = "bar"), "invalid_callback",
    "'style' must be \"line\" or \"epochs\", not bar")
})

test_that("times are readable", {
  expect_identical(format_seconds(1.23), "1.2 seconds")
  expect_identical(format_seconds(90), "1.5 minutes")
  expect_identical(map_chr(c(0, 0.012, 0.4, 9.9, 42, 100, 600, 7200), duration_text),
    c("<1 ms", "12 ms", "0.4 s", "9.9 s", "42 s", "2 min", "10 min", "2.0 h"))
  expect_identical(map_chr(c(0.4, 1.9, 42, 200), left_text), c("under 1 s left", "1 s left", "42 s left", "3 min left"))
})
