test_that("a set knows its stages, prints itself and has no state", {
  set = callback_set("CallbackSetA", on_begin = function() 1, on_valid_end = function() 2)$new()
  expect_s3_class(set, c("CallbackSetA", "CallbackSet", "R6"), exact = TRUE)
  expect_identical(set$stages, c("on_begin", "on_valid_end"))
  expect_identical(set$weight, 0)
  expect_null(set$ctx)
  expect_null(set$state_dict())
  expect_identical(capture.output(print(set)),
    c("<CallbackSetA>", "* Stages: on_begin, on_valid_end", "* Weight: 0"))
})

test_that("stages are read-only", {
  set = CallbackSet$new()
  expect_config_error(set$stages <- "on_begin", "read_only", "the field 'stages' is read-only")
})

test_that("a misspelled stage is refused as an argument, naming the nearest stage", {
  expect_config_error(callback_set("CallbackSetA", on_btach_end = function() NULL), "unknown_stage",
    "callback_set(): 'on_btach_end' is not a stage; did you mean 'on_batch_end'?")
  expect_config_error(torch_callback("a", on_btach_end = function() NULL), "unknown_stage",
    "torch_callback(): 'on_btach_end' is not a stage; did you mean 'on_batch_end'?")
})

test_that("it is found however the function is called", {
  pass_on = function(...) torch_callback("a", ...)
  expect_config_error(pass_on(on_btach_end = function() NULL), "unknown_stage", "torch_callback(): 'on_btach_end'")
  expect_config_error(do.call(torch_callback, list("a", on_btach_end = identity)), "unknown_stage",
    "torch_callback(): 'on_btach_end'")
  expect_identical(pass_on(on_end = function() NULL)$generate()$stages, "on_end")
})

test_that("an abbreviated stage is not completed in silence", {
  expect_config_error(callback_set("CallbackSetA", on_valid = function() NULL), "unknown_stage", "'on_valid_end'?")
})

test_that("a misspelled stage is refused in public, private and active", {
  expect_config_error(callback_set("CallbackSetA", public = list(on_edn = function() NULL)), "unknown_stage",
    "CallbackSetA: 'on_edn' is not a stage; did you mean 'on_end'?")
  expect_config_error(callback_set("CallbackSetA", private = list(on_edn = function() NULL)), "unknown_stage",
    "did you mean 'on_end'?")
  expect_config_error(callback_set("CallbackSetA", active = list(on_edn = function() NULL)), "unknown_stage",
    "did you mean 'on_end'?")
})

test_that("other unknown arguments are refused too", {
  expect_config_error(callback_set("CallbackSetA", inhert = CallbackSet), "unknown_argument",
    "has no argument 'inhert'; did you mean 'inherit'?")
  expect_config_error(do.call(callback_set, c("CallbackSetA", rep(list(NULL), 25L))), "unknown_argument",
    "too many arguments")
})

test_that("a stage in private is refused, because it would never be called", {
  expect_config_error(callback_set("CallbackSetA", private = list(on_end = function() NULL)), "invalid_callback",
    "the stage 'on_end' is private or active and would never be called")
})

test_that("classname starts with CallbackSet", {
  expect_config_error(callback_set("MyCallback"), "invalid_callback", "a string that starts with 'CallbackSet'")
  expect_config_error(callback_set(1), "invalid_callback", "a string that starts with 'CallbackSet'")
})

test_that("stage functions are functions without arguments", {
  expect_config_error(callback_set("CallbackSetA", on_end = function(ctx) NULL), "invalid_callback",
    "the stage function 'on_end' must not take arguments, but has 'ctx'")
  expect_config_error(callback_set("CallbackSetA", on_end = function(...) NULL), "invalid_callback", "has '...'")
  expect_config_error(callback_set("CallbackSetA", on_end = 1), "invalid_callback", "must be a function")
})

test_that("a state needs both functions, with the right arguments", {
  nothing = function() NULL
  load = function(state_dict) NULL
  expect_config_error(callback_set("CallbackSetA", state_dict = nothing), "invalid_callback",
    "'state_dict' is defined without 'load_state_dict'")
  expect_config_error(callback_set("CallbackSetA", load_state_dict = load), "invalid_callback",
    "'load_state_dict' is defined without 'state_dict'")
  expect_config_error(callback_set("CallbackSetA", state_dict = load, load_state_dict = load), "invalid_callback",
    "'state_dict' must be a function without arguments")
  expect_config_error(callback_set("CallbackSetA", state_dict = nothing, load_state_dict = function(x) NULL),
    "invalid_callback", "exactly one argument, 'state_dict'")
  expect_config_error(callback_set("CallbackSetA", state_dict = 1, load_state_dict = load), "invalid_callback",
    "'state_dict' must be a function")
})

