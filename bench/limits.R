# What bounds each cell, and how close to it this package comes: reads what bench/networks.R has written.
# options: --build=FOLDER (of CMake), --quick
source("bench/cells.R")
source("bench/measure.R")
source("bench/report.R")

options = program_options(list(build = "build/core", quick = FALSE))

# Floating point operations of one step: each product of a layer takes two for each weight and row, forward, for the
# weights' gradient and, except in the first layer, for that of the inputs.
step_operations = function(cell) {
  sizes = layer_sizes(cell)
  weights = head(sizes, -1) * tail(sizes, -1)
  2 * cell$batch * (3 * sum(weights) - weights[1])
}

n_parameters = function(cell) {
  sizes = layer_sizes(cell)
  sum((head(sizes, -1) + 1) * tail(sizes, -1))
}

# Bytes of one step in float32: weights are read forward and (except the first layer's) back, gradients are written; the
# optimizer reads weights, gradients and its state and writes all but the gradients. Each layer's outputs are written
# and read again, in both directions; the batch is read forward and back.
step_bytes = function(cell) {
  sizes = layer_sizes(cell)
  parameters = n_parameters(cell)
  states = if (cell$optimizer == "sgd") 0 else 2
  weights = 3 * parameters - sizes[1] * sizes[2]
  optimizer = (3 + 2 * states) * parameters
  activations = cell$batch * (2 * sizes[1] + 4 * sum(sizes[-1]))
  4 * (weights + optimizer + activations)
}

limits_of = function(worker, cell, peak) {
  answer = ask(worker, cell_line(cell))
  data.table(cell = cell$cell, operations = step_operations(cell), bytes = step_bytes(cell),
    arithmetic = 1e6 * step_operations(cell) / peak[1], memory = 1e6 * step_bytes(cell) / answer[2],
    products = 1e6 * answer[1], memory_rate = answer[2])
}

name = if (options$quick) "networks_quick" else "networks"
file = file.path(results_folder, paste0(name, ".csv"))
if (!file.exists(file)) stop(sprintf("there is no '%s'; bench/networks.R writes it", file))
measured = medians(fread(file))[, .(cell = as.character(cell), reached = mlr3libtorch)]
cells = all_cells()[cell %in% measured$cell]

worker = start_worker(new_contender(file.path(options$build, "bench/bench_limits"), character()), threads = 1L)
peak = ask(worker, "peak")
limits = rbindlist(lapply(seq_len(nrow(cells)), function(i) limits_of(worker, cells[i], peak)))
stop_worker(worker)

limits = merge(limits, measured, by = "cell", sort = FALSE)
limits[, let(limit = pmax(arithmetic, memory), bound = ifelse(arithmetic > memory, "arithmetic", "memory"))]
limits[, fraction := limit / reached]

shown = limits[, .(cell, `GFLOP` = operations / 1e9, `MB` = bytes / 1e6, `arithmetic, us` = arithmetic,
  `memory, us` = memory, `bound by` = bound, `products alone, us` = products, `mlr3libtorch, us` = reached,
  `part of the limit reached` = fraction, `part that the products alone reach` = limit / products,
  `products / mlr3libtorch` = products / reached)]
machine = sprintf("This machine, one thread: %.0f GFLOP/s (a product of 1024 x 1024 matrices), %s",
  peak[1] / 1e9, sprintf("%.1f GB/s from memory, up to %.0f GB/s where the parameters fit into the caches.",
    peak[2] / 1e9, max(limits$memory_rate) / 1e9))
lines = c(machine, "", markdown_table(shown))
if (options$quick) {
  writeLines(lines)
} else {
  write_results(limits, "limits")
  write_section("limits", lines)
}
