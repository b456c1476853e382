mixed_task = function() {
  data = data.table(
    number = c(1.5, 2, -3), whole = c(1L, 2L, 3L), flag = c(TRUE, FALSE, TRUE),
    colour = factor(c("red", "blue", "red"), levels = c("blue", "green", "red")),
    size = ordered(c("s", "l", "m"), levels = c("s", "m", "l")), y = c(0.5, 1, 2)
  )
  as_task_regr(data, target = "y", id = "mixed")
}

# The features of `info` as one tensor.
features_tensor = function(task, info, ...) input_from_task(columns_input(info[!info$target, ]), task, ...)

tensor_of = function(task, info = column_info(task)) as.array(features_tensor(task, info))

test_that("columns of every type become one tensor, factors one-hot in the order of their levels", {
  task = mixed_task()
  info = column_info(task)
  x = tensor_of(task)
  widths = set_names(feature_widths(info[!info$target, ]), info$id[!info$target])
  first = cumsum(c(1, widths))
  at = function(id) {
    i = match(id, names(widths))
    x[, seq(first[[i]], length.out = widths[[i]])]
  }
  expect_equal(dim(x), c(3L, 9L))
  expect_equal(at("number"), c(1.5, 2, -3))
  expect_equal(at("whole"), 1:3)
  expect_equal(at("flag"), c(1, 0, 1))
  expect_equal(at("colour"), rbind(c(0, 0, 1), c(1, 0, 0), c(0, 0, 1)))
  expect_equal(at("size"), rbind(c(1, 0, 0), c(0, 0, 1), c(0, 1, 0)))
})

test_that("only the task's rows are taken, in its order", {
  task = mixed_task()
  all = tensor_of(task)
  task$row_roles$use = c(3L, 1L)
  expect_equal(tensor_of(task), all[c(3, 1), ])
})

test_that("the order of columns does not matter when the training's is known", {
  task = mixed_task()
  turned = as_task_regr(task$data()[, rev(names(task$data())), with = FALSE], target = "y")
  expect_equal(tensor_of(turned, column_info(task)), tensor_of(task))
})

test_that("a task fetched in blocks gives the same tensor", {
  task = tsk("spam")
  expected = unname(as.matrix(task$data(cols = task$feature_names)))
  # 1,000 rows, one row, and less than a row at a time
  for (bytes in 8 * 57 * c(1000, 1, 0.1)) {
    rows = if (bytes > 1000) task else task$clone()$filter(1:7)
    tensor = as.array(features_tensor(rows, column_info(task), block_bytes = bytes))
    expect_equal(tensor, expected[seq_len(rows$nrow), ], tolerance = 1e-6)
  }
  expect_equal(tensor_of(task), expected, tolerance = 1e-6)
})

test_that("a bound task, in another order of rows, is fetched in blocks too", {
  task = tsk("spam")
  bound = task$clone()$cbind(data.frame(more = seq_len(task$nrow)))$filter(rev(task$row_ids))
  bound$row_roles$use = bound$row_ids[c(3, 1, 2, 3)]
  tensor = as.array(features_tensor(bound, column_info(bound), block_bytes = 8 * 58 * 2))
  expect_equal(tensor, unname(as.matrix(bound$data(cols = bound$feature_names))), tolerance = 1e-6)
})

test_that("missing values are counted over all blocks", {
  data = data.frame(x = c(NA, 2:9, NA), z = 1:10, y = 1)
  task = as_task_regr(data, target = "y")
  error = expect_error(features_tensor(task, column_info(task), block_bytes = 48), "2 missing values in column 'x'",
    class = "mlr3libtorch_error_missing_values")
  expect_identical(error$features, "x")
  expect_equal(error$count, 2)
})

test_that("a small task is fetched once, features and target, and gives the same tensors", {
  for (task in list(mixed_task(), tsk("iris"), tsk("sonar"))) {
    info = column_info(task)
    data = small_data(task, info)
    expect_set_equal(names(data), c(task$feature_names, task$target_names))
    expect_null(small_data(task, info, block_bytes = 10))
    expect_equal(as.array(features_tensor(task, info, data)), tensor_of(task))
    expect_equal(as.array(target_tensor(task, data)), as.array(target_tensor(task)))
  }
})

test_that("levels keep the codes of training, also when the data have them in another order", {
  task = mixed_task()
  data = task$data()
  data[, colour := factor(as.character(colour), levels = c("red", "blue"))]
  other = as_task_regr(data, target = "y")
  expect_equal(tensor_of(other, column_info(task)), tensor_of(task))
})

test_that("a level that training had not is an error that names it", {
  task = mixed_task()
  data = task$data()
  data[, colour := factor(c("red", "pink", "red"))]
  other = as_task_regr(data, target = "y")
  error = expect_error(features_tensor(other, column_info(task)), "'colour' has levels .* 'pink'",
    class = "mlr3libtorch_error_unseen_levels")
  expect_equal(error$feature, "colour")
  expect_equal(error$levels, "pink")
})

test_that("a level that is declared but does not occur is not an error", {
  task = mixed_task()
  data = task$data()
  levels(data$colour) = c(levels(data$colour), "pink")
  other = as_task_regr(data, target = "y")
  expect_equal(tensor_of(other, column_info(task)), tensor_of(task))
})

