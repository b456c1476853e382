# Runs every suite and ends with the line `N passed, N failed`: Catch2's cases, testthat's tests, the checks, the lint.
# A suite that does not build, crashes or says nothing counts as one failure; so does a skipped test.
# Arguments name the suites to run, without them all are. The counts are kept in build/test_counts.csv.

library_path = "build/library"
build_path = "build/core"
jobs = Sys.getenv("MLR3LIBTORCH_JOBS", "2")
minutes = function(n) 60 * n

title = function(text) cat("\n==", text, strrep("=", max(0, 76 - nchar(text))), "\n")

# Runs a program with its output shown; TRUE if it ended well.
run = function(program, args, env = character(), timeout = minutes(30)) {
  status = system2(program, shQuote(args), env = env, timeout = timeout)
  if (status != 0) cat(sprintf("%s ended with status %s\n", program, status))
  status == 0
}

counts = function(passed, failed) c(passed = passed, failed = failed)
could_not_run = counts(0, 1)

# A suite that runs in an R process of its own leaves its counts in a file; no file means that it crashed.
run_r_suite = function(script) {
  file = tempfile("counts")
  env = c(
    sprintf("R_LIBS=%s", shQuote(paste(c(normalizePath(library_path), Sys.getenv("R_LIBS")), collapse = ":"))),
    "NOT_CRAN=true"
  )
  finished = run(file.path(R.home("bin"), "Rscript"), c(script, file), env)
  if (!file.exists(file)) {
    return(could_not_run)
  }
  result = as.numeric(readLines(file))
  counts(result[1], result[2] + !finished)
}

build_core_and_tests = function() {
  title("building the core and its tests")
  env = c("MLR3LIBTORCH_CMAKE_ARGS=-DMLR3LIBTORCH_TESTS=ON", paste0("MLR3LIBTORCH_JOBS=", jobs))
  run("./configure", character(), env) &&
    run("cmake", c("--build", build_path, "--target", "core_tests", "-j", jobs))
}

# How many cases Catch2 says, in any of its ways, have `word`: "passed" or "failed".
cases = function(summary, word) {
  number = sub(sprintf(".*[^0-9]([0-9]+) %s.*", word), "\\1", summary)
  if (number == summary) 0 else as.numeric(number)
}

run_catch2 = function() {
  title("Catch2")
  log = tempfile("catch2")
  program = file.path(build_path, "tests/cpp/core_tests")
  status = system2(program, stdout = log, stderr = log, timeout = minutes(10))
  lines = readLines(log)
  all_passed = grep("^All tests passed", lines, value = TRUE)
  if (status == 0 && length(all_passed) == 1L) {
    cat(all_passed, sep = "\n")
    return(counts(as.numeric(sub(".* in ([0-9]+) test cases?.*", "\\1", all_passed)), 0))
  }
  cat(lines, sep = "\n")
  summary = grep("^test cases:", lines, value = TRUE)
  # a program that fails although no case did has ended badly
  if (length(summary) == 1L) counts(cases(summary, "passed"), max(1, cases(summary, "failed"))) else could_not_run
}

install_package = function() {
  title("installing the package into a library of its own")
  dir.create(library_path, recursive = TRUE, showWarnings = FALSE)
  env = c(paste0("MAKEFLAGS=-j", jobs), paste0("MLR3LIBTORCH_JOBS=", jobs))
  run(file.path(R.home("bin"), "R"), c("CMD", "INSTALL", "-l", library_path, "."), env)
}

catch2 = function() if (build_core_and_tests()) run_catch2() else could_not_run

testthat = function() {
  if (!install_package()) {
    return(could_not_run)
  }
  title("testthat")
  run_r_suite("tools/run_testthat.R")
}

checks = function() {
  title("checks")
  run_r_suite("tests/checks/run.R")
}

lint = function() {
  title("lint")
  if (run("tools/lint", character())) counts(1, 0) else could_not_run
}

suites = list(catch2 = catch2, testthat = testthat, checks = checks, lint = lint)
chosen = commandArgs(trailingOnly = TRUE)
if (!length(chosen)) chosen = names(suites)
unknown = setdiff(chosen, names(suites))
if (length(unknown)) stop(sprintf("There is no suite '%s'; there are %s.", unknown[1], toString(names(suites))))
results = lapply(suites[chosen], function(run_suite) run_suite())

title("all suites")
for (suite in names(results)) {
  cat(sprintf("%-10s %5g passed %5g failed\n", suite, results[[suite]]["passed"], results[[suite]]["failed"]))
}
dir.create("build", showWarnings = FALSE)
write.csv(data.frame(suite = chosen, do.call(rbind, results)), "build/test_counts.csv", row.names = FALSE)
total = Reduce(`+`, results)
cat(sprintf("\n%g passed, %g failed\n", total["passed"], total["failed"]))
quit(status = if (total["failed"] == 0 && total["passed"] > 0) 0L else 1L)
