test_that("a run on started processes is that of one process, and leaves none behind", {
  processes = integer()
  sees = torch_callback("sees", on_begin = function() processes <<- other_workers())
  make = function(workers) small_learner(sees, epochs = 5, workers = workers)
  one = train_quietly(make(1L))
  expect_length(processes, 0L)
  two = train_quietly(make(2L))
  again = train_quietly(make(2L))
  expect_lt(history_distance(two, one), 1e-5)
  expect_identical(two$model$network$state, again$model$network$state)
  expect_length(processes, 1L)
  expect_false(is_process(processes))
  expect_length(meeting_folders(), 0L)
})

compute = local_daemons(2L)

test_that("all optimizers and losses end within rounding of one process after 100 steps", {
  needs_rate = list(sgd = list(opt.lr = 0.01, opt.momentum = 0.9))
  for (key in names(registry_entries("optimizer"))) {
    make = function(workers) {
      invoke(lrn, "regr.mlp", neurons = 8, p = 0.2, optimizer = key, epochs = 25, batch_size = 8, seed = 2,
        workers = workers, .args = needs_rate[[key]])
    }
    runs = train_alone_and_spread(make, tsk("mtcars"), compute)
    expect_lt(history_distance(runs$spread, runs$one), 1e-5)
    expect_lt(weight_distance(runs$spread, runs$one), 1e-5)
  }
  tasks = list(regr = tsk("mtcars"), classif = tsk("iris"))
  losses = setdiff(mlr3libtorch_losses$keys(), c("fn", "script", "script_file"))
  for (key in losses) {
    type = intersect(mlr3libtorch_losses$get(key)$task_types, names(tasks))[1L]
    if (is.na(type)) next
    task = tasks[[type]]
    make = function(workers) {
      lrn(sprintf("%s.mlp", type), neurons = 8, loss = key, epochs = 10, batch_size = 15, seed = 2, workers = workers)
    }
    runs = train_alone_and_spread(make, task, compute)
    expect_lt(history_distance(runs$spread, runs$one), 1e-5)
  }
})

test_that("networks with normalisation, attention and dropout by row are spread with the same numbers", {
  settings = list(tab_resnet = list(), ft_transformer = list(n_blocks = 2, d_token = 16), tabm = list())
  for (key in names(settings)) {
    for (plan in c("auto", "off")) {
      make = function(workers) {
        invoke(lrn, sprintf("classif.%s", key), epochs = 3, batch_size = 30, seed = 2, workers = workers, plan = plan,
          .args = settings[[key]])
      }
      runs = train_alone_and_spread(make, tsk("iris"), compute)
      expect_lt(history_distance(runs$spread, runs$one), 1e-5)
    }
  }
})

test_that("weights of cases, a sampler, mapped data, scores and early stopping mean what they mean alone", {
  weighted = tsk("mtcars")
  weighted$cbind(data.frame(case = rep(c(0, 1, 2, 3), 8)))
  weighted$set_col_roles("case", "weights_learner")
  runs = train_alone_and_spread(function(workers) {
    lrn("regr.mlp", neurons = 8, epochs = 20, batch_size = 8, seed = 2, workers = workers)
  }, weighted, compute)
  expect_lt(history_distance(runs$spread, runs$one), 1e-5)

  runs = train_alone_and_spread(function(workers) {
    small_learner(shuffle = FALSE, sampler = function(n) sample(n, 77, replace = TRUE), workers = workers)
  }, tsk("iris"), compute)
  expect_lt(history_distance(runs$spread, runs$one), 1e-5)

  runs = train_alone_and_spread(function(workers) {
    small_learner(shuffle = FALSE, batch_sampler = function(n) split(sample(n), rep(1:7, length.out = n)),
      workers = workers)
  }, tsk("iris"), compute)
  expect_lt(history_distance(runs$spread, runs$one), 1e-5)

  runs = train_alone_and_spread(function(workers) small_learner(data = "mapped", workers = workers), tsk("iris"),
    compute)
  expect_lt(history_distance(runs$spread, runs$one), 1e-5)

  runs = train_alone_and_spread(function(workers) {
    small_learner(epochs = 50, opt.lr = 0.05, batch_size = 16, predict_type = "prob", patience = 2,
      restore_best_weights = TRUE, measures_train = msrs(c("classif.acc", "classif.logloss")), workers = workers)
  }, tsk("iris"), compute)
  expect_lt(history_distance(runs$spread, runs$one), 1e-5)
  expect_lt(runs$one$model$epochs, 50)
  expect_identical(runs$spread$model$epochs, runs$one$model$epochs)
})

