# The rooms of R/, as docs/architecture.md and CONTRIBUTING.md name them.

prefixes = local({
  rows = grep("^\\| `[a-z]+_\\*\\.R` \\|", readLines("docs/architecture.md"), value = TRUE)
  sub("^\\| `([a-z]+)_.*", "\\1", rows)
})

check("every R file carries the prefix of its room, and every room has files", {
  files = setdiff(basename(r_files), c("zzz.R", "mlr3libtorch-package.R"))
  own = sub("_.*", "", files)
  c(
    Filter(function(file) dirname(file) != "R", r_files),
    sprintf("%s: no room has this prefix", files[!own %in% prefixes]),
    sprintf("no file of the room '%s'", setdiff(prefixes, own))
  )
})

check("zzz.R has hooks only", {
  setdiff(definitions("R/zzz.R"), c(".onLoad", ".onAttach", ".onUnload"))
})

# Which files each R file needs: where the names that it uses are defined.
needed_files = local({
  defined = lapply(r_files, definitions)
  home = setNames(rep(r_files, lengths(defined)), unlist(defined))
  needed = lapply(r_files, function(file) setdiff(unique(home[intersect(names_in_code(file), names(home))]), file))
  setNames(needed, r_files)
})

check("no name is defined twice in R/", {
  defined = unlist(lapply(r_files, definitions))
  unique(defined[duplicated(defined)])
})

# All of them are loaded for every test file, so the later one would be used.
check("no name is defined twice in the helpers of the tests", {
  defined = unlist(lapply(list.files("tests/testthat", "^helper.*[.]R$", full.names = TRUE), definitions))
  unique(defined[duplicated(defined)])
})

check("no R file needs itself through others", {
  reachable = function(file) {
    seen = character()
    waiting = needed_files[[file]]
    while (length(waiting)) {
      seen = c(seen, waiting[[1]])
      waiting = setdiff(c(waiting[-1], needed_files[[waiting[[1]]]]), seen)
    }
    seen
  }
  Filter(function(file) file %in% reachable(file), r_files)
})

check("a test file is named for an R file, or for the room whose behaviour it tests", {
  tested = sub("^test-(.*)\\.R$", "\\1", basename(repository_files("tests/testthat", "/test-[^/]*\\.R$")))
  tested[!sub("_.*", "", tested) %in% c(prefixes, "border")]
})

# Files and folders in backticks, with what stands for any name as a pattern; `R/`, `tests/` and so on begin a place.
check("the places that the documents name are there", {
  pages = c("docs/architecture.md", "docs/border.md", "CONTRIBUTING.md", repository_files("docs/decisions", "\\.md$"))
  unlist(lapply(pages, function(page) {
    text = paste(readLines(page), collapse = "\n")
    places = unlist(regmatches(text, gregexpr("`(R|src|tests|tools|bench|docs|inst|vignettes)/[^` ]*`", text)))
    places = unique(gsub("`|\\(.*$", "", places))
    patterns = gsub("<[a-z]+>|\\{[a-z, ]+\\}", "*", places)
    absent = places[!vapply(patterns, function(pattern) length(Sys.glob(pattern)) > 0, NA)]
    if (length(absent)) sprintf("%s: %s", page, absent)
  }))
})
