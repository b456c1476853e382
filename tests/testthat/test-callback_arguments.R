# Nonsense for every parameter of every built-in callback.

nonsense = list(`another type` = new.env(), `a list` = list(1, "a"), text = "nonsense", `NA` = NA, `NaN` = NaN,
  `Inf` = Inf, `-Inf` = -Inf, negative = -3, vector = c(1, 2, 3), nothing = numeric())

# What is none for these: text as a path, Inf as "all of them", "no limit" or the maximum norm.
makes_sense = list(
  text = c("checkpoint.path", "csv_logger.path", "jsonl_logger.path", "tb.path"),
  `Inf` = c("checkpoint.keep_last", "checkpoint.keep_best", "clip_grad_norm.max_norm", "clip_grad_norm.norm_type",
    "clip_grad_value.clip_value", "time_limit.seconds")
)

# A run with the callback whose parameter has that value; the error, or NULL.
given = function(key, parameter, value) {
  arguments = built_in_arguments(key)
  arguments[parameter] = list(value)
  tryCatch({
    callback = invoke(t_clbk, key, .args = arguments)
    callback$generate()
    train_quietly(small_learner(callback, epochs = 1))
    NULL
  }, error = identity)
}

test_that("every callback has the arguments that it needs", {
  for (key in mlr3libtorch_callbacks$keys()) {
    absent = setdiff(t_clbk(key)$param_set$ids(tags = "required"), names(built_in_arguments(key)))
    expect_identical(absent, character(), info = sprintf("Add them for '%s' to built_in_arguments() in %s.", key,
      "helper_callbacks.R"))
  }
})

test_that("an error names the callback, the argument, what it may be and what was given", {
  for (key in mlr3libtorch_callbacks$keys()) {
    for (parameter in t_clbk(key)$param_set$ids()) {
      for (kind in names(nonsense)) {
        place = paste(key, parameter, sep = ".")
        if (place %in% makes_sense[[kind]]) next
        cond = given(key, parameter, nonsense[[kind]])
        label = sprintf("%s = %s", place, kind)
        is_refused = inherits(cond, "mlr3libtorch_error") && inherits(cond, "Mlr3ErrorConfig")
        expect(is_refused, sprintf("%s: %s. Refuse it with a message; if it makes sense, add it to makes_sense.", label,
          if (is.null(cond)) "no error" else conditionMessage(cond)))
        if (!is_refused) next
        message = conditionMessage(cond)
        expect_match(message, key, fixed = TRUE, label = label)
        expect_match(message, sprintf("\\b%s\\b", parameter), label = label)
        expect_match(message, "([Mm]ust|needs) ", label = label)
        expect_match(message, "not |given|but ", label = label)
      }
    }
  }
})

test_that("what makes sense is taken", {
  withr::local_dir(withr::local_tempdir())
  for (kind in names(makes_sense)) {
    for (place in makes_sense[[kind]]) {
      parts = strsplit(place, ".", fixed = TRUE)[[1L]]
      expect_null(given(parts[[1L]], parts[[2L]], nonsense[[kind]]), label = sprintf("%s = %s", place, kind))
      unlink("nonsense", recursive = TRUE)
    }
  }
})
