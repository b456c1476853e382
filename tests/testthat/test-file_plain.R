# Files of plain data: what other programs see, and every way in which one can be wrong.

local_plain_file = function(value = list(a = c(x = 1, y = 2), b = list("text", NULL))) {
  path = withr::local_tempfile(fileext = ".safetensors", .local_envir = teardown_env())
  write_plain_file(path, value)
  path
}

# Writes the file again with other tensors or another structure; its checksum fits.
forge = function(path, change_nodes = identity, change_tensors = identity, metadata = list()) {
  contents = core_read_file(path, TRUE)
  nodes = change_nodes(jsonlite::fromJSON(contents$metadata[["structure"]]))
  forged = as.list(contents$metadata)
  forged$structure = if (is.character(nodes)) nodes else as.character(jsonlite::toJSON(nodes))
  core_write_file(path, change_tensors(contents$tensors), unlist(insert_named(forged, metadata)))
  path
}

expect_refused = function(path, message) {
  cond = expect_error(read_plain_file(path), class = "mlr3libtorch_error_file")
  expect_match(conditionMessage(cond), message, fixed = TRUE)
  expect_match(conditionMessage(cond), path, fixed = TRUE)
  expect_equal(cond$path, path)
}

set_field = function(field, i, value) {
  function(x) {
    x[[field]][i] = value
    x
  }
}

test_that("other programs see the elements under their names", {
  path = local_plain_file(list(network = list(weight = structure(
    list(dtype = "float32", shape = c(1, 2), data = raw(8)), class = "torch_tensor_data"
  )), step = 1L, list(2), step = 3))
  contents = core_read_file(path, TRUE)
  expect_equal(contents$tensors$network.weight[c("dtype", "shape")], list(dtype = "F32", shape = c(1, 2)))
  expect_subset(c("step", "step#1", "3.1"), names(contents$tensors))
  expect_equal(contents$metadata[["content"]], "mlr3libtorch plain data")
})

test_that("metadata is written for other programs, and ours is not overwritten", {
  path = withr::local_tempfile()
  write_plain_file(path, 1, metadata = list(title = "\u00fc"))
  expect_equal(core_read_file(path, TRUE)$metadata[["title"]], "\u00fc")
  expect_error(write_plain_file(path, 1, metadata = list(structure = "x")))
  expect_error(write_plain_file(path, 1, metadata = list("x")))
})

test_that("a path is expanded, and a file that is not there is named", {
  expect_error(read_plain_file("~/no/such/file"), path.expand("~/no/such/file"), class = "mlr3libtorch_error_file")
  expect_error(write_plain_file("/no/such/folder/file", 1), "/no/such/folder/file': No such file or directory",
    class = "mlr3libtorch_error_file")
})

test_that("a value that is no plain data leaves the old file", {
  path = local_plain_file(1)
  expect_error(write_plain_file(path, list(f = mean)), "value$f is a function", fixed = TRUE,
    class = "mlr3libtorch_error_state")
  expect_equal(read_plain_file(path), 1)
})

test_that("a file that is something else is refused", {
  path = withr::local_tempfile()
  saveRDS(1, path)
  expect_refused(path, "damaged or not a safetensors file")
  core_write_file(path, list(), c(content = "else"))
  expect_refused(path, "is not a plain data file of mlr3libtorch")
  core_write_file(path, list(), structure(character(), names = character()))
  expect_refused(path, "is not a plain data file of mlr3libtorch")
})

test_that("a file of a later version is refused with a word on why", {
  expect_refused(forge(local_plain_file(), metadata = list(version = "2")), "a file of version 2")
})

test_that("a structure that is no flat table is refused before it is parsed", {
  for (text in c("", "{}", "[]", "x", "{\"kind\":", strrep("[", 1e5), paste0(strrep("{\"a\":", 1e5), "1"),
    "{\"kind\":[[\"list\"]],\"parent\":[0],\"attribute\":[\"\"],\"tensor\":[\"\"]}")) {
    expect_refused(forge(local_plain_file(), function(nodes) text), "its structure")
  }
})

test_that("columns of the structure must be there, of one length and of their types", {
  table = function(...) jsonlite::toJSON(list(...))
  expect_structure_refused = function(nodes, message) {
    expect_refused(forge(local_plain_file(), function(x) as.character(nodes)), message)
  }
  expect_structure_refused(table(kinds = "null", parent = 0L, attribute = "", tensor = ""), "the wrong columns")
  expect_structure_refused(table(kind = "null", parent = 0:1, attribute = "", tensor = ""), "the wrong columns")
  expect_structure_refused(table(kind = "null", parent = "0", attribute = "", tensor = ""), "the wrong types")
  expect_structure_refused(table(kind = 1L, parent = 0L, attribute = "", tensor = ""), "the wrong types")
  expect_structure_refused(table(kind = character(), parent = integer(), attribute = character(), tensor = character()),
    "its structure")
})

