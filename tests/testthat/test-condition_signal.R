test_that("swapped, missing and wrong letters find the name that was meant", {
  stages = core_stages()$name
  expect_identical(suggest("on_btach_end", stages), "on_batch_end")
  expect_identical(suggest("on_epoch_ned", stages), "on_epoch_end")
  expect_identical(suggest("on_edn", stages), "on_end")
  expect_identical(suggest("on_begn", stages), "on_begin")
  expect_identical(suggest("On_Exit", stages), "on_exit")
  expect_identical(suggest("termiante", c("epoch", "terminate", "step")), "terminate")
})

test_that("a misspelt beginning finds the longer name", {
  lstm = c("input_size", "hidden_size", "num_layers", "bias", "batch_first", "dropout", "bidirectional", "proj_size")
  expect_identical(suggest("hiden", lstm), "hidden_size")
  expect_identical(suggest("hiddne", lstm), "hidden_size")
  expect_identical(suggest("bidirect", lstm), "bidirectional")
  expect_identical(suggest("lay", c("batch", "layer_norm")), "layer_norm")
  convolution = names(formals(nn_conv2d))
  expect_identical(suggest("kernl", convolution), "kernel_size")
  expect_identical(suggest("dilat", convolution), "dilation")
  expect_identical(suggest("weigth", c("lr", "weight_decay", "eps")), "weight_decay")
  expect_identical(suggest("momentm_d", c("lr", "momentum_decay", "eps")), "momentum_decay")
  # a whole name is nearer than a beginning
  expect_identical(suggest("epoch", c("on_epoch_begin", "epochs", "epoch_size")), "epochs")
})

test_that("what begins otherwise is not a beginning", {
  expect_null(suggest("size", c("input_size", "hidden_size")))
  expect_null(suggest("hi", "hidden_size"))
  expect_null(suggest("band", c("batch_normalisation", "beginning")))
  expect_null(suggest("banana", c("bias", "batch_first", "bidirectional_layers")))
  expect_null(suggest("kitchen", c("kernel_size", "in_channels")))
})

test_that("a name that resembles none gets no suggestion", {
  expect_null(suggest("banana", core_stages()$name))
  expect_null(suggest("", "a"))
  expect_null(suggest(NA_character_, "a"))
  expect_null(suggest("a", character()))
})

test_that("a swap of neighbours is one mistake", {
  expect_equal(edit_distance("edn", "end"), 1)
  expect_equal(edit_distance("", "end"), 3)
  expect_equal(edit_distance("end", "end"), 0)
  expect_equal(edit_distance("kitten", "sitting"), 3)
})

test_that("a message names what was meant, or the names there are if they are few", {
  expect_identical(
    with_suggestion("There is no stage 'on_edn'.", "on_edn", "on_end"),
    "There is no stage 'on_edn'; did you mean 'on_end'?"
  )
  expect_identical(
    with_suggestion("There is no stage 'x'.", "x", c("aaa", "bbb")),
    "There is no stage 'x'. Known are 'aaa', 'bbb'."
  )
  expect_identical(with_suggestion("There is no stage 'x'.", "x", sprintf("name_%02i", 1:30)), "There is no stage 'x'.")
})

test_that("configuration errors pass mlr3's fallback, errors of a run do not", {
  config = tryCatch(abort("unknown_stage", "no"), error = identity)
  expect_identical(class(config), c(
    "mlr3libtorch_error_unknown_stage", "mlr3libtorch_error_config", "mlr3libtorch_error",
    "Mlr3ErrorConfig", "Mlr3Error", "error", "condition"
  ))
  run = tryCatch(abort("callback", "no", fields = list(stage = "on_end"), parent = config), error = identity)
  expect_false(inherits(run, "Mlr3ErrorConfig"))
  expect_identical(run$stage, "on_end")
  expect_identical(run$parent, config)
})

test_that("warnings have a class", {
  warning = tryCatch(warn("stop", "no"), warning = identity)
  expect_s3_class(warning, "mlr3libtorch_warning_stop")
  expect_s3_class(warning, "mlr3libtorch_warning")
})

test_that("of names that are as near, that with other doubled letters was meant", {
  expect_identical(suggest("rellu", c("reglu", "relu")), "relu")
})

test_that("conditions have the fields that mlr3misc's have", {
  error = tryCatch(abort("tensor", "no"), error = identity)
  expect_identical(error$raw_message, "no")
  expect_match(format(error), "no", fixed = TRUE)
  warning = tryCatch(warn("stop", "no"), warning = identity)
  expect_identical(warning$raw_message, "no")
})

test_that("the words of any condition are one text that is not empty", {
  condition = function(message) structure(list(message = message, call = NULL), class = c("mine", "error", "condition"))
  expect_identical(condition_text(condition(c("a", "b"))), "a b")
  for (message in list(NULL, "", character(), " ")) {
    expect_identical(condition_text(condition(message)), "a condition of class 'mine' without a message")
  }
})
