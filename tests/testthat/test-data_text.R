test_that("words become numbers, the most frequent first", {
  texts = c("The soup was cold.", "THE soup was good, very good!")
  vocabulary = text_vocabulary(texts, min_count = 1)
  expect_identical(vocabulary$known, c("good", "soup", "the", "was", "cold", "very"))
  numbers = text_to_numbers(c("  Good soup", "", "the tea was cold"), vocabulary)
  expect_identical(numbers, rbind(c(3L, 4L, 1L, 1L), rep(1L, 4), c(5L, 2L, 6L, 7L)))
  expect_identical(text_to_numbers("the tea was cold", vocabulary, max_length = 2), rbind(c(5L, 2L)))
  expect_identical(text_vocabulary(texts)$known, c("good", "soup", "the", "was"))
  expect_identical(text_vocabulary(texts, max_tokens = 1)$known, "good")
  expect_output(print(vocabulary), "6 words")
})

test_that("characters and letters of other languages", {
  expect_identical(text_vocabulary(c("aab", "b"), "characters", min_count = 1)$known, c("a", "b"))
  expect_identical(text_vocabulary("na\u00efve caf\u00e9 it's", min_count = 1)$known,
    c("caf\u00e9", "it's", "na\u00efve"))
})

test_that("what is not text is refused", {
  expect_error(text_vocabulary(1:3), "character")
  expect_error(text_vocabulary(c("a", NA)), "missing")
  expect_error(text_vocabulary("\xff\xfe"), "not valid in its encoding", class = "mlr3libtorch_error_features")
  expect_error(text_to_numbers("a", c("a", "b")), "what text_vocabulary() returns", fixed = TRUE,
    class = "mlr3libtorch_error_argument")
})

test_that("zeros at the end of numbers are padding", {
  parts = split_numbers(list(a = c(4, 0, 3), b = c(2, 0, 0), c = c(0, 0, 5)))
  expect_identical(parts, list(rows = 3L, row = c(1L, 1L, 3L, 3L, 3L), place = c(1L, 2L, 1L, 2L, 3L),
    token = c(4, 2, 3, 0, 5)))
})

test_that("numbers in names count as numbers", {
  expect_identical(in_natural_order(c("x10", "x2", "a", "x1b3", "x1b12")), c("a", "x1b3", "x1b12", "x2", "x10"))
})

test_that("words are the same in every locale, and keep their marks", {
  texts = c("\u00c9T\u00c9", "cafe\u0301 noir")
  words = list("\u00e9t\u00e9", c("cafe\u0301", "noir"))
  expect_identical(split_words(texts), words)
  expect_identical(withr::with_locale(c(LC_CTYPE = "C"), split_words(texts)), words)
})
