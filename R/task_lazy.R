#' @title Tasks with Lazy Tensors
#'
#' @name mlr_tasks_lazy
#' @aliases mlr_tasks_shapes mlr_tasks_lazy_iris mlr_tasks_mnist mlr_tasks_cifar10
#'
#' @description
#' Tasks of classification to try networks on:
#' * `tsk("shapes")`: 120 coloured pictures of circles, squares and triangles, (3, 32, 32), in files that come with this
#'   package. The feature is `image`.
#' * `tsk("lazy_iris")`: iris, with the four measurements as one feature `x`, a [lazy_tensor()].
#' * `tsk("mnist", folder = )`: 70,000 written digits, (1, 28, 28), as `image`. The rows 1 to 60,000, those of training,
#'   are in use; `task$row_roles$use = 60001:70000` uses those of the test. `folder` must have the four files
#'   `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and `t10k-labels-idx1-ubyte`, which
#'   may end in `.gz`.
#' * `tsk("cifar10", folder = )`: 60,000 pictures of ten kinds of things, (3, 32, 32), as `image`; the rows 1 to 50,000
#'   are in use. `folder` must have the six files `data_batch_1.bin` to `data_batch_5.bin` and `test_batch.bin` of the
#'   "binary version".
#'
#' Nothing is downloaded. The values of pictures are bytes divided by 255.
#'
#' @section Sources:
#' MNIST: LeCun, Bottou, Bengio and Haffner (1998), Gradient-based learning applied to document recognition, Proceedings
#' of the IEEE 86. Its files are at <https://ossci-datasets.s3.amazonaws.com/mnist/>.
#' CIFAR-10: Krizhevsky (2009), Learning multiple layers of features from tiny images. Its files are at
#' <https://www.cs.toronto.edu/~kriz/cifar.html>.
#'
#' @family Lazy
#' @examples
#' task = tsk("shapes")
#' task$truth(1:3)
#' lazy_shape(task$data(1)$image)
NULL

shapes_task = function(id = "shapes") {
  image_task(system.file("extdata", "pictures", package = "mlr3libtorch"), target = "shape", id = id)
}

lazy_iris_task = function(id = "lazy_iris") {
  iris = tsk("iris")$data()
  measurements = iris[, c("Sepal.Length", "Sepal.Width", "Petal.Length", "Petal.Width"), with = FALSE]
  rows = data.table(x = as_lazy_tensor(measurements), Species = iris$Species)
  as_task_classif(rows, target = "Species", id = id)
}

mnist_task = function(folder = NULL, id = "mnist") {
  names = c("train-images-idx3-ubyte", "t10k-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-labels-idx1-ubyte")
  files = find_data_files(folder, names, "mnist", "https://ossci-datasets.s3.amazonaws.com/mnist/")
  images = map(files[1:2], read_idx, dimensions = 3L)
  labels = map(files[3:4], read_idx, dimensions = 1L)
  check_picture_counts(images, labels, files)
  bytes = torch_cat(map(images, function(file) bytes_tensor(file$values, file$shape)), 1L)
  digits = as.integer(unlist(map(labels, "values")))
  is_unknown = map_lgl(labels, function(file) any(as.integer(file$values) > 9L))
  if (any(is_unknown)) abort_data_file(files[3:4][is_unknown][[1L]], "it has digits above 9")
  bytes_task(bytes$unsqueeze(2L), factor(digits, levels = 0:9), "digit", images[[1L]]$shape[[1L]], id)
}

