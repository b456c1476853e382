# Writes what the last run of the tests gave on this system, with its versions, into docs/generations.md: as the row of
# this release of Debian.

file = "docs/generations.md"

first_line = function(program, args) system2(program, args, stdout = TRUE)[1]
debian_version = function(package) {
  sub("[-+].*", "", first_line("dpkg-query", c("-W", "-f", shQuote("${Version}"), package)))
}

release = sub("\\..*", "", readLines("/etc/debian_version")[1])
glue_flags = readLines("build/core/glue-flags.sh")
counts = read.csv("build/test_counts.csv")
outcome = function(suite) {
  row = counts[counts$suite == suite, ]
  if (!nrow(row)) {
    return("not run")
  }
  if (row$failed) sprintf("%g, %g failed", row$passed, row$failed) else sprintf("%g", row$passed)
}

cells = c(
  release,
  format(Sys.Date()),
  paste(R.version$major, R.version$minor, sep = "."),
  gsub(".*='|'", "", grep("^LIBTORCH_VERSION=", glue_flags, value = TRUE)),
  debian_version("catch2"),
  first_line("g++", "-dumpfullversion"),
  sub(".* ", "", first_line("cmake", "--version")),
  format(packageVersion("mlr3")),
  format(packageVersion("ggplot2")),
  vapply(c("catch2", "testthat", "checks"), outcome, character(1))
)
row = sprintf("| Debian %s |", paste(cells, collapse = " | "))

lines = readLines(file)
old = startsWith(lines, sprintf("| Debian %s |", release))
if (sum(old) != 1L) stop(sprintf("%s has no row of Debian %s to put the result into.", file, release))
lines[old] = row
writeLines(lines, file)
cat(row, "\n")
