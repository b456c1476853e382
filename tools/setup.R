# Installs the R packages of DESCRIPTION that are missing or too old, those that the benchmark compares this package
# with, and those of other tasks. Called by tools/setup with the purpose.
# With a second argument it only prints something: "debian", which of them Debian has in versions that are new enough;
# "missing", the command that installs them.

purpose = commandArgs(trailingOnly = TRUE)[1]
question = commandArgs(trailingOnly = TRUE)[2]

# What each task needs of Suggests; the fields that every installation needs are always included.
suggested = list(
  build = c("litedown", "ggplot2", "mlr3tuning", "mirai"), # the vignettes
  test = "all",
  check = "all",
  browser = c("callr", "httpuv", "later", "withr"),
  demo = c("ggplot2", "mlr3pipelines", "progressr"),
  bench = c("ggplot2", "jpeg"),
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
# The packages that are named in fields such as "mlr3 (>= 1.8.0), R6", each with the version that it must have.
read_entries = function(fields) {
  entries = trimws(unlist(strsplit(fields[!is.na(fields)], ",")))
  name = sub("[[:space:]]*\\(.*", "", entries)
  minimum = ifelse(grepl("(", entries, fixed = TRUE), sub(".*>=[[:space:]]*([0-9.-]+).*", "\\1", entries), "0")
  data.frame(name = name, minimum = minimum)[name != "R", ]
}

read_requirements = function(fields) {
  requirements = read_entries(read.dcf("DESCRIPTION", fields = fields))
  requirements[!duplicated(requirements$name), ]
}

is_there = function(name, minimum) {
  installed = tryCatch(utils::packageVersion(name), error = function(e) NULL)
  !is.null(installed) && installed >= minimum
}

find_missing = function(requirements) {
  there = as.logical(mapply(is_there, requirements$name, requirements$minimum))
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

# --- what Debian has: its packages are there in seconds, CRAN's are compiled -----------------------------------------

# The versions that Debian offers of the R packages `names`, by name.
debian_versions = function(names) {
  packages = paste0("r-cran-", tolower(names))
  lines = suppressWarnings(system2("apt-cache", c("policy", packages), stdout = TRUE, stderr = FALSE))
  candidates = sub("^ *Candidate: *(.*:)?", "", grep("^ *Candidate:", lines, value = TRUE))
  found = sub(":$", "", grep("^r-cran-", lines, value = TRUE))
  # upstream's version: without Debian's revision and remarks such as +dfsg
  upstream = sub("[+~].*", "", sub("-[^-]*$", "", candidates))
  versions = upstream[match(packages, found)]
  versions[!grepl("^[0-9]", versions)] = NA
  stats::setNames(versions, names)
}

# What the packages `names` need, in the newest versions that CRAN has.
needs_of = function(names, cran) {
  fields = cran[names[names %in% rownames(cran)], c("Depends", "Imports", "LinkingTo"), drop = FALSE]
  read_entries(fields)
}

largest = function(requirements) {
  versions = split(requirements$minimum, requirements$name)
  minimum = vapply(versions, function(all) as.character(max(numeric_version(all))), character(1))
  data.frame(name = names(minimum), minimum = unname(minimum))
}

# Which packages Debian can provide. What comes from CRAN needs others in turn, perhaps newer than Debian's, so this is
# repeated until nothing changes.
debian_can_provide = function(requirements) {
  cran = utils::available.packages(repos = choose_repository())
  from_cran = character()
  repeat {
    all = largest(rbind(requirements, needs_of(from_cran, cran)))
    missing = find_missing(all[!all$name %in% rownames(utils::installed.packages(priority = "base")), ])
    offered = debian_versions(missing$name)
    suffices = !is.na(offered) & numeric_version(ifelse(is.na(offered), "0", offered)) >= missing$minimum
    if (setequal(from_cran, missing$name[!suffices])) {
      return(missing$name[suffices])
    }
    from_cran = missing$name[!suffices]
  }
}

missing = find_missing(requirements)
install_command = function(names) sprintf("install.packages(c(%s))", toString(dQuote(names, FALSE)))

if (!nrow(missing)) quit()
if (identical(question, "missing")) {
  cat(install_command(missing$name))
  quit()
}
if (identical(question, "debian")) {
  # an R that is not Debian's does not look where Debian's packages lie
  if (normalizePath(R.home()) == "/usr/lib/R") cat(sprintf("r-cran-%s", tolower(debian_can_provide(requirements))))
  quit()
}

cat("setup: installing R packages:", missing$name, "\n")
utils::install.packages(missing$name, lib = choose_library(), repos = choose_repository(), Ncpus = 2L, quiet = TRUE)
missing = find_missing(missing)
if (nrow(missing)) {
  cat(
    "setup: these R packages could not be installed:\n", sprintf("  %s (>= %s)\n", missing$name, missing$minimum),
    "Install them by hand: ", install_command(missing$name), "\n", sep = "", file = stderr()
  )
  quit(status = 1)
}
