# A network as a function, in callbacks and after training.

# What `look(ctx)` gives after the backward pass of the first batch.
seen_in_batch = function(look, ...) {
  seen = NULL
  learner = lrn("regr.mlp", neurons = 4, p = 0, epochs = 1, batch_size = 8, seed = 1, ...)
  learner$configure(callbacks = list(torch_callback("look", on_after_backward = function() {
    if (self$ctx$step == 1L) seen <<- look(self$ctx)
  })))
  learner$train(tsk("mtcars"))
  seen
}

test_that("ctx$network() gives the loop's outputs, planned and by autograd", {
  for (plan in c("auto", "off")) {
    seen = seen_in_batch(function(ctx) {
      list(own = ctx$network(ctx$batch$x), loop = ctx$y_hats[[1L]]$clone())
    }, plan = plan)
    expect_equal(as_array(seen$own), as_array(seen$loop), tolerance = 1e-5)
  }
})

test_that("gradients through ctx$network() are those of the loop", {
  for (plan in c("auto", "off")) {
    seen = seen_in_batch(function(ctx) {
      parameters = ctx$network$parameters
      own = with_enable_grad(autograd_grad(ctx$loss_fn(ctx$network(ctx$batch$x), ctx$batch$y), parameters))
      list(own = own, loop = map(parameters, function(parameter) parameter$grad$clone()))
    }, plan = plan)
    for (i in seq_along(seen$own)) expect_equal(as_array(seen$own[[i]]), as_array(seen$loop[[i]]), tolerance = 1e-4)
  }
})

test_that("learner$network() predicts, and a linear network's gradient by its inputs is its weights", {
  task = tsk("mtcars")
  learner = lrn("regr.mlp", epochs = 2, batch_size = 8, seed = 1, scale = FALSE)$train(task)
  network = learner$network
  x = learner$dataset(task)$x
  expect_equal(as.numeric(network(x)), learner$predict(task)$response, tolerance = 1e-6)
  expect_identical(as_array(network(x[[1L]])), as_array(network(x)))
  expect_identical(as_array(do.call(network, x)), as_array(network(x)))
  expect_identical(as_array(network$forward(as_array(x[[1L]]))), as_array(network(x)))
  given = x[[1L]]$clone()$requires_grad_(TRUE)
  gradient = autograd_grad(network(given)$sum(), list(given))[[1L]]
  weight = as_array(network$parameters$head.weight)
  expect_equal(as_array(gradient), weight[rep(1L, task$nrow), ], ignore_attr = TRUE)
})

test_that("nodes' outputs are those of the layers by hand", {
  learner = lrn("classif.mlp", neurons = 3, p = 0, epochs = 1, batch_size = 50, seed = 1, scale = FALSE)
  learner$train(tsk("iris"))
  network = learner$network
  x = learner$dataset(tsk("iris"))$x[[1L]]
  values = network$outputs(x, c("head", "linear1"))
  expect_identical(names(values), c("head", "linear1"))
  expect_identical(as_array(values$head), as_array(network(x)))
  weights = map(network$parameters, as_array)
  expected = as_array(x) %*% t(weights$linear1.weight) + rep(weights$linear1.bias, each = 150)
  expect_equal(as_array(values$linear1), expected, tolerance = 1e-5, ignore_attr = TRUE)
  expect_error(network$outputs(x, "linaer1"), "did you mean 'linear1'", class = "mlr3libtorch_error_unknown_name")
})

test_that("dropout and batch statistics follow the mode, which is FALSE at first", {
  network = lrn("regr.mlp", neurons = 50, p = 0.5, epochs = 1, batch_size = 8, seed = 1)$train(tsk("mtcars"))$network
  x = torch_ones(4, 10)
  expect_false(network$training)
  expect_identical(as_array(network(x)), as_array(network(x)))
  expect_identical(network$train(), network)
  expect_true(network$training)
  expect_false(identical(as_array(network(x)), as_array(network(x))))
  network$eval()
  expect_identical(as_array(network(x)), as_array(network(x)))
  expect_error(network$train("yes"), "mode")
})

