# The fields of `condition` beside those of every condition.
extra_fields = function(condition) setdiff(names(condition), c("message", "call", "parent", "raw_message", ""))

expect_documented = function(condition, kind, fields = error_kinds[[kind]]$fields) {
  expect_s3_class(condition, paste0("mlr3libtorch_error_", kind))
  expect_setequal(extra_fields(condition), fields)
  for (field in fields) expect_false(is.null(condition[[field]]))
}

test_that("conditions have the fields that their help names", {
  provoke = function(code) tryCatch(code, error = identity)
  task = mlr3::tsk("iris")
  learner = mlr3::lrn("classif.mlp", epochs = 1, batch_size = 50)

  expect_documented(provoke(t_clbk("histroy")), "unknown_name", c("given", "known"))
  expect_documented(provoke(callback_set("CallbackSetA", on_edn = function() NULL)), "unknown_stage")
  expect_documented(provoke(learner$param_set$set_values(epoch = 1)), "unknown_parameter")
  expect_documented(provoke(learner$configure(batch_size = 0)), "parameter", "parameter")
  expect_documented(provoke(mlr3::lrn("classif.mlp", epochs = 1)$train(task)), "missing_parameter", "parameter")
  expect_documented(provoke(torch_load(tempfile())), "file", "path")
  expect_documented(provoke(torch_zeros(2)$nomr()), "unknown_operation")
  expect_documented(provoke(torch_zeros(2)$add(torch_zeros(3))), "tensor", c("operation", "schema"))

  learner$callbacks = torch_callback("fails", on_batch_end = function() stop("on purpose"))
  expect_documented(provoke(learner$train(task)), "callback")
})

test_that("fields from R and from C++ have the values that the message tells", {
  condition = expect_error(t_clbk("histroy"), class = "mlr3libtorch_error_unknown_name")
  expect_identical(condition$given, "histroy")
  expect_subset("history", condition$known)
  condition = expect_error(torch_load(tempfile("gone")), class = "mlr3libtorch_error_file")
  expect_match(condition$path, "gone", fixed = TRUE)
})

test_that("a kind that is not in the tables is an internal error that keeps the message", {
  for (signal in list(abort, warn)) {
    condition = tryCatch(signal("slow", "The words."), condition = identity)
    expect_s3_class(condition, "mlr3libtorch_error_internal")
    expect_match(conditionMessage(condition), "no kind 'slow'.*The words")
  }
  expect_error(raise_core_error("slow", "The words.", list()), class = "mlr3libtorch_error_internal")
})

test_that("errors of a run are those that a fallback learner may stand in for", {
  for (kind in names(error_kinds)) {
    condition = tryCatch(abort(kind, "no"), error = identity)
    expect_identical(inherits(condition, "Mlr3ErrorConfig"), !error_kinds[[kind]]$runtime)
  }
})

test_that("the help lists each kind with its class, meaning and fields", {
  text = document_kinds(list(mine = new_kind("It is wrong.", c("a", "b")), other = new_kind("It is late.")), "class_")
  expect_identical(text, "* `class_mine`: It is wrong. Fields: `a`, `b`.\n* `class_other`: It is late.")
})
