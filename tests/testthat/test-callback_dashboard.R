# Two runs in a row, the first of which only ends when it is told to; then R waits for input, and at last stops the
# server.
two_runs = function(folder) {
  learner = lrn("classif.mlp", epochs = 1e6, batch_size = 16, neurons = 4, seed = 1, validate = 0.3, measures_valid =
    msr("classif.ce"), callbacks = list(t_clbk("dashboard"), t_clbk("norms", freq = 1000),
    t_clbk("checkpoint", path = file.path(folder, "checkpoints"), freq = 1e6)))
  learner$train(tsk("iris"))
  saveRDS(list(stopped = learner$model$stopped, history = learner$history, states = names(learner$model$callbacks)),
    file.path(folder, "first"))
  # whoever waits for the file finds it whole
  file.rename(file.path(folder, "first"), file.path(folder, "first.rds"))
  second = lrn("regr.mlp", epochs = 2, batch_size = 16, seed = 1, callbacks = t_clbk("dashboard"))
  second$train(tsk("mtcars"))
  first_url = dashboard_url()
  while (!file.exists(file.path(folder, "go_on"))) later::run_now(0.05)
  was_serving = dashboard_stop()
  saveRDS(list(url = first_url, was_serving = was_serving, after = dashboard_url(), again = dashboard_stop()),
    file.path(folder, "end.rds"))
  Sys.sleep(60)
}

test_that("a page follows a run, stops it and has checkpoints written, and sees the next run", {
  served = serving_process(two_runs)
  url = served$url
  expect_match(url, "^http://127.0.0.1:[0-9]+/[0-9a-f]{32}/$")

  # the run goes on, whoever looks
  first = page_data(url, "data")
  expect_identical(first$run$state, "running")
  expect_true(first$run$can_checkpoint)
  expect_true(wait_until(function() page_data(url, "data")$run$epoch > first$run$epoch))
  expect_true(wait_until(function() identical(page_data(url, "data")$run$best$name, "valid.classif.ce")))
  charts = page_data(url, "charts")
  expect_subset(c("epoch", "train.loss", "valid.loss", "lr", "valid.classif.ce", "seconds"), names(charts$history))
  expect_subset(c("forward", "backward"), unlist(charts$timing$stage))
  expect_identical(map_chr(charts$norms$parameters, "name")[[1L]], "linear1.weight")

  # a page that is closed in the middle of a request, and one that never sends any
  port = as.integer(sub(".*:([0-9]+)/.*", "\\1", url))
  closed = socketConnection("127.0.0.1", port, open = "r+b", blocking = TRUE)
  writeBin(charToRaw("GET /"), closed)
  close(closed)
  silent = socketConnection("127.0.0.1", port, open = "r+b", blocking = TRUE)
  withr::defer(close(silent))
  expect_identical(ask_page(url)$status, 200L)

  # the buttons
  checkpoints = file.path(served$folder, "checkpoints")
  expect_length(list.files(checkpoints), 0L)
  expect_identical(ask_page(url, "checkpoint?run=1", "POST")$status, 202L)
  expect_true(wait_until(function() length(list.files(checkpoints)) > 0L))
  expect_true(wait_until(function() grepl("checkpoint was written", page_data(url, "data")$run$note %??% "")))
  expect_identical(ask_page(url, "stop?run=1", "POST", "Content-Length: 0")$status, 202L)
  expect_true(wait_until(function() file.exists(file.path(served$folder, "first.rds"))))
  result = readRDS(file.path(served$folder, "first.rds"))
  expect_identical(result$stopped[c("reason", "callback")], list(reason = "callback", callback = "dashboard"))
  expect_false("dashboard" %in% result$states)

  # R waits for input: both runs are there, and the first one shows what the learner has
  expect_true(wait_until(function() {
    runs = page_data(url, "data")$runs
    length(runs) == 2L && runs[[2L]]$state == "finished"
  }))
  both = page_data(url, "data?run=1")
  expect_identical(map_chr(both$runs, "state"), c("stopped", "finished"))
  expect_identical(both$run$id, 1L)
  kept = unlist(page_data(url, "charts?run=1")$history$train.loss)
  expect_equal(tail(kept, 1L), tail(result$history$train.loss, 1L), tolerance = 1e-5)
  expect_identical(page_data(url, "data")$run$id, 2L)
  expect_identical(ask_page(url, "stop?run=1", "POST")$status, 409L)

  # nothing is sent twice
  answer = ask_page(url, "data")
  expect_identical(ask_page(url, "data", lines = paste("If-None-Match:", answer$headers[["etag"]]))$status, 304L)

  file.create(file.path(served$folder, "go_on"))
  expect_true(wait_until(function() file.exists(file.path(served$folder, "end.rds"))))
  Sys.sleep(0.2)
  expect_identical(readRDS(file.path(served$folder, "end.rds")),
    list(url = url, was_serving = TRUE, after = NULL, again = FALSE))
  expect_error(suppressWarnings(ask_page(url)), "cannot open the connection")
})

