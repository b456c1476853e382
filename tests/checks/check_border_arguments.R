# Rule 9 of docs/border.md, tried: every export is called with what it does not expect.

# Calls every export in a process of its own, so that a crash is a finding and not the end of the checks.
# The log gets a line before and after each export.
call_with_bad_values = function(log) {
  library(mlr3libtorch)
  space = asNamespace("mlr3libtorch")
  note = function(...) cat(..., "\n", sep = "", file = log, append = TRUE)
  dead = unserialize(serialize(space$torch_tensor(1), NULL))
  bad_values = list(
    null = NULL, na = NA, na_number = NA_real_, na_string = NA_character_, infinite = Inf, nothing = numeric(),
    huge = 1e300, negative = -1, fraction = 0.5, strings = c("a", "b"), text = "\u00e9", list = list(),
    names = list(a = 1), fun = function() 1, environment = globalenv(), pointer = methods::new("externalptr"),
    dead_tensor = dead, tensor = space$torch_tensor(1), symbol = quote(a), raw = raw(3), complex = 1i
  )
  outcome = function(export, arguments) {
    tryCatch(
      {
        do.call(export, arguments, quote = TRUE)
        NULL
      },
      mlr3libtorch_error = function(condition) NULL,
      error = function(condition) paste("error without a class:", conditionMessage(condition))
    )
  }
  # With one and the same value for all arguments, only the first argument's check would be reached.
  mixtures = function(names, n_arguments) {
    if (n_arguments < 2L) list() else replicate(60, sample(names, n_arguments, replace = TRUE), simplify = FALSE)
  }
  set.seed(1)
  for (name in ls(space, pattern = "^core_")) {
    note("call ", name)
    export = space[[name]]
    n_arguments = length(formals(export))
    for (values in c(as.list(names(bad_values)), mixtures(names(bad_values), n_arguments))) {
      arguments = bad_values[rep_len(values, n_arguments)]
      complaint = outcome(export, unname(arguments))
      if (!is.null(complaint)) note("bad ", name, "(", toString(names(arguments)), "): ", complaint)
    }
    note("done ", name)
  }
}

check("rule 9: every export answers a bad argument with a classed error", {
  log = tempfile("exports")
  file.create(log)
  ended = tryCatch(
    {
      callr::r(call_with_bad_values, list(log), timeout = 300, wd = tempdir())
      NULL
    },
    error = function(condition) conditionMessage(condition)
  )
  lines = readLines(log)
  called = sub("^call ", "", grep("^call ", lines, value = TRUE))
  done = sub("^done ", "", grep("^done ", lines, value = TRUE))
  c(
    sub("^bad ", "", grep("^bad ", lines, value = TRUE)),
    if (length(setdiff(called, done))) paste(setdiff(called, done), "ended the process:", ended),
    if (!length(done)) paste("no export was called:", ended)
  )
})
