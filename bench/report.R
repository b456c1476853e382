# Results as files and as text.
library(data.table)

results_folder = "bench/results"

# New results in the place of stored ones of the same cells, or of what else `by` names.
with_stored = function(results, name, by = "cell") {
  stored = fread(file.path(results_folder, paste0(name, ".csv")))
  rows = unique(rbind(stored[, by, with = FALSE], results[, by, with = FALSE]))
  rbind(stored[!results, on = by], results)[rows, on = by]
}

write_results = function(results, name) {
  fwrite(results, file.path(results_folder, paste0(name, ".csv")))
}

# A table in markdown. Numbers are rounded to three significant digits.
markdown_table = function(table) {
  cells = lapply(table, function(column) {
    if (is.numeric(column)) {
      text = formatC(signif(column, 3), digits = 10, format = "g", big.mark = ",")
      ifelse(is.na(column), "\u2013", trimws(text))
    } else {
      as.character(column)
    }
  })
  line = function(words) paste0("| ", paste(words, collapse = " | "), " |")
  c(line(names(table)), line(rep("---", length(table))), do.call(paste, c(list("|"), Map(paste, cells, "|"))))
}

# Puts lines into bench/README.md between the markers of that name.
write_section = function(name, lines, file = "bench/README.md") {
  page = readLines(file)
  begin = match(sprintf("<!-- %s: begin -->", name), page)
  end = match(sprintf("<!-- %s: end -->", name), page)
  stopifnot("the page has no such section" = !is.na(begin), "the section does not end" = !is.na(end))
  writeLines(c(page[seq_len(begin)], "", lines, "", page[seq(end, length(page))]), file)
}

# What is said below a table about where its numbers come from.
provenance = function(repetitions) {
  model = sub(".*: ", "", grep("^model name", readLines("/proc/cpuinfo"), value = TRUE)[1])
  sprintf("%s, %i processors, R %s, mlr3libtorch %s; medians of %i.", model, parallel::detectCores(),
    getRversion(), packageVersion("mlr3libtorch"), repetitions)
}

# The options of a program: `--name=value` gives a string, `--name` alone TRUE.
program_options = function(defaults) {
  words = sub("^--", "", commandArgs(trailingOnly = TRUE))
  name = sub("=.*", "", words)
  unknown = setdiff(name, names(defaults))
  if (length(unknown)) {
    stop(sprintf("unknown option '%s'; there are: %s", unknown[1], toString(names(defaults))))
  }
  defaults[name] = lapply(words, function(word) if (grepl("=", word, fixed = TRUE)) sub("^[^=]*=", "", word) else TRUE)
  defaults
}
