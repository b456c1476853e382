# What may be changed when a run goes on. Every row of the table is tried.

first_run = function(epochs = 1, ...) {
  small_learner(list(t_clbk("ema", decay = 0.9)), epochs = epochs, batch_size = 32, opt.lr = 0.01,
    measures_train = msr("classif.acc"), ...)
}

# The model of a run of one epoch, made to look as if it had been interrupted.
interrupted_model = function(learner, task = tsk("iris")) {
  folder = withr::local_tempfile()
  learner$callbacks = c(learner$callbacks, list(t_clbk("checkpoint", path = folder)))
  train_quietly(learner, task)
  structure(read_checkpoint(folder), class = c("learner_torch_model", "list"))
}

# Trains on with `change(learner)`; the settings that the log names.
named_changes = function(change, model) {
  learner = first_run(epochs = 2, resume = model)
  change(learner)
  messages = logged(train_quietly(learner))
  grep("goes on with other settings", messages, value = TRUE)
}

set_value = function(...) {
  values = list(...)
  function(learner) learner$param_set$set_values(.values = values)
}

# For each setting that has a rule: another value than that of `first_run()`.
changes = list(
  batch_size = set_value(batch_size = 16), drop_last = set_value(drop_last = TRUE),
  shuffle = set_value(shuffle = FALSE), sampler = set_value(shuffle = FALSE, sampler = seq_len),
  batch_sampler = set_value(shuffle = FALSE, batch_sampler = function(n) list(seq_len(n))),
  collate_fn = set_value(collate_fn = identity),
  eval_freq = set_value(eval_freq = 2), measures_train = set_value(measures_train = msr("classif.ce")),
  measures_valid = set_value(measures_valid = msr("classif.acc")), patience = set_value(patience = 3),
  min_delta = set_value(min_delta = 0.1), min_epochs = set_value(min_epochs = 1), device = set_value(device = "cpu"),
  num_threads = set_value(num_threads = 2),
  plan = set_value(plan = "off"), precision = set_value(precision = "bfloat16"), opt.lr = set_value(opt.lr = 0.1),
  opt.weight_decay = set_value(opt.weight_decay = 0.1), `cb.*` = set_value(cb.ema.decay = 0.5),
  restore_best_weights = set_value(restore_best_weights = TRUE), seed = set_value(seed = 2),
  `opt.*` = set_value(opt.amsgrad = TRUE), optimizer = function(learner) learner$optimizer = t_opt("sgd", lr = 0.01),
  loss = function(learner) learner$loss = t_loss("focal"), `loss.*` = set_value(loss.label_smoothing = 0.1),
  `network.*` = set_value(activation = "tanh"),
  epochs = set_value(epochs = 3), resume = NULL, keep_on_interrupt = set_value(keep_on_interrupt = TRUE),
  batch_size_predict = set_value(batch_size_predict = 10), mc_dropout = set_value(mc_dropout = 5),
  workers = NULL, sync_batch_norm = set_value(sync_batch_norm = FALSE),
  num_interop_threads = NULL, num_workers = set_value(num_workers = 1),
  data = set_value(data = "mapped"), pin_memory = set_value(pin_memory = TRUE),
  jit_trace = set_value(jit_trace = TRUE), timeout = set_value(timeout = 1),
  worker_globals = set_value(worker_globals = "a"),
  worker_init_fn = set_value(worker_init_fn = identity), worker_packages = set_value(worker_packages = "stats"),
  tensor_dataset = set_value(tensor_dataset = FALSE)
)

test_that("every setting of a learner has a rule, and every rule is tried here", {
  expect_identical(setdiff(learner_param_set()$ids(), names(resume_rules)), character(),
    info = "Add rows for these parameters of all learners to resume_rules in R/run_resume_settings.R.")
  expect_identical(setdiff(names(resume_rules), c(names(changes), "case weights")), character(),
    info = "Add another value of these to `changes` in test-run_resume_settings.R.")
  expect_subset(map_chr(resume_rules, "rule"), c("free", "named", "refused"))
})

