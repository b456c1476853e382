mlp = function(type = "classif", ...) {
  settings = insert_named(list(epochs = 3, batch_size = 16, neurons = 6, seed = 1), list(...))
  invoke(lrn, paste0(type, ".mlp"), .args = settings)
}

test_that("training, validation and prediction have the same bits in memory and from a file", {
  for (type in c("twoclass", "classif", "regr")) {
    task = mixed_task(type)
    kind = if (type == "regr") "regr" else "classif"
    measure = msrs(if (type == "regr") "regr.rmse" else "classif.logloss")
    learner = mlp(kind, measures_valid = measure, measures_train = measure, p = 0.2)
    if (kind == "classif") learner$predict_type = "prob"
    learner$validate = "predefined"
    task$internal_valid_task = 61:90
    in_file = map_task(task, mapped_path())
    expect_s3_class(learner$dataset(in_file)$x$x, "torch_tensor")
    expect_same_from_file(task, learner, in_file)
  }
})

test_that("threads that read ahead change nothing", {
  task = mixed_task("regr")
  expect_same_from_file(task, mlp("regr", num_workers = 2))
  expect_same_from_file(task, mlp("regr", num_workers = 1, plan = "off", shuffle = FALSE))
  expect_no_warning(mlp("regr", num_workers = 3)$train(map_task(task, mapped_path())))
})

test_that("rows that are chosen, or repeated, are those of the task", {
  task = mixed_task("regr")
  in_file = map_task(task, mapped_path())
  expect_same_from_file(task, mlp("regr"), in_file, rows = c(5:60, 5L, 80L))
  some = in_file$clone()$filter(c(90:31))
  expect_same_from_file(task$clone()$filter(c(90:31)), mlp("regr"), some)
})

test_that("row ids may be any whole numbers", {
  task = mixed_task("regr", ids = 2L * (90:1))
  in_file = map_task(task, mapped_path())
  expect_same_from_file(task, mlp("regr"), in_file)
  expect_same_from_file(task, mlp("regr"), in_file, rows = c(180L, 2L, 44:48 * 2L))
})

test_that("case weights, scaling and sampling work with files", {
  task = mixed_task("regr")
  task$set_col_roles("e", "weights_learner")
  expect_same_from_file(task, mlp("regr", scale = TRUE))
  expect_same_from_file(task, mlp("regr", scale = FALSE, shuffle = FALSE, sampler = function(n) c(n:1, 1:7)))
})

test_that("factors of many levels come in codes", {
  task = withr::with_seed(1, as_task_regr(data.table(
    wide = factor(sample(70, 150, TRUE), 1:70), more = rnorm(150), y = rnorm(150)), target = "y"))
  learner = expect_same_from_file(task, mlp("regr", num_workers = 1))
  expect_same_from_file(task, mlp("regr", plan = "off"))
})

test_that("networks with several inputs, and of class numbers, read from files", {
  task = mixed_task("classif")
  expect_same_from_file(task, lrn("classif.ft_transformer", epochs = 2, batch_size = 16, seed = 1, n_blocks = 1,
    d_token = 8))
  expect_same_from_file(task, lrn("classif.tab_resnet", epochs = 2, batch_size = 16, seed = 1))
})

test_that("Monte Carlo dropout draws the same numbers", {
  task = mixed_task("regr")
  expect_same_from_file(task, mlp("regr", p = 0.5, mc_dropout = 4, batch_size_predict = 7))
})

test_that("a run from a file goes on in memory, in the middle of an epoch, and the other way round", {
  task = mixed_task("regr")
  in_file = map_task(task, mapped_path())
  whole = mlp("regr", epochs = 4, data = "memory")$train(task)
  stop_in_epoch_3 = torch_callback("stop", on_batch_end = function() {
    if (self$ctx$epoch == 3L && self$ctx$step == 2L) stop("enough")
  })
  parts = list(list(from = in_file, to = task), list(from = task, to = in_file), list(from = in_file, to = in_file))
  for (part in parts) {
    learner = mlp("regr", epochs = 4, num_workers = if (identical(part$from, in_file)) 2 else 0)
    learner$callbacks = list(stop_in_epoch_3)
    cond = tryCatch(learner$train(part$from), mlr3libtorch_error_callback = identity)
    workers = if (identical(part$to, in_file)) 1 else 0
    resumed = mlp("regr", epochs = 4, num_workers = workers, resume = last_model(cond))$train(part$to)
    expect_identical(resumed$model$network$state, whole$model$network$state)
  }
})

