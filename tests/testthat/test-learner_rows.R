# The features in the order of the task, which is that of the network in memory.
ordered_task = function(id) {
  task = tsk(id)
  task$select(sort(task$feature_names))
  task
}

expect_same_run = function(...) {
  task = ordered_task("sonar")
  read = train_quietly(reading_learner(...), task)
  memory = train_quietly(reading_learner(..., in_memory = TRUE), task)
  expect_identical(learned(read), learned(memory))
  expect_identical(read$history$train.loss, memory$history$train.loss)
  expect_identical(read$history$valid.loss, memory$history$valid.loss)
  expect_equal(read$predict(task)$response, memory$predict(task)$response)
}

test_that("a run whose rows are read has the bits of one whose rows lie in memory", {
  expect_same_run()
  expect_same_run(shuffle = FALSE)
  expect_same_run(drop_last = TRUE, plan = "off", batch_size = 30)
  expect_same_run(validate = 0.3, measures_valid = msr("classif.acc"), batch_size_predict = 17)
})

test_that("probabilities, several classes and regression are predicted from rows that are read", {
  for (id in c("iris", "mtcars")) {
    task = ordered_task(id)
    read = train_quietly(reading_learner(task$task_type, batch_size_predict = 7), task)
    memory = train_quietly(reading_learner(task$task_type, in_memory = TRUE), task)
    if (id == "iris") read$predict_type = memory$predict_type = "prob"
    columns = if (id == "iris") "prob" else "response"
    expect_equal(read$predict(task)[[columns]], memory$predict(task)[[columns]], tolerance = 1e-6)
  }
})

test_that("case weights weigh rows that are read", {
  task = ordered_task("sonar")
  task$cbind(data.table::data.table(w = rep(1:4, length.out = 208)))
  task$set_col_roles("w", "weights_learner")
  read = train_quietly(reading_learner(), task)
  memory = train_quietly(reading_learner(in_memory = TRUE), task)
  expect_identical(learned(read), learned(memory))
})

test_that("the loop reads each batch when it needs it, the rows in the order of the run", {
  asked = list()
  make = function(task, target) {
    x = torch_tensor(as.matrix(task$data(cols = task$feature_names)), dtype = "float32")
    y = torch_tensor(as.integer(task$truth()))
    dataset("noted",
      .getbatch = function(index) {
        asked[[length(asked) + 1L]] <<- index
        list(x = x$index_select(1L, torch_tensor(as.integer(index))),
          y = y$index_select(1L, torch_tensor(as.integer(index))))
      },
      .length = function() task$nrow
    )()
  }
  visited = list()
  notes = stage_callback("notes", function(stage, ctx) {
    visited[[length(visited) + 1L]] <<- as_array(ctx$batch$.index)
  }, "on_batch_end")
  learner = reading_learner(make = make, epochs = 2, batch_size = 60)
  learner$callbacks = notes
  train_quietly(learner)
  # the first row is the example
  expect_equal(asked[[1]], 1)
  expect_equal(asked[-1], visited, ignore_attr = TRUE)
  expect_equal(sort(unlist(asked[2:4])), 1:150)
})

test_that("items one by one, and several inputs, make batches", {
  two_inputs = R6::R6Class(inherit = LearnerTorch, private = list(
    .network_spec = function(task, param_vals, info) {
      nn_graph(a = nn("linear", out_features = 2, reads = "left"), b = nn("linear", out_features = 2, reads = "right"),
        sum = nn("merge_sum", reads = c("a", "b")), out = nn("linear", out_features = 1), inputs = c("left", "right"))
    },
    .dataset = function(task, param_vals) {
      data = task$data()
      dataset("cars",
        .getitem = function(i) {
          list(x = list(right = torch_tensor(c(data$wt[i], data$hp[i] / 100)), left = torch_tensor(data$cyl[i])),
            y = torch_tensor(data$mpg[i]))
        },
        .length = function() nrow(data)
      )()
    }
  ))
  learner = two_inputs$new("two", "regr")
  learner$param_set$set_values(epochs = 30, batch_size = 8, opt.lr = 0.05, seed = 1)
  learner$train(tsk("mtcars"))
  expect_lt(learner$history$train.loss[[30]], learner$history$train.loss[[1]] / 3)
  expect_equal(learner$dataset(tsk("mtcars"))$x$left$shape, c(32, 1))
  expect_length(learner$predict(tsk("mtcars"))$response, 32)
})

