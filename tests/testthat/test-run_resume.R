counts = torch_callback("counts",
  initialize = function(start = 0) self$n = start,
  public = list(n = NULL, drawn = NULL),
  on_epoch_end = function() {
    self$n = self$n + 1
    self$drawn = c(self$drawn, rnorm(1))
  },
  state_dict = function() list(n = self$n, drawn = self$drawn, tensor = torch_tensor(self$n)),
  load_state_dict = function(state_dict) {
    stopifnot(state_dict$tensor$item() == state_dict$n)
    self$n = state_dict$n
    self$drawn = state_dict$drawn
  }
)

run = function(epochs, callbacks = list(), ..., task = tsk("iris"), validate = 0.3, seed = 42) {
  learner = small_learner(c(list(counts, t_clbk("history")), callbacks), epochs = epochs, ..., batch_size = 16,
    optimizer = t_opt("adam", amsgrad = TRUE), validate = validate)
  train_quietly(learner, task, seed)
}

test_that("a run resumed from a checkpoint ends with the same bits as one that never stopped", {
  whole = run(6)
  folder = tempfile()
  run(3, t_clbk("checkpoint", path = folder))
  resumed = run(6, resume = folder)
  expect_identical(comparable(resumed$model), comparable(whole$model))
})

test_that("resume = TRUE takes the checkpoint callback's own folder", {
  folder = tempfile()
  checkpoint = t_clbk("checkpoint", path = folder)
  run(2, checkpoint)
  expect_identical(comparable(run(4, checkpoint, resume = TRUE)$model), comparable(run(4)$model))
})

test_that("hotstart goes on with the same bits", {
  start = run(2, validate = NULL)
  learner = small_learner(list(counts, t_clbk("history")), epochs = 5, batch_size = 16,
    optimizer = t_opt("adam", amsgrad = TRUE), validate = NULL)
  learner$hotstart_stack = HotstartStack$new(list(start))
  train_quietly(learner, seed = 42)
  expect_identical(comparable(learner$model), comparable(run(5, validate = NULL)$model))
})

test_that("a state goes through saveRDS() and a fresh process", {
  start = run(2, validate = NULL)
  file = tempfile(fileext = ".rds")
  saveRDS(start, file)
  resumed = callr::r(function(file) {
    library("mlr3libtorch")
    start = readRDS(file)
    learner = start$clone(deep = TRUE)
    learner$reset()
    learner$param_set$set_values(epochs = 5)
    learner$hotstart_stack = HotstartStack$new(list(start))
    set.seed(42)
    learner$train(tsk("iris"))
    list(model = learner$model, prediction = start$predict(tsk("iris"))$response)
  }, list(file))
  expect_identical(comparable(resumed$model), comparable(run(5, validate = NULL)$model))
  expect_identical(resumed$prediction, start$predict(tsk("iris"))$response)
})

test_that("a checkpoint that does not fit is refused with the reason", {
  folder = tempfile()
  run(3, t_clbk("checkpoint", path = folder))
  expect_error(run(2, resume = folder), "trained for 3 epochs, but `epochs` is 2", class = "mlr3libtorch_error_resume")
  expect_error(run(4, resume = tempfile()), class = "mlr3libtorch_error_config")
  expect_error(run(4, resume = folder, task = tsk("sonar")), "another task")
  expect_error(run(4, resume = folder, seed = 1), paste0(
    "other training and validation rows; `validate = 0.3` draws new validation rows .* set.seed\\(\\) .* ",
    "or .*internal_valid_task = .*\"predefined\""
  ), class = "mlr3libtorch_error_resume")
  expect_error(run(4, resume = TRUE), "no checkpoint callback")
})

test_that("other validation rows are told from another task", {
  folder = tempfile()
  task = tsk("iris")
  task$internal_valid_task = 1:20
  train_quietly(small_learner(t_clbk("checkpoint", path = folder), validate = "predefined"), task)
  task$internal_valid_task = tsk("iris")$filter(1:10)
  learner = small_learner(resume = folder, epochs = 4, validate = "predefined")
  expect_error(train_quietly(learner, task), "other validation rows", class = "mlr3libtorch_error_resume")
})

test_that("other training rows are told from another task, with what to do", {
  folder = tempfile()
  run(2, t_clbk("checkpoint", path = folder), task = tsk("iris")$filter(1:100), validate = NULL)
  expect_error(run(3, resume = folder, task = tsk("iris")$filter(1:90), validate = NULL),
    "other training rows; train on the same rows of the task", class = "mlr3libtorch_error_resume")
  expect_error(run(3, resume = folder, task = tsk("iris")$filter(1:100)$select("Sepal.Width"), validate = NULL),
    "another task", class = "mlr3libtorch_error_resume")
})

