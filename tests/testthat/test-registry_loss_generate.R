test_that("a loss gives itself as a module, with its values", {
  y_hat = torch_tensor(matrix(c(1, 2, 4)))
  y = torch_tensor(matrix(c(0, 2, 7)))
  expect_equal(as_array(t_loss("mse")$generate()(y_hat, y)), 10 / 3, tolerance = 1e-6)
  module = t_loss("mse", reduction = "sum")$generate()
  expect_true(is_nn_module(module))
  expect_equal(as_array(module(y_hat, y)), 10, tolerance = 1e-6)
  expect_equal(as_array(t_loss("mse")$generator(reduction = "sum")(y_hat, y)), 10, tolerance = 1e-6)
  logits = torch_tensor(rbind(c(2, 0, 0), c(0, 0, 1)))
  expected = mean(-log(c(exp(2) / (exp(2) + 2), exp(1) / (exp(1) + 2))))
  expect_equal(as_array(t_loss("cross_entropy")$generate()(logits, torch_tensor(c(1L, 3L)))), expected,
    tolerance = 1e-6)
})

test_that("such a module has gradients, and is the loss again for a learner", {
  y_hat = torch_tensor(matrix(c(1, 2)), requires_grad = TRUE)
  t_loss("mse", reduction = "sum")$generate()(y_hat, torch_zeros(2, 1))$backward()
  expect_equal(as_array(y_hat$grad), matrix(c(2, 4)))
  loss = as_torch_loss(t_loss("huber", delta = 2)$generate())
  expect_identical(loss$key, "huber")
  expect_identical(loss$param_set$values$delta, 2)
})

test_that("an optimizer gives itself for tensors", {
  x = torch_tensor(c(1, 2), requires_grad = TRUE)
  optimizer = t_opt("sgd", lr = 0.5)$generate(list(x))
  (x * x)$sum()$backward()
  optimizer$step()
  expect_equal(as_array(x$detach()), c(0, 0))
  expect_identical(t_opt("adam")$generator, optim_adam)
  grouped = t_opt("sgd", param_groups = list(list(params = select_all(), lr = 1)))
  expect_config_error(grouped$generate(list(x)), "config", "groups of tensors")
  expect_config_error(t_loss("mse")$generator(reductoin = "sum"), "unknown_parameter", "did you mean 'reduction'")
})
