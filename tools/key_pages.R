# Writes a help page for each thing that the core has registered: losses, optimizers, callbacks, operations of networks.
# Texts, arguments and defaults come from the registry of the installed package; shapes are those of the examples that
# the tests have. `make document` calls this after roxygen2, whose Markdown and Rd it uses.

package = loadNamespace("mlr3libtorch")
pages_folder = file.path("tools", "key_pages")
for (file in list.files(pages_folder, "\\.R$", full.names = TRUE)) source(file)

# The first line of these pages. Those of roxygen2 have another one, so it leaves these alone.
header = "% Written by tools/key_pages.R from the registry of the C++ core: do not edit by hand"

is_key_page = function(file) startsWith(readLines(file, n = 1L, warn = FALSE), "% Written by tools/key_pages.R")

rd_files = function() list.files("man", "\\.Rd$", full.names = TRUE)

aliases_in = function(files) {
  lines = unlist(lapply(files, readLines, warn = FALSE))
  gsub("^\\\\alias\\{|\\}$", "", grep("^\\\\alias\\{", lines, value = TRUE))
}

# Words for which R's own packages have a help page keep it: `?head` should not ask which one is meant.
is_topic_of_r = function(word) {
  own = c("base", "stats", "utils", "graphics", "grDevices", "methods", "datasets")
  vapply(word, function(name) length(utils::help((name), package = (own))) > 0L, NA)
}

# A page is a list; see the functions that make them. Markdown becomes Rd as in the package's R files.
page_as_rd = function(page) {
  sections = sprintf("@section %s:\n%s", names(page$sections), unlist(page$sections))
  tags = c(
    "@md", paste("@title", page$title), paste("@name", page$name), paste("@aliases", page$aliases),
    paste("@description", page$description),
    if (length(page$usage)) paste("@usage", paste(page$usage, collapse = "\n\n")),
    sprintf("@param %s %s", names(page$params), page$params),
    if (length(page$value)) paste("@return", page$value),
    sections, paste("@seealso", page$seealso), paste("@family", page$family),
    if (length(page$examples)) paste("@examples", paste(page$examples, collapse = "\n"))
  )
  text = paste0("#' ", unlist(strsplit(tags, "\n", fixed = TRUE)), collapse = "\n")
  rd = roxygen2::roc_proc_text(roxygen2::rd_roclet(), paste0(text, "\nNULL\n"))
  lines = unlist(strsplit(format(rd[[1L]]), "\n", fixed = TRUE))
  c(header, lines[!startsWith(lines, "% ")])
}

# Removes what other pages have, and words that R itself has a page for.
settle_aliases = function(pages, taken) {
  for (i in seq_along(pages)) {
    words = setdiff(pages[[i]]$aliases, taken)
    keys = intersect(words, pages[[i]]$keys)
    pages[[i]]$aliases = setdiff(words, keys[is_topic_of_r(keys)])
    taken = c(taken, pages[[i]]$aliases)
  }
  pages
}

write_key_pages = function() {
  old = Filter(is_key_page, rd_files())
  pages = c(callback_pages(), loss_pages(), optimizer_pages(), operation_pages())
  pages = settle_aliases(pages, aliases_in(setdiff(rd_files(), old)))
  new = file.path("man", paste0(vapply(pages, function(page) page$name, ""), ".Rd"))
  for (i in seq_along(pages)) writeLines(page_as_rd(pages[[i]]), new[[i]])
  unlink(setdiff(old, new))
  cat(length(new), "pages of keys written\n")
}

write_key_pages()
