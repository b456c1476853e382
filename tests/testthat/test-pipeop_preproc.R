`%>>%` = mlr3pipelines::`%>>%`
po = mlr3pipelines::po

rows_of = function(task) as_array(materialize(task$data()$image, rbind = TRUE))

test_that("every transformation of the core is a pipeop, under mlr3torch's keys", {
  keys = c("trafo_nop", "trafo_resize", "trafo_reshape", "trafo_pad", "trafo_normalize", "trafo_adjust_gamma",
    "trafo_adjust_brightness", "trafo_adjust_hue", "trafo_adjust_saturation", "trafo_grayscale",
    "trafo_rgb_to_grayscale", "augment_crop", "augment_center_crop", "augment_resized_crop", "augment_hflip",
    "augment_vflip", "augment_rotate", "augment_random_affine", "augment_random_crop", "augment_random_resized_crop",
    "augment_random_horizontal_flip", "augment_random_vertical_flip", "augment_color_jitter", "augment_random_choice",
    "augment_random_order")
  expect_true(all(keys %in% names(transformation_keys())))
  for (key in names(transformation_keys())) {
    pipeop = po(key)
    expect_identical(pipeop$id, key)
    expect_identical(pipeop$param_set$values$stages, if (startsWith(key, "trafo")) "both" else "train")
  }
  expect_identical(class(po("trafo_resize"))[[1]], "PipeOpPreprocTorchTrafoResize")
})

test_that("a transformation is applied when elements are needed, in training and in prediction", {
  task = picture_task()
  resize = po("trafo_resize", size = c(2, 3))
  changed = resize$train(list(task))[[1]]
  expect_equal(lazy_shape(changed$data(1)$image), c(NA, 3L, 2L, 3L))
  expect_equal(lazy_shape(resize$predict(list(task))[[1]]$data(1)$image), c(NA, 3L, 2L, 3L))
  expect_equal(lazy_shape(task$data(1)$image), c(NA, 3L, 4L, 4L))
  flipped = po("augment_hflip")$train(list(task))[[1]]
  expect_equal(rows_of(flipped), rows_of(task)[, , , 4:1])
})

test_that("an augmentation is left out in prediction and for validation rows, unless told otherwise", {
  task = picture_task()
  task$internal_valid_task = 5:6
  crop = po("augment_random_crop", size = 2)
  trained = crop$train(list(task))[[1]]
  expect_equal(dim(rows_of(trained)), c(4, 3, 2, 2))
  expect_equal(dim(rows_of(trained$internal_valid_task)), c(2, 3, 4, 4))
  expect_equal(dim(rows_of(crop$predict(list(picture_task()))[[1]])), c(6, 3, 4, 4))
  both = po("augment_center_crop", size = 2, stages = "both")
  both$train(list(task))
  expect_equal(dim(rows_of(both$predict(list(picture_task()))[[1]])), c(6, 3, 2, 2))
})

test_that("pictures are resized by cubic convolution", {
  values = rep(c(0, 7, 6, 3, 2, 9, 1, 8, 0, 4, 5, 3), each = 2) / 10
  task = picture_task(as_lazy_tensor(array(values, c(2, 1, 3, 4))))
  resized = function(...) rows_of(po("trafo_resize", size = 2, interpolation = "bicubic", ...)$train(list(task))[[1]])
  # torch.nn.functional.interpolate(mode = "bicubic", antialias = ...)
  expect_equal(resized()[1, 1, , ], rbind(c(0.2516, 0.3953), c(0.6258, 0.3662)), tolerance = 1e-4)
  expect_equal(resized(antialias = FALSE)[1, 1, , ], rbind(c(0.2042, 0.3614), c(0.7425, 0.2275)), tolerance = 1e-4)
  expect_error(po("trafo_resize", interpolation = "cubic"), "bicubic")
})

test_that("turned pictures grow if they are told to, and what is outside is filled by channel", {
  task = picture_task(lazy_pictures(6))
  x = rows_of(task)
  wide = po("augment_crop", top = 1, left = 1, height = 2, width = 4)
  turned = rows_of((wide %>>% po("augment_rotate", angle = 90, expand = TRUE))$train(task)[[1]])
  # a quarter counterclockwise: columns from the right become rows
  expect_equal(turned, aperm(x[, , 1:2, 4:1], c(1, 2, 4, 3)), tolerance = 1e-6)
  # the diagonal of 4 x 4 pixels
  diamond = rows_of(po("augment_rotate", angle = 45, expand = TRUE, fill = c(0.1, 0.2, 0.3))$train(list(task))[[1]])
  expect_identical(dim(diamond), c(6L, 3L, 6L, 6L))
  expect_equal(diamond[6, , 1, 1], c(0.1, 0.2, 0.3), tolerance = 1e-6)
  expect_identical(dim(rows_of(po("augment_rotate", angle = 45)$train(list(task))[[1]])), c(6L, 3L, 4L, 4L))
  random = po("augment_random_rotation", degrees = c(45, 45), expand = TRUE, fill = 0.5)$train(list(task))[[1]]
  expect_equal(rows_of(random)[1, , 1, 1], rep(0.5, 3))
  expect_error(po("augment_rotate", angle = 45, fill = c(1, 2))$train(list(task)), "as many as 'fill' has")
})

