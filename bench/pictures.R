# Pictures: 10,000 JPEG files of 64 x 64, read and augmented by one worker while a small residual network is trained on
# another core, and 60,000 digits in memory; an epoch of each, this package's `$train()` and PyTorch's loop, in turn.
# options: --repetitions=5, --quick (a few files, once; the README stays as it is)
source("bench/measure.R")
source("bench/report.R")

options = program_options(list(repetitions = "5", quick = FALSE))
folder = file.path("build", if (options$quick) "pictures_quick" else "pictures")

# Smooth colours with noise, which compress as photographs do, in ten classes.
make_files = function(folder, files) {
  set.seed(1)
  ramp = outer(1:64, 1:64, function(i, j) sin(i / 9) * cos(j / 7))
  for (i in seq_len(files)) {
    path = file.path(folder, "files", letters[(i - 1L) %% 10L + 1L], sprintf("%05i.jpg", i))
    dir.create(dirname(path), recursive = TRUE, showWarnings = FALSE)
    picture = vapply(1:3, function(channel) 0.5 + runif(1, 0.1, 0.4) * ramp + runif(4096, -0.1, 0.1), matrix(0, 64, 64))
    jpeg::writeJPEG(picture, path, quality = 0.9)
  }
}

n_files = if (options$quick) 640L else 10000L
if (length(list.files(folder, "[.]jpg$", recursive = TRUE)) != n_files) make_files(folder, n_files)

cells = data.table(group = "pictures", cell = c("files", "digits"), threads = 1L, epochs = 1L)
cell_line = function(cell) cell$cell
n_batches = function(cells) ifelse(cells$cell == "files", ceiling(n_files / 64), ceiling(60000 / 64))
contenders = list(
  mlr3libtorch = new_contender("Rscript", c("bench/contenders/pictures.R", folder)),
  pytorch = new_contender("/usr/bin/python3", c("bench/contenders/pictures.py", folder))
)
results = measure(cells, contenders, if (options$quick) 1L else as.integer(options$repetitions))

# How much of a run of its own the loop waits for batches.
waiting_share = function() {
  source("bench/pictures_learners.R", local = TRUE)
  learner = picture_learner("files")$train(picture_task("files", folder))
  timing = torch_learner(learner)$model$timing
  timing[stage == "data" & is.na(callback), seconds] / timing[is.na(callback), sum(seconds)]
}

wide = medians(results)
table = wide[, .(run = c(files = "10,000 files, one worker", digits = "60,000 digits in memory")[as.character(cell)],
  `mlr3libtorch, s an epoch` = mlr3libtorch * n_batches(.SD) / 1e6,
  `PyTorch, s an epoch` = pytorch * n_batches(.SD) / 1e6, `PyTorch / mlr3libtorch` = pytorch / mlr3libtorch),
.SDcols = names(wide)]
lines = c(markdown_table(table), "",
  sprintf("The loop waits for files %.0f %% of its time (10 %% at most).", 100 * waiting_share()), "",
  provenance(max(results$repetition)))
if (options$quick) {
  writeLines(lines)
} else {
  write_results(results, "pictures")
  write_section("pictures", lines)
}