test_that("each setting that changes is taken over in silence, named, or refused, as its rule says", {
  model = interrupted_model(first_run())
  expect_identical(named_changes(function(learner) NULL, model), character())
  # those without effect are mentioned, too, but not as changes
  suppressWarnings(warn_no_effect(no_effect))
  for (name in names(discard(changes, is.null))) {
    rule = resume_rules[[name]]
    place = sub("[.][*]$", "", name)
    if (rule$rule == "refused") {
      learner = first_run(epochs = 2, resume = model)
      changes[[name]](learner)
      expect_error(train_quietly(learner), sprintf("made with other settings: .*'%s", place),
        class = "mlr3libtorch_error_resume", info = name)
    } else if (rule$rule == "named") {
      expect_match(named_changes(changes[[name]], model), sprintf("'%s.*%s", place, rule$effect), info = name)
    } else {
      expect_identical(named_changes(changes[[name]], model), character(), info = name)
    }
  }
})

test_that("the difference is named", {
  model = interrupted_model(first_run())
  expect_match(named_changes(set_value(batch_size = 16, opt.lr = 0.1), model),
    "'batch_size' was 32 and is now 16 .*'opt.lr' was 0.01 and is now 0.1 ")
  learner = first_run(epochs = 2, resume = model, activation = "tanh")
  expect_error(train_quietly(learner), "'network.[^']+' was relu\\(.*and is now tanh\\(")
  learner = first_run(epochs = 2, resume = model, loss.class_weight = c(1, 2, 3))
  expect_error(train_quietly(learner), "'loss.class_weight' was NULL and is now c\\(1, 2, 3\\)")
  expect_match(named_changes(function(learner) learner$callbacks = list(), model),
    "'cb.ema' was CallbackSetEma and is now none")
})

test_that("a rate that is asked for again holds", {
  model = interrupted_model(first_run())
  seen = numeric()
  notes = stage_callback("notes", function(stage, ctx) {
    seen <<- c(seen, ctx$optimizer$param_groups[[1L]]$lr)
  }, "on_begin")
  for (lr in c(0.01, 0.5)) {
    learner = first_run(epochs = 2, resume = model)
    learner$callbacks = c(learner$callbacks, list(notes))
    learner$param_set$set_values(opt.lr = lr)
    train_quietly(learner)
  }
  expect_equal(seen, c(0.01, 0.5))
})

test_that("case weights belong to a run", {
  task = tsk("iris")
  weighted = tsk("iris")$cbind(data.frame(w = rep(1:2, 75)))
  weighted$set_col_roles("w", "weights_learner")
  learner = first_run()
  model = interrupted_model(learner, weighted)
  learner = first_run(epochs = 2, resume = model)
  learner$use_weights = "ignore"
  expect_error(train_quietly(learner, weighted), "'case weights' was TRUE and is now FALSE",
    class = "mlr3libtorch_error_resume")
})

test_that("a hotstart goes the same way", {
  start = train_quietly(first_run(validate = NULL, measures_valid = list()))
  # mlr3 itself takes only learners that differ in their epochs
  other = first_run(epochs = 2, validate = NULL, measures_valid = list(), loss.label_smoothing = 0.1)
  expect_error(train_network_from(other, start$model), "'loss.label_smoothing'", class = "mlr3libtorch_error_resume")
})

test_that("the text of a setting is that of its value", {
  same = list(list(16, 16L), list(1:3, c(1, 2, 3)), list(function(x) x + 1, compiler::cmpfun(function(x) x + 1)),
    list(select_grep("bias"), select_grep("bias")), list(msrs("classif.acc"), list(msr("classif.acc"))),
    list(torch_tensor(1:3), torch_tensor(1:3)), list(t_clbk("ema", decay = 0.1), t_clbk("ema", decay = 0.1)))
  for (pair in same) expect_identical(setting_text(pair[[1L]]), setting_text(pair[[2L]]))
  other = list(list(c(a = 1), c(b = 1)), list(function(x) x + 1, function(x) x + 2), list("1", 1), list(NULL, NA),
    list(select_grep("bias"), select_grep("weight")), list(torch_tensor(1), torch_tensor(2)),
    list(t_clbk("ema", decay = 0.1), t_clbk("ema", decay = 0.2)))
  for (pair in other) expect_false(setting_text(pair[[1L]]) == setting_text(pair[[2L]]))
})