test_that("a callback that changes its batch changes no other, and no file", {
  spoil = torch_callback("spoil", on_batch_begin = function() {
    self$seen = c(self$seen, self$ctx$batch$x[[1]]$sum()$item())
    self$ctx$batch$x[[1]]$zero_()
  }, initialize = function() self$seen = NULL, on_end = function() seen <<- self$seen)
  seen = NULL
  task = mixed_task("regr")
  path = mapped_path()
  in_file = map_task(task, path)
  before = tools::md5sum(path)
  sums = map(c(0, 2), function(workers) {
    learner = mlp("regr", shuffle = FALSE, num_workers = workers)
    learner$callbacks = list(spoil)
    quietly(learner$train(in_file))
    seen
  })
  expect_identical(sums[[1]][1:6], sums[[1]][7:12])
  expect_identical(sums[[1]], sums[[2]])
  expect_identical(tools::md5sum(path), before)
})

test_that("missing and infinite values are refused as in memory, if they are in the task's rows", {
  data = data.table(a = c(1, NA, 3:20), b = c(1:19, 1e300), y = rnorm(20))
  in_file = map_task(as_task_regr(data, target = "y"), mapped_path())
  some = function(rows) in_file$clone()$filter(rows)
  learner = mlp("regr")
  expect_error(learner$train(in_file), "'a'", class = "mlr3libtorch_error_missing_values")
  expect_error(learner$train(some(3:20)), "'b'", class = "mlr3libtorch_error_infinite_values")
  expect_no_error(quietly(learner$train(some(3:19))))
  expect_error(learner$predict(in_file), class = "mlr3libtorch_error_missing_values")
})

test_that("levels are matched by name, and unseen ones are refused if a row has them", {
  task = mixed_task("regr")
  learner = mlp("regr")$train(task)
  other = task$data()
  other[, b := factor(as.character(b), levels = c("w", "x", "v", "u"))]
  renamed = as_task_regr(other, target = "y", id = "mixed")
  expect_identical(learner$predict(map_task(renamed, mapped_path()))$response, learner$predict(task)$response)
  other[3L, b := "x"]
  unseen = map_task(as_task_regr(other, target = "y"), mapped_path())
  expect_error(learner$predict(unseen), "levels that it did not have in training: 'x'",
    class = "mlr3libtorch_error_unseen_levels")
  expect_length(learner$predict(unseen$clone()$filter(4:90))$response, 87)
})

test_that("`data` decides where the rows are", {
  withr::local_options(mlr3libtorch.mapped_folder = withr::local_tempdir())
  files = function() list.files(file.path(getOption("mlr3libtorch.mapped_folder"), "mlr3libtorch-mapped"))
  task = mixed_task("regr")
  memory = mlp("regr")$train(task)
  expect_length(files(), 0)
  mapped = mlp("regr", data = "mapped")$train(task)
  expect_length(files(), 1)
  expect_identical(mapped$model$network$state, memory$model$network$state)
  expect_identical(mapped$predict(task)$response, memory$predict(task)$response)
  mapped$train(task, 1:40)
  expect_length(files(), 1)
})

test_that("`data = \"auto\"` maps what would not fit into memory", {
  inputs = list(x = list(kind = "columns", id = c("a", "b"), coded = c(FALSE, FALSE), levels = list(NULL, NULL)))
  task = mixed_task("regr")
  expect_true(fits_into_memory(task, inputs, TRUE))
  expect_true(fits_into_memory(task, inputs, TRUE, small = 0))
  large = list(row_ids = seq_len(2^31 - 1))
  expect_identical(fits_into_memory(large, rep(inputs, 1000), TRUE), FALSE)
})

test_that("columns that the file lacks are named", {
  task = mixed_task("regr")
  in_file = map_task(task$clone()$select(c("a", "b")), mapped_path())
  in_file$set_col_roles("c", "feature")
  expect_error(mlp("regr")$train(in_file), "lacks the columns 'c'", class = "mlr3libtorch_error_features")
})

test_that("columns with a range that float32 loses are warned about", {
  task = as_task_regr(data.table(a = 1.7e9 + 1:40, y = rnorm(40)), target = "y")
  expect_warning(mlp("regr")$train(map_task(task, mapped_path())), class = "mlr3libtorch_warning_ranges")
})
