# What the contenders in R have in common: cells come in from standard input, seconds go out.
source("bench/cells.R")

# Random rows for a cell, the same for all cells of one size; `y` is a number or a factor.
make_data = function(cell) {
  set.seed(1)
  x = matrix(rnorm(cell$rows * cell$inputs), cell$rows, dimnames = list(NULL, paste0("x", seq_len(cell$inputs))))
  signal = rowSums(x[, 1:3]) + 0.5 * rnorm(cell$rows)
  list(x = x, y = if (cell$task == "regression") signal else factor(ifelse(signal > 0, "yes", "no")))
}

# The last data made are kept, so that a worker makes them once for many cells.
remember_data = function(make) {
  key = NULL
  value = NULL
  function(cell) {
    new_key = unlist(cell[c("task", "rows", "inputs")])
    if (!identical(key, new_key)) {
      value <<- make(cell)
      key <<- new_key
    }
    value
  }
}

# Seconds of the clock and of the processor. What was prepared, and the garbage of earlier cells, is none of this cell's
# business; an argument that nobody has asked for yet is still to be prepared.
time_run = function(run) {
  force(run)
  gc()
  clock = Sys.time()
  processor = proc.time()
  run()
  processor = proc.time() - processor
  c(as.numeric(difftime(Sys.time(), clock, units = "secs")), sum(processor[c("user.self", "sys.self")]))
}

# `prepare` gets a cell and returns the function whose work is timed; `time` runs such a function.
serve = function(prepare, time = time_run) {
  input = file("stdin", "r")
  while (length(line <- readLines(input, n = 1L))) {
    seconds = time(prepare(parse_cell(line)))
    cat(sprintf("%.9f %.9f\n", seconds[1], seconds[2]))
    flush(stdout())
  }
}
