# How soon networks reach the error of boosted trees: xgboost and lightgbm with early stopping, and networks with the
# settings that their authors recommend, on the same rows, one thread each, one after the other.
# options: --learners=PATTERN and --tasks=PATTERN (fits only those, and keeps the stored results of the others),
#   --seconds=240 (a network's run ends after so long), --report (fits nothing, writes the report anew), --quick
library(mlr3)
library(mlr3libtorch)
source("bench/report.R")
source("bench/boosters_tasks.R")
source("bench/boosters_learners.R")
lgr::get_logger("mlr3")$set_threshold("warn")

options = program_options(list(learners = "", tasks = "", seconds = "240", report = FALSE, quick = FALSE))

# One row a fit. `reached`: the seconds until the error on the rows for early stopping is within 1.02 of the best
# booster's.
fit_task = function(name, learners, seconds, rows = NULL) {
  task = booster_tasks[[name]]()
  if (!is.null(rows)) task$filter(sample(task$row_ids, rows))
  parts = split_task(task)
  rbindlist(lapply(names(learners), function(learner) {
    fit = learners[[learner]](task, parts, seconds)
    message(sprintf("%-10s %-24s %.4f  %.0f s", name, learner, fit$error, fit$seconds))
    data.table(task = name, learner = learner, error = fit$error, seconds = fit$seconds,
      best_valid = min(fit$curve$error), curve = list(fit$curve))
  }))
}

with_reached = function(fits, goals) {
  fits[, reached := mapply(function(curve, goal) curve[error <= goal, if (.N) min(seconds) else NA_real_], curve,
    1.02 * goals[task])]
  fits[, curve := NULL][]
}

# The best booster's error on the rows for early stopping, by task: of these fits, or of those that are stored.
goals_of = function(fits) {
  best = fits[learner %in% boosters, .(goal = min(best_valid)), by = task]
  setNames(best$goal, best$task)
}

error_table = function(results) {
  best = results[learner %in% boosters, .(best = min(error)), by = task]
  results[best, ratio := error / best, on = "task"]
  results[, .(task, learner, error, "of the best booster's" = ratio, "seconds, all" = seconds,
    "seconds to 1.02 of its validation error" = reached)]
}

learners = booster_learners[grepl(options$learners, names(booster_learners))]
tasks = grep(options$tasks, names(booster_tasks), value = TRUE)
if (options$quick) {
  fits = fit_task("letters", booster_learners[c("lightgbm", "mlp")], 5, rows = 2000L)
  writeLines(markdown_table(error_table(with_reached(fits, goals_of(fits)))))
} else {
  if (!options$report) {
    fits = rbindlist(lapply(tasks, fit_task, learners, as.numeric(options$seconds)))
    known = file.exists(file.path(results_folder, "boosters.csv"))
    stored = if (known) fread(file.path(results_folder, "boosters.csv"))
    goals = goals_of(rbind(fits, stored, fill = TRUE))
    results = with_reached(fits, goals)
    write_results(if (known) with_stored(results, "boosters", by = c("task", "learner")) else results, "boosters")
  }
  results = fread(file.path(results_folder, "boosters.csv"))
  write_section("boosters", c(markdown_table(error_table(results)), "", provenance(1)))
}
