compare_case = function(case) {
  reference_difference(do.call(torch_call, c(case$operation, map(case$arguments, read_argument))), case$results)
}

# Whether this LibTorch has the overload that a case calls: others have lost some of 1.13's.
has_overload = function(case) {
  full_name = str_collapse(discard(c(case$operation, case$overload), function(part) part == ""), sep = ".")
  case$operation %in% core_operation_names() && any(startsWith(torch_schema(case$operation), paste0(full_name, "(")))
}

test_that("operations sampled over the schemas give what PyTorch gives", {
  cases = jsonlite::read_json(test_path("reference", "operations.json"))
  offered = keep(cases, has_overload)
  expect_gte(length(offered), 200L)
  found = set_names(map_chr(offered, compare_case), map_chr(offered, "operation"))
  expect_identical(found[found != "none"], set_names(character(), character()))
})

test_that("every operation is a function that other packages can see, with its schema in print", {
  exported = getNamespaceExports("mlr3libtorch")
  expect_subset(paste0("torch_", core_operation_names()), exported)
  expect_output(print(torch_cumsum), "cumsum(Tensor self, int dim", fixed = TRUE)
  expect_identical(as.array(torch_cumsum(torch_tensor(1:3), dim = 1)), c(1L, 3L, 6L))
  expect_equal(as.array(linalg_inv(torch_tensor(diag(c(2, 4))))), diag(c(0.5, 0.25)))
  expect_error(torch_cumsum(torch_tensor(1:3), dmi = 1), "did you mean 'dim'", class = "mlr3libtorch_error_argument")
})

test_that("the help page has the schema of every operation", {
  rd = schemas_as_rd()
  expect_match(rd, "\\item{\\code{torch_matmul}}{\\code{matmul(Tensor self, Tensor other) -> Tensor}}", fixed = TRUE)
  page = withr::local_tempfile(lines = c("\\name{x}", "\\title{x}", "\\description{x}", rd))
  expect_no_condition(tools::checkRd(page))
})

test_that("the help page says truly which operations one version of LibTorch has and another has not", {
  version = numeric_version(sub("^([0-9.]+).*", "\\1", mlr3libtorch_sitrep()$libtorch$version))
  early = operations_by_version[["1.13"]]
  late = operations_by_version[["2.6"]]
  expect_subset(c(if (version < "2") early, if (version >= "2.6") late), core_operation_names())
  expect_disjunct(c(if (version < "2") late, if (version >= "2.6") early), core_operation_names())
})

fft_parts = function(values) {
  transformed = torch_fft_fft(torch_tensor(values, dtype = "float64"))
  torch_cat(list(torch_real(transformed), torch_imag(transformed)))
}

test_that("linear algebra and transforms agree with R", {
  a = matrix(c(4, 1, 0.5, 1, 3, 0.2, 0.5, 0.2, 2), 3)
  b = matrix(1:6 / 4, 3)
  x = torch_tensor(a, dtype = "float64")
  y = torch_tensor(b, dtype = "float64")
  expect_equal(as.array(torch_matmul(x, y)), a %*% b)
  expect_equal(as.array(linalg_solve(x, y)), solve(a, b))
  expect_equal(as.array(linalg_svdvals(y)), svd(b)$d)
  expect_equal(as.array(linalg_cholesky(x)), t(chol(a)))
  expect_equal(as.array(linalg_det(x)), det(a))
  expect_equal(as.array(linalg_eigvalsh(x)), rev(eigen(a)$values))
  qr = linalg_qr(y)
  expect_equal(as.array(torch_matmul(qr[[1L]], qr[[2L]])), b)
  expect_equal(abs(as.array(qr[[2L]])), abs(qr.R(qr(b))))
  expect_equal(as.array(fft_parts(c(1, 2, -1, 3))), c(Re(fft(c(1, 2, -1, 3))), Im(fft(c(1, 2, -1, 3)))))
  expect_equal(as.array(torch_cumsum(y, dim = 1)), apply(b, 2, cumsum))
})
