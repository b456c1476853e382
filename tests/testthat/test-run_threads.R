# Threads are the process's: learners leave them as they were, and children of a fork have one.

test_that("training and prediction have their threads, and leave those of before, also after an error", {
  before = core_threads()
  seen = list()
  watch = stage_callback("watch", function(stage, ctx) seen[[stage]] <<- core_threads()[[1L]])
  learner = small_learner(list(watch), num_threads = 3, plan = "off")
  train_quietly(learner)
  expect_identical(unique(unlist(seen)), 3L)
  learner$predict(tsk("iris"))
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

test_that("children of a fork train and predict, whatever threads their parent has started", {
  expect_identical(work_in_children(1L, omp = "2"), rep(TRUE, 6))
  expect_identical(work_in_children(2L, omp = ""), rep(TRUE, 6))
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
