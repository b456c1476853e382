# The tables of R/condition_kinds.R and the conditions that the code signals: kinds and fields are the same ones.

tables = new.env()
sys.source("R/condition_kinds.R", tables)

# Fields that are added to any kind: by `abort_unknown()`, by the node that a script belongs to.
unknown_fields = c("given", "known")

# Signals as a data frame of kind and field; a kind without fields has the field "".
signal_rows = function(kinds, fields) {
  if (length(kinds)) expand.grid(kind = kinds, field = c("", fields), stringsAsFactors = FALSE)
}

strings_in = function(expr) {
  if (is.character(expr)) return(expr)
  if (is.call(expr) && !identical(expr[[1]], as.name("inherits"))) unlist(lapply(as.list(expr)[-1], strings_in))
}

# Names of the elements of the call list() that is the argument `fields`.
field_names = function(expr) {
  calls = Filter(function(x) is.call(x) && identical(x[[1]], as.name("list")), as.list(expr))
  unlist(lapply(calls, function(x) setdiff(names(x), "")))
}

signals_in_call = function(expr, signals) {
  name = if (is.name(expr[[1]])) as.character(expr[[1]]) else ""
  fields = c(field_names(expr), if (name == "abort_unknown") unknown_fields)
  if (name %in% signals) signal_rows(strings_in(expr[[2]]), fields)
}

r_signals = function(expr, signals) {
  if (!is.recursive(expr)) return(NULL)
  found = if (is.call(expr) && length(expr) > 1) signals_in_call(expr, signals)
  below = lapply(as.list(expr), function(part) if (!missing(part)) r_signals(part, signals))
  do.call(rbind, c(list(found), below))
}

signals_of_r = function(signals) {
  do.call(rbind, lapply(r_files, function(file) r_signals(parse(file, keep.source = FALSE), signals)))
}

cpp_text = paste(unlist(lapply(c(core_files, glue_files), readLines, warn = FALSE)), collapse = "\n")

cpp_matches = function(pattern, text = cpp_text) regmatches(text, gregexpr(pattern, text, perl = TRUE))[[1]]

# Subclasses of base::Error, named, with the kind that each has.
cpp_classes = function() {
  classes = gsub("\n", " ", cpp_matches("class \\w+Error : public (base::)?Error (?s:.)*?Error\\(\"\\w+\""))
  setNames(sub('.*Error\\("(\\w+)"$', "\\1", classes), sub("class (\\w+).*", "\\1", classes))
}

signals_of_cpp = function() {
  classes = cpp_classes()
  calls = cpp_matches('\\b\\w*Error(\\((?:[^()"]|"(?:\\\\.|[^"\\\\])*"|(?1))*\\))')
  named = c(calls, cpp_matches('raise_condition\\("\\w+"'))
  rows = lapply(gsub("\n", " ", named), function(call) {
    name = sub("\\(.*", "", call)
    literal = sub('^\\w+\\("([a-z_]+)".*', "\\1", call)
    kind = if (name %in% names(classes)) classes[[name]] else if (literal != call) literal
    signal_rows(kind, gsub("\\W", "", cpp_matches('(\\{|\\},)\\s*\\{"\\w+",', call)))
  })
  do.call(rbind, rows)
}

errors = rbind(signals_of_r(c("abort", "abort_unknown")), signals_of_cpp())
warnings = signals_of_r("warn")

check("every kind of error and warning that is signalled is in the table", {
  c(setdiff(errors$kind, names(tables$error_kinds)), setdiff(warnings$kind, names(tables$warning_kinds)))
})

check("every kind in the tables is signalled", {
  c(setdiff(names(tables$error_kinds), errors$kind), setdiff(names(tables$warning_kinds), warnings$kind))
})

check("every field that a condition is given is in the table", {
  undocumented = function(signals, kinds) {
    known = unlist(Map(function(kind, name) paste(name, c("", kind$fields)), kinds, names(kinds)))
    setdiff(paste(signals$kind, signals$field), known)
  }
  c(undocumented(errors, tables$error_kinds), undocumented(warnings, tables$warning_kinds))
})
