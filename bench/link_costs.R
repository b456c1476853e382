# What sums over two processes cost on the link between them: one of the two, started by `bench/link`.
# usage: Rscript bench/link_costs.R rank address folder
library(mlr3libtorch)

arguments = commandArgs(TRUE)
rank = as.integer(arguments[[1L]])
meeting = list(path = file.path(arguments[[3L]], "meeting"), address = arguments[[2L]], rank = rank, size = 2L,
  arrival = 60, timeout = 60)
exchange = mlr3libtorch:::meet_workers(meeting)
for (size in c(1, 1520000, 10000000)) {
  milliseconds = 1e3 * mlr3libtorch:::core_exchange_time(exchange, size, 10)
  if (rank == 0L) cat(sprintf("%10.0f numbers: %8.3f ms\n", size, milliseconds))
}
mlr3libtorch:::core_workers_leave(exchange, "done.")