test_that("nodes that make no tree are refused", {
  expect_nodes_refused = function(change, message) expect_refused(forge(local_plain_file(), change), message)
  expect_nodes_refused(set_field("kind", 1L, "closure"), "unknown kind 'closure'")
  expect_nodes_refused(set_field("parent", 2L, 2L), "not a tree")
  expect_nodes_refused(set_field("parent", 2L, 3L), "not a tree")
  expect_nodes_refused(set_field("parent", 2L, 0L), "not a tree")
  expect_nodes_refused(set_field("parent", 2L, -1L), "not a tree")
  expect_nodes_refused(set_field("parent", 2L, 99L), "not a tree")
  expect_nodes_refused(set_field("parent", 1L, 1L), "not a tree")
  expect_nodes_refused(set_field("attribute", 1L, "names"), "not a tree")
  expect_nodes_refused(set_field("attribute", 3L, ""), "elements of something that is not a list")
  expect_nodes_refused(set_field("tensor", 2L, ""), "a vector without a tensor")
  expect_nodes_refused(set_field("tensor", 2L, "missing"), "names the tensor 'missing', which does not exist")
  expect_nodes_refused(set_field("tensor", 2L, "b.1"), "each tensor once")
})

test_that("a tensor that nothing uses is refused", {
  one_more = function(x) c(x, list(more = file_tensor("U8", 1, raw(1L))))
  expect_refused(forge(local_plain_file(), change_tensors = one_more),
    "each tensor once")
})

test_that("attributes of something that has none are refused", {
  nodes = list(kind = c("null", "null"), parent = 0:1, attribute = c("", "class"), tensor = c("", ""))
  expect_refused(forge(local_plain_file(NULL), function(x) nodes), "attributes of something that cannot have any")
})

test_that("a structure that is too deep is refused", {
  n = 200L
  nodes = list(kind = rep("list", n), parent = seq_len(n) - 1L, attribute = rep("", n), tensor = rep("", n))
  expect_refused(forge(local_plain_file(list()), function(x) nodes), "nested too deeply")
})

test_that("a vector of another type or shape than its kind is refused", {
  with_tensor = function(tensor, value = 1) {
    forge(local_plain_file(value), change_tensors = function(x) list(value = tensor))
  }
  expect_refused(with_tensor(file_tensor("I32", 2, 1:2)),
    "a double vector is kept as a tensor of another type or shape")
  expect_refused(with_tensor(file_tensor("F64", c(1, 1), 1)), "another type or shape")
  expect_refused(with_tensor(file_tensor("F64", 2, c(1, 2)), 1i), "another type or shape")
  expect_refused(with_tensor(file_tensor("I32", 1, 7L), TRUE), "not TRUE, FALSE or NA")
})

test_that("a character vector whose bytes do not fit is refused", {
  with_bytes = function(bytes) {
    forge(local_plain_file("a"), change_tensors = function(x) list(value = file_tensor("U8", length(bytes), bytes)))
  }
  good = core_encode_strings("abc")
  expect_equal(read_plain_file(with_bytes(good)), "abc")
  expect_refused(with_bytes(raw()), "cut off")
  expect_refused(with_bytes(replace(good, 1L, as.raw(2L))), "shorter than it says")
  expect_refused(with_bytes(replace(good, 1:8, as.raw(255L))), "shorter than it says")
  expect_refused(with_bytes(replace(good, 9L, as.raw(4L))), "a string is cut off")
  expect_refused(with_bytes(replace(good, 9L, as.raw(2L))), "bytes left over")
  expect_refused(with_bytes(replace(good, 9:12, as.raw(c(254L, 255L, 255L, 255L)))), "negative length")
  expect_refused(with_bytes(replace(good, 13L, as.raw(3L))), "unknown encoding")
  expect_refused(with_bytes(replace(good, 14L, as.raw(0L))), "null character")
})

test_that("attributes that would make an invalid object are refused", {
  with_attribute = function(value, name, tensor) {
    path = local_plain_file(structure(value, extra = "x"))
    forge(path, set_field("attribute", 2L, name), function(x) insert_named(x, list(`value@extra` = tensor)))
  }
  text = function(x) {
    bytes = core_encode_strings(x)
    file_tensor("U8", length(bytes), bytes)
  }
  expect_refused(with_attribute(c(1, 2), "class", text("factor")), "attributes that do not fit")
  expect_refused(with_attribute(1:2, "class", text("factor")), "codes without a level")
  expect_refused(with_attribute(1:2, "names", text(c("a", "b", "c"))), "attributes that do not fit")
  expect_refused(with_attribute(1:2, "tsp", text("a")), "attributes that do not fit")
  expect_refused(with_attribute(1:2, ".internal.selfref", text("a")), "an impossible attribute")
  expect_refused(with_attribute(1:2, "class", text("data.frame")), "a data frame has no columns")
  expect_refused(with_attribute(1:2, "class", text(c("data.table", "data.frame"))), "a data frame has no columns")
  expect_refused(with_attribute(1:2, "class", text("data.table")), "a data frame has no columns")
})

