# Networks of today in this package: a cell is a network's name, a number of batches and, if it is not to be trained by
# one thread, a number of threads or the word `prediction`. With the argument `off` the step goes by autograd, with
# `bfloat16` products have that precision.
source("bench/contenders/serve.R")
suppressMessages({
  library(mlr3)
  library(mlr3libtorch)
})
lgr::get_logger("mlr3")$set_threshold("warn")

arguments = commandArgs(trailingOnly = TRUE)
plan = if ("off" %in% arguments) "off" else "auto"
precision = if ("bfloat16" %in% arguments) "bfloat16" else "float32"

# Numbers, and factors of eight levels.
make_task = function(rows, numbers, factors = 0L, classes = 10L) {
  set.seed(1)
  data = as.data.frame(matrix(rnorm(rows * numbers), rows))
  for (i in seq_len(factors)) data[[paste0("factor", i)]] = factor(sample(letters[1:8], rows, TRUE))
  data$y = factor(sample(letters[seq_len(classes)], rows, TRUE))
  task = as_task_classif(data, target = "y")
  task$hash
  task
}

# In colour, 64 by 64.
make_pictures = function(rows, classes = 10L) {
  set.seed(1)
  x = as_lazy_tensor(array(rnorm(rows * 3 * 64 * 64), c(rows, 3L, 64L, 64L)))
  y = factor(sample(letters[seq_len(classes)], rows, TRUE))
  task = as_task_classif(data.table::data.table(x = x, y = y), target = "y")
  task$hash
  task
}

shaped = function(...) nn("reshape", shape = c(-1L, ...))
recurrent = function(kind) nn_sequential(shaped(50L, 16L), nn(kind, hidden_size = 64L, output = "last"), nn("head"))
encoder = function() nn("transformer_encoder_layer", nhead = 4L, dim_feedforward = 256L)

networks = list(
  convolutional = nn_sequential(shaped(1L, 28L, 28L), nn("conv2d", out_channels = 8L, kernel_size = 3L, padding = 1L),
    nn("relu"), nn("max_pool2d", kernel_size = 2L), nn("conv2d", out_channels = 16L, kernel_size = 3L, padding = 1L),
    nn("relu"), nn("max_pool2d", kernel_size = 2L), nn("flatten"), nn("linear", out_features = 64L), nn("relu"),
    nn("head")),
  lstm = recurrent("lstm"),
  gru = recurrent("gru"),
  encoder = nn_sequential(shaped(32L, 64L), encoder(), encoder(), nn("flatten"), nn("head")),
  conv1d = nn_sequential(shaped(8L, 128L), nn("conv1d", out_channels = 32L, kernel_size = 5L, padding = 2L), nn("relu"),
    nn("conv1d", out_channels = 32L, kernel_size = 5L, padding = 2L), nn("relu"),
    nn("adaptive_avg_pool1d", output_size = 1L), nn("flatten"), nn("head"))
)
features = c(convolutional = 784L, lstm = 800L, gru = 800L, encoder = 2048L, conv1d = 1024L)

batch_of = function(name) if (name == "resnet18") 32L else if (name %in% names(networks)) 64L else 256L

task_of = function(name, batches) {
  rows = batches * batch_of(name)
  if (name %in% names(networks)) {
    make_task(rows, features[[name]])
  } else if (name == "resnet18") {
    make_pictures(rows)
  } else {
    make_task(rows, 20L, if (name == "tab_resnet") 0L else 4L, 2L)
  }
}

learner_of = function(name, batches, threads) {
  arguments = list(epochs = batches / 10, batch_size = batch_of(name), seed = 1L, plan = plan, precision = precision,
    num_threads = threads, device = "cpu", optimizer = t_opt("adam", lr = 1e-3), predict_type = "prob")
  if (name %in% names(networks)) {
    do.call(lrn, c("classif.torch_model", network = list(networks[[name]]), arguments))
  } else {
    do.call(lrn, c(paste0("classif.", name), arguments))
  }
}

parse_cell = function(line) strsplit(paste(line, "1"), " ", fixed = TRUE)[[1]]

# Ten batches an epoch, of which there are many; a prediction gets all batches at once.
serve(function(cell) {
  batches = as.integer(cell[2])
  if (cell[3] == "prediction") {
    task = task_of(cell[1], batches)
    learner = learner_of(cell[1], 10L, 1L)$train(task, row_ids = seq_len(10L * batch_of(cell[1])))
    return(function() learner$predict(task))
  }
  task = task_of(cell[1], 10L)
  learner = learner_of(cell[1], batches, as.integer(cell[3]))
  function() learner$train(task)
})
