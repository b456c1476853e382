values = function(seed, ...) withr::with_seed(seed, array(rnorm(prod(...)), c(...)))
double_tensor = function(x) torch_tensor(x, dtype = "float64")

test_that("operations agree with base R", {
  a = values(1, 4, 3)
  b = values(2, 3, 5)
  s = crossprod(a) + diag(3)
  x = double_tensor(a)
  expect_equal(as_array(x$matmul(double_tensor(b))), a %*% b)
  expect_equal(as_array(x$t()), t(a))
  expect_equal(as_array(double_tensor(s)$inverse()), solve(s))
  expect_equal(as_array(torch_call("linalg_solve", double_tensor(s), double_tensor(b))), solve(s, b))
  expect_equal(as_array(torch_call("linalg_svd", x)[[2]]), svd(a)$d)
  expect_equal(double_tensor(s)$det()$item(), det(s))
  expect_equal(x$mean()$item(), mean(a))
  expect_equal(as_array(x$mean(dim = 1)), colMeans(a))
  expect_equal(as_array(x$mean(dim = -1)), rowMeans(a))
  expect_equal(as_array(x$sum(2, keepdim = TRUE)), as.matrix(rowSums(a)))
  expect_equal(x$norm()$item(), norm(a, "F"))
  expect_equal(as_array(x$std(dim = 1)), apply(a, 2, sd))
  expect_equal(as_array(x$sort(dim = 1)$values), apply(a, 2, sort))
  expect_equal(as_array(x$cumsum(1)), apply(a, 2, cumsum))
  expect_equal(as_array(x$clamp(min = 0)), pmax(a, 0))
  expect_equal(as_array(x$softmax(2)), exp(a) / rowSums(exp(a)))
  expect_equal(as_array(torch_call("fft_fft", double_tensor(a[, 1]))), fft(a[, 1]))
  expect_equal(as_array(x$reshape(c(2, 6))), matrix(t(a), 2, 6, byrow = TRUE))
  expect_equal(as_array(x$where(x$gt(0), double_tensor(0))), pmax(a, 0))
})

test_that("dimensions and positions count from 1, in and out", {
  m = matrix(c(3, 1, 2, 9, 7, 8), nrow = 2, byrow = TRUE)
  x = double_tensor(m)
  expect_identical(as_array(x$argmax(dim = 2)), c(1L, 1L))
  expect_identical(x$argmax()$item(), 4L)
  expect_identical(as_array(x$max(dim = 1)$indices), c(2L, 2L, 2L))
  expect_identical(as_array(x$topk(2, dim = 2)$indices), rbind(c(1L, 3L), c(1L, 3L)))
  expect_identical(as_array(x$argsort(dim = 2)), t(apply(m, 1, order)))
  expect_identical(as_array(torch_tensor(c(0, 2, 0, 1))$nonzero()), as.matrix(c(2L, 4L)))
  expect_identical(as_array(x$index_select(2, torch_tensor(c(3L, 1L)))), m[, c(3, 1)])
  expect_identical(as_array(x$gather(2, torch_tensor(matrix(c(2L, 3L), 2)))), as.matrix(c(1, 8)))
  expect_identical(as_array(x$select(1, 2)), m[2, ])
  expect_identical(as_array(x$select(2, -1)), m[, 3])
  expect_identical(as_array(x$narrow(2, 2, 2)), m[, 2:3])
  expect_identical(as_array(x$transpose(1, 2)), t(m))
  expect_identical(as_array(torch_zeros(2, 3, 4)$permute(c(3, 1, 2)))|> dim(), c(4L, 2L, 3L))
  expect_identical(torch_zeros(2, 3, 4)$flatten(start_dim = 2)$shape, c(2L, 12L))
  expect_identical(x$unsqueeze(1)$shape, c(1L, 2L, 3L))
  expect_identical(as_array(torch_stack(list(x, x), dim = 3))[, , 1], m)
  expect_identical(as_array(torch_cat(list(x, x), dim = 2)), cbind(m, m))
  expect_equal(torch_call("nll_loss", x, torch_tensor(c(1L, 3L)))$item(), -mean(c(m[1, 1], m[2, 3])))
})

test_that("a dimension that there is not, or zero, is refused in R's counting", {
  x = torch_zeros(2, 3)
  expect_error(x$sum(dim = 3), "Dimension 3 is out of range; dimensions are 1 to 2",
    class = "mlr3libtorch_error_tensor")
  expect_error(x$sum(dim = 0), "'dim' counts from 1", class = "mlr3libtorch_error_argument")
  expect_error(x$index_select(1, torch_tensor(0L)), "'index' counts from 1", class = "mlr3libtorch_error_argument")
})

test_that("an operation in place changes the tensor and returns its handle", {
  x = torch_tensor(c(1, 2))
  y = x$mul_(2)
  expect_identical(y, x)
  expect_identical(as_array(x), c(2, 4))
  expect_identical(as_array(x$add_(torch_tensor(1))$zero_()), c(0, 0))
})

test_that("the form that takes the arguments is called", {
  x = double_tensor(c(1, 5, 2))
  expect_identical(x$max()$item(), 5)
  expect_identical(as_array(x$max(double_tensor(3))), c(3, 5, 3))
  expect_named(x$max(dim = 1), c("values", "indices"))
  expect_identical(as_array(x$pow(2)), c(1, 25, 4))
  expect_identical(as_array(torch_call("pow", 2, x)), c(2, 32, 4))
  expect_identical(as_array(x$add(x, alpha = 2)), c(3, 15, 6))
  expect_length(x$split(2), 2L)
  convolved = torch_call("conv1d", torch_ones(1, 1, 4), torch_ones(1, 1, 2), stride = 2)
  expect_identical(as_array(convolved)[1, 1, ], c(2, 2))
})

