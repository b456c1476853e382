m = matrix(c(1, -2, 3, 4, 5, -6), 2)
double = function(x) torch_tensor(x, dtype = "float64")

test_that("torch_norm() knows powers, the Frobenius and the nuclear norm", {
  x = double(m)
  expect_equal(torch_norm(x)$item(), norm(m, "F"))
  expect_equal(torch_norm(x, p = "fro")$item(), norm(m, "F"))
  expect_equal(torch_norm(x, p = "fro", dim = c(1, 2))$item(), norm(m, "F"))
  expect_equal(torch_norm(x, p = "nuc")$item(), sum(svd(m)$d))
  expect_equal(torch_norm(x, p = 1)$item(), sum(abs(m)))
  expect_equal(torch_norm(x, p = Inf)$item(), max(abs(m)))
  expect_equal(as_array(torch_norm(x, p = "fro", dim = 1)), sqrt(colSums(m^2)))
  expect_identical(torch_norm(x, dim = 1, keepdim = TRUE)$shape, c(1L, 3L))
  expect_equal(x$norm(p = "nuc")$item(), sum(svd(m)$d))
  expect_identical(torch_norm(torch_ones(2), dtype = "float64")$dtype, torch_float64())
})

test_that("torch_tensordot() sums over as many dimensions as are named, or over those that are", {
  a = array(as.numeric(1:24), 2:4)
  b = array(as.numeric(1:24), c(3, 4, 2))
  expected = matrix(a, 2) %*% matrix(b, 12)
  expect_equal(as_array(torch_tensordot(double(a), double(b))), expected)
  expect_equal(as_array(torch_tensordot(double(a), double(aperm(b)), dims = list(c(2, 3), c(3, 2)))), expected)
  expect_equal(as_array(torch_tensordot(double(m), double(t(m)), dims = 1)), m %*% t(m))
  expect_equal(as_array(torch_tensordot(double(1:2), double(3:4), dims = 0)), outer(1:2, 3:4))
  expect_error(torch_tensordot(double(m), double(m), dims = 3), "dims")
})

test_that("torch_nonzero() gives rows of positions or a list of them", {
  x = double(rbind(c(0, 2, 0), c(3, 0, 4)))
  expect_identical(as_array(torch_nonzero(x)), rbind(c(1L, 2L), c(2L, 1L), c(2L, 3L)))
  expect_identical(map(torch_nonzero(x, as_list = TRUE), as_array), list(c(1L, 2L, 2L), c(2L, 1L, 3L)))
})

test_that("a computed tensor names what computes its gradient", {
  x = torch_ones(2, requires_grad = TRUE)
  expect_null(x$grad_fn)
  expect_match((x * 2)$grad_fn, "^MulBackward")
})

# LibTorch says these once a session.
test_that("what LibTorch warns of is a warning of R", {
  expect_warning(torch_meshgrid(list(torch_ones(1), torch_ones(2))), "indexing", class = "mlr3libtorch_warning_torch")
  withr::local_options(warn = 2)
  expect_error(torch_searchsorted(torch_tensor(c(1, 2, 3)), torch_ones(2, 3)$t()), "contiguous")
  expect_identical(torch_ones(1)$item(), 1)
})
