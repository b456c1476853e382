counter = function(...) {
  torch_callback("counter",
    initialize = function(start = 0, by) {
      self$count = start
      self$by = by
    },
    on_batch_end = function() self$count = self$count + self$by,
    state_dict = function() self$count,
    load_state_dict = function(state_dict) self$count = state_dict,
    ...
  )
}

test_that("torch_callback() wraps a class with names made from the id", {
  callback = counter()
  expect_s3_class(callback, "TorchCallback")
  expect_identical(callback$id, "counter")
  expect_identical(callback$label, "Counter")
  expect_identical(callback$generator$classname, "CallbackSetCounter")
  expect_identical(callback$packages, "mlr3libtorch")
  expect_null(callback$man)
})

test_that("each argument of initialize becomes a parameter of any type with tag train", {
  set = counter()$param_set
  expect_identical(set$ids(), c("start", "by"))
  expect_identical(unname(set$class), c("ParamUty", "ParamUty"))
  expect_identical(set$tags, list(start = "train", by = "train"))
  expect_identical(set$default, list(start = 0))
})

test_that("generate() makes fresh sets from the parameter values", {
  callback = counter()
  callback$param_set$set_values(start = 5, by = 2)
  set = callback$generate()
  set$on_batch_end()
  expect_identical(set$count, 7)
  expect_identical(callback$generate()$count, 5)
})

test_that("values are given as they are, not evaluated", {
  callback = torch_callback("quoting", initialize = function(x) self$x = x)
  callback$param_set$set_values(x = quote(a + b))
  expect_identical(callback$generate()$x, quote(a + b))
})

test_that("a parameter without a value or default is named", {
  expect_config_error(counter()$generate(), "missing_parameter", "callback 'counter': the parameter 'by' has no value")
  expect_config_error(t_clbk("checkpoint")$generate(), "missing_parameter", "the parameter 'path' has no value")
})

test_that("a parameter set may be given, if its parameters are arguments of the constructor", {
  callback = counter(param_set = ps(by = p_dbl(lower = 0, tags = "train")))
  expect_identical(callback$param_set$ids(), "by")
  expect_config_error(counter(param_set = ps(bye = p_dbl())), "invalid_callback",
    "the parameter 'bye' is not an argument of CallbackSetCounter's constructor; did you mean 'by'?")
  expect_config_error(counter(param_set = list()), "invalid_callback", "'param_set' must be a ParamSet")
})

test_that("additional arguments reach the constructor without being parameters", {
  generator = callback_set("CallbackSetA", initialize = function(x, y) {
    self$x = x
    self$y = y
  })
  callback = TorchCallback$new(generator, id = "a", additional_args = list(y = 2))
  expect_identical(callback$param_set$ids(), "x")
  callback$param_set$set_values(x = 1)
  expect_identical(callback$generate()$y, 2)
  expect_config_error(TorchCallback$new(generator, additional_args = list(z = 2)), "invalid_callback",
    "the additional argument 'z' is not an argument of")
  expect_config_error(TorchCallback$new(generator, additional_args = list(2)), "invalid_callback", "unique names")
})

test_that("the weight is the class's unless one is given", {
  expect_identical(counter()$weight, 0)
  expect_identical(counter(weight = 3)$weight, 3)
  expect_identical(t_clbk("checkpoint", path = "x")$weight, Inf)
  callback = counter(weight = 3)
  callback$weight = -1
  callback$param_set$set_values(by = 1)
  expect_identical(callback$generate()$weight, -1)
  expect_config_error(callback$weight <- NaN, "invalid_callback", "callback 'counter': 'weight' must be a number")
  generator = callback_set("CallbackSetA", weight = 5)
  expect_identical(TorchCallback$new(generator)$weight, 5)
  expect_identical(TorchCallback$new(generator, weight = 6)$generate()$weight, 6)
})

test_that("ids are valid R names, and early_stopping is reserved", {
  expect_config_error(torch_callback("my callback"), "invalid_callback", "the id must be a valid R name")
  expect_config_error(torch_callback("_a"), "invalid_callback", "the id must be a valid R name")
  expect_config_error(torch_callback("if"), "invalid_callback", "the id must be a valid R name")
  expect_config_error(torch_callback(NA_character_), "invalid_callback", "the id must be a valid R name")
  expect_config_error(torch_callback("early_stopping"), "invalid_callback", "the id 'early_stopping' is reserved")
  callback = counter()
  expect_config_error(callback$id <- "early_stopping", "invalid_callback", "the id 'early_stopping' is reserved")
  expect_config_error(TorchCallback$new(CallbackSetHistory, id = "early_stopping"), "invalid_callback", "is reserved")
})

test_that("a misspelled stage in a class written by hand is found when it is wrapped", {
  hand_written = R6::R6Class("CallbackSetHand", inherit = CallbackSet,
    public = list(on_bacth_end = function() NULL))
  expect_config_error(TorchCallback$new(hand_written), "unknown_stage",
    "CallbackSetHand: 'on_bacth_end' is not a stage; did you mean 'on_batch_end'?")
  expect_config_error(as_torch_callback(hand_written), "unknown_stage", "did you mean 'on_batch_end'?")
})

