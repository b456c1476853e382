test_site = function(...) insert_named(list(port = 8000L, token = "abcdef0123456789", runs = list()), list(...))

# What httpuv gives; `...` are further fields.
test_request = function(path = "/abcdef0123456789/", method = "GET", query = "", ...) {
  insert_named(list(REQUEST_METHOD = method, PATH_INFO = path, QUERY_STRING = query, HTTP_HOST = "127.0.0.1:8000"),
    list(...))
}

status = function(..., site = test_site()) dashboard_answer(test_request(...), site)$status

test_that("only the address that was printed is answered", {
  expect_identical(status(), 200L)
  for (path in c("", "/", "//", "/abcdef0123456789", "/abcdef012345678/", "/abcdef01234567890/", "/ABCDEF0123456789/",
    "/bbcdef0123456789/", "/x/abcdef0123456789/", "\xff\xfe")) {
    expect_identical(status(path), 403L, label = path)
  }
})

test_that("other hosts and other sites are refused", {
  expect_identical(status(HTTP_HOST = "localhost:8000"), 200L)
  for (host in list("127.0.0.1", "127.0.0.1:8001", "evil.example:8000", "localhost.evil.example:8000", "")) {
    expect_identical(status(HTTP_HOST = host), 403L, label = host)
  }
  no_host = test_request()
  no_host$HTTP_HOST = NULL
  expect_identical(dashboard_answer(no_host, test_site())$status, 403L)
  expect_identical(status(HTTP_ORIGIN = "http://127.0.0.1:8000"), 200L)
  for (origin in c("null", "https://127.0.0.1:8000", "http://127.0.0.1", "http://evil.example")) {
    expect_identical(status(HTTP_ORIGIN = origin), 403L, label = origin)
  }
})

test_that("other methods, long addresses and bodies are refused", {
  for (method in c("PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "")) {
    expect_identical(status(method = method), 405L, label = method)
  }
  expect_identical(status(query = paste0("?run=", strrep("1", 500L))), 414L)
  expect_identical(status("/abcdef0123456789/stop", "POST", HTTP_CONTENT_LENGTH = "1"), 413L)
  expect_identical(status(HTTP_TRANSFER_ENCODING = "chunked"), 413L)
  expect_identical(status(HTTP_UPGRADE = "websocket"), 400L)
})

test_that("files are those of the page, and no others", {
  folder = system.file("dashboard", package = "mlr3libtorch")
  for (name in c("dashboard.js", "dashboard.css", "uPlot.iife.min.js", "uPlot.min.css")) {
    answer = dashboard_answer(test_request(paste0("/abcdef0123456789/", name)), test_site())
    expect_identical(answer$status, 200L)
    expect_identical(answer$body, readBin(file.path(folder, name), "raw", 1e6))
    expect_match(answer$headers$`Content-Type`, "^text/(javascript|css)")
  }
  for (name in c("uPlot.LICENSE", "../DESCRIPTION", "..%2fDESCRIPTION", "./dashboard.js", "/etc/passwd", "x", "Data")) {
    expect_identical(status(paste0("/abcdef0123456789/", name)), 404L, label = name)
  }
})

test_that("a browser is told to load nothing from elsewhere", {
  headers = dashboard_answer(test_request(), test_site())$headers
  expect_match(headers$`Content-Security-Policy`, "default-src 'none'; script-src 'self'", fixed = TRUE)
  expect_identical(headers$`X-Content-Type-Options`, "nosniff")
  page = readLines(system.file("dashboard", "index.html", package = "mlr3libtorch"))
  expect_length(grep("https?:|<style| style=| on[a-z]+=|<script>", page), 0L)
})

test_that("commands are sent by POST, to the two buttons, for a run that goes on", {
  said = NULL
  run = list(id = 3L, wish = function(what) {
    said <<- c(said, what)
    if (what == "checkpoint") "not here"
  })
  site = test_site(runs = list(run))
  expect_identical(status("/abcdef0123456789/stop", "POST", "?run=3", site = site), 202L)
  expect_identical(status("/abcdef0123456789/checkpoint", "POST", site = site), 409L)
  expect_identical(said, c("stop", "checkpoint"))
  expect_identical(status("/abcdef0123456789/stop", site = site), 404L)
  expect_identical(status("/abcdef0123456789/data", "POST", site = site), 405L)
  expect_identical(status("/abcdef0123456789/stop", "POST"), 404L)
})

test_that("a run that does not exist is not found, and no other is meant", {
  said = NULL
  run = list(id = 3L, wish = function(what) {
    said <<- what
    NULL
  })
  site = test_site(runs = list(run))
  for (query in c("?run=77", "?run=abc", "?run=", "?run=3x", "?other=3", "?")) {
    for (name in c("stop", "checkpoint")) {
      expect_identical(status(paste0("/abcdef0123456789/", name), "POST", query, site = site), 404L, label = query)
    }
    for (name in c("data", "charts")) {
      expect_identical(status(paste0("/abcdef0123456789/", name), query = query, site = site), 404L, label = query)
    }
  }
  expect_null(said)
})

test_that("without a run the data are empty, and an error is an answer", {
  expect_identical(dashboard_answer(test_request("/abcdef0123456789/data"), test_site())$body,
    "{\"runs\":[],\"run\":null}")
  expect_identical(dashboard_answer(test_request("/abcdef0123456789/charts"), test_site())$body, "null")
  expect_identical(answer_request(list(REQUEST_METHOD = quote(x)))$status, 500L)
})

test_that("tokens are compared as a whole and cannot be guessed", {
  expect_true(is_same_token("abc", "abc"))
  expect_false(is_same_token("abd", "abc"))
  expect_false(is_same_token("", "abc"))
  tokens = replicate(50L, core_random_token())
  expect_match(tokens, "^[0-9a-f]{32}$")
  expect_identical(anyDuplicated(tokens), 0L)
  withr::with_seed(1, first <- core_random_token())
  withr::with_seed(1, expect_false(core_random_token() == first))
})
