# Makes the mistakes of tests/testthat/mistakes.R and writes what the package says about them to docs/mistakes.md.

source(file.path("tests", "testthat", "helper_mistakes.R"))

# Numbers and paths that differ from run to run.
without_places = function(message) {
  message = gsub(tempdir(), "/tmp", message, fixed = TRUE)
  gsub("(/tmp/run)[0-9a-f]+", "\\1", message)
}

# A message as it is printed, each line at most `width` characters long.
printed = function(condition, width = 110L) {
  kind = if (inherits(condition, "error")) "Error: " else "Warning: "
  lines = strsplit(paste0(kind, trimws(without_places(cli::ansi_strip(conditionMessage(condition))))), "\n")[[1L]]
  unlist(lapply(lines, function(line) if (nzchar(line)) strwrap(line, width, exdent = 2L) else line))
}

section = function(mistake, environment) {
  condition = make_mistake(mistake, environment)
  if (is.null(condition)) {
    stop(sprintf("'%s' goes through without a word.", mistake$title))
  }
  answered_by = if (mistake$answered_by == "mlr3libtorch") character() else c(sprintf("(%s answers.)",
    mistake$answered_by), "")
  c(paste("##", mistake$title), "", "```r", mistake$code, "```", "", answered_by, "```", printed(condition), "```", "")
}

mistakes = read_mistakes(file.path("tests", "testthat", "mistakes.R"))
environment = new.env()
suppressMessages(eval(parse(text = mistakes$before), environment))
lgr::get_logger("mlr3")$set_threshold("warn")
sections = lapply(mistakes$mistakes, section, environment = environment)
introduction = c(
  "# Mistakes, and what is said about them",
  "",
  sprintf("%i mistakes that are easily made, each with the message that it gives.", length(sections)),
  "This page is written by `tools/mistakes.R`, which makes them. Before each of them runs:",
  "",
  "```r", mistakes$before, "```",
  ""
)
text = c(introduction, unlist(sections))
writeLines(text[-length(text)], file.path("docs", "mistakes.md"))
