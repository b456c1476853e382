test_that("a report has what the session runs with", {
  report = mlr3libtorch_sitrep()
  expect_identical(report$versions[["mlr3"]], format(packageVersion("mlr3")))
  expect_identical(report$threads$torch, torch_get_num_threads())
  expect_identical(report$threads$interop, torch_get_num_interop_threads())
  expect_identical(startsWith(report$libtorch$version, "1.13") || startsWith(report$libtorch$version, "2."), TRUE)
  expect_file_exists(report$libtorch$library)
  expect_subset("cpu", report$devices)
  expect_identical(sum(startsWith(report$devices, "cuda")), cuda_device_count())
  expect_choice(report$vector_units, c("AVX-512", "AVX2", "baseline"))
  expect_true(report$optional[["testthat"]])
})

test_that("the vector units are those that the processor names", {
  flags = grep("^flags", readLines("/proc/cpuinfo"), value = TRUE)[1L]
  has = function(flag) grepl(sprintf(" %s( |$)", flag), flags)
  expected = if (has("avx512f") && has("avx512vl") && has("avx512dq")) "AVX-512" else
    if (has("avx2") && has("fma")) "AVX2" else "baseline"
  expect_identical(mlr3libtorch_sitrep()$vector_units, expected)
})

# A report in which nothing is wrong, changed.
report_with = function(...) {
  report = list(
    libtorch = list(version = "2.6.0", built_for = "2.6.1", library = "/opt/libtorch/lib/libtorch_cpu.so",
      config = "USE_CUDA=OFF"),
    blas = list(library = "/usr/lib/libopenblas.so.0", is_reference = FALSE, processor = "Haswell",
      is_for_old_processor = FALSE),
    vector_units = "AVX2", threads = list(cores = 4L, torch = 1L, blas = 1L, interop = 1L), devices = "cpu",
    libraries = c(openmp = TRUE)
  )
  utils::modifyList(report, list(...))
}

test_that("every problem is found, and has a remedy", {
  withr::local_envvar(LIBTORCH_HOME = NA)
  found = function(...) session_problems(report_with(...))
  expect_identical(nrow(found()), 0L)
  one = function(pattern, remedy, ...) {
    problems = found(...)
    expect_identical(nrow(problems), 1L)
    expect_match(problems$problem, pattern, fixed = TRUE)
    expect_match(problems$remedy, remedy, fixed = TRUE)
  }
  one("reference BLAS ('/usr/lib/libblas.so.3')", "libopenblas-dev",
    blas = list(library = "/usr/lib/libblas.so.3", is_reference = TRUE))
  one("as on a 'Prescott', without AVX2", "OPENBLAS_CORETYPE=Haswell",
    blas = list(processor = "Prescott", is_for_old_processor = TRUE))
  one("compiled for LibTorch 2.6.1, but 2.5.0 was loaded", "Install the package again",
    libtorch = list(version = "2.5.0"))
  one("built for CUDA", "nvidia-smi", libtorch = list(config = "USE_CUDA=ON, USE_CUDNN=ON"))
  one("without OpenMP", "LIBTORCH_HOME", libraries = c(openmp = FALSE))
  one("8 threads on 4 cores", "torch_set_num_threads(4)", threads = list(torch = 8L))
  withr::with_envvar(list(LIBTORCH_HOME = "/opt/libtorch"), expect_identical(nrow(found()), 0L))
  withr::with_envvar(list(LIBTORCH_HOME = "/opt/other"), one("LIBTORCH_HOME is '/opt/other'", "or unset it"))
  withr::with_options(list(mlr3libtorch.progress = 3), one("'mlr3libtorch.progress' must be TRUE or FALSE, not 3.",
    "Set it by `options("))
})

test_that("a report is printed with its problems", {
  facts = list(versions = c(R = "4.5.0", mlr3 = "1.8.0"), platform = "Debian", compiler = "GCC 14",
    optional = c(ggplot2 = FALSE))
  report = structure(c(report_with(), facts), class = "mlr3libtorch_sitrep")
  report$problems = no_problems()
  expect_snapshot(print(report))
  report$problems = data.table(problem = "Something is slow.", remedy = "Make it fast.")
  expect_match(capture.output(print(report)), "Problem: Something is slow.", fixed = TRUE, all = FALSE)
  expect_match(capture.output(print(report)), "Remedy: Make it fast.", fixed = TRUE, all = FALSE)
})