test_that("hostile requests are refused while a run goes on, and do not end it", {
  served = serving_process(function(folder) {
    learner = lrn("classif.mlp", epochs = 1e6, batch_size = 16, seed = 1, callbacks = t_clbk("dashboard"))
    learner$train(tsk("iris"))
    saveRDS(learner$model$stopped, file.path(folder, "end.rds"))
  })
  url = served$url
  path = sub("^http://[^/]*", "", url)
  status = function(...) ask_page(url, ...)$status
  expect_identical(status(path = "/"), 403L)
  expect_identical(status(path = "/data"), 403L)
  expect_identical(status(path = paste0("/", strrep("0", 32L), "/data")), 403L)
  expect_identical(status("data", host = "evil.example"), 403L)
  expect_identical(status("data", lines = "Origin: http://evil.example"), 403L)
  expect_identical(status("stop", "POST", "Origin: http://evil.example"), 403L)
  expect_identical(status("stop", "PUT"), 405L)
  expect_identical(status("stop", "GET"), 404L)
  expect_identical(status("data", "POST"), 405L)
  expect_identical(status("../../../../etc/passwd"), 404L)
  expect_identical(status("..%2f..%2fDESCRIPTION"), 404L)
  expect_identical(status(strrep("a", 5000L)), 414L)
  expect_identical(status("stop", "POST", "Content-Length: 99999999", body = strrep("x", 1000L)), 413L)
  expect_identical(status("data", lines = c("Upgrade: websocket", "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==")), 400L)
  expect_identical(status("checkpoint", "POST"), 409L)

  expect_true(served$process$is_alive())
  expect_identical(page_data(url, "data")$run$state, "running")
  expect_identical(status("stop", "POST"), 202L)
  served$process$wait(20000)
  expect_identical(readRDS(file.path(served$folder, "end.rds"))$callback, "dashboard")
})

test_that("R is entered ten times a second at most, and after all other callbacks", {
  set = CallbackSetDashboard$new()
  for (stage in c("on_batch_end", "on_batch_valid_end")) {
    expect_identical(attr(get_private(set)$.stage_function(stage), "stage_filter"), list(unit = "second", n = 0.1))
  }
  expect_null(attr(get_private(set)$.stage_function("on_end"), "stage_filter"))
  order = NULL
  learner = small_learner(list(t_clbk("dashboard"), torch_callback("spy", weight = 100,
    on_begin = function() order <<- names(self$ctx$callbacks), parent_env = environment())))
  suppressMessages(train_quietly(learner))
  expect_identical(order, c("spy", "dashboard"))
  dashboard_stop()
})

test_that("a run with the dashboard has the same bits as one without", {
  trained = function(callbacks) {
    learner = suppressMessages(train_quietly(small_learner(callbacks)))
    learner$model[c("network", "optimizer", "history")]
  }
  expect_identical(trained(t_clbk("dashboard")), trained(list()))
  dashboard_stop()
})

test_that("the server of a session is started once, and a second port is not used", {
  withr::defer(dashboard_stop())
  dashboard_stop()
  expect_message(train_quietly(small_learner(t_clbk("dashboard"))), "^Dashboard: http://127")
  url = dashboard_url()
  expect_no_message(train_quietly(small_learner(t_clbk("dashboard"))))
  said = logged(train_quietly(small_learner(t_clbk("dashboard", port = 1))))
  expect_match(said, "served on port [0-9]+ already, not on 1; `dashboard_stop\\(\\)`", all = FALSE)
  expect_identical(dashboard_url(), url)
  expect_identical(map_int(dashboard$runs, "id"), 1:3)
})

test_that("a port that is taken is an error that says so, before anything is trained", {
  withr::defer(dashboard_stop())
  dashboard_stop()
  suppressMessages(train_quietly(small_learner(t_clbk("dashboard"))))
  taken = dashboard$port
  other = callr::r(function(port) {
    learner = mlr3::lrn("classif.mlp", epochs = 1, batch_size = 50, callbacks =
      mlr3libtorch::t_clbk("dashboard", port = port))
    tryCatch(learner$train(mlr3::tsk("iris")), error = conditionMessage)
  }, list(taken))
  expect_match(other, sprintf("callback 'dashboard': 'port' must be one that is free, not %i, which is taken", taken))
  expect_config_error(CallbackSetDashboard$new(port = 1e6), "invalid_callback", "from 0 to 65535, not 1e+06")
})

test_that("a run that fails says so on the page, and one that is interrupted, too", {
  withr::defer(dashboard_stop())
  dashboard_stop()
  failing = small_learner(list(t_clbk("dashboard"), torch_callback("fails", on_epoch_end = function() stop("no"))))
  suppressMessages(expect_error(train_quietly(failing), "no"))
  entry = jsonlite::fromJSON(dashboard$runs[[1L]]$entry())
  expect_identical(entry$state, "failed")
  expect_null(dashboard$runs[[1L]]$ctx)
  set = CallbackSetDashboard$new()
  for (stage in c("on_stop", "on_end", "on_exit")) expect_null(set[[stage]]())
})

test_that("parallel workers serve nothing", {
  learner = small_learner(t_clbk("dashboard"))
  mirai::daemons(1L)
  withr::defer(mirai::daemons(0L))
  outside = mirai::call_mirai(mirai::mirai({
    loadNamespace("mlr3libtorch")
    learner$train(mlr3::tsk("iris"))
    list(url = mlr3libtorch::dashboard_url(), epochs = learner$model$epochs)
  }, learner = learner))$data
  expect_identical(outside, list(url = NULL, epochs = learner$param_set$values$epochs))
})
