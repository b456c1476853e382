# Many fits over mlr3: benchmark() one fit after the other and over two daemons of mirai, in turn. Predictions and
# models must have the same bits. Beside other programs the clock says little, so processor time is taken as well: that
# of one process, divided by half of that of three, is what two free cores allow.
# usage: Rscript bench/jobs.R [--repetitions=3] [--quick]
library(mlr3)
library(mlr3libtorch)
source("bench/report.R")
for (name in c("mlr3", "mlr3libtorch")) lgr::get_logger(name)$set_threshold("warn")

options = program_options(list(repetitions = "3", quick = FALSE))
repetitions = if (options$quick) 1L else as.integer(options$repetitions)
profile = "mlr3_parallelization"

make_task = function(n) {
  set.seed(n)
  data = as.data.frame(matrix(rnorm(20 * n), n))
  data$y = rowSums(data[1:5]^2) + rnorm(n)
  as_task_regr(data, target = "y", id = sprintf("%i rows", n))
}

# Fits of 0.1 to 0.5 seconds.
make_design = function() {
  rows = if (options$quick) 2000L else c(2000L, 3000L, 4000L, 5000L, 6000L)
  neurons = list(c(64L, 64L), c(128L, 64L), c(128L, 128L), c(64L, 64L, 64L))
  learners = lapply(seq_along(neurons), function(i) {
    lrn("regr.mlp", id = paste0("mlp", i), neurons = neurons[[i]], epochs = 40L, batch_size = 64L, seed = i,
      num_threads = 1L, device = "cpu")
  })
  set.seed(1)
  benchmark_grid(lapply(rows, make_task), learners, rsmp("cv", folds = if (options$quick) 2L else 10L))
}

seconds_of = function(code) {
  start = proc.time()[["elapsed"]]
  force(code)
  proc.time()[["elapsed"]] - start
}

# Two daemons that have loaded the packages, while `code()` runs.
with_two_daemons = function(code) {
  started = seconds_of(mirai::daemons(2L, .compute = profile))
  on.exit(mirai::daemons(0L, .compute = profile))
  loaded = seconds_of(mirai::everywhere(suppressMessages(library(mlr3libtorch)), .compute = profile)[])
  measured = code()
  c(list(started = started, loaded = loaded, waiting = mirai::status(.compute = profile)$memory[["peak"]]), measured)
}

# Seconds of the processors: of this process and its daemons, and of all that the machine does.
own_processor_time = function() {
  daemons = if (mirai::daemons_set(.compute = profile)) {
    unlist(mirai::everywhere(sum(proc.time()[1:2]), .compute = profile)[])
  }
  sum(proc.time()[1:2], daemons)
}

machine_processor_time = function() {
  ticks = as.numeric(strsplit(readLines("/proc/stat", n = 1L), " +")[[1L]][-1L])
  sum(ticks[c(1:3, 6:8)]) / 100
}

run_jobs = function(design) {
  own = own_processor_time()
  machine = machine_processor_time()
  seconds = seconds_of(bmr <<- benchmark(design, store_models = TRUE))
  machine = machine_processor_time() - machine
  own = own_processor_time() - own
  list(seconds = seconds, processor = own, others = max(0, machine - own) / seconds, fits = fits_of(bmr))
}

# What must be the same bit by bit, and the time that mlr3 says the fits have taken.
fits_of = function(bmr) {
  states = mlr3misc::map(as.data.table(bmr)$learner, "state")
  list(
    weights = mlr3misc::map(states, function(state) state$model$network$state),
    predictions = mlr3misc::map(as.data.table(bmr)$prediction, as.data.table),
    seconds = sum(mlr3misc::map_dbl(states, function(state) state$train_time + state$predict_time))
  )
}

contenders = list(
  `one after the other` = function(design) c(list(started = 0, loaded = 0, waiting = 0), run_jobs(design)),
  `two daemons` = function(design) with_two_daemons(function() run_jobs(design))
)

bytes = function(x) length(serialize(x, NULL))

# Of the first fit. mlr3 gives mirai's map this for each fit.
bytes_sent = function(design) {
  sent = list(task = design$task[[1L]], learner = design$learner[[1L]], folds = design$resampling[[1L]],
    `mlr3's own function` = getFromNamespace("workhorse", "mlr3"))
  c(mlr3misc::map_dbl(sent, bytes), all = bytes(sent))
}

bytes_back = function(bmr) {
  row = as.data.table(bmr)[1L]
  state = row$learner[[1L]]$state
  without = state[setdiff(names(state), "model")]
  prediction = row$prediction[[1L]]$data
  c(`back, with the model` = bytes(list(state, prediction)), `the model` = bytes(state$model),
    `back, without it` = bytes(list(without, prediction)))
}

range_text = function(x) sprintf("%.2f, %.2f", min(x), max(x))

design = make_design()
sent = bytes_sent(design)
measured = rbindlist(lapply(seq_len(repetitions), function(i) {
  runs = lapply(contenders, function(run) run(design))
  expected = runs[[1L]]$fits[c("weights", "predictions")]
  same = mlr3misc::map_lgl(runs, function(run) identical(run$fits[c("weights", "predictions")], expected))
  stopifnot("other bits" = same)
  table = rbindlist(lapply(runs, function(run) {
    data.table(seconds = run$seconds, processor = run$processor, others = run$others, in_fits = run$fits$seconds,
      started = run$started, loaded = run$loaded, waiting = run$waiting)
  }), idcol = "contender")
  message(paste(sprintf("%s: %.1f s", table$contender, table$seconds), collapse = ", "))
  table[, repetition := i]
}))
measured[, cores := fifelse(contender == contender[1L], 1L, 2L)]
measured[, let(ratio = seconds[1L] / seconds, allowed = processor[1L] / (processor / cores)), by = repetition]

n_fits = nrow(as.data.table(bmr))
shown = measured[, .(seconds = median(seconds), `times as fast` = median(ratio), `from, to` = range_text(ratio),
  `processor time, s` = median(processor), `times as fast on free cores` = median(allowed),
  `cores that others used` = range_text(others), `start of daemons, s` = median(started),
  `loading the package, s` = median(loaded), `sent, MB` = median(waiting)), by = factor(contender, unique(contender))]
setnames(shown, 1L, sprintf("%i fits", n_fits))
sizes = c(sent, bytes_back(bmr))
sizes = data.table(`of the first fit` = names(sizes), bytes = sizes)
lines = c(markdown_table(shown), "", markdown_table(sizes), "", provenance(repetitions))
if (options$quick) {
  writeLines(lines)
} else {
  write_results(measured, "jobs")
  write_section("jobs", lines)
}
