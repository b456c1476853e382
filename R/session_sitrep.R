#' @title What This Package Runs With
#'
#' @description
#' A report on this session: LibTorch and how it was found, the library of matrix products, threads, vector units,
#' devices, versions; and what is wrong, each problem with its remedy. For a first look when something is slow or does
#' not work, and for reports of bugs.
#'
#' @return An object of class `mlr3libtorch_sitrep` that can be printed, a list:
#'   * `versions` (named `character()`): of this package, R and the packages of mlr3,
#'   * `platform` (`character(1)`): the operating system,
#'   * `libtorch` (named `list()`): `version`, `built_for` (the version of the headers that this package was compiled
#'     with), `library` (the file), `config` (what it says of itself),
#'   * `compiler` (`character(1)`): of this package,
#'   * `blas` (named `list()`): `library` (the file), `is_reference`, `processor` (the one that OpenBLAS computes for)
#'     and `is_for_old_processor` (whether that lacks the vector units of the real one),
#'   * `vector_units` (`character(1)`): `"AVX-512"`, `"AVX2"`, or `"baseline"` if only those that each processor has,
#'   * `threads` (named `list()`): `cores`, and the threads of LibTorch and the BLAS now: `torch`, `blas`, `interop`; a
#'     learner sets its own number, its parameter `num_threads`,
#'   * `devices` (`character()`): those that the parameter `device` can name,
#'   * `libraries` (named `logical()`): with which LibTorch was built: `mkl`, `mkldnn`, `cudnn`, `openmp`,
#'   * `optional` (named `logical()`): packages that single functions need, and whether they are installed,
#'   * `problems` ([data.table::data.table()]): `problem`, `remedy`.
#' @seealso [mlr3libtorch_options]
#' @family Session
#' @export
#' @examples
#' mlr3libtorch_sitrep()
mlr3libtorch_sitrep = function() {
  machine = core_machine()
  backends = core_backends()
  threads = core_threads()
  report = list(
    versions = session_versions(),
    platform = utils::sessionInfo()$running %??% R.version$platform,
    libtorch = list(version = libtorch_version(machine), built_for = machine$built_for, library = machine$library,
      config = machine$config),
    compiler = machine$compiler,
    blas = core_blas(),
    vector_units = machine$vector_units,
    threads = list(cores = machine$cores, torch = threads[[1L]], blas = threads[[2L]],
      interop = backends$interop_threads),
    devices = available_devices(backends),
    libraries = unlist(backends[c("mkl", "mkldnn", "cudnn", "openmp")]),
    optional = optional_packages()
  )
  report$problems = session_problems(report)
  structure(report, class = "mlr3libtorch_sitrep")
}

session_versions = function() {
  packages = c("mlr3libtorch", "mlr3", "mlr3pipelines", "mlr3misc", "paradox", "R6", "Rcpp", "data.table")
  c(R = format(getRversion()), map_chr(set_names(packages), function(name) format(utils::packageVersion(name))))
}

# That of the library that was loaded; its headers' if it does not say.
libtorch_version = function(machine) {
  found = regmatches(machine$config, regexpr("TORCH_VERSION=[0-9.]+", machine$config))
  if (length(found)) sub(".*=", "", found) else machine$built_for
}

available_devices = function(backends) {
  c("cpu", sprintf("cuda:%i", seq_len(backends$cuda_devices) - 1L), if (backends$mps) "mps")
}

optional_packages = function() {
  suggested = utils::packageDescription("mlr3libtorch")$Suggests
  names = trimws(sub("[(].*", "", strsplit(suggested, ",")[[1L]]))
  map_lgl(set_names(names), function(name) nzchar(system.file(package = name)))
}

no_problems = function() data.table(problem = character(), remedy = character())