test_that("in callbacks the mode is that of the loop, planned and by autograd", {
  for (plan in c("auto", "off")) {
    seen = list()
    stages = setdiff(mlr_reflections$torch$callback_stages, c("on_stop", "on_exit"))
    functions = sapply(stages, simplify = FALSE, function(stage) {
      eval(bquote(function() seen[[.(stage)]] <<- c(seen[[.(stage)]], self$ctx$network$training)))
    })
    callback = do.call(torch_callback, c(list("look"), functions))
    learner = lrn("regr.mlp", neurons = 3, epochs = 2, batch_size = 8, plan = plan, callbacks = callback,
      validate = 0.3, measures_valid = msr("regr.mse"))
    learner$train(tsk("mtcars"))
    modes = map(seen, unique)
    training = c("on_batch_begin", "on_after_backward", "on_batch_end")
    expect_setequal(names(keep(modes, isTRUE)), training)
    expect_setequal(names(keep(modes, isFALSE)), setdiff(stages, training))
  }
})

test_that("a callback's own mode holds up to the next batch, and dropout follows it", {
  seen = seen_in_batch(function(ctx) {
    ctx$network$eval()
    list(training = ctx$network$training, child = ctx$network$linear1$training)
  })
  expect_identical(seen, list(training = FALSE, child = FALSE))
  modes = NULL
  learner = lrn("regr.mlp", neurons = 3, epochs = 1, batch_size = 16, callbacks = torch_callback("mode",
    on_batch_begin = function() modes <<- c(modes, self$ctx$network$training),
    on_batch_end = function() self$ctx$network$eval()
  ))
  learner$train(tsk("mtcars"))
  expect_identical(modes, c(TRUE, TRUE))
})

test_that("a hook on a parameter's gradient changes the step, planned or not", {
  trained = function(plan, hook) {
    learner = lrn("regr.mlp", neurons = 3, p = 0, epochs = 1, batch_size = 16, seed = 1, plan = plan,
      optimizer = t_opt("sgd", lr = 0.01))
    if (hook) {
      learner$configure(callbacks = list(torch_callback("hook", on_begin = function() {
        self$ctx$network$parameters$head.weight$register_hook(function(grad) grad * 0)
      })))
    }
    map(learner$train(tsk("mtcars"))$network$parameters, as_array)
  }
  for (plan in c("auto", "off")) {
    free = trained(plan, FALSE)
    held = trained(plan, TRUE)
    expect_false(isTRUE(all.equal(free$head.weight, held$head.weight)))
    expect_equal(free$head.bias, held$head.bias, tolerance = 0.1)
  }
  expect_equal(trained("auto", TRUE), trained("off", TRUE), tolerance = 1e-5)
})

# Trains with a hook that `set(network)` sets in on_begin, and gives the weights.
weights_with_hook = function(set, plan, neurons = 3, ...) {
  learner = lrn("regr.mlp", neurons = neurons, p = 0, epochs = 2, batch_size = 16, seed = 1, plan = plan,
    optimizer = t_opt("sgd", lr = 0.01), ...)
  if (!is.null(set)) {
    learner$configure(callbacks = list(torch_callback("hook", on_begin = function() set(self$ctx$network))))
  }
  map(learner$train(tsk("mtcars"))$network$parameters, as_array)
}

test_that("a hook on a node's output sees each batch and changes the step, planned or not", {
  outputs = 0
  cut = function(network) {
    network$linear1$register_forward_hook(function(module, inputs, output) {
      outputs <<- outputs + 1
      expect_identical(class(module)[[1L]], "nn_linear")
      expect_identical(inputs[[1L]]$shape[[1L]], output$shape[[1L]])
      output * 0
    })
  }
  look = function(network) network$linear1$register_forward_hook(function(module, inputs, output) NULL)
  for (plan in c("auto", "off")) {
    outputs = 0
    free = weights_with_hook(NULL, plan)
    expect_equal(weights_with_hook(look, plan), free, tolerance = 1e-5)
    held = weights_with_hook(cut, plan)
    expect_identical(outputs, 4)
    # behind zeros nothing before is trained
    begun = map(lrn("regr.mlp", neurons = 3, p = 0, epochs = 0, batch_size = 16, seed = 1)$train(tsk("mtcars"))$network$
      parameters, as_array)
    expect_equal(held$linear1.weight, begun$linear1.weight)
    expect_false(isTRUE(all.equal(free$linear1.weight, begun$linear1.weight)))
  }
})

