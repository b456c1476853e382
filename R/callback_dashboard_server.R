# The one server of a session, for the callback "dashboard": its start and end, and when it answers.

# `process`: the process that this package was loaded in. `server`, `port`, `token`: NULL while nothing is served.
# `runs`: those that are shown, oldest first. `count`: how many there have been. `due`: when pages are answered next.
dashboard = new.env(parent = emptyenv())

# Called when the package is loaded.
prepare_dashboard = function() {
  dashboard$process = Sys.getpid()
  forget_dashboard()
}

forget_dashboard = function() {
  list2env(list(server = NULL, port = NULL, token = NULL, runs = list(), count = 0L, due = 0), dashboard)
}

# Runs that have ended are kept in small; of more than these the oldest are forgotten.
most_shown_runs = 20L

#' @title The Page of the Callback Dashboard
#'
#' @description
#' `dashboard_url()` returns the address of the page that the callback [`"dashboard"`][CallbackSetDashboard] serves;
#' `dashboard_stop()` ends its server and forgets the runs that it shows. The next run starts it again, under a new
#' address. A run that is going on is not affected, except that it is no longer shown.
#'
#' @return `dashboard_url()`: (`character(1)`), or `NULL` if nothing is served.
#' `dashboard_stop()`: whether something was served, invisibly.
#' @family Callback
#' @export
#' @examples
#' dashboard_url()
#' dashboard_stop()
dashboard_url = function() {
  if (is_serving()) sprintf("http://127.0.0.1:%i/%s/", as.integer(dashboard$port), dashboard$token)
}

#' @rdname dashboard_url
#' @export
dashboard_stop = function() {
  was_serving = is_serving()
  # the handle is forgotten first: stopping a server twice is not safe
  server = dashboard$server
  forget_dashboard()
  if (was_serving) httpuv::stopServer(server)
  invisible(was_serving)
}

# A forked process has a copy of the handle, but not the thread that serves.
is_serving = function() !is.null(dashboard$server) && Sys.getpid() == dashboard$process

# Shows a run that begins, and starts the server for it if there is none.
show_run = function(ctx, port) {
  if (!is_serving()) {
    start_dashboard(port)
  } else if (port %nin% c(0, dashboard$port)) {
    lg$warn("Callback 'dashboard': this session is served on port %i already, not on %i; `dashboard_stop()` ends that.",
      as.integer(dashboard$port), as.integer(port))
  }
  dashboard$count = dashboard$count + 1L
  run = DashboardRun$new(dashboard$count, ctx)
  dashboard$runs = utils::tail(c(dashboard$runs, list(run)), most_shown_runs)
  run
}

start_dashboard = function(port) {
  is_opened = package_option("dashboard_browse") && interactive()
  dashboard$token = core_random_token()
  dashboard$server = if (port == 0) server_on_free_port() else server_on_port(port)
  dashboard$port = dashboard$server$getPort()
  message(sprintf("Dashboard: %s", dashboard_url()))
  if (is_opened) utils::browseURL(dashboard_url())
}

# NULL if the port cannot be used.
try_server = function(port) {
  app = list(onHeaders = answer_request, call = answer_request)
  tryCatch(httpuv::startServer("127.0.0.1", as.integer(port), app, quiet = TRUE), error = function(cond) NULL)
}

server_on_port = function(port) {
  server = try_server(port)
  if (is.null(server)) {
    abort_callback("callback 'dashboard'", "'port' must be one that is free, not %i, which is taken or %s",
      as.integer(port), "reserved; give another one, or none, and a free one is chosen.")
  }
  server
}

# httpuv would draw one from R's generator, which belongs to the run. No browser refuses a port of this range.
server_on_free_port = function(attempts = 20L) {
  for (i in seq_len(attempts)) {
    server = try_server(20000L + strtoi(substr(core_random_token(), 1L, 6L), 16L) %% 12000L)
    if (!is.null(server)) {
      return(server)
    }
  }
  abort_callback("callback 'dashboard'", "no free port was found in %i attempts; give one as 'port'.", attempts)
}

# All is answered when the headers are there, so that no body is ever read. An error must not reach the run.
answer_request = function(request) {
  tryCatch(dashboard_answer(request, dashboard), error = function(cond) {
    text_answer(500L, sprintf("R could not answer: %s", condition_text(cond)))
  })
}

# The most seconds that a page waits because the last answers took long.
longest_pause = 2

# Answers what pages have asked since the last time; FALSE if it is too early, or the run is not shown.
answer_pages = function(run) {
  if (is.null(run) || clock() < dashboard$due) {
    return(FALSE)
  }
  started = work_clock()
  if (is_serving()) later::run_now(0)
  dashboard$due = clock() + min(pause_factor * (work_clock() - started), longest_pause)
  TRUE
}