# What is wrong in a report, a row each.
session_problems = function(report) {
  new_problem = function(is_wrong, problem, remedy) if (is_wrong) list(problem = problem, remedy = remedy)
  torch = report$libtorch
  series = function(version) sub("^([0-9]+[.][0-9]+).*", "\\1", version)
  home = Sys.getenv("LIBTORCH_HOME")
  found = list(
    slow_blas(report$blas, report$vector_units),
    new_problem(series(torch$version) != series(torch$built_for),
      sprintf("The package was compiled for LibTorch %s, but %s was loaded.", torch$built_for, torch$version),
      "Install the package again, so that it is compiled for the LibTorch that is there."),
    new_problem(nzchar(home) && nzchar(torch$library) && !is_below(torch$library, home),
      sprintf("LIBTORCH_HOME is '%s', but LibTorch was loaded from '%s'.", home, torch$library),
      "Install the package again with LIBTORCH_HOME set, or unset it."),
    new_problem(report$vector_units == "baseline" && grepl("x86_64|amd64", R.version$arch),
      "The processor has neither AVX2 nor AVX-512, so that the loops of training are several times slower.",
      "Use another machine; in a virtual one, let it pass on the features of its host's processor."),
    new_problem(grepl("USE_CUDA=(ON|1)", torch$config) && !any(startsWith(report$devices, "cuda")),
      "LibTorch was built for CUDA, but finds no graphics card.",
      "See whether `nvidia-smi` lists the card, and whether the variable CUDA_VISIBLE_DEVICES hides it."),
    new_problem(!report$libraries[["openmp"]],
      "LibTorch was built without OpenMP, so that its operations use one thread, whatever `num_threads` is.",
      "Use a LibTorch with OpenMP, such as the one that pytorch.org offers, by LIBTORCH_HOME."),
    new_problem(report$threads$cores > 0L && report$threads$torch > report$threads$cores,
      sprintf("Operations on tensors use %i threads on %i cores, which wait for each other.", report$threads$torch,
        report$threads$cores), sprintf("Call `torch_set_num_threads(%i)`.", report$threads$cores))
  )
  rbindlist(c(list(no_problems()), discard(found, is.null), option_problems()))
}

is_below = function(file, folder) {
  startsWith(normalizePath(file, mustWork = FALSE), paste0(normalizePath(folder, mustWork = FALSE), "/"))
}

option_problems = function() {
  map(names(package_options), function(name) {
    problem = tryCatch({
      package_option(name)
      NULL
    }, mlr3libtorch_error = condition_text)
    if (!is.null(problem)) {
      parts = strsplit(problem, "; set it by ", fixed = TRUE)[[1L]]
      list(problem = paste0(parts[[1L]], "."), remedy = paste("Set it by", parts[[2L]]))
    }
  })
}

#' @export
print.mlr3libtorch_sitrep = function(x, ...) {
  torch = x$libtorch
  missing = names(x$optional)[!x$optional]
  lines = list(
    Versions = toString(sprintf("%s %s", names(x$versions), x$versions)),
    Platform = x$platform,
    LibTorch = sprintf("%s in %s", torch$version, if (nzchar(torch$library)) torch$library else "a file not known"),
    Compiler = x$compiler,
    BLAS = if (nzchar(x$blas$library)) x$blas$library else "a file not known",
    `Vector units` = x$vector_units,
    Threads = sprintf("LibTorch %i, BLAS %i, between operations %i, of %i cores", x$threads$torch, x$threads$blas,
      x$threads$interop, x$threads$cores),
    Devices = toString(x$devices),
    `Built with` = toString(names(x$libraries)[x$libraries]),
    `Not installed` = if (length(missing)) toString(missing) else "- (all optional packages are there)"
  )
  catn("<mlr3libtorch_sitrep>")
  walk(names(lines), function(name) catn(str_indent(sprintf("* %s:", name), lines[[name]])))
  if (!nrow(x$problems)) {
    catn("No problem was found.")
  }
  walk(seq_row(x$problems), function(i) {
    catn(str_indent("Problem:", x$problems$problem[[i]]))
    catn(str_indent("  Remedy:", x$problems$remedy[[i]]))
  })
  invisible(x)
}
