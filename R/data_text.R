#' @title Texts as Numbers
#'
#' @description
#' `text_vocabulary()` splits texts into tokens, words or characters, and gives those that occur often enough a number.
#' `text_to_numbers()` writes texts as rows of these numbers.
#'
#' [`lrn("classif.sequence")`][mlr_learners.sequence] and [ingress_text()] do this by themselves, with a vocabulary from
#' the training rows; these functions show what they do.
#'
#' @details
#' Words are made of letters with their marks, digits and apostrophes, and are compared in lower case; all else
#' separates them.
#' Characters are compared as they are.
#'
#' Number 1 is padding, which fills a row after the end of its text, and 2 stands for every token that is not in the
#' vocabulary. Its own tokens follow, the most frequent first, equally frequent ones in the order of the alphabet.
#'
#' @param texts (`character()`)\cr
#'   The texts.
#' @param tokens (`character(1)`)\cr
#'   `"words"` or `"characters"`.
#' @param min_count (`integer(1)`)\cr
#'   How often a token must occur.
#' @param max_tokens (`integer(1)`)\cr
#'   The greatest size of the vocabulary.
#' @param vocabulary (`torch_vocabulary`)\cr
#'   What `text_vocabulary()` returned.
#' @param max_length (`integer(1)` or `NULL`)\cr
#'   How many tokens a row has; longer texts are cut. `NULL`: as many as the longest text has.
#' @return `text_vocabulary()`: a `torch_vocabulary`, a list with `tokens` and `known`. `text_to_numbers()`: an integer
#'   matrix with a row for each text.
#'
#' @family Data
#' @export
#' @examples
#' texts = c("The soup was cold.", "The soup was good, very good!")
#' vocabulary = text_vocabulary(texts, min_count = 1)
#' vocabulary$known
#' text_to_numbers(c("Good soup", "", "The tea was cold"), vocabulary)
text_vocabulary = function(texts, tokens = "words", min_count = 2L, max_tokens = 20000L) {
  assert_choice(tokens, c("words", "characters"))
  new_vocabulary(split_sequences(list(texts = assert_texts(texts)), tokens), tokens,
    assert_count(min_count, positive = TRUE), assert_count(max_tokens, positive = TRUE))
}

#' @rdname text_vocabulary
#' @export
text_to_numbers = function(texts, vocabulary, max_length = NULL) {
  if (!inherits(vocabulary, "torch_vocabulary")) {
    abort("argument", sprintf("text_to_numbers(): 'vocabulary' must be what text_vocabulary() returns, not %s.",
      as_short_string(vocabulary)), fields = list(argument = "vocabulary"))
  }
  assert_count(max_length, positive = TRUE, null.ok = TRUE)
  parts = split_sequences(list(texts = assert_texts(texts)), vocabulary$tokens)
  token_numbers(parts, vocabulary$known, max_length %??% max(parts$place, 1L))
}

#' @export
print.torch_vocabulary = function(x, ...) {
  catn(sprintf("<torch_vocabulary> of %i %s: %s", length(x$known), x$tokens, as_short_string(x$known, 60L)))
  invisible(x)
}

assert_texts = function(texts) {
  if (is.factor(texts)) texts = as.character(texts)
  assert_character(texts, any.missing = FALSE)
}

# Numbers of padding and of unknown tokens; those that are known count on from here.
padding_number = 1L
unknown_number = 2L

# The sequences of rows, as list(rows, row, place, token): for each token where it stands. `columns`: of texts, which
# are joined; of numbers, one column for each place, of which zeros at the end are padding; or a lazy tensor of numbers.
# `tokenizer`: the bytes of a user's function, with tokens = "own".
split_sequences = function(columns, tokens, tokenizer = NULL) {
  if (tokens == "numbers") {
    return(if (some(columns, is_lazy_tensor)) split_lazy_numbers(columns) else split_numbers(columns))
  }
  texts = checked_texts(columns)
  parts = switch(tokens,
    words = split_words(texts),
    characters = strsplit(texts, "", fixed = TRUE),
    own = own_tokens(texts, read_function_data(tokenizer$data)$functions$tokens)
  )
  list(rows = length(texts), row = rep(seq_along(parts), lengths(parts)), place = sequence(lengths(parts)),
    token = as.character(unlist(parts)))
}

# In UTF-8, several columns joined by a space.
checked_texts = function(columns) {
  iwalk(columns, function(texts, id) {
    invalid = which(!validEnc(texts))
    if (length(invalid)) {
      abort("features", sprintf("Text %i of '%s' is not valid in its encoding; convert it, for instance with %s.",
        invalid[[1L]], id, "`iconv(x, \"latin1\", \"UTF-8\")`"), fields = list(features = id))
    }
  })
  texts = map(unname(columns), enc2utf8)
  if (length(texts) == 1L) texts[[1L]] else do.call(paste, texts)
}

