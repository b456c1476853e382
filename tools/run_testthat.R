# Runs the testthat tests of the installed package; writes the number of tests that passed and failed to the file given.
# A second argument names the file of tests to run, without it all are. TESTTHAT_CPUS processes share the files.
#
# testthat's own workers send each expectation to one process, with the calls that led to an expected error and all that
# these were given: 20 GB for this package. So each process here only returns its counts.

arguments = commandArgs(trailingOnly = TRUE)
counts_file = arguments[1]
files = sub("^test-(.*)[.]R$", "\\1", list.files("tests/testthat", "^test-.*[.]R$"))
if (length(arguments) > 1) files = intersect(files, arguments[2])
sizes = file.size(file.path("tests/testthat", sprintf("test-%s.R", files)))
files = files[order(sizes, decreasing = TRUE)]

run_files = function(files) {
  library(testthat)
  library(mlr3libtorch)
  for (logger in c("mlr3", "bbotk")) lgr::get_logger(logger)$set_threshold("warn")
  results = lapply(files, function(file) {
    cat(file, "\n")
    as.data.frame(test_dir("tests/testthat",
      filter = sprintf("^%s$", file), package = "mlr3libtorch", load_package = "installed", reporter = "check",
      stop_on_failure = FALSE
    ))[c("file", "test", "failed", "error", "skipped")]
  })
  do.call(rbind, results)
}

cpus = as.integer(Sys.getenv("TESTTHAT_CPUS", parallel::detectCores()))
processes = lapply(split(files, seq_along(files) %% cpus), function(share) {
  callr::r_bg(run_files, list(share), stdout = "", stderr = "", env = c(TESTTHAT_PARALLEL = "false"))
})
results = do.call(rbind, lapply(processes, function(process) {
  process$wait()
  process$get_result()
}))
failed = results$failed > 0 | results$error | results$skipped
if (any(failed)) {
  cat("Failed or skipped:\n", sprintf("  %s: %s\n", results$file[failed], results$test[failed]), sep = "")
}
writeLines(as.character(c(sum(!failed), sum(failed) + !length(files))), counts_file)
