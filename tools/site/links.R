# pkgdown leads to inherited methods by "Class.html#method-print"; the place is called "#method-Class-print".
mend_method_links = function(site) {
  for (file in list.files(file.path(site, "reference"), "\\.html$", full.names = TRUE)) {
    text = readLines(file, warn = FALSE)
    mended = gsub("href=\"([A-Za-z]+)\\.html#method-([a-z_]+)\"", "href=\"\\1.html#method-\\1-\\2\"", text)
    mended = gsub("(#method-[A-Za-z]+-)initialize\"", "\\1new\"", mended)
    if (!identical(text, mended)) writeLines(mended, file)
  }
}

# Links of a site that lead to no file, or to no place in it.

html_files = function(site) list.files(site, "\\.html$", recursive = TRUE)

dead_links = function(site) {
  pages = html_files(site)
  texts = lapply(file.path(site, pages), function(file) paste(readLines(file, warn = FALSE), collapse = "\n"))
  anchors = stats::setNames(lapply(texts, attribute_values, pattern = "(?:id|name)"), pages)
  found = Map(function(page, text) dead_links_of(page, text, site, anchors), pages, texts)
  do.call(rbind, c(list(data.frame(page = character(), link = character())), unname(found)))
}

attribute_values = function(text, pattern) {
  hits = regmatches(text, gregexpr(sprintf("\\s%s=\"[^\"]*\"", pattern), text, perl = TRUE))[[1L]]
  unique(sub("\"$", "", sub("^[^\"]*\"", "", hits)))
}

dead_links_of = function(page, text, site, anchors) {
  links = attribute_values(text, "(?:href|src)")
  inside = links[!grepl("^([a-z]+:|//|$)", links) & links != "#"]
  is_dead = vapply(inside, function(link) !leads_somewhere(link, page, site, anchors), NA)
  data.frame(page = rep(page, sum(is_dead)), link = inside[is_dead])
}

leads_somewhere = function(link, page, site, anchors) {
  place = sub(".*#", "", link)[grepl("#", link, fixed = TRUE)]
  path = utils::URLdecode(sub("[?#].*", "", link))
  folder = if (startsWith(path, "/")) "" else paste0(dirname(page), "/")
  target = if (nzchar(path)) without_dots(paste0(folder, path)) else page
  if (dir.exists(file.path(site, target))) target = sub("^/", "", paste0(target, "/index.html"))
  is_there = file.exists(file.path(site, target))
  is_there && (!length(place) || !nzchar(place) || !target %in% names(anchors) ||
    utils::URLdecode(place) %in% anchors[[target]])
}

# "reference/../news/index.html" as "news/index.html".
without_dots = function(path) {
  kept = character()
  for (part in strsplit(path, "/", fixed = TRUE)[[1L]]) {
    if (part == "..") {
      kept = utils::head(kept, -1L)
    } else if (!part %in% c(".", "")) {
      kept = c(kept, part)
    }
  }
  paste(kept, collapse = "/")
}
