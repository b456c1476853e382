# Pictures and lazy tensors for tests.

# A picture's values as R packages read them, (channels, height, width).
picture_array = function(path) {
  read = if (endsWith(path, ".png")) png::readPNG(path) else jpeg::readJPEG(path)
  if (is.matrix(read)) array(read, c(1L, dim(read))) else aperm(read, c(3L, 1L, 2L))
}

# Writes a picture of these values, (height, width, channels) from 0 to 1.
write_picture = function(values, path) {
  if (endsWith(path, ".png")) png::writePNG(values, path) else jpeg::writeJPEG(values, path, quality = 0.9)
  path
}

# A folder with folders of `n` pictures each: dark ones and light ones, which a network tells apart.
picture_folder_of = function(n = 10, size = c(8, 8), ending = ".png", env = parent.frame()) {
  folder = withr::local_tempdir(.local_envir = env)
  withr::with_seed(1, for (class in c("dark", "light")) {
    dir.create(file.path(folder, class))
    for (i in seq_len(n)) {
      values = array(runif(prod(size) * 3, 0, 0.5) + if (class == "light") 0.5 else 0, c(size, 3))
      write_picture(values, file.path(folder, class, sprintf("%02i%s", i, ending)))
    }
  })
  folder
}

# (rows, 3, 4, 4), each element different.
lazy_pictures = function(rows = 5) as_lazy_tensor(array(seq_len(rows * 48) / (rows * 48), c(rows, 3, 4, 4)))

picture_task = function(x = lazy_pictures(6)) {
  as_task_classif(data.table(image = x, class = factor(rep(c("a", "b"), length.out = length(x)))), target = "class",
    id = "pictures")
}

# A small convolutional network on what an ingress gives.
small_cnn = function(..., channels = 4) {
  Reduce(mlr3pipelines::`%>>%`, list(mlr3pipelines::po("torch_ingress_ltnsr"),
    nn("conv2d", out_channels = channels, kernel_size = 3, padding = 1), nn("relu"),
    nn("adaptive_avg_pool2d", output_size = 2), nn("flatten"), nn("head"),
    mlr3pipelines::po("torch_model_classif", ...)))
}

# Pictures that come with the package, augmented, and a small network on them.
shapes_learner = function(callbacks = list(), ...) {
  po = mlr3pipelines::po
  `%>>%` = mlr3pipelines::`%>>%`
  augment = po("augment_random_crop", size = 32, padding = 2) %>>% po("augment_random_horizontal_flip") %>>%
    po("augment_color_jitter", brightness = 0.2, hue = 0.1)
  network = po("torch_ingress_ltnsr") %>>% nn("conv2d", out_channels = 8, kernel_size = 3, padding = 1) %>>%
    nn("relu") %>>% nn("adaptive_avg_pool2d", output_size = 2) %>>% nn("flatten") %>>% nn("head")
  as_learner(augment %>>% network %>>% po("torch_callbacks", callbacks) %>>%
    po("torch_model_classif", batch_size = 20, seed = 1, ...))
}