test_that("augmentations are made of others, by chance that follows from the seed", {
  task = picture_task()
  choice = po("augment_random_choice", transforms = list(po("augment_hflip"), po("trafo_nop")))
  pictures = as_array(materialize(task$data()$image, rbind = TRUE))
  drawn = map(1:20, function(draw) as_array(choice$train(list(task))[[1]]$data()$image[[1]][[2]]$read(1L, draw, 1L)))
  is_flipped = map_lgl(drawn, function(x) isTRUE(all.equal(x[1, , , ], pictures[1, , , 4:1])))
  expect_true(any(is_flipped) && !all(is_flipped))
  expect_true(all(map_lgl(drawn[!is_flipped], function(x) isTRUE(all.equal(x[1, , , ], pictures[1, , , ])))))

  order = po("augment_random_order", transforms = list(po("augment_hflip"), po("trafo_resize", size = 2)))
  expect_equal(rows_of(order$train(list(task))[[1]]),
    rows_of((po("trafo_resize", size = 2) %>>% po("augment_hflip"))$train(task)[[1]]), tolerance = 1e-6)
  expect_identical(order$hash, order$clone(deep = TRUE)$hash)
  expect_false(identical(order$hash, po("augment_random_order", transforms = list(po("augment_hflip")))$hash))
  expect_error(po("augment_random_choice", transforms = list(identity)), "must be a list of pipeops")
  expect_error(po("augment_random_choice")$train(list(task)), "transforms")
})

test_that("only the lazy tensors that are selected change", {
  data = data.table(a = lazy_pictures(4), b = lazy_pictures(4), n = 1:4, class = factor(c("u", "v", "u", "v")))
  task = as_task_classif(data, target = "class")
  resize = po("trafo_resize", size = 2, affect_columns = mlr3pipelines::selector_name("b"))
  changed = resize$train(list(task))[[1]]$data()
  expect_equal(lazy_shape(changed$a), c(NA, 3L, 4L, 4L))
  expect_equal(lazy_shape(changed$b), c(NA, 3L, 2L, 2L))
  expect_identical(changed$n, 1:4)
})

test_that("a function in R is a transformation between others", {
  task = picture_task()
  graph = po("trafo_resize", size = 2) %>>% preproc_torch(function(x, by) x * by, by = 2) %>>%
    po("trafo_normalize", mean = 0, std = 0.5)
  resized = rows_of(po("trafo_resize", size = 2)$train(list(task))[[1]])
  expect_equal(rows_of(graph$train(task)[[1]]), resized * 4, tolerance = 1e-6)
  rowwise = preproc_torch(function(x) x$sum(2), rowwise = TRUE)
  expect_equal(dim(rows_of(rowwise$train(list(task))[[1]])), c(6, 3, 4))
  expect_equal(pipeop_preproc_torch("mine", function(x) x)$id, "mine")
})

test_that("mistakes are named with the pipeop and the column", {
  task = picture_task()
  expect_config_error(po("augment_random_crop", size = 9)$train(list(task)), "shape",
    "Pipeop 'augment_random_crop', column 'image': Row 1: Transformation 'random_crop': It takes pictures of at least")
  expect_config_error(po("trafo_resize")$train(list(task)), "missing_parameter", "size")
  expect_error(po("trafo_resize", size = -1), "size")
  expect_config_error(preproc_torch(1), "argument", "'fn' must be a function")
  wrong = preproc_torch(function(x) x[1, ..])
  expect_config_error(wrong$train(list(task)), "dataset", "must return a tensor with 1 rows")
  fails = preproc_torch(function(x) stop("no such thing"))
  expect_config_error(fails$train(list(task)), "dataset", "no such thing")
})

test_that("what a pipeop does is part of its hash", {
  expect_identical(po("trafo_resize")$phash, po("trafo_resize")$phash)
  expect_false(po("trafo_resize")$phash == po("trafo_pad")$phash)
  expect_false(preproc_torch(function(x) x)$phash == preproc_torch(function(x) x + 1)$phash)
})