test_that("factors of many levels, which stay in codes, are sent and shared", {
  withr::local_seed(1)
  data = data.table(level = factor(sample(500, 300, replace = TRUE), levels = 1:500), x = rnorm(300))
  data$y = data$x + as.integer(data$level) / 100
  runs = train_alone_and_spread(function(workers) {
    lrn("regr.mlp", neurons = 8, epochs = 5, batch_size = 50, seed = 2, workers = workers)
  }, as_task_regr(data, target = "y"), compute)
  expect_lt(history_distance(runs$spread, runs$one), 1e-5)
})

test_that("pictures are read by each worker, with the same augmentation", {
  task = tsk("shapes")$filter(c(1:20, 41:60, 81:100))
  runs = train_alone_and_spread(function(workers) shapes_learner(epochs = 2, workers = workers), task, compute)
  histories = map(runs, function(learner) torch_learner(learner))
  expect_lt(history_distance(histories$spread, histories$one), 1e-5)
})

test_that("callbacks run in the first worker and change the whole run", {
  seen = list()
  changes = torch_callback("changes",
    on_batch_begin = function() self$ctx$batch$x[[1L]]$mul_(1.1),
    on_after_backward = function() for (p in self$ctx$network$parameters) p$grad$mul_(0.5),
    on_batch_end = function() {
      seen[[length(seen) + 1L]] <<- c(dim(self$ctx$y_hat)[1L], dim(self$ctx$batch$y)[1L])
    },
    on_epoch_end = function() {
      self$ctx$optimizer$param_groups[[1L]]$lr = 0.01 / self$ctx$epoch
      with_no_grad(self$ctx$network$parameters[[1L]]$mul_(0.99))
      if (self$ctx$epoch == 4) self$ctx$terminate = TRUE
    })
  runs = train_alone_and_spread(function(workers) small_learner(changes, epochs = 9, workers = workers), tsk("iris"),
    compute)
  expect_lt(history_distance(runs$spread, runs$one), 1e-5)
  expect_lt(weight_distance(runs$spread, runs$one), 1e-5)
  expect_identical(runs$spread$model$epochs, 4L)
  half = length(seen) / 2
  expect_identical(seen[seq_len(half)], seen[half + seq_len(half)])
})

test_that("native callbacks do in each worker what they do alone", {
  callbacks = list(t_clbk("mixup"), t_clbk("cutmix"), t_clbk("ema"), t_clbk("swa", start_epoch = 2),
    t_clbk("clip_grad_norm", max_norm = 0.1), t_clbk("gradient_noise"), t_clbk("lr_one_cycle", max_lr = 0.1),
    t_clbk("grad_accumulation", n_batches = 3), t_clbk("lr_reduce_on_plateau"), t_clbk("time_limit", seconds = 1e6))
  for (callback in callbacks) {
    runs = train_alone_and_spread(function(workers) small_learner(callback, batch_size = 16, workers = workers),
      tsk("iris"), compute)
    expect_lt(history_distance(runs$spread, runs$one), 1e-5)
  }
})

test_that("a checkpoint is that of one process: a run goes on with more workers, or with fewer", {
  folder = withr::local_tempdir()
  spread = torch_workers(3, compute = compute)
  whole = train_quietly(small_learner(epochs = 6, batch_size = 16))
  train_quietly(small_learner(t_clbk("checkpoint", path = folder), epochs = 3, batch_size = 16, workers = spread))
  for (workers in list(1L, torch_workers(2, compute = compute), spread)) {
    resumed = train_quietly(small_learner(epochs = 6, batch_size = 16, resume = folder, workers = workers))
    expect_lt(history_distance(resumed, whole), 1e-5)
  }
})

