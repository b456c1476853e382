# The scripts that pkgdown puts into a site. It downloads them once and keeps them in R's user cache. On a machine that
# reaches package registries only, they come from npm, or from pkgdown itself.

# By pkgdown's name and version: the file, and the package of npm that has it.
site_scripts = list(
  list("headroom", "0.11.0", "headroom.min.js", "headroom.js@0.11.0"),
  list("headroom", "0.11.0", "jQuery.headroom.min.js", "headroom.js@0.11.0"),
  list("bootstrap-toc", "1.0.1", "bootstrap-toc.min.js", NULL),
  list("clipboard.js", "2.0.11", "clipboard.min.js", "clipboard@2.0.11"),
  list("search", "1.0.0", "fuse.min.js", "fuse.js@6.4.6"),
  list("search", "1.0.0", "autocomplete.jquery.min.js", "autocomplete.js@0.38.0"),
  list("search", "1.0.0", "mark.min.js", "mark.js@8.11.1")
)

get_scripts = function() {
  reached = suppressWarnings(tryCatch(
    utils::download.file("https://cdnjs.cloudflare.com/", tempfile(), quiet = TRUE) == 0L, error = function(e) FALSE
  ))
  if (!reached) lapply(site_scripts, function(script) do.call(get_script, unname(script)))
  invisible()
}

get_script = function(name, version, file, package) {
  kept = file.path(tools::R_user_dir("pkgdown", "cache"), name, version, file)
  if (file.exists(kept)) {
    return(invisible())
  }
  dir.create(dirname(kept), recursive = TRUE, showWarnings = FALSE)
  of_pkgdown = system.file("BS3", "assets", "bootstrap-toc.js", package = "pkgdown")
  source = if (is.null(package)) of_pkgdown else file_of_npm(package, file)
  if (!file.copy(source, kept)) stop("the script ", file, " could be had neither from its site nor from npm")
}

file_of_npm = function(package, file) {
  folder = tempfile("npm")
  dir.create(folder)
  archive = system2("npm", c("pack", "--silent", "--pack-destination", shQuote(folder), package), stdout = TRUE)
  utils::untar(file.path(folder, utils::tail(archive, 1L)), exdir = folder)
  file.path(folder, "package", "dist", file)
}
