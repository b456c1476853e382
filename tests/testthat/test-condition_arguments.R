# Arguments that functions do not have.

# Functions that make layers, modules, optimizers and schedules, and take no others' arguments.
makers = function() {
  generators = keep(ls("package:mlr3libtorch"), function(name) {
    inherits(get(name), c("torch_layer", "nn_module_generator")) && name != "nn_identity"
  })
  optimizers = grep("^optim_", ls("package:mlr3libtorch"), value = TRUE)
  schedules = c(names(registered_schedules()), "lr_lambda", "lr_multiplicative", "lr_reduce_on_plateau")
  c(generators, setdiff(optimizers, "optim_required"), schedules, "nn_layer_norm", "nn_embedding")
}

test_that("every maker refuses an argument that it does not have, by name", {
  names = makers()
  expect_gt(length(names), 150L)
  for (name in names) {
    refused = expect_error(do.call(name, list(banana = 1)), class = "mlr3libtorch_error", info = name)
    expect_match(conditionMessage(refused), "banana|takes no arguments", info = name)
  }
})

# Functions of tensors.
functions_of_tensors = function() {
  functions = grep("^(nnf_|nn_init_|nn_utils_)", ls("package:mlr3libtorch"), value = TRUE)
  keep(functions, function(name) is_plain_function(get(name)))
}

test_that("every function of tensors refuses an argument that it does not have, before anything is computed", {
  names = functions_of_tensors()
  expect_gt(length(names), 120L)
  for (name in names) {
    arguments = list(quote(stop("computed")), banana = quote(stop("computed")))
    refused = expect_error(eval(as.call(c(as.name(name), arguments))), class = "mlr3libtorch_error_unknown_argument",
      info = name)
    expect_match(conditionMessage(refused), paste0(name, "(", names(formals(name))[[1L]]), fixed = TRUE, info = name)
  }
})

test_that("the message has the arguments that there are, and the nearest", {
  weight = torch_zeros(1, requires_grad = TRUE)
  optimizer = optim_sgd(weight, lr = 1)
  expect_error_snapshot({
    nn_linear(10, 5, bais = FALSE)
    nn_linear(10, 5, TRUE, 3, 4)
    nn_conv2d(1, 2, 3, strides = 2)
    nn_tanh(1)
    nn_layer_norm(3, epsilon = 1)
    nn_embedding(3, 2, padding_index = 1)
    nn_lstm(3, 2, hiden = 3)
    nn_mse_loss(reducton = "sum")
    nn_mse_loss("sum", 2)
    optim_adam(weight, learning_rate = 0.1)
    optim_ignite_adam(weight, 0.1, banana = 3)
    lr_step(optimizer, step = 3, gama = 0.5)
    lr_lambda(optimizer, identity, banana = TRUE)
    lr_reduce_on_plateau(optimizer, pateince = 3)
    nnf_elu(weight, 1, alhpa = 2)
    nnf_mse_loss(weight, weight, reducton = "sum")
    nnf_relu(weight, FALSE, 3)
    nn_init_uniform_(weight, min = 2)
    nn_init_kaiming_normal_(weight, non_linearity = "relu")
    nn_utils_clip_grad_norm_(weight, maxnorm = 1)
    nn_module("mine", function(width) NULL)(widht = 3)
  })
  condition = expect_error(nn_linear(10, 5, bais = FALSE), class = "mlr3libtorch_error_unknown_argument")
  expect_identical(condition$given, "bais")
  expect_identical(condition$known, c("in_features", "out_features", "bias"))
})

test_that("what is refused is not computed, and abbreviations are as before", {
  expect_error(nn_linear(2, 3, banana = stop("computed")), "banana")
  expect_error(optim_adam(torch_zeros(1, requires_grad = TRUE), banana = stop("computed")), "banana")
  expect_identical(nn_linear(2, 3, b = FALSE)$bias, NULL)
  expect_identical(nn_linear(2, out = 3)$weight$shape, c(3L, 2L))
  expect_identical(nn_mse_loss(red = "sum")$reduction, "sum")
  own = nn_module("own", initialize = function(width, ...) self$more = list(...), forward = function(x) x)
  expect_identical(own(2, banana = 1)$more, list(banana = 1))
})
