test_that("t_clbk() gets callbacks, and sets parameters and fields", {
  callback = t_clbk("progress", digits = 3, label = "Bar", weight = 2, id = "bar")
  expect_identical(callback$param_set$values$digits, 3L)
  expect_identical(callback$label, "Bar")
  expect_identical(callback$weight, 2)
  expect_identical(callback$id, "bar")
  expect_identical(t_clbk(), mlr3libtorch_callbacks)
  expect_identical(t_clbks(), mlr3libtorch_callbacks)
})

test_that("a suffix makes an id of its own", {
  expect_identical(t_clbk("history_1")$id, "history_1")
  expect_named(t_clbks(c("history_1", "history_2")), c("history_1", "history_2"))
  expect_identical(t_clbk("history_1", id = "x")$id, "x")
})

test_that("unknown keys and settings are answered with the nearest name", {
  expect_config_error(t_clbk("histroy"), "unknown_name",
    "There is no callback with the key 'histroy'; did you mean 'history'?")
  expect_config_error(t_clbk("progress", digit = 3), "unknown_parameter",
    "The callback 'progress' has no parameter or field 'digit'; did you mean 'digits'?")
  expect_config_error(t_clbk(1), "invalid_callback", "the key must be a string")
  expect_config_error(t_clbk("progress", 3), "argument", "further arguments need unique names")
  expect_config_error(t_clbks(1), "invalid_callback", "'.keys' must be keys of callbacks")
})

test_that("a bad value names the callback, the parameter and what was wrong", {
  expect_config_error(t_clbk("progress", digits = 0), "parameter",
    "callback 'progress': 'digits' must be a whole number of at least 1, not 0.")
  expect_config_error(t_clbk("progress", digits = "a"), "parameter",
    "'digits' must be a whole number of at least 1, not \"a\"")
  expect_config_error(t_clbk("checkpoint", path = 1), "parameter", "callback 'checkpoint': path: must be the path")
  expect_config_error(t_clbk("checkpoint", path = function(x) "a"), "parameter", "a function without arguments")
  expect_config_error(t_clbk("checkpoint", path = "a", freq = 0), "parameter",
    "freq: must be a whole number of epochs, at least 1")
})

test_that("a parameter may be tuned", {
  callback = t_clbk("progress", digits = to_tune(1, 3))
  expect_class(callback$param_set$values$digits, "TuneToken")
})

test_that("t_clbks() names callbacks by id", {
  callbacks = t_clbks(c(a = "history", "progress"))
  expect_named(callbacks, c("a", "progress"))
  expect_identical(callbacks$a$id, "a")
})

test_that("the dictionary is a table of key, label, weight and packages", {
  table = as.data.table(mlr3libtorch_callbacks)
  expect_named(table, c("key", "label", "weight", "packages"))
  expect_subset(c("checkpoint", "history", "progress"), table$key)
  expect_identical(table[list("checkpoint"), ]$weight, Inf)
  expect_identical(table$packages[[1L]], "mlr3libtorch")
})

test_that("your own callbacks can be added", {
  mlr3libtorch_callbacks$add("mine", function() torch_callback("mine"))
  withr::defer(mlr3libtorch_callbacks$remove("mine"))
  expect_identical(t_clbk("mine_2")$id, "mine_2")
})

test_that("as_torch_callback() takes callbacks, classes and keys", {
  callback = t_clbk("history")
  expect_identical(as_torch_callback(callback), callback)
  expect_false(identical(as_torch_callback(callback, clone = TRUE), callback))
  expect_identical(as_torch_callback("progress", digits = 4)$param_set$values$digits, 4L)
  expect_identical(as_torch_callback(CallbackSetHistory)$id, "CallbackSetHistory")
  expect_identical(as_torch_callback(CallbackSetHistory, id = "h")$id, "h")
  expect_config_error(as_torch_callback(1), "invalid_callback", "expected a TorchCallback")
  expect_config_error(as_torch_callback(CallbackSetHistory$new()), "invalid_callback", "expected a TorchCallback")
})

test_that("as_torch_callbacks() makes a list with unique ids", {
  expect_identical(as_torch_callbacks(NULL), list())
  expect_identical(as_torch_callbacks(list()), list())
  expect_named(as_torch_callbacks(t_clbk("history")), "history")
  expect_named(as_torch_callbacks(c("history", "progress")), c("history", "progress"))
  expect_named(as_torch_callbacks(list(t_clbk("history"), "progress", CallbackSetCheckpoint)),
    c("history", "progress", "CallbackSetCheckpoint"))
  expect_named(as_torch_callbacks(CallbackSetHistory), "CallbackSetHistory")
  expect_config_error(as_torch_callbacks(list("history", "history")), "invalid_callback",
    "the ids must be unique, but 'history' occurs more than once")
})
