# What a library inside R must not do.

check("the core prints nothing and never ends the process", {
  output = "std::(cout|cerr|clog)\\b|\\b(printf|fprintf|puts|perror)\\s*\\("
  # A member called exit is no process that ends.
  the_end = "(?<![>.\\w])(?<!void )(?<!Run::)(std::)?(exit|_exit|abort|quick_exit|terminate)\\s*\\("
  find_in_code(core_files, paste(output, the_end, sep = "|"))
})

check("the core draws from no global generator", {
  find_in_code(core_files, "\\b(s?rand|drand48|random_device)\\s*[({]|\\bmanual_seed\\s*\\(")
})

check("no namespace is opened for everybody in a header", {
  find_in_code(Filter(function(file) endsWith(file, ".h"), c(core_files, glue_files)), "^\\s*using namespace")
})

check("every header has its guard", {
  headers = Filter(function(file) endsWith(file, ".h"), c(core_files, glue_files))
  Filter(function(file) !any(grepl("^#pragma once", readLines(file))), headers)
})

test_files = repository_files("tests/cpp", "\\.(cpp|h)$")

check("a test takes Catch2's CHECK, not the one of LibTorch's logging, which whoever is included last defines", {
  includes = lapply(test_files, function(file) grep("^#include", readLines(file), value = TRUE))
  has_catch = vapply(includes, function(lines) any(grepl("catch2/", lines)), NA)
  # Whoever includes such a header has Catch2 from there on.
  headers = sub("^tests/cpp/", "", Filter(function(file) endsWith(file, ".h"), test_files[has_catch]))
  brings_catch = paste0("catch2/|\"(", paste(headers, collapse = "|"), ")\"")
  late = vapply(includes, function(lines) {
    first = grep(brings_catch, lines)[1]
    !is.na(first) && any(grepl("\"core/|<(ATen|torch|c10)/", utils::tail(lines, -first)))
  }, NA)
  test_files[late]
})
