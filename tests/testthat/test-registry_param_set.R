entry_of = function(...) {
  list(name = "thing", label = "Thing", arguments = list(...))
}

argument = function(name, type, ...) {
  insert_named(list(name = name, type = type, length = NULL, required = FALSE, default = NULL, doc = "", lower = -Inf,
    upper = Inf, choices = NULL), list(...))
}

test_that("each type of argument gets its kind of parameter, with default and bounds", {
  set = param_set_from_schema(entry_of(
    argument("lr", "float", default = 0.1, lower = 0),
    argument("steps", "int", required = TRUE, lower = 1),
    argument("nesterov", "bool", default = FALSE),
    argument("reduction", "str", default = "mean", choices = c("mean", "sum")),
    argument("betas", "float[]", default = c(0.9, 0.999), length = 2L, lower = 0, upper = 1),
    argument("class_weight", "float[]?")
  ))
  expect_equal(unname(set$class), c("ParamDbl", "ParamInt", "ParamLgl", "ParamFct", "ParamUty", "ParamUty"))
  expect_equal(set$lower[["lr"]], 0)
  expect_equal(set$default$betas, c(0.9, 0.999))
  expect_equal(set$tags$steps, c("train", "required"))
  expect_equal(set$tags$lr, "train")
  expect_equal(set$levels$reduction, c("mean", "sum"))
})

test_that("parameters of any type are checked by the argument's type", {
  set = param_set_from_schema(entry_of(
    argument("betas", "float[]", length = 2L, lower = 0, upper = 1, required = TRUE),
    argument("class_weight", "float[]?"),
    argument("sizes", "int[]", required = TRUE),
    argument("name", "str", required = TRUE)
  ))
  expect_true(set$check(list(betas = c(0.1, 0.2), class_weight = NULL, sizes = 1:3, name = "a")))
  expect_match(set$check(list(betas = 0.1)), "must be 2 numbers of at least 0 and at most 1, not 0.1", fixed = TRUE)
  expect_match(set$check(list(betas = c(0.1, 2))), "not 0.1,2", fixed = TRUE)
  expect_match(set$check(list(betas = c(0.1, NA))), "not 0.1,NA", fixed = TRUE)
  expect_match(set$check(list(sizes = 1.5)), "must be whole numbers, not 1.5")
  expect_match(set$check(list(name = 1)), "string")
  expect_match(set$check(list(class_weight = "a")), "must be numbers or NULL, not a")
})

test_that("every registered optimizer and loss has a parameter set with the core's defaults", {
  for (key in mlr3libtorch_optimizers$keys()) {
    expect_true("lr" %in% t_opt(key)$param_set$ids())
  }
  expect_equal(t_opt("adam")$param_set$default$lr, 1e-3)
  expect_equal(t_opt("adamw")$param_set$default$weight_decay, 0.01)
  expect_equal(t_opt("rmsprop")$param_set$default$lr, 0.01)
  expect_true("required" %in% t_opt("sgd")$param_set$tags$lr)
  for (key in mlr3libtorch_losses$keys()) {
    expect_equal(t_loss(key)$param_set$default$reduction, "mean")
  }
})

test_that("what a parameter accepts is said in words", {
  set = ps(a = p_dbl(0, 1), b = p_lgl(), c = p_fct(c("x", "y")), d = p_uty(), e = p_int(), f = p_dbl(upper = 2))
  expect_identical(parameter_expectation(set, "a"), "a number of at least 0 and at most 1")
  expect_identical(parameter_expectation(set, "b"), "TRUE or FALSE")
  expect_identical(parameter_expectation(set, "c"), "one of 'x', 'y'")
  expect_null(parameter_expectation(set, "d"))
  expect_identical(parameter_expectation(set, "e"), "a whole number")
  expect_identical(parameter_expectation(set, "f"), "a number of at most 2")
})

test_that("a bad value is told with the parameter, its bounds and what was given", {
  values = lrn("regr.mlp")$param_set
  expect_error(values$set_values(epochs = -1), "'epochs' must be a whole number of at least 0, not -1.", fixed = TRUE,
    class = "mlr3libtorch_error_parameter")
  expect_error(t_opt("adam", lr = -1), "optimizer 'adam': 'lr' must be a number of at least 0, not -1.", fixed = TRUE,
    class = "mlr3libtorch_error_parameter")
})

test_that("a learner's parameter set checks what is new, however it is set", {
  values = lrn("classif.mlp", epochs = 2, batch_size = 8)$param_set
  fails = function(...) expect_error(values$set_values(...), class = "mlr3libtorch_error_parameter")
  fails(epochs = -1)
  fails(batch_size = 0, epochs = 3)
  fails(.values = list(p = 2))
  expect_error({
    values$values = list(epochs = 2, epochs = 2)
  }, "unique")
  expect_error({
    values$values = list(epochs = NULL)
  }, "epochs")
  expect_equal(values$values[c("epochs", "batch_size", "p")], list(epochs = 2L, batch_size = 8L, p = 0.1))
  # a value is brought into its type, also when others stay as they are
  values$set_values(epochs = 3)
  expect_identical(values$values$epochs, 3L)
  values$values = insert_named(values$values, list(seed = NULL))
  expect_true("seed" %in% names(values$values))
})

test_that("tokens are found, and values without any are not looked through twice", {
  values = lrn("classif.mlp", epochs = 2, batch_size = 8)$param_set
  expect_equal(values$get_values(type = "only_token", check_required = FALSE), named_list())
  values$set_values(opt.lr = to_tune(1e-4, 1e-1))
  expect_names(names(values$get_values(type = "only_token", check_required = FALSE)), identical.to = "opt.lr")
  expect_true("epochs" %in% names(values$get_values(type = "without_token")))
  expect_error(lrn("classif.mlp")$param_set$get_values(type = "only_token"), "epochs")
})

test_that("objects of one kind do not share their values", {
  one = t_opt("adam", lr = 0.5)
  two = t_opt("adam")
  expect_null(two$param_set$values$lr)
  expect_equal(one$param_set$values$lr, 0.5)
  lrn("classif.mlp", p = 0.3, epochs = 7)
  expect_equal(lrn("classif.mlp")$param_set$values$p, 0.1)
  expect_null(lrn("classif.mlp")$param_set$values$epochs)
})

test_that("a whole number that R's integers cannot hold is refused", {
  learner = lrn("classif.mlp")
  expect_error(learner$param_set$set_values(epochs = 1e10), "at least 0 and at most 2147483647, not 1e\\+10",
    class = "mlr3libtorch_error_parameter")
  expect_identical(learner$param_set$upper[["batch_size"]], as.numeric(.Machine$integer.max))
})

test_that("a range for what is not one number says which type it needs", {
  expect_config_error(lrn("classif.mlp", neurons = paradox::to_tune(8, 32)), "parameter",
    "`to_tune(p_int(lower = 8, upper = 32))`")
  learner = lrn("classif.mlp", neurons = paradox::to_tune(paradox::p_int(8, 32)))
  expect_identical(learner$param_set$search_space()$upper[["neurons"]], 32)
})
