# Builds the vignettes, with the package that R finds, into inst/doc, from where R CMD INSTALL takes them.
#
# usage: Rscript tools/vignettes.R

# A function, since the vignettes are run in the global environment and have variables of their own.
build_vignettes = function() {
  # in a copy, since what is built lies beside the sources at first
  copy = tempfile("vignettes")
  dir.create(copy)
  file.copy(c("DESCRIPTION", "vignettes"), copy, recursive = TRUE)
  tools::buildVignettes(dir = copy, tangle = TRUE, quiet = FALSE)
  built = list.files(file.path(copy, "vignettes"), "\\.(Rmd|html|R)$", full.names = TRUE)

  unlink("inst/doc", recursive = TRUE)
  dir.create("inst/doc", recursive = TRUE)
  if (!all(file.copy(built, "inst/doc"))) {
    stop("the vignettes could not be written to inst/doc")
  }
}

build_vignettes()
