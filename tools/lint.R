# Prints what lintr has to say about every R file; ends with an error if it is anything.

folders = c("R", "tests", "tools", "inst", "bench")
files = list.files(folders, "\\.R$", recursive = TRUE, full.names = TRUE)
files = setdiff(files, "R/RcppExports.R")
findings = unlist(lapply(files, lintr::lint), recursive = FALSE)
for (finding in findings) {
  cat(sprintf("%s:%d:%d: [%s] %s\n", finding$filename, finding$line_number, finding$column_number, finding$linter,
    finding$message))
}
quit(status = if (length(findings)) 1L else 0L)
