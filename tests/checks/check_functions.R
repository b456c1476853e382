# Functions that fit on a screen.

longest_function = 40L

# Where a function of an R file starts and how many lines it has.
r_functions = function(file) {
  data = utils::getParseData(parse(file, keep.source = TRUE))
  keywords = data[data$token %in% c("FUNCTION", "'\\\\'"), ]
  data = data[match(keywords$parent, data$id), c("line1", "line2")]
  data.frame(file = rep(file, nrow(data)), line = data$line1, lines = data$line2 - data$line1 + 1L)
}

# A C++ function as clang-format lays it out: from a line that ends in ") {", ") const {" and so on to the brace in the
# same column.
cpp_functions = function(file) {
  lines = readLines(file, warn = FALSE)
  heads = grep("^\\s*\\S.*\\)( const| noexcept| override)*( ->.*)? \\{$", lines)
  heads = heads[!grepl("^\\s*(if|for|while|switch|\\}|else|catch|case)\\b|^\\s*\\} ", lines[heads])]
  ends = vapply(heads, function(head) {
    # The last line of a constructor's initialisers stands four columns to the right of its brace.
    indent = sub("^(.*)    :.*|^(\\s*)\\S.*", "\\1\\2", lines[head])
    head + match(TRUE, startsWith(lines[-seq_len(head)], paste0(indent, "}")), nomatch = 0L)
  }, integer(1))
  data.frame(file = rep(file, length(heads)), line = heads, lines = ends - heads + 1L)
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
