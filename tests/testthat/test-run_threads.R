# Threads are the process's: learners leave them as they were, and children of a fork have one.

# Threads that LibTorch's operations have during a training.
threads_seen = function(...) {
  seen = list()
  watch = stage_callback("watch", function(stage, ctx) seen[[stage]] <<- core_threads()[[1L]])
  learner = small_learner(list(watch), ...)
  train_quietly(learner)
  learner$predict(tsk("iris"))
  unique(unlist(seen))
}

waits_asleep = tolower(Sys.getenv("OMP_WAIT_POLICY")) == "passive"

test_that("training and prediction have their threads, and leave those of before, also after an error", {
  before = core_threads()
  expect_identical(threads_seen(num_threads = 3, plan = "require"), 1L)
  expect_identical(threads_seen(num_threads = 3, plan = "off"), if (waits_asleep) 3L else 1L)
  expect_identical(core_threads(), before)
  expect_error(with_threads(2, stop("boom")), "boom")
  expect_identical(core_threads(), before)
  expect_error(with_threads(0, 1), class = "mlr3libtorch_error_argument")
  expect_identical(core_threads(), before)
})

# In a process of its own, whose threads have been started: children train and predict.
# Whether each comes to what the parent does.
work_in_children = function(num_threads, omp) {
  work = function(num_threads) {
    library(mlr3libtorch)
    lgr::get_logger("mlr3")$set_threshold("warn")
    task = mlr3::tsk("sonar")$filter(1:60)
    train = function(plan) {
      mlr3::lrn("classif.mlp", neurons = c(256, 256), epochs = 1, batch_size = 30, seed = 1, num_threads = num_threads,
        plan = plan)$train(task)
    }
    trained = list(auto = train("auto"), off = train("off"))
    answer = function(learner) as.character(learner$predict(task)$response)
    x = torch_ones(400, 400)
    x$matmul(x)$exp()
    expected = lapply(trained, answer)
    child = function(plan) {
      identical(answer(trained[[plan]]), expected[[plan]]) && identical(answer(train(plan)), expected[[plan]]) &&
        x$matmul(x)$exp()$sum()$item() > 0
    }
    unlist(parallel::mclapply(rep(names(trained), 3), child, mc.cores = 2, mc.preschedule = FALSE))
  }
  callr::r(work, list(num_threads), env = c(OMP_NUM_THREADS = omp), timeout = 200)
}

test_that("LibTorch's operations have several threads if these wait asleep", {
  threads = callr::r(function() {
    library(mlr3libtorch)
    get_threads = utils::getFromNamespace("core_threads", "mlr3libtorch")
    seen = NULL
    watch = torch_callback("watch", on_batch_end = function() seen <<- get_threads()[[1L]])
    learner = mlr3::lrn("classif.mlp", epochs = 1, batch_size = 50, num_threads = 3, plan = "off", callbacks = watch)
    learner$train(mlr3::tsk("iris"))
    seen
  }, env = c(OMP_WAIT_POLICY = "PASSIVE"), timeout = 100)
  expect_identical(threads, 3L)
})

# Weights, history and probabilities of a network whose loops are long enough for several threads.
wide_results = function(num_threads, ...) {
  learner = lrn("classif.mlp", predict_type = "prob", neurons = c(256, 256), p = 0.1, epochs = 3, batch_size = 104,
    validate = 1 / 3, measures_valid = msr("classif.logloss"), seed = 1, num_threads = num_threads, ...)
  set.seed(1)
  train_quietly(learner, tsk("sonar"))
  more = tsk("sonar")$data(rows = rep(1:208, 30))
  list(weights = learner$model$weights, history = learner$model$history,
    prob = learner$predict_newdata(more)$prob)
}

test_that("weights, scores and predictions are the same on any number of threads, bit by bit", {
  expected = wide_results(1L, opt.lr = 0.01)
  expect_identical(wide_results(2L, opt.lr = 0.01), expected)
  expect_identical(wide_results(3L, opt.lr = 0.01), expected)
})

test_that("a process that a callback forks works on alone, and the training goes on", {
  work = function() {
    library(mlr3libtorch)
    lgr::get_logger("mlr3")$set_threshold("warn")
    task = mlr3::tsk("sonar")
    train = function(...) {
      learner = mlr3::lrn("classif.mlp", neurons = c(256, 256), epochs = 2, batch_size = 104, seed = 1,
        num_threads = 2, ...)
      learner$train(task)$predict(task)$response
    }
    expected = train()
    children = list()
    fork = torch_callback("fork", on_batch_end = function() {
      if (self$ctx$step == 1L) children <<- c(children, list(parallel::mcparallel(identical(train(), expected))))
    })
    same = identical(train(callbacks = fork), expected)
    c(same, unlist(parallel::mccollect(children), use.names = FALSE))
  }
  expect_identical(callr::r(work, timeout = 200), rep(TRUE, 3))
})

test_that("children of a fork train and predict, whatever threads their parent has started", {
  # LibTorch 2 refuses autograd in a child whose parent has used it
  refuses = numeric_version(mlr3libtorch_sitrep()$libtorch$built_for) >= "2"
  for (results in list(work_in_children(1L, omp = "2"), work_in_children(2L, omp = ""))) {
    is_by_autograd = rep(c(FALSE, TRUE), 3)
    # those that are refused are texts
    expect_identical(as.logical(results[!(is_by_autograd & refuses)]), rep(TRUE, if (refuses) 3 else 6))
    if (refuses) expect_match(results[is_by_autograd], "autograd's threading in combination with fork")
  }
})

test_that("threads are set for the session", {
  before = torch_get_num_threads()
  withr::defer(torch_set_num_threads(before))
  torch_set_num_threads(2L)
  expect_identical(torch_get_num_threads(), 2L)
  torch_set_num_threads(1L)
  expect_identical(torch_get_num_threads(), 1L)
  expect_error(torch_set_num_threads(0L), "num_threads", class = "mlr3libtorch_error_argument")
  expect_count(torch_get_num_interop_threads(), positive = TRUE)
})
