#' @title Texts as an Input of a Network
#'
#' @description
#' For the `ingress_tokens` of a [LearnerTorchModel] or [LearnerTorchModule]: the text features of a task become one
#' input of shape (rows, steps) of token numbers, see [text_vocabulary()]. The vocabulary is made of the training rows
#' and stays in the model. `nn("embedding", embedding_dim = 16, padding_idx = 1)` gives each token a vector, and finds
#' the number of tokens by itself; [`nn("padding_mask")`][nn()] tells layers where a text ends.
#'
#' @param features (`character()`, `function` or `NULL`)\cr
#'   The features, or a selector of mlr3pipelines; `NULL` takes all whose type fits. Several texts are joined.
#' @param tokens (`character(1)` or `function`)\cr
#'   `"words"`, `"characters"`, or `"numbers"`: columns that hold the numbers of tokens, one column for each place, with
#'   zeros after the end of a sequence. The columns are read in the order of their names, `x2` before `x10`. Or one
#'   [lazy_tensor()] whose elements are such sequences, of any lengths. Or a tokenizer, see the section below.
#' @param max_length (`integer(1)`)\cr
#'   The greatest number of tokens; longer texts are cut. There are as many steps as the longest text of training has
#'   tokens, but not more than these.
#' @param min_count,max_tokens (`integer(1)`)\cr
#'   How often a token must occur to be in the vocabulary, and how large that may be.
#' @section Tokenizers:
#' `tokens` may be a function of texts (`character()`) that returns a list with a vector for each: the tokens as numbers
#' or as texts. Those that the training rows have often enough form the vocabulary, as with words. The function becomes
#' part of the model, with the values that it uses, so it may use whatever can be saved. What a package keeps in memory
#' of its own cannot. A tokenizer of the package tok (Hugging Face) is therefore read from its file where it is needed:
#' ```
#' subwords = function(texts) {
#'   tokenizer = tok::tokenizer$from_file("tokenizer.json")
#'   lapply(tokenizer$encode_batch(as.list(texts)), function(encoding) encoding$ids)
#' }
#' lrn("classif.sequence", tokens = subwords)
#' ```
#'
#' @return A `torch_ingress`.
#'
#' @family Network
#' @export
#' @examples
#' network = nn_graph(
#'   vectors = nn("embedding", embedding_dim = 8, padding_idx = 1),
#'   mask = nn("padding_mask", reads = "x"),
#'   state = nn("gru", hidden_size = 8, output = "last", reads = c("vectors", "mask")),
#'   head = nn("head")
#' )
#' learner = lrn("classif.torch_model", network = network, epochs = 1,
#'   ingress_tokens = list(x = ingress_text()),
#'   batch_size = 50)
#' learner$feature_types
ingress_text = function(features = NULL, tokens = "words", max_length = 200L, min_count = 2L, max_tokens = 20000L) {
  ingress = new_ingress("text", features)
  checked = check_tokens(tokens)
  if (!isTRUE(checked)) abort("argument", sprintf("'tokens' %s.", checked), list(argument = "tokens"))
  ingress$tokens = tokens_kind(tokens)
  if (is.function(tokens)) ingress$tokenizer = function_data(list(tokens = tokens))
  ingress$max_length = assert_count(max_length, positive = TRUE)
  ingress$min_count = assert_count(min_count, positive = TRUE)
  ingress$max_tokens = assert_count(max_tokens, positive = TRUE)
  ingress
}

# The types of features that tokens are made of; "own" stands for a function.
sequence_types = list(words = "character", characters = "character", own = "character",
  numbers = c("integer", "numeric", "lazy_tensor"))

tokens_kind = function(tokens) if (is.function(tokens)) "own" else tokens

# TRUE, or what is wrong. `more`: what else may be chosen.
check_tokens = function(x, more = character()) {
  known = c(setdiff(names(sequence_types), "own"), more)
  if (test_choice(x, known) || is.function(x)) TRUE else sprintf("must be %s or a function of texts, not %s",
    str_collapse(known, quote = "\""), as_short_string(x))
}

# The kinds of inputs that learn something from the training rows: of texts the vocabulary, of sequences how long they
# are.
learned_kinds = c("text", "sequence", "sequence_mask")

