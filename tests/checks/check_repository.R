# What holds for every file.

written_files = repository_files(".", paste0(
  "\\.(R|Rmd|cpp|h|hpp|md|cmake|txt|sh|py|yml|yaml)$|",
  "(^|/)(configure|cleanup|Makefile|run|setup|lint|DESCRIPTION)$"
))

check("no code file is longer than 500 lines", {
  code = grep("\\.(R|cpp|h|py|sh)$", written_files, value = TRUE)
  code = code[!grepl("RcppExports", code)]
  lines = vapply(code, function(file) length(readLines(file, warn = FALSE)), integer(1))
  sprintf("%s: %d lines", code, lines)[lines > 500]
})

check("no file names a place on somebody's machine", {
  # Put together from parts, so that this file does not find itself.
  places = sprintf("/(%s)/", paste(c("home/[a-z]+", "root", "work", "Users/[a-z]+"), collapse = "|"))
  unlist(lapply(written_files, function(file) {
    hits = grep(places, readLines(file, warn = FALSE), value = TRUE)
    hits = hits[!grepl("places = sprintf", hits, fixed = TRUE)]
    if (length(hits)) sprintf("%s: %s", file, trimws(hits))
  }))
})

check("no file names a package registry's host", {
  hosts = paste0(
    c("cran\\.r", "cloud\\.r", "deb\\.deb", "packagemanager\\.", "py", "registry\\.", "conda\\."),
    c("-project", "-project", "ian", "(rstudio|posit)", "pi\\.org", "npmjs", "anaconda")
  )
  unlist(lapply(written_files, function(file) {
    hits = grep(paste(hosts, collapse = "|"), readLines(file, warn = FALSE), value = TRUE)
    if (length(hits)) sprintf("%s: %s", file, trimws(hits))
  }))
})

check("NEWS.md tells about the version in DESCRIPTION", {
  version = read.dcf("DESCRIPTION", "Version")[1]
  if (!any(grepl(version, readLines("NEWS.md"), fixed = TRUE))) paste("nothing about", version)
})

check("every vignette has its title in the index, and its name in the README", {
  readme = readLines("README.md", warn = FALSE)
  unlist(lapply(list.files("vignettes", "\\.Rmd$", full.names = TRUE), function(file) {
    text = readLines(file, warn = FALSE)
    entry = sprintf("\\VignetteIndexEntry{%s}", sub("^title: \"(.*)\"$", "\\1", text[2]))
    name = sub("\\.Rmd$", "", basename(file))
    c(
      if (!any(grepl(entry, text, fixed = TRUE))) sprintf("%s: it has no %s", file, entry),
      if (!any(grepl(sprintf("\\b%s\\b", name), readme))) sprintf("%s: the README does not name it", file)
    )
  }))
})

check("the code has no marks of unfinished work", {
  marks = paste(c("TO", "FIX", "X"), c("DO", "ME", "XX"), sep = "", collapse = "|")
  unlist(lapply(grep("\\.(R|cpp|h|py)$", written_files, value = TRUE), function(file) {
    hits = grep(sprintf("\\b(%s)\\b", marks), readLines(file, warn = FALSE), value = TRUE)
    if (length(hits)) sprintf("%s: %s", file, trimws(hits))
  }))
})

check("no test is switched off and no lint is silenced", {
  unlist(lapply(repository_files(".", "^(tests|R)/.*\\.(R|cpp|h)$"), function(file) {
    pattern = paste0(c("\\bskip(_[a-z_]+)?", "expect_true\\(TRUE", "# no"), c("\\(", "\\)", "lint"))
    pattern = paste(pattern, collapse = "|")
    hits = grep(pattern, readLines(file, warn = FALSE), value = TRUE)
    hits = hits[!grepl("pattern = paste0(", hits, fixed = TRUE)]
    if (length(hits)) sprintf("%s: %s", file, trimws(hits))
  }))
})

check("each C++ export has its current R side", {
  copy = file.path(tempfile("attributes"), "mlr3libtorch")
  dir.create(file.path(copy, "src"), recursive = TRUE)
  dir.create(file.path(copy, "R"))
  file.copy(c("DESCRIPTION", "NAMESPACE"), copy)
  file.copy(glue_files, file.path(copy, "src"))
  Rcpp::compileAttributes(copy)
  same = function(path) identical(readLines(path), readLines(file.path(copy, path)))
  sprintf("%s is old: make document", Filter(Negate(same), c("R/RcppExports.R", "src/RcppExports.cpp")))
})

check("everything exported has a help page", {
  # other versions of LibTorch have other operations
  namespace = loadNamespace("mlr3libtorch")
  exported = Filter(function(name) !inherits(namespace[[name]], "torch_operation"), getNamespaceExports(namespace))
  pages = unlist(lapply(list.files("man", "\\.Rd$", full.names = TRUE), readLines, warn = FALSE))
  aliases = gsub("^\\\\alias\\{|\\}$", "", grep("^\\\\alias\\{", pages, value = TRUE))
  setdiff(exported, gsub("\\%", "%", aliases, fixed = TRUE))
})

check("everything exported has an @export in its file", {
  exported = grep("^(export|S3method)\\(", readLines("NAMESPACE"), value = TRUE)
  # What @evalNamespace exports is made when the package is loaded, so no file defines it.
  lines = unlist(lapply(r_files, readLines))
  made_at_load = function(line) {
    name = sub("^export\\((.*)\\)$", "\\1", line)
    startsWith(line, "export") && !any(startsWith(lines, paste(name, "="))) &&
      !sprintf("#' @rawNamespace %s", line) %in% lines
  }
  if (any(grepl("^#' @evalNamespace", lines))) exported = Filter(Negate(made_at_load), exported)
  # @rawNamespace writes its line as it stands.
  tag = "^#' @(export|rawNamespace (export|S3method)\\()"
  tags = sum(vapply(r_files, function(file) sum(grepl(tag, readLines(file))), integer(1)))
  if (tags != length(exported)) {
    sprintf("%d @export tags and %d lines in NAMESPACE: make document", tags, length(exported))
  }
})
