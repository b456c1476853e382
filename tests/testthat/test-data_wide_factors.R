# Factors of many levels, which stay in codes, held against the same task with a numeric column for each indicator.

wide_data = function(n = 150, levels = 70) {
  withr::with_seed(1, {
    draw = function(count, ordered = FALSE) {
      factor(sample(count, n, replace = TRUE), seq_len(count), paste0("l", seq_len(count)), ordered = ordered)
    }
    data = data.table(number = rnorm(n), wide = draw(levels), small = draw(3L),
      more = draw(levels + 1L, TRUE), flag = rep_len(c(TRUE, FALSE), n))
    data[, y := number + as.integer(wide) / levels + as.integer(small) + rnorm(n, sd = 0.1)][]
  })
}

# Each factor as so many numbers, in the order of the columns.
written_out = function(data) {
  columns = imap(data, function(values, id) {
    if (!is.factor(values) || id == "y") {
      return(set_names(list(values), id))
    }
    set_names(map(levels(values), function(level) values == level), paste0(id, "_", levels(values)))
  })
  as.data.table(unlist(unname(columns), recursive = FALSE))
}

# With the features in the order of the data: tasks sort them.
regr_task = function(data) {
  task = as_task_regr(data, target = "y", id = "wide")
  task$col_roles$feature = setdiff(names(data), "y")
  task
}

tasks = function(columns = c("number", "wide", "small", "more", "flag", "y"), ...) {
  data = wide_data(...)[, columns, with = FALSE]
  list(coded = regr_task(data), written = regr_task(written_out(data)))
}

wide_learner = function(...) {
  settings = insert_named(list(neurons = c(9, 4), p = 0.1, epochs = 3, batch_size = 16, seed = 1), list(...))
  invoke(lrn, "regr.mlp", .args = settings)
}

weights_of = function(learner) map(learner$model$network$state, function(tensor) as.array(torch_tensor(tensor)))

expect_same_training = function(both, ...) {
  learners = map(both, function(task) train_quietly(wide_learner(...), task))
  expect_equal(weights_of(learners$coded), weights_of(learners$written), tolerance = 1e-5)
  expect_equal(learners$coded$history$train.loss, learners$written$history$train.loss, tolerance = 1e-5)
  expect_equal(learners$coded$predict(both$coded)$response, learners$written$predict(both$written)$response,
    tolerance = 1e-5)
  invisible(learners)
}

test_that("training on codes ends where training on indicators does", {
  pair = tasks()
  expect_same_training(pair)
  expect_same_training(pair, optimizer = t_opt("adamw", weight_decay = 0.1))
  expect_same_training(pair, optimizer = t_opt("sgd", lr = 0.01, momentum = 0.9, weight_decay = 0.01))
  expect_same_training(pair, optimizer = t_opt("rmsprop", lr = 0.01))
  expect_same_training(pair, neurons = integer(), p = 0)
  expect_same_training(pair, plan = "off")
  expect_same_training(pair, shuffle = FALSE)
  expect_same_training(tasks(c("wide", "y")))
  expect_same_training(tasks(c("more", "number", "wide", "y")))
})

test_that("the network's names and shapes do not tell codes from indicators, and the step is compiled", {
  learner = train_quietly(wide_learner(), tasks()$coded)
  width = 1 + 70 + 3 + 71 + 1
  expect_equal(learner$network$parameters$linear1.weight$shape, c(9, width))
  expect_true(learner$model$plan$used)
  expect_equal(learner$model$network$example$x$shape[-1L], width)
  expect_equal(learner$model$network$example$x$dtype, "float32")
})

test_that("initial weights are those of the same number of columns", {
  frozen = function(task) weights_of(train_quietly(wide_learner(opt.lr = 0, epochs = 1), task))
  pair = tasks()
  expect_identical(frozen(pair$coded), frozen(pair$written))
})

test_that("what learners of other networks make of codes is the same to the bit", {
  pair = tasks()
  for (key in c("regr.tabm", "regr.tab_resnet")) {
    train = function(task) train_quietly(table_learner(key, plan = "off"), task)
    learners = map(pair, train)
    expect_identical(weights_of(learners$coded), weights_of(learners$written), info = key)
    expect_equal(learners$coded$predict(pair$coded)$response, learners$written$predict(pair$written)$response,
      tolerance = 1e-5, info = key)
  }
})

