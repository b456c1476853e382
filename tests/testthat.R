library(testthat)
library(mlr3libtorch)

# R CMD check can hide what is only suggested (_R_CHECK_DEPENDS_ONLY_). Files of tests that use such a package have
# nothing to test then; without that, all files are run.
used_by = c(coro = "coro", generics = "generics|tidy", ggplot2 = "ggplot2|autoplot|plot\\(|picture", mirai = "mirai",
  mlr3tuning = "mlr3tuning|tune", progressr = "progressr", vdiffr = "vdiffr|picture")
is_hidden = !vapply(names(used_by), requireNamespace, logical(1), quietly = TRUE)
files = list.files("testthat", "^test-.*\\.R$", full.names = TRUE)
uses_hidden = function(file) any(grepl(paste(used_by[is_hidden], collapse = "|"), readLines(file)))
if (any(is_hidden)) files = Filter(Negate(uses_hidden), files)
names_of_files = sub("^test-(.*)\\.R$", "\\1", basename(files))
test_check("mlr3libtorch", filter = sprintf("^(%s)$", paste(names_of_files, collapse = "|")))
