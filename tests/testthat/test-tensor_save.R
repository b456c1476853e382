test_that("tensors of all types come back with the same bits", {
  path = withr::local_tempfile(fileext = ".safetensors")
  types = setdiff(names(tensor_dtypes), "bool")
  tensors = set_names(map(types, function(type) torch_tensor(matrix(0:5, 2))$to(dtype = type)), types)
  tensors$bool = torch_tensor(c(TRUE, FALSE))
  tensors$scalar = torch_scalar_tensor(3)
  tensors$empty = torch_zeros(0, 4)
  torch_save(tensors, path)
  loaded = torch_load(path)
  expect_setequal(names(loaded), names(tensors))
  for (name in names(tensors)) {
    expect_identical(core_tensor_to_plain(loaded[[name]]), core_tensor_to_plain(tensors[[name]]), info = name)
  }
  torch_save(tensors$int64, path)
  expect_identical(as.array(torch_load(path)), matrix(0:5, 2))
})

test_that("a file of another program is read, and another program reads ours", {
  path = withr::local_tempfile(fileext = ".safetensors")
  # written by hand after the format's description, without a checksum
  header = charToRaw(paste0('{"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},',
    '"a":{"dtype":"I64","shape":[],"data_offsets":[8,16]}}'))
  writeBin(c(packBits(intToBits(length(header)), "raw"), raw(4), header, writeBin(c(1.5, -2), raw(), size = 4L),
    as.raw(c(7, rep(0, 7)))), path)
  loaded = torch_load(path)
  expect_identical(as.array(loaded$b), c(1.5, -2))
  expect_identical(loaded$a$item(), 7L)
  torch_save(list(weight = torch_tensor(matrix(1:6 + 0, 2))), path)
  bytes = readBin(path, "raw", 1e6)
  length = readBin(bytes[1:4], "integer", size = 4L)
  parsed = jsonlite::fromJSON(rawToChar(bytes[8 + seq_len(length)]))
  expect_identical(parsed[["__metadata__"]]$format, "pt")
  offsets = parsed$weight$data_offsets
  values = readBin(bytes[8 + length + seq(offsets[[1L]] + 1, offsets[[2L]])], "numeric", 6, size = 4L)
  expect_identical(values, c(1, 3, 5, 2, 4, 6))
})

test_that("values that are not tensors, and damaged files, are refused", {
  path = withr::local_tempfile()
  expect_error(torch_save(3, path), "must be a torch_tensor", class = "mlr3libtorch_error_argument")
  expect_error(torch_save(list(a = list(mean)), path), "'obj'$a[[1]] is a function", fixed = TRUE,
    class = "mlr3libtorch_error_state")
  expect_error(torch_save(torch_tensor(1i), path), "complex", class = "mlr3libtorch_error_argument")
  torch_save(torch_ones(10), path)
  bytes = readBin(path, "raw", 1e6)
  writeBin(bytes[seq_len(length(bytes) - 3L)], path)
  expect_error(torch_load(path), class = "mlr3libtorch_error_file")
  expect_error(torch_load(withr::local_tempfile()), class = "mlr3libtorch_error_file")
})

test_that("a checkpoint of a loop of one's own is saved, and the loop goes on from it", {
  path = withr::local_tempfile(fileext = ".safetensors")
  module = nn_linear(3, 1)
  optimizer = optim_adam(module$parameters, lr = 0.1)
  x = torch_randn(5, 3)
  step = function(module, optimizer) {
    optimizer$zero_grad()
    module(x)$square()$sum()$backward()
    optimizer$step()
  }
  step(module, optimizer)
  torch_save(list(epoch = 1L, model = module$state_dict(), optimizer = optimizer$state_dict(), note = NULL), path)
  step(module, optimizer)

  loaded = torch_load(path)
  expect_named(loaded, c("epoch", "model", "optimizer", "note"))
  expect_identical(loaded$epoch, 1L)
  again = nn_linear(3, 1)
  other = optim_adam(again$parameters, lr = 0.1)
  again$load_state_dict(loaded$model)
  other$load_state_dict(loaded$optimizer)
  step(again, other)
  expect_equal(as.array(again$weight), as.array(module$weight))

  torch_save(list(torch_ones(2), list("a", torch_zeros(1, 2))), path)
  loaded = torch_load(path)
  expect_identical(as.array(loaded[[1L]]), c(1, 1))
  expect_identical(loaded[[2L]][[1L]], "a")
  expect_equal(loaded[[2L]][[2L]]$shape, c(1, 2))
})
