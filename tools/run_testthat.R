# Runs the testthat tests of the installed package; writes the number of tests that passed and failed to the file given.
# A second argument names the file of tests to run, without it all are.

arguments = commandArgs(trailingOnly = TRUE)
file = arguments[1]
files = sub("^test-(.*)[.]R$", "\\1", list.files("tests/testthat", "^test-.*[.]R$"))
if (length(arguments) > 1) files = intersect(files, arguments[2])
library(testthat)
library(mlr3libtorch)
for (logger in c("mlr3", "bbotk")) lgr::get_logger(logger)$set_threshold("warn")

# What a test tells carries the calls that led to its errors, with all that they were given: kept for all tests, it
# takes 20 GB. So only the counts are kept, and files are run a few dozen at a time.
run_files = function(files) {
  results = as.data.frame(test_dir("tests/testthat",
    filter = sprintf("^(%s)$", paste(files, collapse = "|")), package = "mlr3libtorch", load_package = "installed",
    reporter = "check", stop_on_failure = FALSE
  ))
  results[c("file", "test", "failed", "error", "skipped")]
}

results = do.call(rbind, lapply(split(files, ceiling(seq_along(files) / 40)), run_files))
failed = results$failed > 0 | results$error | results$skipped
if (any(failed)) {
  cat("Failed or skipped:\n", sprintf("  %s: %s\n", results$file[failed], results$test[failed]), sep = "")
}
writeLines(as.character(c(sum(!failed), sum(failed) + !length(files))), file)