test_that("a misspelled stage in an inherited method is found, too", {
  parent = R6::R6Class("CallbackSetParent", inherit = CallbackSet, public = list(on_edn = function() NULL))
  child = R6::R6Class("CallbackSetChild", inherit = parent, public = list(on_end = function() NULL))
  expect_config_error(TorchCallback$new(child), "unknown_stage", "CallbackSetParent: 'on_edn' is not a stage")
})

test_that("the other rules hold for classes written by hand", {
  hand_written = function(...) R6::R6Class("CallbackSetHand", inherit = CallbackSet, public = list(...))
  expect_config_error(TorchCallback$new(hand_written(on_end = function(x) NULL)), "invalid_callback",
    "must not take arguments")
  expect_config_error(TorchCallback$new(hand_written(state_dict = function() NULL)), "invalid_callback",
    "'state_dict' is defined without 'load_state_dict'")
  expect_config_error(TorchCallback$new(hand_written(initialize = function(weight) NULL)), "invalid_callback",
    "the argument 'weight' of 'initialize' is reserved")
  expect_config_error(TorchCallback$new(hand_written(weight = NaN)), "invalid_callback", "'weight' must be a number")
  expect_config_error(TorchCallback$new(hand_written(ctx = NULL)), "invalid_callback", "the member 'ctx'")
  expect_config_error(TorchCallback$new(R6::R6Class("Other")), "invalid_callback", "does not inherit from CallbackSet")
  expect_config_error(TorchCallback$new(1), "invalid_callback", "expected an R6 class")
})

test_that("what a constructor adds is checked when a set is generated", {
  misspelled = torch_callback("a", initialize = function() self$on_edn = function() NULL)
  expect_config_error(misspelled$generate(), "unknown_stage", "'on_edn' is not a stage; did you mean 'on_end'?")
  arguments = torch_callback("a", initialize = function() self$on_end = function(x) NULL)
  expect_config_error(arguments$generate(), "invalid_callback", "must not take arguments")
  weight = torch_callback("a", initialize = function() self$weight = NaN)
  expect_config_error(weight$generate(), "invalid_callback", "'weight' must be a number")
  added = torch_callback("a", initialize = function() self$on_end = function() 1)
  expect_identical(added$generate()$stages, "on_end")
})

test_that("a deep clone has parameters of its own", {
  callback = counter()
  copy = callback$clone(deep = TRUE)
  copy$param_set$set_values(by = 3)
  copy$id = "other"
  expect_identical(callback$param_set$values, set_names(list(), character()))
  expect_identical(callback$id, "counter")
})

test_that("phash ignores parameter values and sees everything else", {
  callback = counter()
  other = counter()
  other$param_set$set_values(by = 1)
  expect_identical(callback$phash, other$phash)
  expect_identical(callback$phash, callback$clone(deep = TRUE)$phash)
  other$id = "b"
  expect_false(callback$phash == other$phash)
  expect_false(callback$phash == counter(weight = 1)$phash)
  other_code = torch_callback("counter", on_batch_end = function() 2)
  expect_false(torch_callback("counter", on_batch_end = function() 1)$phash == other_code$phash)
  expect_config_error(callback$phash <- "a", "read_only", "'phash' is read-only")
})

test_that("a callback prints itself and survives saving", {
  callback = counter(packages = "stats", weight = 2)
  expect_identical(capture.output(print(callback)), c(
    "<TorchCallback:counter> Counter",
    "* Generator: CallbackSetCounter",
    "* Parameters: list()",
    "* Packages: mlr3libtorch, stats",
    "* Weight: 2",
    "* Stages: on_batch_end"
  ))
  restored = unserialize(serialize(callback, NULL))
  expect_identical(restored$phash, callback$phash)
  restored$param_set$set_values(by = 1)
  expect_identical(restored$generate()$stages, "on_batch_end")
})

test_that("a class is found where the classes it inherits from are not", {
  frame = new.env()
  frame$Parent = R6::R6Class("CallbackSetParent", inherit = CallbackSet, parent_env = frame,
    public = list(on_end = function() NULL))
  frame$Child = R6::R6Class("CallbackSetChild", inherit = Parent, parent_env = frame)
  callback = TorchCallback$new(frame$Child)
  rm(list = ls(frame), envir = frame)
  expect_identical(callback$generate()$stages, "on_end")
})

test_that("generator and parameter set are read-only", {
  callback = counter()
  expect_config_error(callback$generator <- CallbackSet, "read_only", "callback 'counter': the field 'generator'")
  expect_config_error(callback$param_set <- ps(), "read_only", "callback 'counter': the field 'param_set'")
  callback$param_set$values$by = 3
  expect_identical(callback$param_set$values, list(by = 3))
  callback$man = "mlr3libtorch::CallbackSet"
  expect_identical(callback$man, "mlr3libtorch::CallbackSet")
})

test_that("help() answers without a page, and other fields are checked", {
  expect_message(counter()$help(), "No help available")
  expect_config_error(counter(packages = 1), "invalid_callback", "'packages' must be names of packages")
  expect_config_error(counter(label = 1), "invalid_callback", "'label' must be a string")
  expect_config_error(counter(man = 1), "invalid_callback", "'man' must be a string")
})

test_that("a package that is not installed is named when a set is generated", {
  callback = torch_callback("a", packages = "no.such.package")
  expect_error(callback$generate(), "no.such.package", class = "packageNotFoundError")
})