# What the function that was given as `tokens` makes of texts: a list of vectors.
own_tokens = function(texts, fn) {
  parts = withCallingHandlers(fn(texts), error = function(condition) {
    abort("function", sprintf("The function 'tokens' failed: %s", condition_text(condition)), parent = condition)
  })
  if (!is.list(parts) || length(parts) != length(texts)) {
    abort("function", sprintf("The function 'tokens' must return a list with an element for each of %i texts, not %s.",
      length(texts), as_short_string(parts)))
  }
  fits = map_lgl(parts, function(part) is.null(part) || (is.numeric(part) || is.character(part)) && !anyNA(part))
  if (!all(fits)) {
    abort("function", sprintf("The function 'tokens' must make numbers or texts without NA of each text, not %s.",
      as_short_string(parts[!fits][[1L]])))
  }
  map(unname(parts), as.character)
}

split_words = function(texts) {
  between = "[^\\p{L}\\p{M}\\p{N}']+"
  strsplit(sub(paste0("^", between), "", lower_case(texts), perl = TRUE), between, perl = TRUE)
}

# The same in every process: its locale decides which letters tolower() knows.
lower_case = function(texts) {
  if (l10n_info()[["UTF-8"]]) {
    return(tolower(texts))
  }
  before = Sys.getlocale("LC_CTYPE")
  on.exit(Sys.setlocale("LC_CTYPE", before))
  for (locale in c("C.UTF-8", "en_US.UTF-8", "UTF-8")) {
    if (nzchar(suppressWarnings(Sys.setlocale("LC_CTYPE", locale)))) break
  }
  tolower(texts)
}

split_numbers = function(columns) {
  numbers = do.call(cbind, unname(map(columns, as.numeric)))
  ends = max.col(cbind(TRUE, numbers != 0), ties.method = "last") - 1L
  row = rep(seq_row(numbers), ends)
  place = sequence(ends)
  list(rows = nrow(numbers), row = row, place = place, token = numbers[cbind(row, place)])
}

split_lazy_numbers = function(columns) {
  id = names(columns)
  if (length(columns) > 1L) {
    abort("features", sprintf("A lazy tensor holds whole sequences of tokens, so it is read alone, not with %s.",
      str_collapse(id, quote = "'", n = 5L)), fields = list(features = id))
  }
  parts = map(sequence_blocks(columns[[1L]], id), function(block) {
    numbers = as_array(block$steps)
    if (dim(numbers)[[3L]] > 1L) {
      abort("shape", sprintf("The elements of '%s' have %i channels, but a token is one number.", id,
        dim(numbers)[[3L]]))
    }
    list(row = rep(block$at, ncol(numbers)), place = rep(seq_len(ncol(numbers)), each = nrow(numbers)),
      token = as.numeric(numbers))
  })
  joined = sapply(c("row", "place", "token"), function(name) unlist(map(parts, name)), simplify = FALSE)
  if (any(abs(joined$token) >= 2^24)) {
    abort("features", sprintf("'%s' has token numbers that float32, which a lazy tensor holds, cannot tell apart; %s.",
      id, "number the tokens anew, below 2^24, or give columns"), fields = list(features = id))
  }
  without_zeros_at_end(joined, length(columns[[1L]]))
}

# As in columns, zeros at the end of a sequence are padding.
without_zeros_at_end = function(parts, rows) {
  tokens = which(parts$token != 0)
  tokens = tokens[order(parts$place[tokens])]
  ends = integer(rows)
  ends[parts$row[tokens]] = parts$place[tokens]
  is_inside = parts$place <= ends[parts$row]
  c(list(rows = rows), map(parts, function(part) part[is_inside]))
}

new_vocabulary = function(parts, tokens, min_count, max_tokens) {
  known = unique(parts$token)
  counts = tabulate(match(parts$token, known), length(known))
  known = known[order(-counts, known, method = "radix")]
  enough = sum(counts >= min_count)
  structure(list(tokens = tokens, known = known[seq_len(min(enough, max_tokens))]), class = "torch_vocabulary")
}

# The matrix (rows, steps) of numbers. What lies beyond the last step is left out.
token_numbers = function(parts, known, steps) {
  numbers = matrix(padding_number, parts$rows, steps)
  kept = parts$place <= steps
  codes = match(parts$token[kept], known) + unknown_number
  numbers[cbind(parts$row[kept], parts$place[kept])] = replace(codes, is.na(codes), unknown_number)
  numbers
}

# The tensor of a text input, (rows, steps) int64.
numbers_of_text = function(columns, input) {
  parts = split_sequences(as.list(columns)[input$id], input$tokens, input$tokenizer)
  torch_tensor(token_numbers(parts, input$vocabulary, input$steps), dtype = torch_long())
}
