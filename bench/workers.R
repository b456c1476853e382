# One run on two processes beside the same run on one, in turn: milliseconds a batch from the run's own history, so
# that starting the processes counts for nothing. And what an exchange costs, by its size, beside a copy of that memory.
# usage: Rscript bench/workers.R [--repetitions=5] [--quick]
library(mlr3)
library(mlr3libtorch)
source("bench/report.R")
for (name in c("mlr3", "mlr3libtorch")) lgr::get_logger(name)$set_threshold("warn")

options = program_options(list(repetitions = "5", quick = FALSE))
repetitions = if (options$quick) 1L else as.integer(options$repetitions)
bound = 1.7
daemons = "bench-workers"
mirai::daemons(1L, .compute = daemons)

# Ten batches of `batch` rows: numbers, and factors of eight levels.
make_task = function(batch, numbers, factors = 0L, classes = 2L) {
  set.seed(1)
  rows = 10L * batch
  data = as.data.frame(matrix(rnorm(rows * numbers), rows))
  for (i in seq_len(factors)) data[[paste0("factor", i)]] = factor(sample(letters[1:8], rows, TRUE))
  data$y = if (classes > 0L) factor(sample(letters[seq_len(classes)], rows, TRUE)) else rnorm(rows)
  task = if (classes > 0L) as_task_classif(data, target = "y") else as_task_regr(data, target = "y")
  task$hash
  task
}

convolutional = nn_sequential(nn("reshape", shape = c(-1L, 1L, 28L, 28L)),
  nn("conv2d", out_channels = 16L, kernel_size = 3L, padding = 1L), nn("relu"), nn("max_pool2d", kernel_size = 2L),
  nn("conv2d", out_channels = 32L, kernel_size = 3L, padding = 1L), nn("relu"), nn("max_pool2d", kernel_size = 2L),
  nn("flatten"), nn("linear", out_features = 64L), nn("relu"), nn("head"))

tabular = make_task(256L, 20L, 4L)
runs = list(
  list(name = "ft_transformer, batch 256", task = tabular, key = "classif.ft_transformer", epochs = 2L),
  list(name = "tabm, batch 256", task = tabular, key = "classif.tabm", epochs = 2L),
  list(name = "1000-8x400-1, batch 256", task = make_task(256L, 1000L, classes = 0L), key = "regr.mlp", epochs = 10L,
    arguments = list(neurons = rep(400L, 8L))),
  list(name = "convolutional, 28 x 28, batch 256", task = make_task(256L, 784L, classes = 10L),
    key = "classif.torch_model", epochs = 6L, arguments = list(network = convolutional)),
  list(name = "20-512-512-2, batch 256", task = make_task(256L, 20L), key = "classif.mlp", epochs = 20L,
    arguments = list(neurons = c(512L, 512L))),
  list(name = "20-64-64-2, batch 256", task = make_task(256L, 20L), key = "classif.mlp", epochs = 40L,
    arguments = list(neurons = c(64L, 64L)))
)

# Milliseconds a batch: of the fastest epoch after the first.
time_run = function(run, workers) {
  learner = do.call(lrn, c(list(run$key, epochs = run$epochs + 1L, batch_size = 256L, seed = 1L, device = "cpu",
    optimizer = t_opt("adam", lr = 1e-3), workers = workers), run$arguments))
  learner$train(run$task)
  100 * min(learner$history$seconds[-1L])
}

compare = function(run) {
  times = vapply(seq_len(repetitions), function(i) {
    c(one = time_run(run, 1L), two = time_run(run, torch_workers(2L, compute = daemons)))
  }, numeric(2L))
  medians = apply(times, 1L, median)
  data.table(run = run$name, `one process, ms` = medians[["one"]], `two processes, ms` = medians[["two"]],
    gain = medians[["one"]] / medians[["two"]])
}

# Milliseconds of a sum over two processes, of a copy of that memory, and of two copies at once.
exchange_costs = function() {
  sizes = if (options$quick) 1e4 else 10^(4:8)
  folder = tempfile("exchange-")
  dir.create(folder)
  meeting = function(rank) {
    list(path = file.path(folder, "meeting"), address = "127.0.0.1", rank = rank, size = 2L, arrival = 60, timeout = 60)
  }
  other = mirai::mirai(
    {
      exchange = mlr3libtorch:::meet_workers(meeting)
      on.exit(mlr3libtorch:::core_workers_leave(exchange, "done."))
      for (size in sizes) mlr3libtorch:::core_exchange_time(exchange, size, repeats)
    },
    meeting = meeting(1L), sizes = sizes, repeats = 10, .compute = daemons)
  exchange = mlr3libtorch:::meet_workers(meeting(0L))
  on.exit(mlr3libtorch:::core_workers_leave(exchange, "done."))
  rows = lapply(sizes, function(size) {
    sum = 1e3 * mlr3libtorch:::core_exchange_time(exchange, size, 10)
    x = torch_ones(size)
    y = torch_zeros(size)
    copy = min(replicate(5L, system.time(y$copy_(x))[["elapsed"]]))
    data.table(parameters = size, `sum, ms` = sum, `GB/s` = 4e-6 * size / sum, `copy, ms` = 1e3 * copy)
  })
  other[]
  rbindlist(rows)
}

results = rbindlist(lapply(runs, compare))
costs = exchange_costs()
mirai::daemons(0L, .compute = daemons)
lines = c(sprintf("%.1f is asked for in the first four rows.", bound), "", markdown_table(results), "",
  markdown_table(costs), "", provenance(repetitions))
if (options$quick) {
  writeLines(lines)
} else {
  write_results(results, "workers")
  write_section("workers", lines)
}