test_that("a dataset that is asked for, and one that a subclass makes, has tensors", {
  pair = tasks()
  dataset = wide_learner()$dataset(pair$coded)
  expect_equal(as.array(dataset$x$x), as.array(wide_learner()$dataset(pair$written)$x$x))
  own = R6Class("Own", inherit = LearnerTorchMLP, private = list(
    .dataset = function(...) {
      dataset = super$.dataset(...)
      dataset$x$x = dataset$x$x$mul(1)
      dataset
    }
  ))
  make = function() {
    learner = own$new("regr")
    learner$param_set$set_values(neurons = c(9, 4), p = 0.1, epochs = 3, batch_size = 16, seed = 1)
    learner
  }
  learners = list(train_quietly(make(), pair$coded), train_quietly(make(), pair$written))
  expect_identical(weights_of(learners[[1L]]), weights_of(learners[[2L]]))
})

test_that("callbacks see the tensor of a batch, and looking at it changes no bit", {
  pair = tasks()
  x = as.array(wide_learner()$dataset(pair$coded)$x$x)
  look = torch_callback("look", on_batch_begin = function() {
    batch = self$ctx$batch
    expect_equal(as.array(batch$x$x), x[as.array(batch$.index), ], ignore_attr = TRUE)
  }, on_batch_end = function() expect_equal(self$ctx$batch$x$x$shape[[2L]], ncol(x)))
  looked_at = train_quietly(wide_learner(callbacks = look), pair$coded)
  expect_identical(weights_of(looked_at), weights_of(train_quietly(wide_learner(), pair$coded)))
})

test_that("what a callback writes to a batch counts", {
  halve = torch_callback("halve", on_batch_begin = function() self$ctx$batch$x$x$mul_(0.5))
  pair = tasks()
  halved = expect_same_training(pair, callbacks = halve)
  expect_false(isTRUE(all.equal(weights_of(halved$coded), weights_of(train_quietly(wide_learner(), pair$coded)))))
  replace = torch_callback("replace", on_batch_begin = function() {
    batch = self$ctx$batch
    batch$x$x = batch$x$x * 0.5
    self$ctx$batch = batch
  })
  replaced = train_quietly(wide_learner(callbacks = replace), pair$coded)
  expect_identical(weights_of(replaced), weights_of(halved$coded))
})

test_that("a run that is resumed ends with the same bits", {
  task = tasks()$coded
  folder = withr::local_tempfile()
  train_quietly(wide_learner(epochs = 2, callbacks = t_clbk("checkpoint", path = folder)), task)
  resumed = train_quietly(wide_learner(epochs = 4, resume = folder), task)
  expect_identical(weights_of(resumed), weights_of(train_quietly(wide_learner(epochs = 4), task)))
})

test_that("validation rows come in codes, too", {
  scores = map(tasks(), function(task) {
    learner = wide_learner(measures_valid = msr("regr.rmse"))
    learner$validate = 0.3
    train_quietly(learner, task)$internal_valid_scores
  })
  expect_equal(scores$coded, scores$written, tolerance = 1e-5)
})

test_that("every way to predict gives the same numbers, also in another process", {
  task = tasks()$coded
  learner = train_quietly(wide_learner(), task)
  expected = learner$predict(task)$response
  newdata = wide_data()[, !"y"]
  expect_equal(learner$predict_newdata(newdata)$response, expected, tolerance = 1e-6)
  expect_equal(learner$predict_newdata_fast(newdata)$response, expected, tolerance = 1e-6)
  predictor = as_predictor(learner)
  expect_equal(predictor(newdata), expected, tolerance = 1e-6)
  expect_equal(predictor(newdata[7, ]), expected[[7L]], tolerance = 1e-6)
  expect_saved(learner, task)
  file = withr::local_tempfile(fileext = ".rds")
  saveRDS(list(predictor = predictor, newdata = newdata), file)
  response = callr::r(function(file) {
    loadNamespace("mlr3libtorch")
    saved = readRDS(file)
    saved$predictor(saved$newdata)
  }, list(file = file))
  expect_identical(response, predictor(newdata))
})

test_that("draws of dropout do not depend on the form of the input", {
  pair = tasks()
  learners = map(pair, function(task) train_quietly(wide_learner(opt.lr = 0, mc_dropout = 3), task))
  expect_equal(learners$coded$predict(pair$coded)$response, learners$written$predict(pair$written)$response)
})