test_that("an interrupt that is kept stops all workers after the batch, and the run goes on with one", {
  stops = torch_callback("stops", on_batch_end = function() {
    if (self$ctx$global_step == 8) tools::pskill(Sys.getpid(), tools::SIGINT)
  })
  whole = train_quietly(small_learner(epochs = 6, batch_size = 16))
  stopped = train_quietly(small_learner(stops, epochs = 6, batch_size = 16, keep_on_interrupt = TRUE,
    workers = torch_workers(3, compute = compute)))
  expect_true(stopped$model$interrupted)
  resumed = train_quietly(small_learner(epochs = 6, batch_size = 16, resume = stopped$model))
  expect_lt(history_distance(resumed, whole), 1e-5)
})

test_that("the time of an exchange is measured for the benchmark", {
  folder = withr::local_tempdir()
  meeting = function(rank) {
    list(path = file.path(folder, "meeting"), address = "127.0.0.1", rank = rank, size = 2L, arrival = 60, timeout = 60)
  }
  seconds = function(meeting) {
    exchange = mlr3libtorch:::meet_workers(meeting)
    on.exit(mlr3libtorch:::core_workers_leave(exchange, "done."))
    mlr3libtorch:::core_exchange_time(exchange, 100, 3)
  }
  other = mirai::mirai(seconds(meeting), seconds = seconds, meeting = meeting(1L), .compute = compute)
  expect_gt(seconds(meeting(0L)), 0)
  expect_gt(other[], 0)
})

test_that("daemons are free again after a run that has failed, and hooks are refused", {
  spread = torch_workers(3, compute = compute)
  fails = torch_callback("fails", on_batch_end = function() if (self$ctx$global_step == 3) stop("no disk"))
  expect_error(train_quietly(small_learner(fails, batch_size = 16, workers = spread)), "no disk")
  hooks = torch_callback("hooks", on_begin = function() {
    self$ctx$network$parameters[[1L]]$register_hook(function(gradient) gradient)
  })
  expect_error(train_quietly(small_learner(hooks, batch_size = 16, workers = spread)), "train with `workers = 1`",
    class = "mlr3libtorch_error_config")
  expect_identical(train_quietly(small_learner(batch_size = 16, workers = spread))$model$epochs, 2L)
})

test_that("what cannot be spread is refused before any process is started", {
  refused = function(..., kind = "config") {
    expect_error(train_quietly(small_learner(...)), class = sprintf("mlr3libtorch_error_%s", kind))
  }
  expect_match(conditionMessage(refused(batch_size = 2, workers = 3)), "a batch has 2 rows; take fewer workers")
  nobody = refused(workers = torch_workers(2, compute = "nobody"))
  expect_match(conditionMessage(nobody), "no daemons of profile 'nobody'")
  expect_match(conditionMessage(refused(workers = torch_workers(9, compute = compute))), "has 2 daemons")
  expect_match(conditionMessage(refused(workers = torch_workers(2, folder = "/nowhere"))), "cannot meet in '/nowhere'")
  expect_length(meeting_folders(), 0L)
})

test_that("what cannot be shared is said before anything is started", {
  data = data.frame(time = 1:20 + 0, status = rep(0:1, 10), x = seq(-1, 1, length.out = 20))
  task = TaskTorchSurv$new("s", data, "time", "status")
  expect_error(lrn("surv.mlp", epochs = 1, batch_size = 20, workers = 2)$train(task), "'cox_ph' compares the rows",
    class = "mlr3libtorch_error_config")
  expect_error(train_quietly(small_learner(workers = torch_workers(2, host = "eth99"))),
    "A worker cannot listen at 'eth99': [^\n]*$", class = "mlr3libtorch_error")
  expect_length(meeting_folders(), 0L)
})