test_that("wrong calls name operation, argument and schema", {
  x = torch_zeros(2, 3)
  condition = tryCatch(x$matmul(x), error = identity)
  expect_s3_class(condition, "mlr3libtorch_error_tensor")
  expect_identical(conditionMessage(condition), "matmul(): mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)")
  expect_identical(condition$operation, "matmul")
  expect_match(condition$schema, "Tensor other")
  expect_error(x$sum(dmi = 1), "sum\\(\\) has no argument 'dmi'; did you mean 'dim'\\?",
    class = "mlr3libtorch_error_argument")
  expect_error(x$softmax("a"), "softmax\\(\\): 'dim' must be a whole number, not 'a'",
    class = "mlr3libtorch_error_argument")
  expect_error(x$add(), "It can be called as", class = "mlr3libtorch_error_argument")
  expect_error(x$relu(1), "relu\\(Tensor self\\) -> Tensor", class = "mlr3libtorch_error_argument")
  expect_error(torch_call("matmull", x, x), "did you mean 'matmul'", class = "mlr3libtorch_error_unknown_operation")
  expect_error(torch_call("_softmax", x), class = "mlr3libtorch_error_unknown_operation")
  expect_error(torch_call(NA), class = "mlr3libtorch_error_argument")
  expect_error(x$item(), class = "mlr3libtorch_error_tensor")
  expect_match(torch_schema("relu"), "relu(Tensor self) -> Tensor", fixed = TRUE)
})

test_that("numbers that LAPACK refuses are an error like any other", {
  # some versions of LAPACK refuse infinite numbers through R, others compute with them
  x = torch_full(c(2, 2), Inf, dtype = "float64")
  result = tryCatch(torch_call("linalg_matrix_rank", x), mlr3libtorch_error_tensor = function(cond) cond$operation)
  expect_true(inherits(result, "torch_tensor") || identical(result, "linalg_matrix_rank"))
  singular = torch_zeros(2, 2)
  expect_error(singular$inverse(), "singular", class = "mlr3libtorch_error_tensor")
})

test_that("LibTorch's building blocks, which trust their caller, cannot be called", {
  refused = c("_softmax", "unfold_backward", "quantized_lstm_cell", "native_channel_shuffle", "split_copy", "set_")
  for (name in refused) {
    expect_error(torch_call(name), class = "mlr3libtorch_error_unknown_operation")
  }
  expect_true(all(c("index_copy", "split", "channel_shuffle") %in% core_operation_names()))
})

test_that("optional arguments that have no default may be left out", {
  m = matrix(c(3, 1, 2, 9, 7, 8), nrow = 2, byrow = TRUE)
  x = double_tensor(m)
  expect_equal(as_array(x$norm(dim = 2)), sqrt(rowSums(m^2)))
  expect_equal(as_array(x$norm(dim = 1, keepdim = TRUE)), t(sqrt(colSums(m^2))))
  expect_equal(as_array(torch_norm(x, dim = 2, p = 1)), rowSums(abs(m)))
  expect_equal(x$norm(dtype = "float64")$item(), sqrt(sum(m^2)))
  expect_equal(as_array(x$sum(keepdim = TRUE)), as.matrix(sum(m)))
  expect_equal(as_array(x$mean(keepdim = TRUE)), as.matrix(mean(m)))
  expect_equal(x$var(correction = 0)$item(), mean((m - mean(m))^2))
  expect_equal(as_array(x$std(correction = 0, keepdim = TRUE)), as.matrix(sqrt(mean((m - mean(m))^2))))
  expect_equal(as_array(torch_var_mean(x, unbiased = TRUE, keepdim = TRUE)[[1L]]), as.matrix(var(c(m))))
  expect_equal(as_array(torch_std_mean(x, correction = 1, dim = 2)[[2L]]), rowMeans(m))
  expect_identical(as_array(x$sort(descending = TRUE, dim = 2)$values), t(apply(m, 1, sort, decreasing = TRUE)))
  picture = double_tensor(array(1:4, c(1, 1, 2, 2)))
  expect_equal(as_array(torch_call("upsample_nearest2d", picture, output_size = c(4, 4)))[1, 1, , 1], c(1, 1, 2, 2))
  expect_equal(as_array(torch_call("upsample_bilinear2d", picture, scale_factors = c(2, 2), align_corners = TRUE))
    [1, 1, c(1, 4), c(1, 4)], matrix(1:4, 2))
  expect_equal(as_array(torch_instance_norm(double_tensor(array(c(1, 3), c(1, 1, 2))), use_input_stats = TRUE,
    momentum = 0.1, eps = 0, cudnn_enabled = FALSE))[1, 1, ], c(-1, 1))
})

test_that("every operation with such an argument takes a call without it, or says what is wrong", {
  left_out = function(schema) {
    arguments = strsplit(sub("^[^(]*\\((.*)\\) -> .*$", "\\1", schema), ", ")[[1L]]
    grepl("^[A-Za-z]+(\\[[0-9]*\\])?(\\([^)]*\\))?\\? [a-z_]+$", arguments)
  }
  operations = keep(core_operation_names(), function(name) any(unlist(map(torch_schema(name), left_out))))
  expect_true(all(c("norm", "std", "var", "sum", "mean", "sort", "div", "upsample_nearest2d") %in% operations))
  # the first says that tensors with names are an experiment
  for (name in grep("^rename", operations, value = TRUE, invert = TRUE)) {
    answer = tryCatch(torch_call(name, double_tensor(array(1, c(1, 2, 3)))), error = identity)
    expect_true(!inherits(answer, "error") || inherits(answer, "mlr3libtorch_error"), info = name)
  }
})
