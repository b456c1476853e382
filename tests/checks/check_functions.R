# Functions that fit on a screen.

longest_function = 40L

# Where a function of an R file starts and how many lines it has.
r_functions = function(file) {
  data = utils::getParseData(parse(file, keep.source = TRUE))
  keywords = data[data$token %in% c("FUNCTION", "'\\\\'"), ]
  data = data[match(keywords$parent, data$id), c("line1", "line2")]
  data.frame(file = rep(file, nrow(data)), line = data$line1, lines = data$line2 - data$line1 + 1L)
}

# A C++ function as clang-format lays it out: from the line that its declaration begins in, which ends, there or further
# down, in ") {", ") const {" and so on, to the brace in the column of that beginning.
cpp_functions = function(file) {
  lines = readLines(file, warn = FALSE)
  heads = grep("^\\s*\\S.*\\)( const| noexcept| override)*( ->.*)? \\{$", lines)
  heads = heads[!grepl("^\\s*(if|for|while|switch|\\}|else|catch|case)\\b|^\\s*\\} ", lines[heads])]
  starts = vapply(heads, declaration_start, integer(1), lines = lines)
  is_lambda = mapply(function(start, head) any(grepl("](", lines[start:head], fixed = TRUE)), starts, heads)
  starts = starts[!as.logical(is_lambda)]
  heads = heads[!as.logical(is_lambda)]
  ends = mapply(function(start, head) {
    indent = sub("^(\\s*).*", "\\1", lines[start])
    head + match(TRUE, startsWith(lines[-seq_len(head)], paste0(indent, "}")), nomatch = 0L)
  }, starts, heads)
  data.frame(file = rep(file, length(heads)), line = starts, lines = as.integer(ends) - starts + 1L)
}

# The first line of the declaration that ends in line `head`: the one after a line that is empty or ends something else.
declaration_start = function(head, lines) {
  ends_something = grepl("^\\s*$|[;{}:>]$|^\\s*//", lines[seq_len(head - 1L)])
  max(which(ends_something), 0L) + 1L
}

too_long = function(functions) {
  functions = functions[functions$lines > longest_function, ]
  sprintf("%s:%d: %d lines", functions$file, functions$line, functions$lines)
}

check(sprintf("no R function is longer than %d lines", longest_function), {
  too_long(do.call(rbind, lapply(c(r_files, repository_files("tools", "\\.R$")), r_functions)))
})

check(sprintf("no C++ function is longer than %d lines", longest_function), {
  too_long(do.call(rbind, lapply(grep("\\.cpp$", c(core_files, glue_files), value = TRUE), cpp_functions)))
})
