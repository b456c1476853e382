# Writes docs/torch_names.md and docs/mlr3torch_names.md: which names of the packages torch and mlr3torch exist here,
# and why the others do not. The lists of their names, and the reasons, are in tools/torch_names/; what exists here is
# read from NAMESPACE and the help pages.

names_folder = file.path("tools", "torch_names")

# What can be called: exports, and what export patterns find among the names that have a help page.
own_names = function() {
  namespace = readLines("NAMESPACE")
  exports = gsub("[`\"]", "", sub("^export\\((.*)\\)$", "\\1", grep("^export\\(", namespace, value = TRUE)))
  patterns = sub("^exportPattern\\(\"(.*)\"\\)$", "\\1", grep("^exportPattern\\(", namespace, value = TRUE))
  pages = unlist(lapply(list.files("man", "\\.Rd$", full.names = TRUE), readLines, warn = FALSE))
  topics = gsub("^\\\\alias\\{|\\}$", "", grep("^\\\\alias\\{", pages, value = TRUE))
  matched = Filter(function(topic) any(vapply(patterns, grepl, NA, topic)), topics)
  unique(c(exports, gsub("\\%", "%", matched, fixed = TRUE)))
}

# For each name the first reason whose pattern it matches; NA if there is none.
reasons_of = function(names, package) {
  reasons = utils::read.csv(file.path(names_folder, "reasons.csv"), stringsAsFactors = FALSE)
  reasons = reasons[reasons$package == package, ]
  first = vapply(names, function(name) {
    which(vapply(reasons$pattern, function(pattern) grepl(sprintf("^(%s)$", pattern), name), NA))[1L]
  }, integer(1L))
  reasons$reason[first]
}

code_list = function(names) paste(sprintf("`%s`", names), collapse = ", ")

names_page = function(package, own = own_names()) {
  theirs = readLines(file.path(names_folder, paste0(package, ".txt")))
  missing = setdiff(theirs, own)
  reasons = reasons_of(missing, package)
  groups = split(missing, factor(reasons, unique(reasons)))
  families = split(intersect(theirs, own), sub("_.*", "", intersect(theirs, own)))
  few = lengths(families) < 3L
  families = c(families[!few], if (any(few)) list(others = unlist(families[few], use.names = FALSE)))
  c(
    sprintf("# Names of the package %s", package), "",
    "<!-- written by tools/torch_names.R -->", "",
    sprintf("%s has %d exported names; %d of them exist here, %d do not.", package, length(theirs),
      length(theirs) - length(missing), length(missing)), "",
    "## What is missing, and why", "",
    "| names | reason |", "|---|---|",
    sprintf("| %s | %s |", vapply(groups, code_list, ""), names(groups)), "",
    "## What exists", "",
    unlist(unname(Map(function(names, family) {
      c(sprintf("`%s` (%d): %s", family, length(names), code_list(names)), "")
    }, families, names(families))))
  )
}

# What an old page, or a name that nobody has given a reason for, looks like to tests/checks/check_names.R.
names_findings = function() {
  own = own_names()
  unlist(lapply(c("torch", "mlr3torch"), function(package) {
    missing = setdiff(readLines(file.path(names_folder, paste0(package, ".txt"))), own)
    unexplained = missing[is.na(reasons_of(missing, package))]
    page = file.path("docs", paste0(package, "_names.md"))
    is_old = !file.exists(page) || !identical(readLines(page), names_page(package, own))
    c(
      sprintf("%s: %s is missing; say why in tools/torch_names/reasons.csv", package, unexplained),
      if (is_old) sprintf("%s is old: Rscript tools/torch_names.R", page)
    )
  }))
}

if (sys.nframe() == 0L) {
  for (package in c("torch", "mlr3torch")) {
    writeLines(names_page(package), file.path("docs", paste0(package, "_names.md")))
  }
}
