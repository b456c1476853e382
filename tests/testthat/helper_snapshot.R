# testthat writes errors into snapshots in another form in each of its versions; here they are text.

# A snapshot of what each of the calls in `code` prints and of the error that it ends with.
expect_error_snapshot = function(code) {
  code = substitute(code)
  calls = if (is.call(code) && identical(code[[1L]], quote(`{`))) as.list(code)[-1L] else list(code)
  frame = parent.frame()
  lines = unlist(lapply(calls, function(call) c(paste(">", deparse(call, width.cutoff = 80L)), answer_of(call, frame))))
  expect_snapshot(writeLines(lines))
}

# R's own errors have classes in newer versions.
error_class = function(condition) if (is_base_error(condition)) "simpleError" else class(condition)[[1L]]

answer_of = function(call, frame) {
  failed = NULL
  printed = utils::capture.output(tryCatch({
    value = withVisible(eval(call, frame))
    if (value$visible) print(value$value)
  }, error = function(condition) failed <<- condition))
  c(printed, if (!is.null(failed)) sprintf("Error <%s>: %s", error_class(failed), conditionMessage(failed)))
}
