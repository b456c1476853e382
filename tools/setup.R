# Installs the R packages of DESCRIPTION that are missing or too old, those that the benchmark compares this package
# with, and those of other tasks. Called by tools/setup with the purpose.

purpose = commandArgs(trailingOnly = TRUE)[1]

# What each task needs of Suggests; the fields that every installation needs are always included.
suggested = list(
  build = character(),
  test = "all",
  demo = c("ggplot2", "mlr3pipelines", "progressr"),
  bench = "ggplot2",
  lint = character(),
  spell = character(),
  document = character(),
  site = "all"
)[[purpose]]
rivals = if (purpose == "bench") {
  c("nnet", "RSNNS", "ANN2", "ranger", "glmnet", "mlr3learners", "mlbench", "kernlab", "modeldata", "ISLR2")
}
# Packages that Debian's may be too old for: roxygen2 loads knitr, and an older one does not load with the xfun that
# litedown needs; pkgdown has a switch between light and dark from 2.1.0 on.
newer = switch(purpose,
  document = c(knitr = "1.45"),
  site = c(rlang = "1.3.0", htmltools = "0.5.8", curl = "6.4.0", httr2 = "1.0.2", systemfonts = "1.3.0",
    textshaping = "1.0", ragg = "1.4.0", knitr = "1.50", rmarkdown = "2.27", downlit = "0.4.4", sass = "0.4.9",
    bslib = "0.5.1", yaml = "2.3.9", pkgdown = "2.1.0"),
  spell = c(spelling = "2.2")
)

# data.table-free on purpose: nothing is installed yet when this runs.
read_requirements = function(fields) {
  description = read.dcf("DESCRIPTION", fields = fields)
  entries = trimws(unlist(strsplit(description[!is.na(description)], ",")))
  name = sub("[[:space:]]*\\(.*", "", entries)
  minimum = ifelse(grepl("(", entries, fixed = TRUE), sub(".*>=[[:space:]]*([0-9.-]+).*", "\\1", entries), "0")
  requirements = data.frame(name = name, minimum = minimum)
  requirements[!duplicated(name) & name != "R", ]
}

is_there = function(name, minimum) {
  installed = tryCatch(utils::packageVersion(name), error = function(e) NULL)
  !is.null(installed) && installed >= minimum
}

find_missing = function(requirements) {
  there = mapply(is_there, requirements$name, requirements$minimum)
  requirements[!there, ]
}

# The repository that R is configured with, or else the first of the mirrors that R knows.
choose_repository = function() {
  repos = getOption("repos")
  if (is.na(repos["CRAN"]) || repos["CRAN"] == "@CRAN@") {
    repos["CRAN"] = utils::getCRANmirrors(local.only = TRUE)$URL[1]
  }
  repos
}

choose_library = function() {
  writable = Filter(function(path) file.access(path, mode = 2) == 0, .libPaths())
  if (length(writable)) {
    return(writable[1])
  }
  personal = strsplit(Sys.getenv("R_LIBS_USER"), .Platform$path.sep)[[1]][1]
  dir.create(personal, recursive = TRUE, showWarnings = FALSE)
  .libPaths(c(personal, .libPaths()))
  personal
}

requirements = read_requirements(c("Depends", "Imports", "LinkingTo"))
if (length(suggested)) {
  optional = read_requirements("Suggests")
  if (!identical(suggested, "all")) optional = optional[optional$name %in% suggested, ]
  requirements = rbind(requirements, optional)
}
if (length(rivals)) requirements = rbind(requirements, data.frame(name = rivals, minimum = "0"))
if (length(newer)) requirements = rbind(requirements, data.frame(name = names(newer), minimum = newer))

missing = find_missing(requirements)
if (nrow(missing)) {
  cat("setup: installing R packages:", missing$name, "\n")
  utils::install.packages(missing$name, lib = choose_library(), repos = choose_repository(), Ncpus = 2L, quiet = TRUE)
  missing = find_missing(missing)
  if (nrow(missing)) {
    cat(
      "setup: these R packages could not be installed:\n",
      sprintf("  %s (>= %s)\n", missing$name, missing$minimum),
      "Install them by hand: install.packages(c(", toString(dQuote(missing$name, FALSE)), "))\n",
      sep = "", file = stderr()
    )
    quit(status = 1)
  }
}
