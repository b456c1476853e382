scores = function(...) map(c(...), function(score) list(classif.acc = score))

acc_context = function(...) fake_context(measures_valid = list(msr("classif.acc")), total_epochs = 10L, ...)

test_that("training ends when patience is used up", {
  set = CallbackSetEarlyStopping$new(patience = 2L)
  context = acc_context()
  run_epochs(set, context, scores(0.5, 0.6, 0.6, 0.4, 0.9))
  expect_true(context$terminate)
  expect_identical(context$epoch, 4L)
  expect_equal(set$state_dict(), list(best_epochs = 2L, best_score = 0.6, stagnation = 2L, measure = "classif.acc"))
})

test_that("training does not end before min_epochs, and the best score may be from before", {
  set = CallbackSetEarlyStopping$new(patience = 2L, min_epochs = 6L, restore_best_weights = TRUE)
  context = acc_context()
  run_epochs(set, context, scores(0.5, 0.9, 0.6, 0.4, 0.3, 0.3, 0.95))
  expect_true(context$terminate)
  expect_identical(context$epoch, 6L)
  expect_identical(set$best_epochs, 2L)
  expect_equal(context$network$weight$item(), 2)
  expect_config_error(CallbackSetEarlyStopping$new(1L, min_epochs = -1), "invalid_callback",
    "'min_epochs' must be a whole number of at least 0")
})

test_that("a learner passes min_epochs on", {
  learner = small_learner(epochs = 8, patience = 1, min_delta = 1, min_epochs = 5)
  expect_identical(train_quietly(learner)$model$epochs, 5L)
})

test_that("a measure that is minimized is", {
  set = CallbackSetEarlyStopping$new(patience = 2L)
  context = fake_context(measures_valid = list(msr("classif.ce")), total_epochs = 10L)
  run_epochs(set, context, map(c(0.5, 0.4, 0.3, 0.2), function(score) list(classif.ce = score)))
  expect_false(context$terminate)
  expect_identical(set$best_epochs, 4L)
})

test_that("an improvement of min_delta or less is stagnation", {
  set = CallbackSetEarlyStopping$new(patience = 2L, min_delta = 0.125)
  context = acc_context()
  run_epochs(set, context, scores(0.5, 0.625, 0.75))
  expect_identical(set$best_epochs, 3L)
  expect_identical(set$stagnation, 0L)
  set = CallbackSetEarlyStopping$new(patience = 2L, min_delta = 0.125)
  context = acc_context()
  run_epochs(set, context, scores(0.5, 0.6, 0.625))
  expect_true(context$terminate)
  expect_identical(set$best_epochs, 1L)
})

test_that("the first measure decides", {
  set = CallbackSetEarlyStopping$new(patience = 1L)
  context = fake_context(measures_valid = list(msr("classif.acc"), msr("classif.ce")), total_epochs = 10L)
  run_epochs(set, context, list(list(classif.acc = 0.5, classif.ce = 0.5), list(classif.acc = 0.6, classif.ce = 0.9)))
  expect_false(context$terminate)
})

test_that("a score that is not a number is stagnation", {
  set = CallbackSetEarlyStopping$new(patience = 2L)
  context = acc_context()
  run_epochs(set, context, scores(NaN, NA))
  expect_true(context$terminate)
  expect_null(set$best_score)
})

test_that("the best weights and their scores are restored", {
  set = CallbackSetEarlyStopping$new(patience = 2L, restore_best_weights = TRUE)
  context = acc_context()
  run_epochs(set, context, scores(0.5, 0.9, 0.6, 0.4))
  expect_equal(context$network$weight$item(), 2)
  expect_identical(context$last_scores_valid, list(classif.acc = 0.9))
  expect_equal(set$state_dict()$best_weights$w$item(), 2)
})

test_that("without restoring, the last weights stay and none are kept", {
  set = CallbackSetEarlyStopping$new(patience = 2L)
  context = acc_context()
  run_epochs(set, context, scores(0.5, 0.9, 0.6, 0.4))
  expect_equal(context$network$weight$item(), 4)
  expect_null(set$state_dict()$best_weights)
})

test_that("a resumed run goes on as if it had never stopped", {
  all = scores(0.5, 0.6, 0.6, 0.55, 0.4)
  one = CallbackSetEarlyStopping$new(patience = 3L, restore_best_weights = TRUE)
  context = acc_context()
  run_epochs(one, context, all)
  first = CallbackSetEarlyStopping$new(patience = 3L, restore_best_weights = TRUE)
  run_epochs(first, acc_context(), all[1:3])
  second = CallbackSetEarlyStopping$new(patience = 3L, restore_best_weights = TRUE)
  second$load_state_dict(from_plain_data(as_plain_data(first$state_dict(), "state")))
  resumed = acc_context(epoch = 3L)
  run_epochs(second, resumed, all[4:5])
  expect_identical(as_plain_data(second$state_dict(), "state"), as_plain_data(one$state_dict(), "state"))
  expect_identical(resumed$network$weight$item(), context$network$weight$item())
  expect_true(resumed$terminate)
})

test_that("another measure than that of the earlier run is refused", {
  set = CallbackSetEarlyStopping$new(patience = 2L)
  set$load_state_dict(list(best_epochs = 1L, best_score = 1, stagnation = 0L, measure = "classif.ce"))
  expect_config_error(run_epochs(set, acc_context(), list()), "state",
    "The earlier run was stopped by the measure 'classif.ce', this one by 'classif.acc'")
  expect_config_error(set$load_state_dict(list(best_score = 1)), "state",
    "it lacks 'best_epochs', 'stagnation', 'measure'")
})

test_that("a measure is needed, and it must have a direction", {
  set = CallbackSetEarlyStopping$new(patience = 2L)
  expect_config_error(run_epochs(set, fake_context(), list()), "validation",
    "Early stopping needs a validation measure")
  undirected = msr("time_both")
  undirected$minimize = NA
  context = fake_context(measures_valid = list(undirected))
  expect_config_error(run_epochs(set, context, list()), "measure",
    "cannot use the measure 'time_both', which has no direction")
  expect_config_error(CallbackSetEarlyStopping$new(2L, measures = list(undirected)), "measure", "has no direction")
})

test_that("bad arguments are named", {
  expect_config_error(CallbackSetEarlyStopping$new(patience = 0), "invalid_callback",
    "'patience' must be a whole number greater than 0, not 0.")
  expect_config_error(CallbackSetEarlyStopping$new(1L, min_delta = -1), "invalid_callback",
    "'min_delta' must be a number of at least 0")
  expect_config_error(CallbackSetEarlyStopping$new(1L, restore_best_weights = NA), "invalid_callback",
    "'restore_best_weights' must be TRUE or FALSE")
})

test_that("it runs after the others, but before the checkpoint", {
  expect_identical(CallbackSetEarlyStopping$new(patience = 1L)$weight, 1000)
})

test_that("a run that was stopped and goes on has its patience again", {
  task = tsk("iris")
  task$internal_valid_task = seq(1, 150, 3)
  learner = lrn("classif.mlp", epochs = 50, batch_size = 20, seed = 1, opt.lr = 0.2, neurons = 5,
    validate = "predefined", patience = 2, measures_valid = msr("classif.ce"), restore_best_weights = TRUE)
  learner$train(task)
  ended = nrow(learner$history)
  expect_lt(ended, 50)
  learner$continue(task, 5)
  expect_gte(nrow(learner$history), ended + 2)
})
