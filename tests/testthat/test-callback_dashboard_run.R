# All that a page gets of a run, as one list.
whole_text = function(run) c(jsonlite::fromJSON(run$details()), jsonlite::fromJSON(run$charts()))

# What the page gets at the end of each epoch, and the run itself when it is over.
seen_runs = function(callbacks = list(), ...) {
  seen = list()
  run = NULL
  look = torch_callback("look", weight = Inf, parent_env = environment(),
    on_begin = function() run <<- DashboardRun$new(7L, self$ctx),
    on_epoch_end = function() {
      run$refresh(is_due = TRUE)
      seen[[length(seen) + 1L]] <<- whole_text(run)
    },
    on_end = function() run$end("finished", "all"), on_exit = function() run$close())
  learner = train_quietly(small_learner(c(callbacks, list(look)), ...))
  list(seen = seen, run = run, learner = learner)
}

test_that("the page gets the epochs of the learner's history", {
  result = seen_runs(epochs = 3)
  expect_length(result$seen, 3L)
  history = result$learner$history
  for (i in 1:3) {
    own = result$seen[[i]]$history
    expect_identical(own$epoch, seq_len(i))
    for (name in c("train.loss", "valid.loss", "valid.classif.ce")) {
      expect_equal(own[[name]], history[[name]][seq_len(i)], tolerance = 1e-5)
    }
  }
  last = result$seen[[3L]]
  expect_identical(last[c("id", "name", "state", "epochs", "batches")],
    list(id = 7L, name = "classif.mlp on iris", state = "running", epochs = 3L, batches = 2L))
  best = which.min(history$valid.classif.ce)
  expect_identical(last$best$epoch, best)
  expect_equal(last$best$score, history$valid.classif.ce[[best]], tolerance = 1e-5)
})

test_that("a run that has ended is kept as it was, without its context", {
  result = seen_runs()
  run = result$run
  expect_null(run$ctx)
  expect_identical(whole_text(run)$history$epoch, 1:2)
  expect_identical(jsonlite::fromJSON(run$entry())[c("id", "state", "text")],
    list(id = 7L, state = "finished", text = "all"))
  expect_identical(run$version(), "finished")
  expect_identical(run$wish("stop"), "This run has ended.")
})

test_that("columns of one value are lists of one, and what is not a number is null", {
  run = seen_runs(epochs = 1, eval_freq = 1)$run
  expect_match(run$charts(), "\"epoch\":\\[1\\]")
  expect_identical(as_page_json(list(a = I(c(1.23456789, NaN, Inf, NA)))), "{\"a\":[1.23457,null,null,null]}")
})

test_that("names are sent as they are: a quote or a tag in them does no harm", {
  measure = msr("classif.ce", id = "a\"</script><b>")
  history = seen_runs(measures_train = measure)$seen[[1L]]$history
  expect_subset("train.a\"</script><b>", names(history))
})

test_that("a long history is thinned: first and last epoch, and those with scores, stay", {
  expect_identical(spread_evenly(1:5, 10L), 1:5)
  few = spread_evenly(1:10000, 400L)
  expect_length(few, 400L)
  expect_identical(range(few), c(1L, 10000L))
  history = data.table(epoch = 1:10000, train.loss = 1, lr = 0.1, valid.loss = NA_real_)
  history$valid.loss[c(17L, 9001L)] = 1
  rows = sent_rows(history)
  expect_subset(c(1L, 17L, 9001L, 10000L), rows)
  expect_lte(length(rows), 2L * most_sent_epochs)
  expect_identical(sent_rows(history[0L]), integer())
})

test_that("the best epoch follows the first measure and its direction", {
  history = data.table(epoch = 1:3, valid.loss = c(3, 1, 2), valid.classif.acc = c(0.5, NA, 0.9))
  expect_identical(best_of_history(history, list(msr("classif.acc"))),
    list(epoch = 3L, name = "valid.classif.acc", score = 0.9))
  expect_identical(best_of_history(history, list())$epoch, 2L)
  expect_null(best_of_history(history, list(msr("classif.ce"))))
  expect_null(best_of_history(history[, "epoch"], list()))
})

test_that("norms come from the callback that measures them", {
  result = seen_runs(t_clbk("norms"))
  norms = result$seen[[2L]]$norms
  expect_identical(norms$epoch, 1:2)
  table = result$learner$model$callbacks$norms
  expect_identical(norms$parameters$name, unique(table$parameter))
  expect_equal(norms$parameters$weight[[1L]], table$weight[table$parameter == norms$parameters$name[[1L]]],
    tolerance = 1e-5)
  expect_null(seen_runs()$seen[[1L]]$norms)
})

test_that("a checkpoint can be asked for if a callback writes them", {
  folder = withr::local_tempdir()
  wish = NULL
  asks = function() wish <<- c(wish, DashboardRun$new(1L, self$ctx)$wish("checkpoint") %??% "yes")
  callback = function() torch_callback("asks", on_begin = asks, parent_env = environment(asks))
  train_quietly(small_learner(callback()))
  train_quietly(small_learner(list(callback(), t_clbk("checkpoint", path = file.path(folder, "x")))))
  expect_match(wish[[1L]], "give the learner t_clbk(\"checkpoint\", path = ...)", fixed = TRUE)
  expect_identical(wish[[2L]], "yes")
})

test_that("the charts are read anew only when it is time, and change their number only if they have changed", {
  counts = NULL
  run = NULL
  count = function() jsonlite::fromJSON(run$details())$charts
  train_quietly(small_learner(torch_callback("look", parent_env = environment(), on_epoch_end = function() {
    if (is.null(run)) run <<- DashboardRun$new(1L, self$ctx)
    run$refresh()
    first = count()
    run$refresh()
    counts <<- c(counts, first, count())
  }), epochs = 3))
  expect_identical(counts, rep(1L, 6L))
})
