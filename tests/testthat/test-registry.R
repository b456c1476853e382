test_that("every registered thing describes itself completely", {
  for (kind in c("optimizer", "loss", "operation", "callback")) {
    entries = core_registry(kind)
    expect_gt(length(entries), 0L)
    for (name in names(entries)) {
      entry = entries[[name]]
      where = sprintf("%s '%s'", kind, name)
      expect_identical(entry$name, name, info = where)
      missing = c("label", "doc")[!nzchar(c(entry$label, entry$doc))]
      expect_identical(missing, character(), info = paste(where, "needs them in its registration in src/core/"))
      expect_type(entry$tags, "character")
      for (argument in entry$arguments) {
        expect_named(argument, c("name", "type", "length", "required", "default", "doc", "lower", "upper", "choices"),
          info = where)
        expect_true(nzchar(argument$doc), info = sprintf("%s: describe '%s' in its registration in src/core/", where,
          argument$name))
        expect_true(argument$lower <= argument$upper, info = where)
        expect_true(is.null(argument$default) || !argument$required, info = where)
      }
    }
  }
})

test_that("an argument has the bounds that others of its kind and name have", {
  for (kind in c("optimizer", "loss", "callback")) {
    arguments = unlist(map(unname(core_registry(kind)), function(entry) {
      map(unname(entry$arguments), function(argument) c(argument, list(of = entry$name)))
    }), recursive = FALSE)
    for (group in split(arguments, map_chr(arguments, "name"))) {
      bounds = map_chr(group, function(argument) sprintf("from %g to %g", argument$lower, argument$upper))
      expect(length(unique(bounds)) == 1L, sprintf("Argument '%s' has other bounds in the registration of:\n%s",
        group[[1L]]$name, paste0(map_chr(group, "of"), ": ", bounds, collapse = "\n")))
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