test_that("factors and data frames that break their promise are refused", {
  path = local_plain_file(factor(c("a", "b")))
  bad_codes = function(x) insert_named(x, list(value = file_tensor("I32", 2, c(1L, 3L))))
  expect_refused(forge(path, change_tensors = bad_codes), "codes without a level")
  path = local_plain_file(data.frame(a = 1:2, b = 3:4))
  short_column = function(x) insert_named(x, list(a = file_tensor("I32", 1, 1L)))
  expect_refused(forge(path, change_tensors = short_column), "columns of different lengths")
  path = local_plain_file(data.table(a = 1:2))
  many_rows = function(x) insert_named(x, list(`value@row.names` = file_tensor("I32", 2, c(NA, -2000000000L))))
  expect_refused(forge(path, change_tensors = many_rows), "columns of different lengths")
})

test_that("a damaged file is read exactly or refused, whatever happened to it", {
  value = list(a = c(x = 1), b = factor("u"), c = data.table(d = 1:2))
  path = local_plain_file(value)
  original = readBin(path, "raw", file.size(path))
  mutate = list(
    function(bytes, place) bytes[seq_len(place - 1L)],
    function(bytes, place) replace(bytes, place, xor(bytes[place], as.raw(2^sample(0:7, 1L)))),
    function(bytes, place) replace(bytes, c(place, 1L), bytes[c(1L, place)]),
    function(bytes, place) append(bytes, as.raw(sample(0:255, 3L)), place)
  )
  withr::local_seed(1)
  outcomes = map_chr(seq_len(200L), function(i) {
    bytes = mutate[[1L + i %% 4L]](original, sample(length(original), 1L))
    writeBin(bytes, path)
    result = tryCatch(read_plain_file(path), mlr3libtorch_error_file = function(cond) "refused")
    if (identical(result, "refused")) "refused" else if (identical(result, value)) "exact" else "wrong"
  })
  expect_subset(outcomes, c("exact", "refused"))
  expect_gt(sum(outcomes == "refused"), 150L)
})

test_that("a forged file, whose checksum fits, never makes an error of another class", {
  path = local_plain_file(list(a = c(x = 1), b = factor("u"), c = data.table(d = 1:2)))
  original = core_read_file(path, TRUE)
  withr::local_seed(2)
  read_anyway = map_lgl(seq_len(200L), function(i) {
    contents = original
    text = utf8ToInt(contents$metadata[["structure"]])
    places = sample(length(text), 2L)
    text[places[1L]] = if (i %% 2L) text[places[2L]] else sample(32:126, 1L)
    contents$metadata[["structure"]] = intToUtf8(text)
    core_write_file(path, contents$tensors, contents$metadata)
    tryCatch({
      read_plain_file(path)
      TRUE
    }, mlr3libtorch_error_file = function(cond) FALSE)
  })
  expect_true(any(!read_anyway))
})

test_that("the glue refuses what it cannot use", {
  path = withr::local_tempfile()
  none = structure(character(), names = character())
  for (bad in list(NULL, 1, NA_character_, c("a", "b"), character(), mean)) {
    expect_error(core_write_file(bad, list(), none), class = "mlr3libtorch_error")
    expect_error(core_read_file(bad, TRUE), class = "mlr3libtorch_error")
  }
  for (bad in list(1, list(1), list(a = 1), list(a = list("F64", 1)), list(a = file_tensor("F99", 1, 1)),
    list(a = file_tensor("F64", 2, 1)), list(a = file_tensor("F64", NA_real_, 1)), list(a = file_tensor("F64", -1, 1)),
    list(a = file_tensor("F64", 1e300, 1)), list(a = file_tensor("F64", 0.5, 1)), list(a = file_tensor("F64", 1, "x")),
    list(a = file_tensor("F64", 1, 1), a = file_tensor("F64", 1, 1)))) {
    expect_error(core_write_file(path, bad, none), class = "mlr3libtorch_error")
  }
  for (bad in list(NULL, 1, "a", c(checksum = "x"))) {
    expect_error(core_write_file(path, list(), bad), class = "mlr3libtorch_error")
  }
  expect_error(core_encode_strings(1), class = "mlr3libtorch_error")
  expect_error(core_decode_vector(1, "double", "p"), class = "mlr3libtorch_error")
  expect_error(core_decode_vector(raw(8L), "closure", "p"), class = "mlr3libtorch_error")
  expect_error(core_decode_vector(raw(7L), "double", "p"), "ends within a value", class = "mlr3libtorch_error_file")
  expect_error(core_decode_vector(raw(8L), NULL, NULL), class = "mlr3libtorch_error")
  expect_false(file.exists(path))
})
