expect_finding = function(code, finding) {
  stage = as.function(list(code))
  condition = expect_warning(torch_callback("x", on_batch_end = stage), class = "mlr3libtorch_warning_unknown_field")
  expect_match(conditionMessage(condition), finding, fixed = TRUE)
}

expect_no_finding = function(code) {
  stage = as.function(list(code))
  expect_no_warning(torch_callback("x", on_batch_end = stage))
}

expect_no_warning = function(object) {
  expect_warning(object, NA)
}

test_that("an unknown field that is written or read is a warning that names the nearest", {
  expect_finding(quote(self$ctx$termiante <- TRUE),
    "CallbackSetX: 'on_batch_end' writes 'ctx$termiante', which does not exist; did you mean 'terminate'?")
  expect_finding(quote(print(self$ctx$epcoh)),
    "'on_batch_end' reads 'ctx$epcoh', which does not exist; did you mean 'epoch'?")
  expect_finding(quote(if (self$ctx$banana > 1) 1 else 2), "'on_batch_end' reads 'ctx$banana', which does not exist.")
})

test_that("a literal of a wrong type is a warning", {
  expect_finding(quote(self$ctx$terminate <- "yes"), "sets 'ctx$terminate' to \"yes\", but it must be TRUE or FALSE.")
  expect_finding(quote(self$ctx$stop_epoch <- NULL), "sets 'ctx$stop_epoch' to NULL, but it must be TRUE or FALSE.")
  expect_finding(quote(self$ctx$total_epochs <- -1), "to -1, but it must be a whole number of at least 0.")
  expect_finding(quote(self$ctx$batch <- 1), "it must be a list with the elements 'x', 'y' and '.index'.")
})

test_that("writing a read-only field is a warning", {
  expect_finding(quote(self$ctx$epoch <- 3), "'on_batch_end' writes 'ctx$epoch', which is read-only.")
})

test_that("other ways to write the same are seen", {
  expect_finding(quote(self$ctx[["epcoh"]]), "'ctx$epcoh'")
  expect_finding(quote(self[["ctx"]]$epcoh), "'ctx$epcoh'")
  expect_finding(quote({
    ctx = self$ctx
    ctx$epcoh
  }), "'ctx$epcoh'")
  expect_finding(quote(lapply(1:3, function(i) self$ctx$epcoh)), "'ctx$epcoh'")
  expect_finding(quote(x <<- self$ctx$epcoh), "'ctx$epcoh'")
})

test_that("right code gets no warning", {
  expect_no_finding(quote({
    self$ctx$terminate = self$ctx$last_loss < 1 || FALSE
    self$ctx$optimizer$param_groups[[1]]$lr = 0.1
    self$ctx$network$parameters[["0.weight"]]$mul_(2)
    self$ctx$batch$x = NULL
    self$ctx$total_epochs = 20
    self$history$epcoh = x[, 1]
    print(self$ctx)
    self$ctx$print()
    self$ctx[[name]]
  }))
})

test_that("a variable that is not always the context is left alone", {
  expect_no_finding(quote({
    ctx = self$ctx
    ctx = list(a = 1)
    ctx$a
  }))
  expect_no_finding(quote({
    ctx = self$ctx
    lapply(list(), function(ctx) ctx$a)
  }))
})

test_that("helper methods are looked at, and a class is looked at once", {
  expect_warning(generator <- callback_set("CallbackSetX", public = list(help_me = function() self$ctx$epcoh)),
    class = "mlr3libtorch_warning_unknown_field")
  expect_no_warning(TorchCallback$new(generator))
})

test_that("a class written by hand is looked at when it is wrapped", {
  hand_written = R6::R6Class("CallbackSetHand", inherit = CallbackSet,
    public = list(on_end = function() self$ctx$epcoh))
  expect_warning(TorchCallback$new(hand_written), class = "mlr3libtorch_warning_unknown_field")
})

test_that("the callbacks of the package use the context rightly", {
  generators = list(CallbackSetHistory, CallbackSetProgress, CallbackSetCheckpoint, CallbackSetEarlyStopping,
    CallbackSetNative)
  expect_null(unlist(map(generators, level_findings)))
})
