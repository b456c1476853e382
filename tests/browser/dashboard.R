# The page of the callback "dashboard" in headless Chromium: charts are drawn, a click stops the run, another site gets
# nothing. `make browser` calls it with the folder for screenshots; the last line counts what held.

suppressMessages(library(mlr3misc))
source("tests/testthat/helper_dashboard.R")
folder = normalizePath(commandArgs(trailingOnly = TRUE)[[1L]])

# Three short runs, and one that goes on until it is stopped.
several_runs = function(folder) {
  learner = function(epochs, neurons = c(16, 16)) {
    lrn("classif.mlp", epochs = epochs, batch_size = 16, neurons = neurons, seed = 1, validate = 0.3,
      measures_train = msr("classif.acc"), measures_valid = msrs(c("classif.acc", "classif.ce")),
      callbacks = list(t_clbk("dashboard"), t_clbk("norms"), t_clbk("lr_cosine_annealing", T_max = 300),
        t_clbk("checkpoint", path = file.path(folder, "checkpoints"), freq = 1e6)))
  }
  for (neurons in c(4, 32, 64)) learner(40, neurons)$train(tsk("sonar"))
  last = learner(1e6)
  last$train(tsk("sonar"))
  saveRDS(last$model$stopped, file.path(folder, "stopped.rds"))
  while (TRUE) later::run_now(1)
}

main = function() {
  served = serving_process(several_runs)
  script = c("tests/browser/dashboard.js", served$url, folder)
  lines = suppressWarnings(system2("node", script, stdout = TRUE))
  stopped = file.path(served$folder, "stopped.rds")
  is_stopped = wait_until(function() file.exists(stopped), 10)
  c(lines, sprintf("%s: the learner is trained, and says what has stopped it", if (is_stopped) "ok" else "FAILED"))
}

lines = main()
writeLines(lines)
failed = sum(startsWith(lines, "FAILED"))
cat(sprintf("%d passed, %d failed\n", sum(startsWith(lines, "ok")), failed))
quit(status = if (failed > 0L) 1L else 0L)
