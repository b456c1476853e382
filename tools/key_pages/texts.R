# What pages of all kinds say in the same words.

# A doc string ends with its source, as in "Adam. See Kingma and Ba (2015), arXiv:1412.6980.", which gets a section.
split_source = function(doc) {
  parts = regmatches(doc, regexec("^(.*?) ?See ([^.]+[(][0-9]{4}[)].*)$", doc, perl = TRUE))[[1L]]
  if (!length(parts)) {
    return(list(doc = doc, source = NULL))
  }
  list(doc = parts[[2L]],
    source = gsub("arXiv:([0-9]{4}[.][0-9]{4,5})", "[arXiv:\\1](https://arxiv.org/abs/\\1)", parts[[3L]]))
}

# A doc string that begins in lower case, with a digit or a bracket is a formula, perhaps with words about it.
sentence_of = function(doc) {
  doc = split_source(doc)$doc
  if (grepl("^[A-Z]", doc)) {
    return(doc)
  }
  parts = regmatches(doc, regexec("^(.*?)((; |, the |, with ).*)?$", sub("[.]$", "", doc), perl = TRUE))[[1L]]
  sprintf("Computes `%s`%s.", parts[[2L]], parts[[3L]])
}

source_section = function(entries) {
  sources = unique(unlist(lapply(entries, function(entry) split_source(entry$doc)$source)))
  if (length(sources)) list(Source = paste(sources, collapse = "\n\n"))
}

# "(`numeric(1)`; `0.001`)", much as the help of callbacks and learners has it.
type_and_default = function(argument) {
  default = if (argument$required) "required" else default_text(argument$default)
  sprintf("(%s; %s)", type_text(argument), default)
}

# The type as the help of R functions has it: "`numeric(1)`", "`integer()` or `NULL`".
type_text = function(argument) {
  plain = sub("?", "", argument$type, fixed = TRUE)
  length = if (!endsWith(plain, "[]")) 1L else if (is.null(argument$length)) "" else argument$length
  name = switch(sub("[^A-Za-z].*$", "", plain),
    float = "numeric", int = "integer", bool = "logical", str = "character", Any = "list", "any")
  sprintf("`%s(%s)`%s", name, length, if (plain != argument$type) " or `NULL`" else "")
}

# Whole numbers without the L that R writes.
default_text = function(default) {
  text = paste(deparse(default, width.cutoff = 200L), collapse = " ")
  sprintf("`%s`", if (is.integer(default)) gsub("L\\b", "", text) else text)
}

# What an argument means and which values it takes.
argument_words = function(argument) {
  values = if (length(argument$choices)) {
    sprintf("One of %s.", paste(sprintf("`\"%s\"`", argument$choices), collapse = ", "))
  } else {
    bounds_words(argument$lower, argument$upper)
  }
  paste(c(argument$doc, values), collapse = " ")
}

bounds_words = function(lower, upper) {
  below = isTRUE(is.finite(upper))
  above = isTRUE(is.finite(lower))
  if (above && below) {
    sprintf("From %g to %g.", lower, upper)
  } else if (above) {
    sprintf("At least %g.", lower)
  } else if (below) {
    sprintf("At most %g.", upper)
  }
}

# Parameters as a list in Markdown.
parameter_list = function(arguments) {
  items = vapply(arguments, function(argument) {
    sprintf("* `%s` %s: %s", argument$name, type_and_default(argument), argument_words(argument))
  }, "")
  if (length(items)) paste(items, collapse = "\n") else "None."
}

# A call with example values, in lines of at most about 90 characters.
call_text = function(name, arguments) {
  paste(deparse(as.call(c(as.name(name), arguments)), width.cutoff = 60L), collapse = "\n")
}

# How functions are called, in lines that are not too long.
usage_of = function(functions) vapply(functions, usage_text, "", USE.NAMES = FALSE)

usage_text = function(name) {
  formals = as.list(formals(package[[name]]))
  words = vapply(names(formals), function(argument) {
    if (is.symbol(formals[[argument]])) {
      return(argument)
    }
    paste(argument, "=", paste(deparse(formals[[argument]]), collapse = " "))
  }, "")
  # an argument and its default stay together, as a word to strwrap()
  text = sprintf("%s(%s)", name, paste(gsub(" ", "~", words, fixed = TRUE), collapse = ", "))
  gsub("~", " ", paste(strwrap(text, width = 85L, exdent = 2L), collapse = "\n"), fixed = TRUE)
}

# `@param` texts for the arguments of functions: those of the registry, and others by the names in `more`. Arguments of
# several entries that say the same are said once.
param_texts = function(entries, functions, more) {
  names = unique(unlist(lapply(functions, function(name) names(formals(package[[name]])))))
  arguments = unlist(unname(lapply(entries, function(entry) unname(entry$arguments))), recursive = FALSE)
  texts = lapply(names, function(name) {
    if (name == "...") {
      return("(any)\\cr\n  Refused: an argument with another name is an error, which tells the nearest one.")
    }
    own = Filter(function(argument) argument$name == name, arguments)
    if (!length(own)) return(more(name))
    types = unique(vapply(own, type_text, ""))
    docs = unique(vapply(own, argument_words, ""))
    sprintf("(%s)\\cr\n  %s", paste(types, collapse = ", "), paste(docs, collapse = " Or: "))
  })
  stats::setNames(unlist(texts), names)
}

# What an example gives a parameter that has no default.
example_values = list(
  loss = list(
    fn = list(fn = quote(function(y_hat, y) torch_abs(y_hat - y)$sqrt())),
    script = list(code = "def forward(self, y_hat, y):\n  return (y_hat - y).abs().sqrt()")
  ),
  optimizer = list(sgd = list(lr = 0.1)),
  callback = list(
    clip_grad_norm = list(max_norm = 1),
    clip_grad_value = list(clip_value = 0.5),
    grad_accumulation = list(n_batches = 4),
    lr_cosine_annealing = list(T_max = 10),
    lr_cosine_restarts = list(T_0 = 5),
    lr_cyclic = list(base_lr = 0.001, max_lr = 0.1),
    lr_exponential = list(gamma = 0.9),
    lr_one_cycle = list(max_lr = 0.1),
    lr_sequential = list(
      schedules = quote(list(t_clbk("lr_warmup"), t_clbk("lr_polynomial"))), milestones = 5
    ),
    lr_step = list(step_size = 5),
    swa = list(start_epoch = 5),
    time_limit = list(seconds = 60)
  )
)

# NULL if a required parameter has no example value: such a page has no example.
example_of = function(kind, entry) {
  values = example_values[[kind]][[entry$name]]
  required = names(Filter(function(argument) argument$required, entry$arguments))
  if (all(required %in% names(values))) as.list(values)
}
