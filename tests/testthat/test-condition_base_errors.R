# Nonsense is an error of this package, which names the function and the argument.

nonsense = list(NULL, NA, "x", list(), -1, Inf, NaN, sum, 1:7, character(), TRUE, 2.5, quote(a), matrix("a"),
  emptyenv())

own_error_functions = function() {
  exported = c(ls("package:mlr3libtorch"), grep("^lr_", names(registry_entries("callback")), value = TRUE))
  keep(grep(own_error_families, exported, value = TRUE), function(name) {
    is_plain_function(get(name)) && length(formals(get(name))) > 0L && name != "lr_finder"
  })
}

# What is signalled under no class of this package when `value` is the argument `place`, after tensors.
base_error_of = function(name, value, place) {
  arguments = list(torch_ones(2, 3, 8), torch_ones(2, 3, 8), 2, 2)[seq_len(place)]
  arguments[place] = list(value)
  condition = tryCatch({
    suppressWarnings(do.call(name, arguments, quote = TRUE))
    NULL
  }, error = identity)
  if (!is.null(condition) && !inherits(condition, "mlr3libtorch_error")) {
    sprintf("%s(%s at %i): %s", name, as_short_string(value), place, conditionMessage(condition))
  }
}

test_that("no function answers nonsense with an error of R itself", {
  found = NULL
  for (name in own_error_functions()) {
    for (place in seq_len(min(3L, length(formals(get(name)))))) {
      found = c(found, unlist(map(nonsense, base_error_of, name = name, place = place)))
    }
  }
  expect_identical(found, NULL)
})

test_that("the message names the function, the argument and what it must be", {
  x = torch_ones(2, 3)
  expect_error_snapshot({
    nnf_softsign("x")
    nnf_relu(x, inplace = "yes")
    nnf_mse_loss(x)
    nn_mse_loss()(x)
    nn_init_xavier_uniform_(x, gain = "large")
    nnf_lp_pool1d(x, "two", 2)
    nn_module_list(3)
    nn_module(3)
    nn_lstm()
    nn_lstm(3, 2, num_layers = 1e9)
    lr_step(optim_sgd(torch_ones(1, requires_grad = TRUE), lr = 1))
    autograd_grad(x)
  })
})

test_that("errors of users' own code keep their class, and values are returned as before", {
  own = function(x) stop(structure(class = c("mine", "error", "condition"), list(message = "no", call = NULL)))
  expect_error(nnf_triplet_margin_with_distance_loss(torch_ones(2, 2), torch_ones(2, 2), torch_ones(2, 2),
    distance = function(a, b) own(a)), class = "mine")
  expect_equal(as_array(nnf_softsign(torch_tensor(c(-1, 3)))), c(-0.5, 0.75))
  expect_invisible(nn_utils_clip_grad_value_(torch_ones(1), 1))
})