test_that("missing and infinite values are errors that name the features", {
  data = mixed_task()$data()
  data[2, number := NA]
  expect_error(tensor_of(as_task_regr(data, target = "y")), "1 missing value in column 'number'",
    class = "mlr3libtorch_error_missing_values")
  data[2, number := -Inf]
  infinite = suppressWarnings(as_task_regr(data, target = "y"))
  expect_error(tensor_of(infinite), "1 infinite value in column 'number'",
    class = "mlr3libtorch_error_infinite_values")
  data[, `:=`(number = 0, size = size[c(1, 2, NA)])]
  expect_error(tensor_of(as_task_regr(data, target = "y")), "'size'", class = "mlr3libtorch_error_missing_values")
})

test_that("absent features and changed types are errors", {
  task = mixed_task()
  info = column_info(task)
  fewer = task$clone()$select(c("number", "whole"))
  expect_error(assert_same_features(fewer, info), "lacks features.*'colour'", class = "mlr3libtorch_error_features")
  data = task$data()
  data[, whole := whole + 0.5]
  expect_error(assert_same_features(as_task_regr(data, target = "y"), info), "'whole'.*numeric.*integer",
    class = "mlr3libtorch_error_features")
})

test_that("targets are encoded by the kind of task", {
  expect_equal(as.array(target_tensor(mixed_task())), cbind(c(0.5, 1, 2)))
  task = tsk("sonar")
  y = as.array(target_tensor(task))
  expect_equal(as.vector(y), as.numeric(task$truth() == task$positive))
  task$positive = setdiff(task$class_names, task$positive)
  expect_equal(as.vector(as.array(target_tensor(task))), 1 - as.vector(y))
  iris = tsk("iris")
  expect_equal(as.vector(as.array(target_tensor(iris))), as.integer(iris$truth()))
  expect_equal(as.character(target_tensor(iris)$dtype), "int64")
  expect_equal(map_int(list(mixed_task(), task, iris), output_dim_for, loss = NULL), c(1L, 1L, 3L))
})

test_that("a compact vector is materialised before it is read", {
  x = column_tensor(list(a = 1:5))
  expect_equal(as.vector(as.array(x)), 1:5)
})

test_that("exports refuse what they cannot use", {
  expect_error(core_columns_create(-1, 2), class = "mlr3libtorch_error_argument")
  expect_error(core_columns_create(NA, 2), class = "mlr3libtorch_error_argument")
  expect_error(core_columns_create(1e15, 1e15), class = "mlr3libtorch_error_memory")
  expect_error(core_columns_fill(NULL, 1, list(a = 1), NULL), class = "mlr3libtorch_error_handle")
  tensor = core_columns_create(2, 1)
  expect_error(core_columns_fill(tensor, 1, list(1), NULL), class = "mlr3libtorch_error_argument")
  expect_error(core_columns_fill(tensor, 2, list(a = c(1, 2)), NULL), class = "mlr3libtorch_error_shape")
  expect_error(core_columns_fill(tensor, NA, list(a = c(1, 2)), NULL), class = "mlr3libtorch_error_argument")
  expect_error(core_columns_fill(tensor, 1, list(a = 1), NULL), "has 1 values, not 2",
    class = "mlr3libtorch_error_shape")
  expect_error(core_columns_fill(tensor, 1, list(a = c(1, 2)), c(TRUE, FALSE)), "in_codes",
    class = "mlr3libtorch_error_argument")
  expect_error(core_columns_fill(tensor, 1, list(a = c("a", "b")), NULL),
    class = "mlr3libtorch_error_unsupported_features")
  expect_error(core_columns_fill(tensor, 1, list(a = Sys.Date() + 0:1), NULL), "not a numeric",
    class = "mlr3libtorch_error_unsupported_features")
  expect_error(core_target_create(1:3, "multiclass", "y"), class = "mlr3libtorch_error_argument")
  expect_error(core_target_create(1:3, "other", "y"), class = "mlr3libtorch_error_unknown_name")
  expect_error(core_target_create(factor(c("a", NA)), "twoclass", "y"), class = "mlr3libtorch_error_missing_values")
})

test_that("a dataset prints its shapes", {
  expect_snapshot(lrn("classif.mlp")$dataset(tsk("iris")))
})

test_that("a large task is copied once: the peak is little more than the tensor", {
  peak = callr::r(function() {
    library(mlr3libtorch)
    memory = function() {
      line = grep("VmHWM", readLines("/proc/self/status"), value = TRUE)
      as.numeric(gsub("[^0-9]", "", line)) * 1024
    }
    data = setDT(lapply(seq_len(50), function(i) runif(5e5)))
    data$y = data$V1
    task = mlr3::as_task_regr(data, target = "y")
    info = column_info(task)
    features_tensor = function(task, info) input_from_task(columns_input(info[!info$target, ]), task)
    features_tensor(mlr3::tsk("mtcars"), column_info(mlr3::tsk("mtcars")))
    gc()
    writeLines("5", "/proc/self/clear_refs")
    before = memory()
    tensor = features_tensor(task, info)
    (memory() - before) / (5e5 * 50 * 4)
  }, env = c(MALLOC_MMAP_THRESHOLD_ = "100000"), package = "mlr3libtorch")
  expect_lt(peak, 1.3)
})
