# Builds the site of all pages in build/site with pkgdown, from the installed package, and checks it: a warning is an
# error, and so is a link that leads nowhere. Called by `make site`.

source(file.path("tools", "site", "scripts.R"))
source(file.path("tools", "site", "links.R"))

# pkgdown renders vignettes by rmarkdown, which does not know litedown's format.
drop_output_format = function(file) {
  lines = readLines(file)
  format = grep("^output:", lines)[1]:(grep("^vignette:", lines)[1] - 1L)
  writeLines(lines[-format], file)
}

# pkgdown reads a copy of the package, in which the README has no links to files that the site lacks.
make_source = function(folder) {
  unlink(folder, recursive = TRUE)
  dir.create(folder, recursive = TRUE)
  parts = c("DESCRIPTION", "NAMESPACE", "LICENSE", "LICENSE.md", "NEWS.md", "_pkgdown.yml", "R", "man", "inst",
    "vignettes")
  file.copy(c(parts, file.path("tools", "site", "sidebar.html")), folder, recursive = TRUE)
  lapply(list.files(file.path(folder, "vignettes"), "[.]Rmd$", full.names = TRUE), drop_output_format)
  text = gsub("\\[([^]]+)\\]\\(NEWS[.]md\\)", "[\\1](news/index.html)", readLines("README.md"))
  text = gsub("[(]vignettes/([a-z0-9_]+)[.]Rmd[)]", "(articles/\\1.html)", text)
  text = gsub("\\[([^]]+)\\]\\((docs|bench|CONTRIBUTING|Dockerfile)[^)]*\\)", "\\1", text)
  writeLines(text, file.path(folder, "README.md"))
  folder
}

# pkgdown asks CRAN for the pages of packages that are mentioned and not installed. It is told that there are none, so
# that the site is the same with and without a network.
stay_local = function() {
  none = data.frame(Package = character(), URL = character())
  utils::assignInNamespace("CRAN_urls", function() none, "downlit")
}

# The warnings of `code`, each printed when it comes.
warnings_of = function(code) {
  messages = character()
  withCallingHandlers(code, warning = function(condition) {
    messages <<- c(messages, conditionMessage(condition))
    cat("WARNING:", conditionMessage(condition), "\n")
    invokeRestart("muffleWarning")
  })
  messages
}

# A page that _pkgdown.yml does not list is an error.
build_site = function(folder, site) {
  unlink(site, recursive = TRUE)
  dir.create(site, recursive = TRUE)
  pkg = pkgdown::as_pkgdown(folder, override = list(destination = normalizePath(site)))
  pkgdown::build_site(pkg, lazy = FALSE, install = FALSE, new_process = FALSE, preview = FALSE, devel = FALSE)
}

if (!requireNamespace("pkgdown", quietly = TRUE) || utils::packageVersion("pkgdown") < "2.1.0") {
  stop("the site needs pkgdown (>= 2.1.0); install it: install.packages(\"pkgdown\")")
}
site = file.path("build", "site")
get_scripts()
stay_local()
warned = warnings_of(build_site(make_source(file.path("build", "site_source")), site))
mend_method_links(site)
dead = dead_links(site)
cat(sprintf("%s: %s\n", dead$page, dead$link), sep = "")
cat(sprintf("%i pages in %s, %i warnings, %i dead links\n", length(html_files(site)), site, length(warned), nrow(dead)))
if (length(warned) || nrow(dead)) quit(status = 1L)
