# Lazy tensors that R code reads: what tells them apart, and what their randomness follows from.

`%>>%` = mlr3pipelines::`%>>%`
po = mlr3pipelines::po

numbers_dataset = dataset("numbers",
  initialize = function(values) self$values = values,
  .getitem = function(i) list(x = torch_tensor(self$values[i])),
  .length = function() length(self$values)
)

times = function(k) {
  force(k)
  function(x) x * k
}

test_that("elements of several datasets stay apart, however alike these are", {
  x = c(as_lazy_tensor(numbers_dataset(c(1, 2, 3))), as_lazy_tensor(numbers_dataset(c(1, 20, 30))))
  expect_equal(as.numeric(materialize(x, rbind = TRUE)), c(1, 2, 3, 1, 20, 30))
  expect_equal(map_dbl(materialize(x), as.numeric), c(1, 2, 3, 1, 20, 30))
  expect_length(unique(x), 6)
  bound = rbind(data.table(x = x[1:3]), data.table(x = x[4:6]))
  expect_equal(as.numeric(materialize(bound$x, rbind = TRUE)), c(1, 2, 3, 1, 20, 30))
})

test_that("a function is told apart by the values that it uses", {
  task = as_task_regr(data.table(x = as_lazy_tensor(matrix(1:6 + 0, 3)), y = 1:3 + 0), target = "y")
  made = function(k) preproc_torch(times(k))$train(list(task))[[1]]
  both = c(made(2)$data()$x, made(3)$data()$x)
  expect_equal(as_array(materialize(both, rbind = TRUE)), rbind(2 * matrix(1:6, 3), 3 * matrix(1:6, 3)))
  expect_false(made(2)$hash == made(3)$hash)
  expect_identical(made(2)$hash, made(2)$hash)
  expect_false(preproc_torch(times(2))$phash == preproc_torch(times(3))$phash)
  hash = function(values) as_task_regr(data.table(x = as_lazy_tensor(numbers_dataset(values)), y = 1:3 + 0), "y")$hash
  expect_false(hash(c(1, 2, 3)) == hash(c(1, 20, 30)))
  expect_identical(hash(c(1, 2, 3)), hash(c(1, 2, 3)))
})

test_that("augmentation follows from the seed, epoch and row, also where R code reads the rows", {
  task = tsk("shapes")$filter(1:40)
  network = nn_graph(conv = nn("conv2d", out_channels = 2, kernel_size = 3, stride = 4), flat = nn("flatten"),
    head = nn("head"))
  run = function(r_seed, ...) {
    graph = po("augment_random_horizontal_flip") %>>% preproc_torch(function(x) x * 2 - 1) %>>%
      po("augment_random_crop", size = c(20, 20)) %>>% lrn("classif.torch_model", network = network, batch_size = 8,
        seed = 5, ...)
    learner = as_learner(graph)
    withr::with_seed(r_seed, learner$train(task))
    learned(torch_learner(learner))
  }
  whole = run(1, epochs = 3)
  expect_identical(run(2, epochs = 3), whole)
  folder = withr::local_tempfile()
  checkpoint = t_clbk("checkpoint", path = folder, freq = "3 batches", keep_last = Inf)
  expect_identical(run(3, epochs = 3, callbacks = checkpoint), whole)
  for (file in list_checkpoints(folder)$file) expect_identical(run(4, epochs = 3, resume = file), whole)
})

test_that("the first element of the vector, not of the source, gives the shape and is named", {
  files = list.files(system.file("extdata", "pictures", package = "mlr3libtorch"), full.names = TRUE,
    recursive = TRUE)[1:6]
  folder = withr::local_tempdir()
  file.copy(files, folder)
  copies = file.path(folder, basename(files))
  writeLines("no picture", copies[1])
  task = image_task(data.frame(path = copies, class = rep(c("a", "b"), 3)))$filter(2:6)
  expect_length(lazy_shape(task$data()$image), 4)
  expect_no_error(po("trafo_resize", size = 8)$train(list(task)))
  expect_output(print(as_lazy_tensor(copies)), "tnsr\\[\\?\\]")
  writeLines("no picture", copies[5])
  broken = function(code) expect_error(code, class = "mlr3libtorch_error_file")$message
  expect_match(broken(materialize(as_lazy_tensor(copies)[4:6], rbind = TRUE)), "^Row 2: ")
  expect_match(broken(materialize(c(as_lazy_tensor(files), as_lazy_tensor(copies)[2:6]), rbind = TRUE)), "^Row 10: ")
})

test_that("missing numbers of a lazy tensor are named", {
  values = matrix(rnorm(60), 20)
  values[4, 2] = NA
  task = as_task_regr(data.table(x = as_lazy_tensor(values), y = rnorm(20)), target = "y")
  learner = lrn("regr.torch_model", network = nn_graph(head = nn("head")), epochs = 1, batch_size = 5, seed = 1)
  expect_error(learner$train(task), "Row 4 has missing numbers", class = "mlr3libtorch_error_missing_values")
})