test_that("a run whose rows are read goes on after an interrupt with the same bits, also in the middle of an epoch", {
  make = function(task, target) {
    # noise from R's generator is part of the run
    noisy = dataset(inherit = task_dataset, .getbatch = function(index) {
      batch = super$.getbatch(index)
      batch$x$features = batch$x$features + stats::rnorm(1)
      batch
    })
    noisy(task, list(features = ingress_num()), get_target_batchgetter(task))
  }
  whole = train_quietly(reading_learner(make = make), seed = 7)
  learner = reading_learner(make = make, keep_on_interrupt = TRUE)
  learner$callbacks = interrupting(7)
  first = train_quietly(learner, seed = 7)
  expect_true(first$model$interrupted)
  rest = reading_learner(make = make, resume = first$model)
  train_quietly(rest, seed = 8)
  expect_identical(learned(rest), learned(whole))
})

test_that("an error of the dataset says where it came from, in training and in prediction, and leaves the learner", {
  fails = Inf
  make = function(task, target) {
    parent = task_dataset
    torn = dataset("torn", inherit = parent, .getbatch = function(index) {
      if (any(index >= fails)) stop("the disk is full")
      super$.getbatch(index)
    })
    torn(task, list(features = ingress_num()), get_target_batchgetter(task))
  }
  learner = reading_learner(make = make)
  fails = 149
  error = expect_error(train_quietly(learner), "Dataset 'torn', the batch of items .*: the disk is full",
    class = "mlr3libtorch_error_dataset")
  expect_s3_class(last_model(error), "learner_torch_model")
  expect_null(learner$model)
  fails = Inf
  train_quietly(learner)
  fails = 149
  expect_error(learner$predict(tsk("iris")), "the disk is full", class = "mlr3libtorch_error_dataset")
})

test_that("batches that do not fit are refused", {
  batches = function(x, y = function(index) torch_tensor(rep(1L, length(index))), n = 150) {
    make = function(task, target) {
      dataset("odd", .getbatch = function(index) list(x = x(index), y = y(index)), .length = function() n)()
    }
    train_quietly(reading_learner(make = make))
  }
  plain = function(index) list(x = torch_ones(length(index), 4))
  expect_config_error(batches(plain, n = 9), "dataset", "Dataset 'odd' has 9 items, but task 'iris' has 150 rows")
  expect_config_error(batches(function(index) 1:3), "dataset", "a batch must have `x`, a list of tensors")
  expect_config_error(batches(plain, function(index) "a"), "dataset", "a batch must have `y`, a tensor with the truth")
  expect_config_error(batches(function(index) torch_ones(length(index), if (length(index) > 1) 3 else 4)), "dataset",
    "The dataset's input 'x' must be")
  expect_config_error(batches(plain, function(index) torch_ones(1)), "dataset", "The dataset's target must be")
  expect_config_error(batches(function(index) list(a = torch_ones(length(index), 4), b = torch_ones(length(index), 4))),
    "dataset", "The network reads 'x', but the dataset's batches have `x` with 'a', 'b'")
})

test_that("`.dataset()` must return a dataset", {
  expect_config_error(train_quietly(reading_learner(make = function(task, target) list(1))), "argument",
    "'dataset' must be a dataset")
})

test_that("changing a batch in a callback leaves the dataset's tensors as they are", {
  x = torch_ones(150, 4)
  make = function(task, target) {
    dataset(
      .getbatch = function(index) {
        list(x = x$narrow(1L, 1L, length(index)), y = torch_ones(length(index), dtype = "int64"))
      },
      .length = function() 150
    )()
  }
  learner = reading_learner(make = make, batch_size = 150)
  learner$callbacks = stage_callback("zero", function(stage, ctx) ctx$batch$x[[1]]$zero_(), "on_batch_begin")
  train_quietly(learner)
  expect_equal(as.numeric(x$mean()), 1)
})

test_that("new data are predicted by a task, and not without one", {
  task = ordered_task("iris")
  learner = train_quietly(reading_learner(), task)
  expect_equal(learner$predict_newdata(task$data(1:5))$response, learner$predict(task, 1:5)$response)
  expect_equal(learner$predict_newdata(task$data(1:5, cols = task$feature_names))$response,
    learner$predict(task, 1:5)$response)
  expect_config_error(learner$predict_newdata_fast(task$data(1:5)), "config", "predict with $predict()")
})

test_that("dropout while predicting is drawn anew for each block of rows, and the same each time", {
  # the second half of the rows is the first one again
  data = ordered_task("iris")$data(c(1:50, 101:150))
  task = as_task_classif(rbind(data, data), target = "Species", id = "twice")
  learner = train_quietly(reading_learner(p = 0.5, mc_dropout = 20, batch_size_predict = 100), task)
  learner$predict_type = "prob"
  prob = learner$predict(task)$prob
  expect_equal(dim(prob), c(200, 3))
  expect_equal(rowSums(prob), rep(1, 200), tolerance = 1e-5)
  expect_identical(prob, learner$predict(task)$prob)
  expect_false(isTRUE(all.equal(prob[1:100, ], prob[101:200, ], tolerance = 1e-4)))
})