test_that("an error in load_state_dict() names the callback, and exit is run", {
  exits = 0
  picky = torch_callback("picky", on_exit = function() exits <<- exits + 1, state_dict = function() 1,
    load_state_dict = function(state_dict) stop("not this one"))
  folder = tempfile()
  run(1, list(picky, t_clbk("checkpoint", path = folder)))
  expect_error(run(2, picky, resume = folder), "Callback 'picky' failed in load_state_dict\\(\\): not this one",
    class = "mlr3libtorch_error_callback")
  expect_equal(exits, 2)
})

test_that("a state of another class of callback is refused", {
  folder = tempfile()
  run(2, t_clbk("checkpoint", path = folder))
  other = callback_set("CallbackSetOther", state_dict = function() 1, load_state_dict = function(state_dict) NULL)
  learner = small_learner(TorchCallback$new(other, id = "counts"), epochs = 4, resume = folder, validate = 0.3)
  expect_error(train_quietly(learner, seed = 42), "saved by a CallbackSetCounts, but .* is a CallbackSetOther")
})

test_that("a state that is not plain data is refused by its place", {
  keeps = torch_callback("keeps", state_dict = function() list(a = list(1, f = identity)),
    load_state_dict = function(state_dict) NULL)
  expect_error(train_quietly(small_learner(keeps)), "keeps.*\\$a\\$f", class = "mlr3libtorch_error_state")
})

test_that("a checkpoint folder that holds something else is refused before anything is trained", {
  folder = withr::local_tempdir()
  writeLines("mine", file.path(folder, "thesis.txt"))
  batches = 0
  counts_batches = stage_callback("counts_batches", function(stage, ctx) batches <<- batches + 1, "on_batch_begin")
  expect_error(run(2, list(t_clbk("checkpoint", path = folder), counts_batches)), "holds 'thesis.txt'")
  expect_equal(batches, 0)
})

# A script in a cluster's queue, which is killed in the step `at`.
queued_learner = function(folder, at = Inf) {
  dies = torch_callback("dies", public = list(at = at), on_batch_end = function() {
    if (self$ctx$global_step == self$at) tools::pskill(Sys.getpid(), tools::SIGKILL)
  })
  small_learner(list(dies, t_clbk("checkpoint", path = folder, freq = "2 batches")), epochs = 3, batch_size = 50,
    validate = NULL, resume = "auto")
}

# In a process of its own.
train_and_die = function(learner) {
  expect_error(callr::r(function(learner) {
    library("mlr3libtorch")
    learner$train(tsk("iris"))
  }, list(learner)), class = "callr_status_error")
}

test_that("resume = \"auto\" begins if there is nothing, and otherwise goes on, wherever it was killed", {
  folder = withr::local_tempfile()
  parts = c("network", "optimizer", "epochs")
  whole = train_quietly(queued_learner(withr::local_tempfile()))$model[parts]
  # before the first checkpoint
  train_and_die(queued_learner(folder, at = 1))
  expect_identical(nrow(list_checkpoints(folder)), 0L)
  # in the middle of the second epoch
  train_and_die(queued_learner(folder, at = 5))
  expect_equal(read_checkpoint(folder)$run$core$global_step, 4)
  expect_identical(train_quietly(queued_learner(folder))$model[parts], whole)
  # after the end
  files = tools::md5sum(list_checkpoints(folder)$file)
  expect_identical(train_quietly(queued_learner(folder))$model[parts], whole)
  expect_identical(tools::md5sum(list_checkpoints(folder)$file), files)
})

test_that("resume = \"auto\" needs a checkpoint callback", {
  expect_error(run(1, resume = "auto"), "`resume = \"auto\"` goes on from .* no checkpoint callback",
    class = "mlr3libtorch_error_resume")
})

test_that("a run that has come to its end leaves its checkpoint as it is, not with the best weights", {
  folder = withr::local_tempfile()
  learner = small_learner(t_clbk("checkpoint", path = folder), epochs = 5, patience = 1, restore_best_weights = TRUE,
    opt.lr = 1, resume = "auto")
  train_quietly(learner)
  before = read_checkpoint(folder)
  again = learner$clone(deep = TRUE)$reset()
  train_quietly(again)
  expect_identical(read_checkpoint(folder), before)
  expect_identical(again$model$network, learner$model$network)
})
