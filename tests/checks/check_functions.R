# R functions that fit on a screen; clang-tidy looks at those of C++.

longest_function = 40L

# Where a function of an R file starts and how many lines it has.
r_functions = function(file) {
  data = utils::getParseData(parse(file, keep.source = TRUE))
  keywords = data[data$token %in% c("FUNCTION", "'\\\\'"), ]
  data = data[match(keywords$parent, data$id), c("line1", "line2")]
  data.frame(file = rep(file, nrow(data)), line = data$line1, lines = data$line2 - data$line1 + 1L)
}

too_long = function(functions) {
  functions = functions[functions$lines > longest_function, ]
  sprintf("%s:%d: %d lines", functions$file, functions$line, functions$lines)
}

check(sprintf("no R function is longer than %d lines", longest_function), {
  too_long(do.call(rbind, lapply(c(r_files, repository_files("tools", "\\.R$")), r_functions)))
})
