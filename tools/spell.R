# Prints the words of the documentation that neither the dictionary nor inst/WORDLIST has; ends with an error if there
# are any.

files = c("README.md", "NEWS.md", "CONTRIBUTING.md",
  list.files(c("docs", "man", "vignettes"), "\\.(md|Rd|Rmd)$", recursive = TRUE, full.names = TRUE))
unknown = spelling::spell_check_files(files, ignore = readLines("inst/WORDLIST"), lang = "en_GB")
if (nrow(unknown)) {
  print(unknown)
  quit(status = 1L)
}
