test_that("one logit gives the first class where it is not negative", {
  y_hat = torch_tensor(matrix(c(-1, 0, 2)))
  expect_equal(encode_classif(y_hat, c("yes", "no"), "response"),
    list(response = factor(c("no", "yes", "yes"), levels = c("yes", "no"))))
})

test_that("probabilities of two classes add up to 1, also far out", {
  encoded = encode_classif(torch_tensor(matrix(c(-200, 0, 200))), c("yes", "no"), "prob")
  expect_equal(rowSums(encoded$prob), c(1, 1, 1))
  expect_equal(encoded$prob[, "yes"], c(0, 0.5, 1))
})

test_that("several logits give the first of the largest", {
  y_hat = torch_tensor(rbind(c(1, 3, 2), c(2, 2, 1), c(0, 0, 0)))
  encoded = encode_classif(y_hat, c("a", "b", "c"), "prob")
  expect_equal(as.character(encoded$response), c("b", "a", "a"))
  expect_equal(encoded$prob[1, ], exp(c(a = 1, b = 3, c = 2)) / sum(exp(1:3)), tolerance = 1e-6)
  expect_equal(encoded$prob[3, ], c(a = 1, b = 1, c = 1) / 3)
})

test_that("the softmax does not overflow", {
  encoded = encode_classif(torch_tensor(rbind(c(1000, 0, -1000))), c("a", "b", "c"), "prob")
  expect_equal(unname(encoded$prob[1, ]), c(1, 0, 0))
})

test_that("an output that is no number has no class", {
  expect_equal(is.na(encode_classif(torch_tensor(matrix(c(NaN, 1))), c("a", "b"), "response")$response), c(TRUE, FALSE))
  expect_true(is.na(encode_classif(torch_tensor(rbind(c(NaN, 1, 2))), c("a", "b", "c"), "response")$response))
})

test_that("regression gives the output", {
  expect_equal(encode_regr(torch_tensor(matrix(c(1.5, -2)))), list(response = c(1.5, -2)))
})
