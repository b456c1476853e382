# Runs the testthat tests of the installed package; writes the number of tests that passed and failed to the file given.
# A second argument names the file of tests to run, without it all are.

arguments = commandArgs(trailingOnly = TRUE)
file = arguments[1]
filter = if (length(arguments) > 1) sprintf("^%s$", arguments[2])
library(testthat)
library(mlr3libtorch)
for (logger in c("mlr3", "bbotk")) lgr::get_logger(logger)$set_threshold("warn")

results = as.data.frame(test_dir(
  "tests/testthat",
  filter = filter,
  package = "mlr3libtorch", load_package = "installed", reporter = "check", stop_on_failure = FALSE
))
failed = results$failed > 0 | results$error | results$skipped
if (any(failed)) {
  cat("Failed or skipped:\n", sprintf("  %s: %s\n", results$file[failed], results$test[failed]), sep = "")
}
writeLines(as.character(c(sum(!failed), sum(failed) + (nrow(results) == 0))), file)
