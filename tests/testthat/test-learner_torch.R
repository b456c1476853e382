test_that("the learners are in mlr3's dictionary", {
  keys = learner_keys()
  expect_subset(c("classif.mlp", "regr.mlp", "classif.torch_model", "regr.module"), keys)
  for (key in keys) {
    learner = lrn(key)
    expect_r6(learner, "LearnerTorch")
    expect_equal(learner$id, key)
    expect_subset(c("validation", "internal_tuning", "marshal", "hotstart_forward"), learner$properties)
    expect_true("mlr3libtorch" %in% learner$packages)
  }
  expect_equal(lrn("classif.mlp")$predict_types, c("response", "prob"))
  expect_equal(lrn("regr.mlp")$predict_types, "response")
  expect_equal(lrn("regr.mlp", loss = "gaussian_nll")$predict_types, c("response", "se"))
})

test_that("parameters have the contract's initial values", {
  values = lrn("regr.mlp")$param_set$values
  expect_equal(values[c("device", "num_threads", "seed", "eval_freq", "patience", "min_delta")],
    list(device = "auto", num_threads = 1L, seed = "random", eval_freq = 1L, patience = 0L, min_delta = 0))
  expect_equal(values[c("shuffle", "drop_last", "restore_best_weights", "plan")],
    list(shuffle = TRUE, drop_last = FALSE, restore_best_weights = FALSE, plan = "auto"))
  expect_equal(values[c("neurons", "p", "activation")], list(neurons = integer(0), p = 0.1, activation = "relu"))
  expect_subset(c("epochs", "batch_size"), lrn("regr.mlp")$param_set$ids(tags = "required"))
  expect_equal(lrn("regr.mlp")$param_set$ids(tags = "hotstart"), "epochs")
})

test_that("optimizer, loss and callbacks bring their parameters along", {
  learner = lrn("classif.mlp", optimizer = t_opt("sgd", lr = 0.1), loss = "cross_entropy",
    callbacks = t_clbk("clip_grad_norm", max_norm = 1), opt.momentum = 0.9, epochs = 1, batch_size = 2)
  values = learner$param_set$values
  expect_equal(values$opt.lr, 0.1)
  expect_equal(values$opt.momentum, 0.9)
  expect_equal(values$cb.clip_grad_norm.max_norm, 1)
  expect_equal(learner$optimizer$param_set$values$momentum, 0.9)
  learner$optimizer = "adam"
  expect_false("opt.momentum" %in% learner$param_set$ids())
  learner$callbacks = list()
  expect_length(grep("^cb[.]", learner$param_set$ids()), 0L)
  learner$param_set$set_values(opt.amsgrad = TRUE, seed = NULL)
  expect_true(learner$optimizer$param_set$values$amsgrad)
  expect_null(learner$param_set$values$seed)
  expect_null(lrn("classif.mlp", seed = NULL)$param_set$values$seed)
})

test_that("what is given to a learner is cloned", {
  optimizer = t_opt("adam", lr = 0.1)
  learner = lrn("regr.mlp", optimizer = optimizer)
  learner$param_set$values$opt.lr = 0.2
  expect_equal(optimizer$param_set$values$lr, 0.1)
  callback = t_clbk("clip_grad_norm", max_norm = 1)
  learner$callbacks = callback
  learner$param_set$values$cb.clip_grad_norm.max_norm = 2
  expect_equal(callback$param_set$values$max_norm, 1)
})

test_that("a deep clone shares no values", {
  learner = lrn("regr.mlp", callbacks = t_clbk("clip_grad_norm", max_norm = 1), epochs = 3, neurons = 4)
  clone = learner$clone(deep = TRUE)
  clone$param_set$set_values(epochs = 5, opt.lr = 0.5, loss.reduction = "sum", neurons = 8,
    cb.clip_grad_norm.max_norm = 9)
  expect_equal(learner$param_set$values$epochs, 3)
  expect_equal(learner$param_set$values$neurons, 4)
  expect_null(learner$param_set$values$opt.lr)
  expect_null(learner$param_set$values$loss.reduction)
  expect_equal(learner$param_set$values$cb.clip_grad_norm.max_norm, 1)
  expect_equal(clone$optimizer$param_set$values$lr, 0.5)
})

test_that("the hash tells settings apart, the phash ignores parameter values", {
  learner = lrn("classif.mlp", epochs = 1, batch_size = 2)
  same = lrn("classif.mlp", epochs = 1, batch_size = 2)
  expect_equal(learner$hash, same$hash)
  same$param_set$values$epochs = 2
  expect_false(learner$hash == same$hash)
  expect_equal(learner$phash, same$phash)
  settings = list(
    function(x) x$optimizer = "adamw", function(x) x$callbacks = t_clbk("clip_grad_norm", max_norm = 1),
    function(x) x$validate = 0.3, function(x) x$predict_type = "prob",
    function(x) x$loss = t_loss("cross_entropy", id = "a")
  )
  for (setting in settings) {
    other = learner$clone(deep = TRUE)
    setting(other)
    expect_false(learner$phash == other$phash)
    expect_false(learner$hash == other$hash)
  }
})

