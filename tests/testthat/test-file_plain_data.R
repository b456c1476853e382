# What a state may hold, and that a file gives it back bit for bit.

tensor_data = function(dtype, shape, data) {
  structure(list(dtype = dtype, shape = shape, data = data), class = "torch_tensor_data")
}

# identical() in its strictest form; attributes as a set, since a data.table's self reference comes last.
expect_same = function(object, expected) {
  expect_true(identical(object, expected, num.eq = FALSE, single.NA = FALSE))
}

expect_file_round_trip = function(value) {
  path = withr::local_tempfile(fileext = ".safetensors")
  write_plain_file(path, value)
  expect_same(read_plain_file(path), value)
}

latin1_string = function() {
  x = "\xe9t\xe9"
  Encoding(x) = "latin1"
  x
}

bytes_string = function() {
  x = "\xff\xfe"
  Encoding(x) = "bytes"
  x
}

# A NaN that carries a message in its bits.
marked_nan = function() readBin(as.raw(c(0x1a, 0x0a, 0, 0, 0, 0, 0xf8, 0x7f)), "double")

plain_values = function() {
  list(
    null = NULL, number = 1, named = c(a = 1, b = NA, c = NaN, d = -0, e = Inf, -Inf), marked = marked_nan(),
    sequence = 1:3, flags = c(TRUE, NA, FALSE), text = c("\u00e9", latin1_string(), bytes_string(), NA, "", "NA"),
    bytes = as.raw(0:255), complex = c(complex(real = NA, imaginary = -0), 1i),
    matrix = matrix(1:4, 2L, dimnames = list(rows = c("a", "b"), NULL)), array = array(1:8, c(2L, 2L, 2L)),
    empty = list(integer(), character(), double(), raw(), complex(), logical(), list()),
    factor = factor(c("a", "b", NA)), ordered = factor("x", levels = c("y", "x"), ordered = TRUE),
    date = as.Date("2024-02-29"), time = as.POSIXct(0.5, origin = "1970-01-01", tz = "UTC"),
    parts = as.POSIXlt("2024-02-29 12:00:00", tz = "UTC"), span = as.difftime(3, units = "mins"),
    frame = data.frame(a = 1:3, b = c("x", "y", NA), row.names = c("r", "s", "t")), no_columns = data.frame(),
    no_names = data.frame(a = 1:3), matrix_column = data.frame(x = I(matrix(1:4, 2L))),
    table = data.table(epoch = 1:3, score = c(0.1, NA, 3)), keyed = data.table(a = 3:1, key = "a"),
    no_table = data.table(), list_column = data.table(a = list(1, "b")),
    nested = list(a = NULL, list(NULL, list())), odd_names = set_names(list(1, 2, 3, 4), c("a", "a", "", "a b")),
    own_class = structure(list(x = 1), class = "mine"), own_attribute = structure(1:3, extra = list(a = "x")),
    big_integer = structure(1.5, class = "integer64"),
    tensor = tensor_data("float32", c(2, 3), as.raw(rep(0:5, 4L))), scalar = tensor_data("float64", numeric(), raw(8)),
    no_values = tensor_data("int64", c(0, 5), raw()), flags_tensor = tensor_data("bool", 2, as.raw(0:1)),
    other_dtype = tensor_data("complex64", 1, raw(8)), no_tensor = tensor_data("float32", "x", NULL)
  )
}

test_that("plain data is plain data", {
  values = plain_values()
  for (name in names(values)) {
    expect_same(as_plain_data(values[[name]], "x"), {
      if (is.data.table(values[[name]])) setattr(copy(values[[name]]), ".internal.selfref", NULL) else values[[name]]
    })
  }
})

test_that("a file gives back every plain value bit for bit", {
  values = plain_values()
  for (name in names(values)) expect_file_round_trip(values[[name]])
  expect_file_round_trip(values)
})

