# How the server of the callback "dashboard" answers requests: what it refuses, its files, data and commands.
# `site`: the port, the token and the runs that are shown.

# list(status, headers, body), as httpuv takes it.
dashboard_answer = function(request, site) {
  refusal = refusal_of(request, site)
  if (!is.null(refusal)) {
    return(text_answer(refusal$status, refusal$text))
  }
  name = sub("^/[^/]*/", "", request$PATH_INFO)
  if (request$REQUEST_METHOD == "POST") command_answer(name, request, site) else page_answer(name, request, site)
}

new_refusal = function(status, text) list(status = status, text = text)

# NULL if the request is answered.
refusal_of = function(request, site) {
  method = request$REQUEST_METHOD
  if (method %nin% c("GET", "HEAD", "POST")) {
    new_refusal(405L, "Only GET, HEAD and POST are answered.")
  } else if (nchar(paste0(request$PATH_INFO, request$QUERY_STRING), type = "bytes") > longest_address) {
    new_refusal(414L, "The address is too long.")
  } else if (!is_own_host(request$HTTP_HOST, site$port)) {
    new_refusal(403L, "The request is for another host.")
  } else if (!is_own_origin(request$HTTP_ORIGIN, site$port)) {
    new_refusal(403L, "The request comes from another site.")
  } else if (!is_same_token(token_in(request$PATH_INFO), site$token)) {
    new_refusal(403L, "The address is not the one that R printed; dashboard_url() returns it.")
  } else if (!is.null(request$HTTP_UPGRADE)) {
    new_refusal(400L, "There is no other protocol here.")
  } else if (has_body(request)) {
    new_refusal(413L, "Requests with a body are not read.")
  }
}

longest_address = 200L

own_hosts = function(port) sprintf(c("127.0.0.1:%i", "localhost:%i"), as.integer(port))

# Another name that leads to this machine is how other sites would get past a browser's rules.
is_own_host = function(host, port) !is.null(host) && tolower(host) %in% own_hosts(port)

is_own_origin = function(origin, port) is.null(origin) || tolower(origin) %in% paste0("http://", own_hosts(port))

# The first part of the path, if another one follows.
token_in = function(path) {
  if (grepl("^/[0-9a-f]+/", path, useBytes = TRUE)) sub("^/([0-9a-f]+)/.*", "\\1", path, useBytes = TRUE) else ""
}

# Takes as long wherever they differ, so that it tells nothing of the token.
is_same_token = function(given, token) {
  given = utf8ToInt(given)
  token = utf8ToInt(token)
  length(given) == length(token) && sum(bitwXor(given, token)) == 0
}

has_body = function(request) {
  length = request$HTTP_CONTENT_LENGTH
  !is.null(request$HTTP_TRANSFER_ENCODING) || (!is.null(length) && length != "0")
}

# By the ending of a file's name.
page_types = c(html = "text/html", js = "text/javascript", css = "text/css")

# The files that are served, by name.
page_files = function() {
  files = list.files(system.file("dashboard", package = "mlr3libtorch"), "[.](html|js|css)$", full.names = TRUE)
  set_names(files, basename(files))
}

page_answer = function(name, request, site) {
  if (name %in% c("data", "charts")) {
    return(run_answer(name, request, site))
  }
  files = page_files()
  if (name == "") name = "index.html"
  if (name %nin% names(files)) {
    return(text_answer(404L, "There is no such page."))
  }
  file = files[[name]]
  type = paste0(page_types[[tools::file_ext(file)]], "; charset=utf-8")
  new_answer(200L, readBin(file, "raw", file.size(file)), type)
}

# Before the first run, the page has nothing to show.
run_answer = function(name, request, site) {
  if (!length(site$runs)) {
    return(json_answer(if (name == "data") "{\"runs\":[],\"run\":null}" else "null"))
  }
  run = asked_run(request, site$runs)
  if (is.null(run)) {
    return(no_such_run())
  }
  if (name == "data") data_answer(run, request, site) else json_answer(run$charts())
}

# All runs in short and more of the one that is asked for; nothing if the page has that already.
data_answer = function(run, request, site) {
  versions = map_chr(site$runs, function(run) paste(run$id, run$version()))
  tag = sprintf("\"%s\"", gsub("[^0-9a-z]+", "-", paste(c(run$id, versions), collapse = " ")))
  if (identical(request$HTTP_IF_NONE_MATCH, tag)) {
    return(json_answer("", 304L, tag))
  }
  walk(site$runs, function(run) run$refresh())
  entries = paste(map_chr(site$runs, function(run) run$entry()), collapse = ",")
  json_answer(sprintf("{\"runs\":[%s],\"run\":%s}", entries, run$details()), tag = tag)
}

json_answer = function(body, status = 200L, tag = NULL) new_answer(status, body, "application/json", tag)

# The run with the number in the query, `?run=3`, or the newest if there is no query. NULL if there is no such run.
asked_run = function(request, runs) {
  query = request$QUERY_STRING
  if (!nzchar(query)) {
    return(if (length(runs)) runs[[length(runs)]])
  }
  given = sub("^[?]run=([0-9]{1,9})$", "\\1", query)
  if (given != query) detect(runs, function(run) run$id == as.integer(given))
}

no_such_run = function() text_answer(404L, "There is no such run.")

command_answer = function(name, request, site) {
  if (name %nin% c("stop", "checkpoint")) {
    return(text_answer(405L, "Nothing can be sent to this address."))
  }
  run = asked_run(request, site$runs)
  if (is.null(run)) {
    return(no_such_run())
  }
  problem = run$wish(name)
  if (is.null(problem)) text_answer(202L, "Will be done after the next batch.") else text_answer(409L, problem)
}

text_answer = function(status, text) new_answer(status, paste0(text, "\n"), "text/plain; charset=utf-8")

# The page may load what comes from here, and nothing else; nobody may show it inside another page.
page_policy = paste(c("default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'",
  "img-src data:", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"), collapse = "; ")

new_answer = function(status, body, type, tag = NULL) {
  headers = list(
    `Content-Type` = type, ETag = tag, `Cache-Control` = "no-store", `Content-Security-Policy` = page_policy,
    `X-Content-Type-Options` = "nosniff", `X-Frame-Options` = "DENY", `Referrer-Policy` = "no-referrer",
    `Cross-Origin-Resource-Policy` = "same-origin", `Cross-Origin-Opener-Policy` = "same-origin",
    Allow = if (status == 405L) "GET, HEAD, POST"
  )
  list(status = status, headers = discard(headers, is.null), body = body)
}