test_that("a hook on the network changes its output, also for validation and predictions", {
  seen = 0
  learner = lrn("regr.mlp", epochs = 1, batch_size = 16, seed = 1, validate = 0.25, measures_valid = msr("regr.mse"),
    callbacks = torch_callback("shift", on_before_valid = function() {
      self$ctx$network$register_forward_hook(function(network, inputs, output) {
        seen <<- seen + output$shape[[1L]]
        output + 100
      })
    }))
  shifted = learner$train(tsk("mtcars"))$internal_valid_scores$regr.mse
  expect_identical(seen, 8)
  expect_gt(shifted, 5000)
  network = learner$network
  x = learner$dataset(tsk("mtcars"))$x[[1L]]
  plain = as_array(network(x))
  hook = network$register_forward_hook(function(network, inputs, output) output + 1)
  expect_equal(as_array(network(x)), plain + 1, tolerance = 1e-6)
  expect_equal(as_array(network$outputs(x, "head")$head), as_array(network$outputs(x, "head")[[1L]]))
  hook$remove()
  hook$remove()
  expect_identical(as_array(network(x)), plain)
})

test_that("hooks that cannot be, and hooks that fail, are errors that say what to do", {
  hook_in = function(set, ...) weights_with_hook(set, "auto", ...)
  fails = function(...) stop("no way")
  expect_error(hook_in(function(network) network$linear1$register_forward_hook(fails)),
    "Node 'linear1': a hook on its output failed: no way", class = "mlr3libtorch_error_function")
  expect_error(hook_in(function(network) network$head$register_forward_hook(function(...) 3)),
    "Node 'head': a hook on its output must return NULL or a tensor, not 3", class = "mlr3libtorch_error_function")
  narrow = function(module, inputs, output) output[, 1:2]
  expect_error(hook_in(function(network) network$linear1$register_forward_hook(narrow)),
    "of the output's shape and type, \\[16, 3\\]", class = "mlr3libtorch_error_function")
  expect_error(hook_in(function(network) network$register_forward_hook(3)), "hook")
  expect_error(hook_in(function(network) network$head$register_forward_pre_hook(fails)), "hooks on outputs only",
    class = "mlr3libtorch_error_config")
  expect_error(
    weights_with_hook(function(network) network$head$register_forward_hook(function(...) NULL), "require"),
    "required, but a callback has set a hook on the node 'head'.*\"auto\"", class = "mlr3libtorch_error_plan")
})

test_that("a part that is not called itself takes no hook, and a hook does not keep its network alive", {
  net = nn_module("net", function() {
    self$body = nn_sequential(nn_linear(10, 3), nn_relu())
    self$last = nn_linear(3, 1)
  }, function(x) self$last(self$body(x)))
  learner = lrn("regr.torch_model", network = net(), epochs = 1, batch_size = 16, seed = 1)$train(tsk("mtcars"))
  network = learner$network
  expect_error(network$net$register_forward_hook(function(...) NULL), "is not called itself",
    class = "mlr3libtorch_error_config")
  gone = FALSE
  network$net$last$register_forward_hook(function(module, inputs, output) network$parameters)
  reg.finalizer(environment(network), function(env) gone <<- TRUE)
  rm(network)
  gc()
  gc()
  expect_true(gone)
})

test_that("freezing and zeroing reach all parameters", {
  network = lrn("regr.mlp", neurons = 4, epochs = 1, batch_size = 8, seed = 1)$train(tsk("mtcars"))$network
  network$requires_grad_(TRUE)
  network(torch_ones(4, 10))$sum()$backward()
  expect_gt(sum(abs(as_array(network$parameters$head.weight$grad))), 0)
  network$zero_grad()
  expect_identical(sum(abs(as_array(network$parameters$head.weight$grad))), 0)
  network$requires_grad_(FALSE)
  expect_false(any(map_lgl(network$named_parameters(), function(parameter) parameter$requires_grad)))
})