# The tokens, of which some know what the model has learned or, without one, what the rows of the task tell.
with_learned = function(tokens, task, model = NULL) {
  if (!is.list(tokens)) {
    return(tokens)
  }
  imap(tokens, function(token, id) {
    if (!inherits(token, "torch_ingress") || token$kind %nin% learned_kinds) {
      return(token)
    }
    given = token$given %??% token
    earlier = model$network$spec$ingress[[id]]
    token = if (identical(earlier$kind, given$kind)) structure(earlier, class = "torch_ingress") else
      learned_token(given, task, id)
    token$given = given
    token
  })
}

learned_token = function(token, task, id) {
  if (token$kind == "text") learned_text(token, task, id) else learned_sequence(token, task, id)
}

# A token that a model has learned was asked for with these settings; with others it would be another one.
learned_settings = c("features", "tokens", "tokenizer", "max_length", "min_count", "max_tokens")

assert_learned_alike = function(token, owner, id) {
  given = token$given
  # features that are not named are found anew
  names = intersect(learned_settings, names(keep(given, function(setting) is.atomic(setting) && length(setting))))
  names = c(names, if ("tokenizer" %in% names(given)) "tokenizer")
  changed = names[!map_lgl(names, function(name) isTRUE(all.equal(token[[name]], given[[name]])))]
  if (length(changed)) {
    changed = unique(sub("tokenizer", "tokens", changed, fixed = TRUE))
    abort("resume", sprintf("%s has learned input '%s' from the training rows, but %s. Set %s back, or train anew.",
      owner, id, toString(map_chr(changed, describe_changed_token, token = token)),
      if (length(changed) == 1L) "it" else "them"), fields = list(settings = changed))
  }
}

describe_changed_token = function(name, token) {
  text = function(x) if (identical(x[[name]], "own")) "a function" else as_short_string(x[[name]])
  before = text(token)
  now = text(token$given)
  sprintf("'%s' was %s and is now %s", name, before, if (now == before) "another function" else now)
}

reads_text = function(tokens) {
  is.list(tokens) && any(map_lgl(tokens, function(token) inherits(token, "torch_ingress") && token$kind == "text"))
}

# A token as plain data and as the user gave it, without what a task has taught it.
given_token = function(token) unclass(token$given %??% token)

learned_text = function(token, task, id) {
  token$features = text_features(token, column_info(task), id)
  parts = split_sequences(as.list(task$data(cols = token$features)), token$tokens, token$tokenizer)
  token$vocabulary = new_vocabulary(parts, token$tokens, token$min_count, token$max_tokens)$known
  if (!length(token$vocabulary)) abort_no_tokens(token, parts, id)
  steps = min(token$max_length, max(parts$place))
  cut = sum(parts$place == steps + 1L)
  if (cut) mention_cut(task, cut, parts$rows, steps)
  token$shape = c(NA, steps)
  token
}

abort_no_tokens = function(token, parts, id) {
  features = str_collapse(token$features, quote = "'", n = 5L)
  what = if (token$tokens == "own") "tokens" else token$tokens
  message = if (length(parts$token)) {
    sprintf("none of the %s in %s occurs %i times; set 'min_count' lower.", what, features, as.integer(token$min_count))
  } else if (token$tokens == "own") {
    sprintf("the function 'tokens' makes no token of any text in %s.", features)
  } else {
    sprintf("there are no %s in %s: all rows are empty.", what, features)
  }
  abort("features", sprintf("Input '%s': %s", id, message), fields = list(features = token$features))
}

text_features = function(token, info, id) {
  known = info[!info$target, ]
  types = sequence_types[[token$tokens]]
  features = token$features
  if (is.function(features)) features = selected_features(features, known, types, id)
  features = features %??% in_natural_order(fitting_features(known, types))
  unfit = features[known$type[match(features, known$id)] %nin% types]
  if (length(unfit) || !length(features)) {
    what = if (length(unfit)) sprintf("such feature '%s'", unfit[[1L]]) else "feature of that type"
    abort("features", sprintf("Input '%s' makes %s of features of type %s; the task has no %s.", id, token$tokens,
      str_collapse(types, sep = " or "), what), fields = list(features = unfit))
  }
  features
}

# Names in an order in which "x2" comes before "x10".
in_natural_order = function(names) {
  padded = names
  digits = gregexpr("[0-9]+", names)
  regmatches(padded, digits) = map(regmatches(names, digits), function(x) {
    paste0(strrep("0", pmax(0L, 20L - nchar(x))), x)
  })
  names[order(padded, method = "radix")]
}
