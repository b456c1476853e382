# The picture of docs/architecture.md: who may know whom.

# Each room of the core and the rooms it may include, as the page's table says.
rooms_below = local({
  rows = grep("^\\| `src/core/[a-z]+/` \\|", readLines("docs/architecture.md"), value = TRUE)
  known = sub("^.*\\| ([^|]*) \\|$", "\\1", rows)
  known = lapply(strsplit(known, ", ", fixed = TRUE), setdiff, "\u2013")
  names(known) = sub("^\\| `src/core/([a-z]+)/`.*", "\\1", rows)
  known
})

check("the picture points down only: a room knows those that stand above it in the table", {
  rooms = names(rooms_below)
  upward = lapply(seq_along(rooms), function(i) setdiff(rooms_below[[i]], rooms[seq_len(i - 1)]))
  sprintf("%s may not know %s", rep(rooms, lengths(upward)), unlist(upward))
})

room_of = function(path) sub("^(src/)?core/([^/]+)/.*", "\\2", path)

check("the core has only the rooms of the picture", {
  own = unique(room_of(core_files))
  c(setdiff(own, names(rooms_below)), setdiff(names(rooms_below), own))
})

check("includes inside the core point down only", {
  lapply(core_files, function(file) {
    included = grep('^\\s*#\\s*include\\s*"', readLines(file), value = TRUE)
    included = sub('.*"(.*)".*', "\\1", included)
    outside = included[!startsWith(included, "core/")]
    own = room_of(file)
    rooms = room_of(included[startsWith(included, "core/")])
    upward = setdiff(rooms, c(own, rooms_below[[own]]))
    c(
      if (length(outside)) sprintf("%s includes '%s'; write \"core/<room>/<file>.h\"", file, outside),
      if (length(upward)) sprintf("%s (%s) includes a header of %s", file, own, upward)
    )
  })
})

r_header = "#\\s*include\\s*[<\"](R\\.h|Rinternals|Rdefines|Rcpp|R_ext|Rmath|Rversion|Rconfig)"

check("no file of the core, of its tests or of the benchmarks includes an R header", {
  others = c(repository_files("tests/cpp", "\\.(cpp|h)$"), repository_files("bench", "\\.(cpp|h)$"))
  find_in_code(c(core_files, others), r_header)
})

check("the core is built without R's headers in reach", {
  commands = "build/core/compile_commands.json"
  if (file.exists(commands)) {
    grep(R.home("include"), readLines(commands, warn = FALSE), fixed = TRUE, value = TRUE)
  } else {
    "the core was not built"
  }
})

check("the core's library asks for no symbol of R", {
  library_file = "build/core/libmlr3libtorch_core.a"
  if (!file.exists(library_file)) {
    "the core was not built"
  } else {
    symbols = suppressWarnings(system2("nm", c("--undefined-only", "--no-sort", library_file), stdout = TRUE))
    unique(grep("\\bU (R_|Rf_|Rprintf|REprintf|Rprintf|SEXP|INTEGER$|REAL$|_ZN4Rcpp)", symbols, value = TRUE))
  }
})

check("headers that the glue includes do not bring in all of torch/torch.h", {
  pulled = unique(unlist(lapply(glue_files, function(file) {
    sub('.*"(core/.*)".*', "src/\\1", grep('#\\s*include\\s*"core/', readLines(file), value = TRUE))
  })))
  find_in_code(c(pulled, glue_files), "#\\s*include\\s*<torch/torch\\.h>")
})
