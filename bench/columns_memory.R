# How much memory and time it takes to turn a task of 1,000,000 rows and 50 numeric features into tensors.
# The peak of the process above where it stood with the task in memory, divided by the size of the float32 tensor.
# `bench/run` sets what the allocator needs for the resident size to be what is in use.
library(mlr3)
library(mlr3libtorch)

rows = 1e6
columns = 50L
tensor_bytes = 4 * rows * columns

make_task = function() {
  data = data.table::as.data.table(replicate(columns, rnorm(rows), simplify = FALSE))
  data$y = rnorm(rows)
  as_task_regr(data, target = "y")
}

# Bytes, from what Linux says about this process.
memory = function(field) {
  line = grep(paste0("^", field, ":"), readLines("/proc/self/status"), value = TRUE)
  1024 * as.numeric(gsub("[^0-9]", "", line))
}

# The highest resident size so far counts anew from here.
reset_peak = function() cat("5", file = "/proc/self/clear_refs")

task = make_task()
learner = lrn("regr.mlp", epochs = 1L, batch_size = 32L, device = "cpu")
# everything that is loaded or allocated once and for all
invisible(learner$dataset(task$clone()$filter(1:1000)))
invisible(gc(full = TRUE))
before = memory("VmRSS")
reset_peak()
seconds = system.time({
  dataset = learner$dataset(task)
})[["elapsed"]]
peak = memory("VmHWM") - before
stopifnot(identical(as.numeric(dataset$x$x$shape), c(rows, columns)))
cat(sprintf("the tensor: %.0f MB, the task in R: %.0f MB\n", tensor_bytes / 1e6, 2 * tensor_bytes / 1e6))
cat(sprintf("peak above R's own copy: %.0f MB, %.2f times the tensor (target: less than 1.3); %.2f s\n",
  peak / 1e6, peak / tensor_bytes, seconds))
