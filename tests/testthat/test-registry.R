test_that("every registered thing describes itself completely", {
  for (kind in c("optimizer", "loss", "operation", "callback")) {
    entries = core_registry(kind)
    expect_gt(length(entries), 0L)
    for (name in names(entries)) {
      entry = entries[[name]]
      where = sprintf("%s '%s'", kind, name)
      expect_identical(entry$name, name, info = where)
      expect_true(nzchar(entry$label) && nzchar(entry$doc), info = where)
      expect_type(entry$tags, "character")
      for (argument in entry$arguments) {
        expect_named(argument, c("name", "type", "length", "required", "default", "doc", "lower", "upper", "choices"),
          info = where)
        expect_true(nzchar(argument$doc), info = sprintf("%s, argument '%s'", where, argument$name))
        expect_true(argument$lower <= argument$upper, info = where)
        expect_true(is.null(argument$default) || !argument$required, info = where)
      }
    }
  }
})

test_that("defaults and types are those of the schema", {
  adam = core_registry("optimizer")$adam$arguments
  expect_identical(adam$lr$type, "float")
  expect_identical(adam$lr$default, 0.001)
  expect_identical(adam$betas$type, "float[]")
  expect_identical(adam$betas$length, 2L)
  expect_identical(adam$betas$default, c(0.9, 0.999))
  expect_identical(adam$amsgrad$default, FALSE)
  sgd = core_registry("optimizer")$sgd$arguments
  expect_true(sgd$lr$required)
  expect_null(sgd$lr$default)
})

test_that("a kind that there is not is refused with the nearest", {
  expect_error(core_registry("optimiser"), "did you mean 'optimizer'", class = "mlr3libtorch_error_unknown_name")
  expect_error(core_registry(NULL), class = "mlr3libtorch_error_argument")
})
