# The tasks and learners of bench/pictures.R: pictures in files, augmented while a small residual network is trained,
# and digits in memory.
suppressMessages({
  library(mlr3)
  library(mlr3libtorch)
  library(mlr3pipelines)
})
lgr::get_logger("mlr3")$set_threshold("warn")

picture_task = function(cell, folder) {
  if (cell == "files") {
    return(image_task(file.path(folder, "files")))
  }
  set.seed(1)
  rows = 60000L
  digits = as.data.table(matrix(runif(rows * 784L), rows))
  digits$y = factor(sample(0:9, rows, TRUE))
  task = as_task_classif(digits, target = "y")
  task$hash
  task
}

convolution = function(id, channels, norm = TRUE) {
  nodes = nn("conv2d", id = id, out_channels = channels, kernel_size = 3, padding = 1, bias = !norm)
  if (norm) nodes %>>% nn("batch_norm2d", id = paste0(id, "_norm")) else nodes
}

# The block's output is added to its input.
residual = function(id, channels) {
  path = convolution(paste0(id, "_first"), channels) %>>% nn("relu", id = paste0(id, "_relu")) %>>%
    convolution(paste0(id, "_second"), channels)
  gunion(list(path, po("nop", id = paste0(id, "_input")))) %>>% nn("merge_sum", id = paste0(id, "_sum")) %>>%
    nn("relu", id = paste0(id, "_out"))
}

files_network = function() {
  po("torch_ingress_ltnsr") %>>% convolution("stem", 16) %>>% nn("relu", id = "stem_relu") %>>%
    nn("max_pool2d", id = "pool1", kernel_size = 2) %>>% residual("block1", 16) %>>%
    convolution("widen", 32) %>>% nn("relu", id = "widen_relu") %>>%
    nn("max_pool2d", id = "pool2", kernel_size = 2) %>>% residual("block2", 32) %>>%
    nn("adaptive_avg_pool2d", output_size = 1) %>>% nn("flatten") %>>% nn("head")
}

digits_network = function() {
  nn_sequential(nn("reshape", shape = c(-1L, 1L, 28L, 28L)),
    nn("conv2d", out_channels = 8, kernel_size = 3, padding = 1), nn("relu"), nn("max_pool2d", kernel_size = 2),
    nn("conv2d", out_channels = 16, kernel_size = 3, padding = 1), nn("relu"), nn("max_pool2d", kernel_size = 2),
    nn("flatten"), nn("linear", out_features = 64), nn("relu"), nn("head"))
}

picture_learner = function(cell) {
  settings = list(epochs = 1L, batch_size = 64L, seed = 1L, num_threads = 1L, device = "cpu")
  if (cell == "digits") {
    return(do.call(lrn, c(list("classif.torch_model", network = digits_network(), optimizer = t_opt("adam", lr = 1e-3)),
      settings)))
  }
  as_learner(po("augment_random_horizontal_flip") %>>% po("augment_random_crop", size = 64, padding = 4) %>>%
    po("trafo_normalize", mean = 0.5, std = 0.25) %>>% files_network() %>>%
    po("torch_optimizer", t_opt("adam", lr = 1e-3)) %>>%
    do.call(po, c(list("torch_model_classif", num_workers = 1L), settings)))
}
