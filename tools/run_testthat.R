# Runs the testthat tests of the installed package; writes the number of tests that passed and failed to the file given.

file = commandArgs(trailingOnly = TRUE)[1]
library(testthat)
library(mlr3libtorch)
for (logger in c("mlr3", "bbotk")) lgr::get_logger(logger)$set_threshold("warn")

results = as.data.frame(test_dir(
  "tests/testthat",
  package = "mlr3libtorch", load_package = "installed", reporter = "check", stop_on_failure = FALSE
))
failed = results$failed > 0 | results$error | results$skipped
if (any(failed)) {
  cat("Failed or skipped:\n", sprintf("  %s: %s\n", results$file[failed], results$test[failed]), sep = "")
}
slowest = head(results[order(-results$real), ], 10)
cat("The slowest:\n", sprintf("  %5.1f s  %s: %s\n", slowest$real, slowest$file, slowest$test), sep = "")
writeLines(as.character(c(sum(!failed), sum(failed) + (nrow(results) == 0))), file)
