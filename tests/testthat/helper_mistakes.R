# The mistakes of mistakes.R; tools/mistakes.R reads this file, too.

# A list(before, mistakes): lines of code that come first, and for each mistake its title, its code, and who answers.
read_mistakes = function(file) {
  lines = readLines(file)
  starts = grep("^## ", lines)
  ends = c(starts[-1L] - 1L, length(lines))
  first = lines[seq_len(starts[[1L]] - 1L)]
  mistakes = Map(function(start, end) {
    title = sub("^## ", "", lines[[start]])
    list(
      title = sub(" [(](mlr3|R)[)]$", "", title),
      code = trim_empty_lines(lines[(start + 1L):end]),
      answered_by = if (grepl("[(](mlr3|R)[)]$", title)) sub("^.*[(](mlr3|R)[)]$", "\\1", title) else "mlr3libtorch"
    )
  }, starts, ends)
  list(before = trim_empty_lines(grep("^#", first, value = TRUE, invert = TRUE)), mistakes = mistakes)
}

trim_empty_lines = function(lines) {
  filled = which(nzchar(lines))
  lines[min(filled):max(filled)]
}

# The error of `mistake`, or else its last warning; NULL if it goes through.
# `environment`: where what comes before the mistakes has been run.
make_mistake = function(mistake, environment) {
  warned = NULL
  failed = tryCatch(
    withCallingHandlers({
      utils::capture.output(eval(parse(text = mistake$code), new.env(parent = environment)))
      NULL
    }, warning = function(condition) {
      warned <<- condition
      invokeRestart("muffleWarning")
    }),
    error = identity
  )
  if (is.null(failed)) warned else failed
}
