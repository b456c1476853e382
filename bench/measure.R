# Contenders are processes that live as long as the benchmark: they read a cell from standard input and answer with the
# seconds that it took. So starting up counts for nothing, and they can take turns on each cell, which is what makes
# their times comparable on a machine that does other things as well.
library(data.table)

# * command, args: how it is started.
# * can: which cells it is able to do, a function of the table of cells that returns TRUE or FALSE for each.
# * epochs: how many epochs it is given of a cell that has so many; a slow one answers the same question with fewer.
new_contender = function(command, args, can = function(cells) rep(TRUE, nrow(cells)), epochs = identity) {
  list(command = command, args = args, can = can, epochs = epochs)
}

# PyTorch 2, on networks of today. `command`: a Python that has it, such as "chroot /srv/trixie python3". The script is
# handed over as text, since another root would not have the file.
fused_contender = function(command, ...) {
  words = strsplit(command, " ", fixed = TRUE)[[1]]
  script = paste(readLines("bench/contenders/modern.py"), collapse = "\n")
  new_contender(words[1], c(words[-1], "-c", script, "fused", ...))
}

start_worker = function(contender, threads) {
  threads = as.character(threads)
  process = processx::process$new(contender$command, contender$args, stdin = "|", stdout = "|", stderr = "",
    env = c("current", OMP_NUM_THREADS = threads, OPENBLAS_NUM_THREADS = threads, MKL_NUM_THREADS = threads))
  c(contender, list(process = process))
}

stop_worker = function(worker) {
  close(worker$process$get_input_connection())
  worker$process$wait(2000)
  invisible(worker$process$kill())
}

# Sends one line and waits for the answer: two numbers, seconds of the clock and of the processor.
ask = function(worker, line) {
  worker$process$write_input(paste0(line, "\n"))
  answer = character()
  while (!length(answer)) {
    worker$process$poll_io(-1L)
    answer = worker$process$read_output_lines(n = 1L)
    if (!length(answer) && !worker$process$is_alive()) {
      stop(sprintf("'%s' ended while it worked on '%s'", paste(worker$args, collapse = " "), line))
    }
  }
  seconds = suppressWarnings(as.numeric(strsplit(answer, " ", fixed = TRUE)[[1]]))
  if (length(seconds) != 2L || anyNA(seconds)) {
    stop(sprintf("'%s' answered '%s' to '%s'", paste(worker$args, collapse = " "), answer, line))
  }
  seconds
}

# What is loaded or compiled the first time shall count for nobody: one epoch of the first cell that it can do.
warm_up = function(worker, cells) {
  cell = copy(cells[worker$can(cells)][1])
  ask(worker, cell_line(cell[, epochs := 1L]))
}

# Every contender on every cell, in turn, again and again: a row for each measurement.
measure = function(cells, contenders, repetitions) {
  contenders = Filter(function(contender) any(contender$can(cells)), contenders)
  workers = lapply(contenders, start_worker, threads = max(cells$threads))
  on.exit(lapply(workers, stop_worker))
  lapply(workers, warm_up, cells = cells)
  turns = CJ(repetition = seq_len(repetitions), row = seq_len(nrow(cells)), contender = names(contenders),
    sorted = FALSE)
  able = do.call(cbind, lapply(contenders, function(contender) contender$can(cells)))
  turns = turns[able[cbind(row, match(contender, colnames(able)))]]
  rbindlist(Map(function(repetition, row, contender) {
    measure_once(cells[row], workers[[contender]], contender, repetition)
  }, turns$repetition, turns$row, turns$contender))
}

measure_once = function(cell, worker, contender, repetition) {
  cell = copy(cell)
  cell[, epochs := worker$epochs(epochs)]
  seconds = ask(worker, cell_line(cell))
  batches = n_batches(cell)
  message(sprintf("%i  %-28s %-18s %9.1f us", repetition, cell$cell, contender, 1e6 * seconds[1] / batches))
  data.table(group = cell$group, cell = cell$cell, threads = cell$threads, contender = contender,
    repetition = repetition, epochs = cell$epochs, batches = batches, microseconds = 1e6 * seconds[1] / batches,
    cpu_microseconds = 1e6 * seconds[2] / batches)
}

# One row a cell, one column a contender: medians of microseconds a batch, of the clock or of the processor.
medians = function(results, clock = c("wall", "processor")) {
  value = c(wall = "microseconds", processor = "cpu_microseconds")[[match.arg(clock)]]
  # A factor keeps the order of the cells.
  results = copy(results)[, cell := factor(cell, unique(cell))]
  dcast(results, group + cell ~ contender, value.var = value, fun.aggregate = median, fill = NA_real_)
}