test_that("measures among the values hash the same in every session", {
  learner = lrn("classif.mlp", measures_train = msrs("classif.acc"))
  other = lrn("classif.mlp", measures_train = msrs("classif.acc"))
  expect_equal(learner$hash, other$hash)
  other$param_set$values$measures_train = msrs("classif.ce")
  expect_false(learner$hash == other$hash)
})

test_that("fields that are read-only say so", {
  learner = lrn("regr.mlp")
  names = c("internal_valid_scores", "internal_tuned_values", "marshaled", "network", "hash", "phash", "param_set")
  for (name in names) {
    expect_error({learner[[name]] = 1}, "read-only", class = "mlr3libtorch_error_read_only")
  }
})

test_that("wrong names and values of parameters name the parameter", {
  learner = lrn("regr.mlp")
  expect_error(learner$param_set$set_values(epohcs = 1), "did you mean 'epochs'?", fixed = TRUE,
    class = "mlr3libtorch_error_unknown_parameter")
  expect_error(learner$param_set$set_values(opt.lrr = 1), "did you mean 'opt.lr'?", fixed = TRUE,
    class = "mlr3libtorch_error_unknown_parameter")
  expect_error(learner$param_set$set_values(epochs = -1), "epochs", class = "mlr3libtorch_error_parameter")
  expect_error(learner$param_set$set_values(device = "gpu"), "'cuda:0'", class = "mlr3libtorch_error_parameter")
  expect_error(learner$param_set$set_values(seed = "a"), "random", class = "mlr3libtorch_error_parameter")
  expect_error(learner$param_set$set_values(measures_valid = 1), "msrs()", fixed = TRUE,
    class = "mlr3libtorch_error_parameter")
  expect_error(learner$param_set$set_values(neurons = 0.5), "neurons", class = "mlr3libtorch_error_parameter")
  expect_error(learner$param_set$set_values(activation = "rleu"), "did you mean 'relu'?", fixed = TRUE,
    class = "mlr3libtorch_error_parameter")
  expect_error(lrn("regr.mlp", epohcs = 1), "epochs")
})

test_that("a loss for another task type is refused when it is set", {
  learner = lrn("regr.mlp")
  expect_error({learner$loss = "cross_entropy"}, "'cross_entropy' is for tasks of type 'classif', not 'regr'",
    class = "mlr3libtorch_error_loss")
  expect_error(lrn("classif.mlp", loss = t_loss("mse")), class = "mlr3libtorch_error_loss")
  expect_equal(learner$loss$key, "mse")
})

test_that("callbacks need unique ids", {
  learner = lrn("regr.mlp")
  clip = function(...) t_clbk("clip_grad_norm", max_norm = 1, ...)
  expect_error({learner$callbacks = list(clip(), clip())}, "unique", class = "mlr3libtorch_error")
  learner$callbacks = list(clip(), clip(id = "other"))
  expect_named(learner$callbacks, c("clip_grad_norm", "other"))
})

test_that("a learner prints its settings", {
  expect_snapshot(lrn("classif.mlp", epochs = 2, batch_size = 8, callbacks = t_clbk("clip_grad_norm", max_norm = 1)))
})

test_that("a learner needs the packages of its loss, optimizer and callbacks", {
  callback = torch_callback("a", packages = "stats", on_begin = function() NULL)
  expect_true("stats" %in% lrn("regr.mlp", callbacks = callback)$packages)
  learner = lrn("regr.mlp")
  learner$callbacks = callback
  learner$loss = TorchLoss$new("mse", packages = "utils")
  learner$optimizer = TorchOptimizer$new("adam", packages = "tools")
  expect_subset(c("stats", "utils", "tools"), learner$packages)
})

test_that("prefixes of other parameters are reserved", {
  for (prefix in c("opt", "loss", "cb")) {
    own = set_names(list(paradox::p_int()), paste0(prefix, ".a"))
    expect_error(LearnerTorch$new("mine", "regr", param_set = do.call(paradox::ps, own)), "belong to the optimizer",
      class = "mlr3libtorch_error_parameter")
  }
  expect_error(LearnerTorch$new("mine", "regr", param_set = paradox::ps(optical = paradox::p_int())), NA)
})

test_that("a subclass can refuse tasks", {
  Picky = R6::R6Class("Picky", inherit = LearnerTorchMLP, private = list(
    .check_train_task = function(task, param_vals) if (task$nrow > 40) "it is too long." else TRUE,
    .check_predict_task = function(task, param_vals) if (task$nrow < 5) "it is too short." else TRUE
  ))
  learner = Picky$new("regr")
  learner$param_set$set_values(epochs = 1, batch_size = 8)
  learner$train(tsk("mtcars"))
  expect_error(learner$predict(tsk("mtcars"), 1:3), "cannot use task 'mtcars': it is too short",
    class = "mlr3libtorch_error_config")
  twice = as_task_regr(rbind(datasets::mtcars, datasets::mtcars), target = "mpg")
  expect_error(learner$train(twice), "it is too long", class = "mlr3libtorch_error_config")
})