test_that("what does not fit is refused by name", {
  network = lrn("regr.mlp", neurons = 4, epochs = 1, batch_size = 8, seed = 1,
    scale = FALSE)$train(tsk("mtcars"))$network
  expect_error(network(torch_ones(2, 3)), "linear1", class = "mlr3libtorch_error_shape")
  expect_error(network(), "inputs", class = "mlr3libtorch_error_argument")
  expect_error(network(torch_ones(2, 10), torch_ones(2, 10)), "inputs", class = "mlr3libtorch_error_argument")
  expect_error(network("a"), "for each input, not", class = "mlr3libtorch_error_argument")
  expect_error(network$paramters, "did you mean 'parameters'", class = "mlr3libtorch_error_unknown_field")
  expect_error({
    network$training = TRUE
  }, class = "mlr3libtorch_error_read_only")
})

test_that("a network that a callback keeps can be used after its run", {
  kept = seen_in_batch(function(ctx) ctx$network)
  gc()
  expect_identical(kept(torch_ones(3, 10))$shape, c(3L, 1L))
})

test_that("two networks share nothing, and a saved one says what is wrong", {
  learner = lrn("regr.mlp", epochs = 1, batch_size = 8, seed = 1)$train(tsk("mtcars"))
  first = learner$network
  with_no_grad(first$parameters$head.bias$add_(1))
  expect_equal(as.numeric(first$parameters$head.bias - learner$network$parameters$head.bias), 1)
  reloaded = unserialize(serialize(first, NULL))
  expect_error(reloaded(torch_ones(1, 10)), "saved and reloaded", class = "mlr3libtorch_error_handle")
})

test_that("a network's nodes are modules that share its weights", {
  learner = lrn("classif.mlp", neurons = 4, epochs = 1, batch_size = 50, scale = FALSE)$train(tsk("iris"))
  network = learner$network
  expect_identical(names(network$children), c("linear1", "activation1", "dropout1", "head"))
  expect_s3_class(network$linear1, "nn_linear")
  x = torch_randn(2, 4)
  expect_equal(as.array(network$linear1(x)), as.array(network$outputs(x, "linear1")$linear1))
  with_no_grad(network$linear1$weight$zero_())
  expect_equal(as.numeric(network$parameters$linear1.weight), rep(0, 16))
  kinds = character()
  network$apply(function(module) kinds <<- c(kinds, class(module)[[1L]]))
  expect_identical(kinds[c(1, 5)], c("nn_linear", "torch_network"))
  expect_length(network$modules, 5L)
  expect_error(network$liner1, "did you mean 'linear1'", class = "mlr3libtorch_error_unknown_field")
  expect_error(network$to(device = "cuda"), "stays where it is", class = "mlr3libtorch_error_config")
  expect_identical(network$to(device = "cpu"), network)
})

test_that("a callback freezes by children", {
  freeze = torch_callback("freeze", on_begin = function() self$ctx$network$linear1$requires_grad_(FALSE))
  learner = lrn("classif.mlp", neurons = 4, epochs = 2, batch_size = 50, seed = 1, callbacks = list(freeze))
  learner$train(tsk("iris"))
  start = lrn("classif.mlp", neurons = 4, epochs = 0, batch_size = 50, seed = 1)$train(tsk("iris"))$network
  weight = function(network, name) as.array(network$parameters[[name]])
  expect_identical(weight(learner$network, "linear1.weight"), weight(start, "linear1.weight"))
  expect_false(identical(weight(learner$network, "head.weight"), weight(start, "head.weight")))
})

test_that("the weights of a node that is called like a group of others are the group's", {
  spec = new_spec("x", list(spec_node("part.linear", "linear", list(out_features = 3), "x"),
    spec_node("part", "layer_scale", list(init = 2), "part.linear")))
  network = build_network(spec, list(x = list(dtype = torch_float(), shape = c(2, 4))), core_generator_create(1))
  expect_identical(names(network$parameters), c("part.linear.weight", "part.linear.bias", "part.layer_scale"))
  expect_identical(sort(names(network$part$parameters)), c("layer_scale", "linear.bias", "linear.weight"))
  with_no_grad(network$part$layer_scale$zero_())
  expect_equal(as.array(network(torch_ones(2, 4))), matrix(0, 2, 3))
})
