# The scripts in inst/examples end with stopifnot() on what they should have reached. Those of the demo are run by
# `make demo`, since they take longer and belong together.
scripts = setdiff(list.files(system.file("examples", package = "mlr3libtorch"), pattern = "\\.R$"),
  c("demo.R", "demo_reload.R"))

run_script = function(file) {
  withr::local_dir(withr::local_tempdir())
  withr::local_seed(1)
  threshold = lgr::get_logger("mlr3")$threshold
  withr::defer(lgr::get_logger("mlr3")$set_threshold(threshold))
  # as in a script's own process: it sees attached packages and nothing of the tests
  utils::capture.output(sys.source(file, envir = new.env(parent = globalenv())))
}

test_that("there are scripts, of a length that is read", {
  expect_gte(length(scripts), 10L)
  for (script in scripts) {
    lines = readLines(system.file("examples", script, package = "mlr3libtorch"))
    expect_match(lines[[1L]], "^# ", info = script)
    expect_lte(length(lines), 60L)
  }
})

for (script in scripts) {
  test_that(sprintf("%s runs and reaches what it says", script), {
    file = system.file("examples", script, package = "mlr3libtorch")
    expect_match(paste(readLines(file), collapse = "\n"), "stopifnot(", fixed = TRUE)
    expect_gte(length(expect_no_error(run_script(file))), 1L)
  })
}