test_that("an exported network takes the tensor", {
  task = tasks()$coded
  learner = train_quietly(wide_learner(), task)
  path = withr::local_tempfile(fileext = ".pt")
  jit_save(learner, path)
  y_hat = jit_load(path)(learner$dataset(task)$x[[1L]])
  expect_equal(as.vector(as.array(y_hat)), learner$predict(task)$response, tolerance = 1e-5)
})

test_that("levels in another order have the codes of training", {
  task = tasks()$coded
  learner = train_quietly(wide_learner(), task)
  data = wide_data()
  data[, wide := factor(as.character(wide), levels = rev(levels(wide)))]
  expect_equal(learner$predict(regr_task(data))$response, learner$predict(task)$response, tolerance = 1e-6)
})

test_that("missing values and unseen levels of a wide factor are errors that name it", {
  task = tasks()$coded
  learner = train_quietly(wide_learner(), task)
  data = wide_data()[1:3, !"y"]
  data[2, wide := NA]
  expect_error(learner$predict_newdata_fast(data), "1 missing value in column 'wide'",
    class = "mlr3libtorch_error_missing_values")
  data[, wide := factor("new")]
  error = expect_error(as_predictor(learner)(data), "'wide'", class = "mlr3libtorch_error_unseen_levels")
  expect_identical(error$levels, "new")
  broken = wide_data()
  broken[5, more := NA]
  expect_error(wide_learner()$train(regr_task(broken)), "'more'", class = "mlr3libtorch_error_missing_values")
})

test_that("a task that is fetched in blocks has the same codes", {
  task = tasks()$coded
  input = columns_input(head(column_info(task), -1L))
  whole = input_from_task(input, task, codes = TRUE)
  blocks = input_from_task(input, task, codes = TRUE, block_bytes = 8 * 5 * 7)
  expect_s3_class(whole, "torch_codes")
  expect_equal(whole$levels, c(0, 70, 0, 0, 0, 71, 0))
  expect_equal(as.array(whole$values), as.array(blocks$values))
  expect_equal(as.array(whole$values)[, 2L], as.integer(wide_data()$wide) - 1)
})

test_that("factors with fewer levels, and numbers, are a tensor as ever", {
  task = regr_task(wide_data(levels = 50))
  input = columns_input(head(column_info(task), -1L))
  expect_s3_class(input_from_task(input, task, codes = TRUE), "torch_tensor")
})

test_that("codes that fit no factor are refused by the core", {
  learner = train_quietly(wide_learner(), tasks()$coded)
  input = columns_input(head(learner$model$task_col_info, -1L))
  codes = input_from_task(input, tasks()$coded, codes = TRUE)
  predict = function(codes) predict_network(learner$network, list(x = codes), 10, "cpu")
  expect_equal(predict(codes)$shape, c(150, 1))
  broken = codes
  broken$levels[[2L]] = 20
  expect_error(predict(broken), "not one of its factor's levels", class = "mlr3libtorch_error_argument")
  broken$levels = codes$levels[-1L]
  expect_error(predict(broken), class = "mlr3libtorch_error_shape")
  broken$levels = NULL
  expect_error(predict(broken), class = "mlr3libtorch_error_argument")
})

test_that("the memory of training grows with the rows, not with rows times levels", {
  megabytes = callr::r(function() {
    library(mlr3libtorch)
    memory = function() {
      line = grep("VmHWM", readLines("/proc/self/status"), value = TRUE)
      as.numeric(gsub("[^0-9]", "", line)) / 1000
    }
    make = function(n) {
      group = factor(rep_len(1:5000, n), levels = 1:5000)
      mlr3::as_task_regr(data.frame(group = group, y = rep_len(c(-1, 1), n)), target = "y")
    }
    learner = mlr3::lrn("regr.mlp", neurons = 8, epochs = 1, batch_size = 64, device = "cpu")
    learner$train(make(100))
    task = make(20000)
    gc()
    writeLines("5", "/proc/self/clear_refs")
    before = memory()
    learner$train(task)
    memory() - before
  }, env = c(MALLOC_MMAP_THRESHOLD_ = "100000"))
  # the tensor would have 400 MB
  expect_lt(megabytes, 60)
})
