# How often a checkpoint is written: the callback's parameter `freq`.

# The number of batches or seconds in each unit; epochs are given as a plain number.
freq_units = list(
  batch = c(batch = 1, batches = 1),
  second = c(s = 1, sec = 1, min = 60, h = 3600)
)

# list(unit, count), `unit` "epochs", or "batch" or "second" as in `filtered_stage()`; NULL if `freq` is none of these.
parse_freq = function(freq) {
  if (test_count(freq, positive = TRUE)) {
    return(list(unit = "epochs", count = freq))
  }
  parts = if (test_string(freq)) regmatches(freq, regexec("^ *([0-9.]+) *([a-z]+) *$", freq))[[1L]]
  if (length(parts) != 3L) {
    return(NULL)
  }
  number = suppressWarnings(as.numeric(parts[[2L]]))
  unit = names(keep(freq_units, function(unit) parts[[3L]] %in% names(unit)))
  is_usable = length(unit) == 1L && !is.na(number) && number > 0 && (unit != "batch" || number == floor(number))
  if (is_usable) list(unit = unit, count = number * freq_units[[unit]][[parts[[3L]]]])
}

# TRUE, or what is wrong with the parameter, as a ParamSet's custom check returns it.
check_checkpoint_freq = function(x) {
  if (!is.null(parse_freq(x))) {
    return(TRUE)
  }
  sprintf(paste("must be a whole number of epochs, at least 1, or a string such as \"500 batches\", \"30 s\",",
    "\"10 min\" or \"2 h\", not %s"), as_short_string(x))
}