test_that("long and compact vectors are kept", {
  expect_file_round_trip(1:1e6)
  expect_file_round_trip(c(1e6:1, NA))
  expect_file_round_trip(as.character(1:1e4))
  expect_file_round_trip(as.list(1:1e3))
})

test_that("a data.table read from a file grows by reference", {
  path = withr::local_tempfile()
  write_plain_file(path, list(history = data.table(epoch = 1L)))
  history = read_plain_file(path)$history
  expect_silent(history[, score := 2])
  expect_equal(history, data.table(epoch = 1L, score = 2))
  expect_silent(set(history, j = "more", value = 3))
})

test_that("a data.table made plain and back grows by reference, and the original is as it was", {
  original = data.table(epoch = 1L)
  plain = as_plain_data(list(original), "x")
  expect_null(attr(plain[[1L]], ".internal.selfref"))
  expect_silent(set(original, j = "score", value = 1))
  usable = from_plain_data(plain)[[1L]]
  expect_silent(usable[, score := 2])
  expect_equal(names(plain[[1L]]), "epoch")
  expect_equal(original$score, 1)
})

test_that("what is not plain data is refused, and the place and the kind are named", {
  refused = function(value) {
    cond = expect_error(as_plain_data(value, "callback 'x': state_dict()"), class = "mlr3libtorch_error_state")
    sub("; a state may only hold.*", "", conditionMessage(cond))
  }
  place = "callback 'x': state_dict()"
  expect_equal(refused(mean), paste(place, "is a function"))
  expect_equal(refused(sum), paste(place, "is a function"))
  expect_equal(refused(list(model = mean)), paste0(place, "$model is a function"))
  expect_equal(refused(list(a = list(1, list(b = globalenv())))), paste0(place, "$a[[2]]$b is an environment"))
  expect_equal(refused(list(`a b` = quote(x))), paste0(place, "$`a b` is a symbol"))
  expect_equal(refused(list(quote(x + y))), paste0(place, "[[1]] is a call"))
  expect_equal(refused(list(y ~ x)), paste0(place, "[[1]] is a formula"))
  expect_equal(refused(expression(x)), paste(place, "is an expression"))
  expect_equal(refused(R6Class("Mine")$new()), paste(place, "is an object of class 'Mine'"))
  expect_equal(refused(data.table(a = list(mean))), paste0(place, "$a[[1]] is a function"))
  expect_equal(refused(structure(1, maker = mean)), sprintf("attr(%s, \"maker\") is a function", place))
  expect_equal(refused(attr(data.table(), ".internal.selfref")), paste(place, "is an external pointer"))
  expect_equal(refused(pairlist(a = 1)), paste(place, "is of type 'pairlist'"))
  s4 = methods::getClass("numeric")
  expect_match(refused(s4), "is an S4 object of class 'classRepresentation'")
})

test_that("values nested deeper than R itself can handle are refused", {
  value = list()
  for (i in seq_len(200L)) value = list(value)
  expect_error(as_plain_data(value, "x"), "nested more than 50 levels", class = "mlr3libtorch_error_state")
})

test_that("live tensors become plain data and live again", {
  handle = core_plain_to_tensor(tensor_data("float32", c(2, 2), raw(16)))
  plain = as_plain_data(list(a = list(handle)), "x")
  expect_identical(plain$a[[1L]], tensor_data("float32", c(2, 2), raw(16)))
  again = from_plain_data(plain)$a[[1L]]
  expect_s3_class(again, "torch_tensor")
  expect_identical(as_plain_data(again, "x"), plain$a[[1L]])
})

test_that("live tensors are kept in a file", {
  path = withr::local_tempfile()
  data = tensor_data("int64", 1, as.raw(c(5, 0, 0, 0, 0, 0, 0, 0)))
  write_plain_file(path, list(step = core_plain_to_tensor(data)))
  expect_identical(read_plain_file(path), list(step = data))
})