cifar10_task = function(folder = NULL, id = "cifar10") {
  names = c(sprintf("data_batch_%i.bin", 1:5), "test_batch.bin")
  files = find_data_files(folder, names, "cifar10", "https://www.cs.toronto.edu/~kriz/cifar.html")
  record = 1L + 3L * 32L * 32L
  batches = map(files, function(file) {
    bytes = read_bytes(file)
    if (!length(bytes) || length(bytes) %% record) abort_data_file(file, "its length is not that of whole pictures")
    bytes_tensor(bytes, c(length(bytes) / record, record))
  })
  rows = torch_cat(batches, 1L)
  n = rows$shape[[1L]]
  kinds = c("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
  classes = as.integer(as.array(rows$select(2L, 1L)$to(torch_long())))
  file_of_row = rep(files, map_int(batches, function(batch) batch$shape[[1L]]))
  if (any(classes > 9L)) abort_data_file(file_of_row[classes > 9L][[1L]], "it has classes above 9")
  pixels = rows$narrow(2L, 2L, record - 1L)$reshape(c(n, 3L, 32L, 32L))$contiguous()
  in_use = sum(map_dbl(batches[1:5], function(batch) batch$shape[[1L]]))
  bytes_task(pixels, factor(kinds[classes + 1L], levels = kinds), "class", in_use, id)
}

# A task of pictures in memory, of which the first rows are in use.
bytes_task = function(pixels, truth, target, in_use, id) {
  source = list(kind = "values", values = core_tensor_to_plain(pixels))
  rows = data.table(image = lazy_tensor(DataDescriptor$new(source)), truth = truth)
  setnames(rows, "truth", target)
  task = as_task_classif(rows, target = target, id = id)
  task$row_roles$use = seq_len(in_use)
  task
}

bytes_tensor = function(bytes, shape) torch_tensor(bytes)$reshape(shape)

# The paths of files, each as it is or with .gz.
find_data_files = function(folder, names, key, where) {
  if (!test_string(folder) || !dir.exists(folder)) {
    abort("file", sprintf(
      "tsk(\"%s\") reads files that you have; say where, as in `tsk(\"%s\", folder = \"data\")`. %s", key, key,
      sprintf("They are at <%s>: %s.", where, str_collapse(names))),
      list(path = if (is.character(folder)) folder[1L]))
  }
  map_chr(names, function(name) {
    candidates = file.path(folder, c(name, paste0(name, ".gz")))
    found = candidates[file.exists(candidates)]
    if (!length(found)) {
      abort("file", sprintf("tsk(\"%s\"): folder '%s' has no file '%s', nor with .gz; it is at <%s>.", key, folder,
        name, where), list(path = candidates[[1L]]))
    }
    found[[1L]]
  })
}

abort_data_file = function(path, why) {
  abort("file", sprintf("File '%s' is not what it should be: %s. Get it again.", path, why), list(path = path))
}

# All bytes of a file, which may be compressed.
read_bytes = function(path) {
  connection = gzfile(path, "rb")
  on.exit(close(connection))
  parts = list()
  repeat {
    part = readBin(connection, "raw", 1e7)
    if (!length(part)) break
    parts[[length(parts) + 1L]] = part
  }
  unlist(parts) %??% raw()
}

# A file in MNIST's format: two zero bytes, the type of the numbers, how many dimensions, their sizes, the numbers.
read_idx = function(path, dimensions) {
  bytes = read_bytes(path)
  begins = length(bytes) >= 4L + 4L * dimensions && identical(as.integer(bytes[1:4]), c(0L, 0L, 8L, dimensions))
  if (!begins) abort_data_file(path, sprintf("it does not begin as a file of %i dimensions", dimensions))
  header = seq_len(4L + 4L * dimensions)
  shape = readBin(bytes[header[-(1:4)]], "integer", dimensions, endian = "big")
  if (length(bytes) - length(header) != prod(shape)) abort_data_file(path, "it is too short or too long")
  list(shape = shape, values = bytes[-header])
}

check_picture_counts = function(images, labels, files) {
  differs = map_dbl(images, function(file) file$shape[[1L]]) != map_dbl(labels, function(file) file$shape[[1L]])
  if (any(differs)) abort_data_file(files[2L + which(differs)[[1L]]], "it has another number of labels than pictures")
}
