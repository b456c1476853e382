# What the callback "dashboard" serves, asked from another process, as a browser would.

# list(status, headers, body) of one request. `url` ends with "/"; `lines` are further headers; `host`, `path` and
# `method` may be what a browser would never send.
ask_page = function(url, name = "", method = "GET", lines = character(), host = NULL,
  path = paste0(sub("^http://[^/]*", "", url), name), body = NULL) {
  place = sub("^http://([^/]*)/.*", "\\1", url)
  connection = socketConnection("127.0.0.1", as.integer(sub(".*:", "", place)), open = "r+b", blocking = TRUE,
    timeout = 20)
  on.exit(close(connection))
  head = c(sprintf("%s %s HTTP/1.1", method, path), paste("Host:", if (is.null(host)) place else host),
    "Connection: close", lines, "", "")
  writeBin(charToRaw(paste0(paste(head, collapse = "\r\n"), body)), connection)
  parse_answer(read_all(connection))
}

read_all = function(connection) {
  bytes = raw()
  repeat {
    more = readBin(connection, "raw", 65536L)
    if (!length(more)) break
    bytes = c(bytes, more)
  }
  rawToChar(bytes)
}

parse_answer = function(text) {
  end = regexpr("\r\n\r\n", text, fixed = TRUE)
  head = strsplit(substr(text, 1L, end - 1L), "\r\n", fixed = TRUE)[[1L]]
  list(status = as.integer(sub("^HTTP/1.1 ([0-9]+).*", "\\1", head[[1L]])),
    headers = set_names(sub("^[^:]*: *", "", head[-1L]), tolower(sub(":.*", "", head[-1L]))),
    body = substr(text, end + 4L, nchar(text)))
}

page_data = function(url, ...) jsonlite::fromJSON(ask_page(url, ...)$body, simplifyVector = FALSE)

# Calls `look()` until it is TRUE; FALSE if it never is.
wait_until = function(look, seconds = 180) {
  end = Sys.time() + seconds
  while (Sys.time() < end) {
    if (isTRUE(look())) {
      return(TRUE)
    }
    Sys.sleep(0.05)
  }
  FALSE
}

# A process that does `work(folder)` with this package: list(process, folder, url). `url` is what it has printed.
serving_process = function(work, env = parent.frame()) {
  folder = withr::local_tempdir(.local_envir = env)
  log = file.path(folder, "log")
  process = callr::r_bg(function(work, folder) {
    library("mlr3libtorch")
    lgr::get_logger("mlr3")$set_threshold("warn")
    work(folder)
  }, list(`environment<-`(work, globalenv()), folder), stderr = log, stdout = log, env = quiet_environment())
  withr::defer(process$kill(), envir = env)
  printed = function() grep("^Dashboard: http", if (file.exists(log)) readLines(log, warn = FALSE), value = TRUE)
  found = wait_until(function() length(printed()) > 0L || !process$is_alive())
  if (!found || !length(printed())) stop("No address was printed: ", paste(readLines(log), collapse = "\n"))
  list(process = process, folder = folder, url = sub("^Dashboard: ", "", printed()[[1L]]))
}
