# Runs the checks that hold the rules of this repository; writes how many held and how many did not to the file given.
#
# A check is a sentence and an expression that returns what speaks against it, one string for each finding.

root = normalizePath(".")
checks_folder = file.path("tests", "checks")
outcome = c(passed = 0, failed = 0)

check = function(sentence, findings) {
  findings = tryCatch(
    as.character(unlist(findings)),
    error = function(condition) paste("the check itself failed:", conditionMessage(condition))
  )
  if (length(findings)) {
    cat("FAILED:", sentence, "\n", paste0("    ", head(findings, 20), "\n"), sep = " ")
    outcome["failed"] <<- outcome["failed"] + 1
  } else {
    cat("ok:", sentence, "\n")
    outcome["passed"] <<- outcome["passed"] + 1
  }
}

# The files that belong to the repository (in a tarball without git: all files), relative to its root.
repository_files = function(under = ".", pattern = NULL) {
  files = suppressWarnings(system2(
    "git", c("ls-files", "--cached", "--others", "--exclude-standard", shQuote(under)),
    stdout = TRUE, stderr = FALSE
  ))
  if (!is.null(attr(files, "status"))) files = list.files(under, recursive = TRUE, full.names = under != ".")
  files = files[file.exists(files)]
  if (is.null(pattern)) files else files[grepl(pattern, files)]
}

# Comments out, strings emptied, line numbers kept: what is left is code.
code_lines = function(file) {
  text = paste(readLines(file, warn = FALSE), collapse = "\n")
  if (grepl("\\.(cpp|h)$", file)) {
    text = gsub('(?m)^\\s*#\\s*include[^\n]*(*SKIP)(*F)|"(\\\\.|[^"\\\\\n])*"', '""', text, perl = TRUE)
    blocks = gregexpr("(?s)/\\*.*?\\*/", text, perl = TRUE)
    regmatches(text, blocks) = lapply(regmatches(text, blocks), function(block) gsub("[^\n]", "", block))
    text = gsub("//[^\n]*", "", text)
  } else {
    text = gsub("(^|\n)[ \t]*#[^\n]*", "\\1", text)
  }
  strsplit(text, "\n")[[1]]
}

# Where `pattern` occurs in the code of `files`: "file:line: text".
find_in_code = function(files, pattern) {
  unlist(lapply(files, function(file) {
    lines = code_lines(file)
    hits = grep(pattern, lines, perl = TRUE)
    if (length(hits)) sprintf("%s:%d: %s", file, hits, trimws(lines[hits]))
  }))
}

# How often each name stands in the code of some R files, beside those of arguments.
names_in_code = function(files) {
  unlist(lapply(files, function(file) {
    tokens = utils::getParseData(parse(file, keep.source = TRUE))
    gsub("`", "", tokens$text[tokens$token %in% c("SYMBOL", "SYMBOL_FUNCTION_CALL")])
  }))
}

# What is defined at the top level of some R files.
definitions = function(files) {
  unlist(lapply(files, function(file) {
    found = Filter(function(x) is.call(x) && identical(x[[1]], as.name("=")) && is.name(x[[2]]),
      as.list(parse(file, keep.source = FALSE)))
    vapply(found, function(x) as.character(x[[2]]), character(1))
  }))
}

core_files = repository_files("src/core", "\\.(cpp|h)$")
glue_files = Filter(function(file) dirname(file) %in% c("src", "src/glue"), repository_files("src", "\\.(cpp|h)$"))
glue_files = setdiff(glue_files, "src/RcppExports.cpp")
r_files = setdiff(repository_files("R", "\\.R$"), "R/RcppExports.R")

for (script in list.files(checks_folder, "^check_.*\\.R$", full.names = TRUE)) {
  cat("\n", basename(script), "\n", sep = "")
  source(script, local = FALSE)
}

file = commandArgs(trailingOnly = TRUE)[1]
if (!is.na(file)) writeLines(as.character(outcome), file)
