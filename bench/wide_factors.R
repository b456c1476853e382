# What a factor of many levels costs: $train() of a perceptron on indicators, which are kept in codes, beside the same
# network with an embedding in the place of its first layer. Each run is a process of its own; they take turns.
# usage: Rscript bench/wide_factors.R [--repetitions=5] [--quick]
library(data.table)
source("bench/report.R")

options = program_options(list(repetitions = "5", quick = FALSE))
repetitions = if (isTRUE(options$quick)) 1L else as.integer(options$repetitions)
cells = CJ(levels = c(1000L, 10000L), units = c(16L, 64L))
if (isTRUE(options$quick)) cells = cells[levels == 1000L]
bounds = list(ratio = 1.3, megabytes = 60)

# Processor seconds of one $train() and the peak of memory above the process with the task.
measure_run = function(levels, units, kind) {
  library(mlr3)
  library(mlr3libtorch)
  for (name in c("mlr3", "mlr3libtorch")) lgr::get_logger(name)$set_threshold("warn")
  memory = function(field) {
    line = grep(paste0("^", field, ":"), readLines("/proc/self/status"), value = TRUE)
    as.numeric(gsub("[^0-9]", "", line)) / 1000
  }
  task_of = function(n) {
    set.seed(1)
    group = factor(sample(levels, n, replace = TRUE), levels = seq_len(levels))
    as_task_regr(data.frame(group = group, y = rnorm(n)), target = "y")
  }
  make = function() {
    settings = list(epochs = 5L, batch_size = 64L, seed = 1L, num_threads = 1L, device = "cpu")
    if (kind == "codes") {
      return(mlr3misc::invoke(lrn, "regr.mlp", neurons = units, p = 0, scale = FALSE, .args = settings))
    }
    network = nn_sequential(nn("embedding", embedding_dim = units), nn("flatten"), nn("relu"), nn("head"))
    mlr3misc::invoke(lrn, "regr.torch_model", network = network, ingress_tokens = list(x = ingress_categ()),
      .args = settings)
  }
  # everything that is loaded or allocated once and for all
  make()$train(task_of(100L))
  task = task_of(20000L)
  invisible(task$hash)
  learner = make()
  invisible(gc(full = TRUE))
  before = memory("VmRSS")
  cat("5", file = "/proc/self/clear_refs")
  time = system.time(learner$train(task))
  c(seconds = time[["user.self"]], megabytes = memory("VmHWM") - before, planned = learner$model$plan$used)
}

compare = function(levels, units) {
  one = function(kind) {
    callr::r(measure_run, list(levels, units, kind), env = c(MALLOC_MMAP_THRESHOLD_ = "100000"))
  }
  runs = lapply(seq_len(repetitions), function(i) list(codes = one("codes"), embedding = one("embedding")))
  value = function(kind, what) median(vapply(runs, function(run) run[[kind]][[what]], numeric(1)))
  stopifnot(value("codes", "planned") == 1, value("embedding", "planned") == 1)
  data.table(levels = levels, units = units, codes = value("codes", "seconds"),
    embedding = value("embedding", "seconds"), ratio = value("codes", "seconds") / value("embedding", "seconds"),
    memory = value("codes", "megabytes"), memory_embedding = value("embedding", "megabytes"))
}

results = cells[, compare(levels, units), by = seq_len(nrow(cells))][, -1L]
setnames(results, c("levels", "units", "indicators in codes, s", "embedding, s",
  sprintf("ratio (at most %g)", bounds$ratio), sprintf("MB above the task (at most %g)", bounds$megabytes),
  "MB with an embedding"))
lines = c(markdown_table(results), "", provenance(repetitions))
if (isTRUE(options$quick)) cat(lines, sep = "\n") else write_section("wide factors", lines)