test_that("public names are unique and no stages", {
  expect_config_error(callback_set("CallbackSetA", public = list(a = 1, a = 2)), "invalid_callback",
    "the names in 'public' must be unique; 'a' occurs more than once")
  expect_config_error(callback_set("CallbackSetA", public = list(on_end = function() NULL)), "invalid_callback",
    "'on_end' has an argument of its own")
  expect_config_error(callback_set("CallbackSetA", public = list(1)), "invalid_callback", "each element has a name")
})

test_that("ctx, stages and weight are reserved", {
  expect_config_error(callback_set("CallbackSetA", public = list(ctx = 1)), "invalid_callback",
    "the member 'ctx' belongs to CallbackSet")
  expect_config_error(callback_set("CallbackSetA", active = list(stages = function() 1)), "invalid_callback",
    "the member 'stages' belongs to CallbackSet")
  for (name in c("ctx", "weight")) {
    initialize = as.function(set_names(list(1, NULL), c(name, "")))
    expect_config_error(callback_set("CallbackSetA", initialize = initialize), "invalid_callback",
      sprintf("the argument '%s' of 'initialize' is reserved", name))
  }
})

test_that("a weight may be infinite, but must be a number", {
  expect_identical(callback_set("CallbackSetA", weight = Inf)$new()$weight, Inf)
  expect_config_error(callback_set("CallbackSetA", weight = NaN), "invalid_callback", "NaN and NA are not")
  expect_config_error(callback_set("CallbackSetA", weight = NA_real_), "invalid_callback", "NaN and NA are not")
  expect_config_error(callback_set("CallbackSetA", weight = "high"), "invalid_callback", "'weight' must be a number")
})

test_that("inherit must be a class of callbacks", {
  expect_config_error(callback_set("CallbackSetA", inherit = 1), "invalid_callback", "inherits from CallbackSet")
  expect_config_error(callback_set("CallbackSetA", inherit = R6::R6Class("Other")), "invalid_callback",
    "the class Other does not inherit from CallbackSet")
  parent = callback_set("CallbackSetParent", on_begin = function() NULL, weight = 3)
  child = callback_set("CallbackSetChild", on_end = function() NULL, inherit = parent)$new()
  expect_identical(child$stages, c("on_begin", "on_end"))
  expect_identical(child$weight, 3)
})

test_that("functions see where they were written", {
  make = function() {
    secret = 42
    callback_set("CallbackSetA", public = list(reveal = function() secret))
  }
  expect_identical(make()$new()$reveal(), 42)
})

test_that("fields are open unless lock_objects is TRUE", {
  open = callback_set("CallbackSetA")$new()
  open$x = 1
  expect_identical(open$x, 1)
  locked = callback_set("CallbackSetA", lock_objects = TRUE)$new()
  expect_error(locked$x <- 1, "cannot add")
  expect_config_error(callback_set("CallbackSetA", lock_objects = NA), "invalid_callback", "'lock_objects'")
})

test_that("a set cannot be cloned while it has a context", {
  set = callback_set("CallbackSetA", public = list(x = 1))$new()
  set$ctx = fake_context()
  expect_config_error(set$clone(), "context", "cannot be cloned while its 'ctx' is set")
  expect_config_error(set$clone(deep = TRUE), "context", "cannot be cloned while its 'ctx' is set")
  set$ctx = NULL
  copy = set$clone(deep = TRUE)
  copy$x = 2
  expect_identical(c(set$x, copy$x), c(1, 2))
  copy$ctx = fake_context()
  expect_error(copy$clone(), class = "mlr3libtorch_error_context")
})

test_that("the guard against cloning holds for classes written by hand, whatever their constructor", {
  hand_written = R6::R6Class("CallbackSetHand", inherit = CallbackSet, lock_objects = TRUE,
    public = list(initialize = function() NULL))
  set = hand_written$new()
  set$ctx = fake_context()
  set$ctx = fake_context()
  expect_error(set$clone(), class = "mlr3libtorch_error_context")
  set$ctx = NULL
  expect_s3_class(set$clone(), "CallbackSetHand")
})

test_that("active members are functions", {
  expect_error(callback_set("CallbackSetA", active = list(x = 1)), "'active' must be a list of functions",
    class = "mlr3libtorch_error_invalid_callback")
})
