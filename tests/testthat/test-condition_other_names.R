# Everything that a name can stand for.
all_known = function() {
  arguments = function(registry) {
    unlist(map(registry_entries(registry), function(entry) map_chr(entry$arguments, "name")))
  }
  learner = lrn("classif.mlp", callbacks = t_clbk("history"))
  registries = c("loss", "optimizer", "callback", "operation")
  c(learner$param_set$ids(), lrn("classif.ft_transformer")$param_set$ids(), names(context_fields()),
    lrn("classif.mlp", optimizer = "sgd")$param_set$ids(), mlr3libtorch_callbacks$keys(), mlr_measures$keys(),
    unlist(map(registries, function(registry) names(registry_entries(registry)))), unlist(map(registries, arguments)))
}

test_that("each of other tools' names stands for names that exist", {
  known = all_known()
  iwalk(other_names, function(names, other) {
    absent = setdiff(sub("[$].*", "", names), known)
    expect_identical(absent, character(), info = other)
  })
})

test_that("names of other tools are understood wherever names are looked for", {
  learner = lrn("classif.mlp")
  ids = learner$param_set$ids()
  expect_identical(suggest("opt.learning_rate", ids), "opt.lr")
  expect_identical(suggest("learning_rate", ids), "opt.lr")
  expect_identical(suggest("lr", ids), "opt.lr")
  expect_identical(suggest("early_stopping", ids), "patience")
  expect_config_error(t_opt("adam", learning_rate = 1), "unknown_parameter", "did you mean 'lr'?")
  expect_config_error(learner$param_set$set_values(hidden_units = 3), "unknown_parameter", "did you mean 'neurons'?")
  expect_config_error(t_clbk("early_stopping"), "unknown_name", "the learner: its parameter 'patience'.")
  expect_config_error(nn("dense"), "unknown_name", "did you mean 'linear'?")
  fields = names(context_fields())
  expect_identical(map(c("loss", "lr", "model", "epochs"), suggest, known = fields),
    list("last_loss", "optimizer$param_groups[[1]]$lr", "network", "total_epochs"))
  expect_warning(torch_callback("look", on_batch_end = function() self$ctx$model), "did you mean 'network'?",
    fixed = TRUE)
  expect_null(suggest("banana", ids))
})

test_that("case and separators of other tools' names do not matter", {
  expect_config_error(t_clbk("EarlyStopping"), "unknown_name", "the learner: its parameter 'patience'.")
  expect_config_error(t_clbk("ReduceLROnPlateau"), "unknown_name", "did you mean 'lr_reduce_on_plateau'?")
  expect_config_error(t_clbk("ModelCheckpoint"), "unknown_name", "did you mean 'checkpoint'?")
})

test_that("lrn() knows other tools' names of settings", {
  expect_config_error(lrn("classif.mlp", learning_rate = 1), "unknown_parameter", "did you mean 'opt.lr'?")
  expect_config_error(lrn("regr.tabm", validation_split = 1), "unknown_parameter", "the learner's field 'validate'")
  expect_config_error(lrn("classif.torch_model", max_epochs = 1), "unknown_parameter", "did you mean 'epochs'?")
  expect_identical(lrn("regr.mlp", loss = "l1", epochs = 3, opt.lr = 1)$param_set$values[c("epochs", "opt.lr")],
    list(epochs = 3L, opt.lr = 1))
})

test_that("a parameter that is another tool's name elsewhere is set where it exists", {
  expect_identical(lrn("regr.tabm", dropout = 0.3)$param_set$values$dropout, 0.3)
  expect_config_error(lrn("regr.mlp", dropout = 0.3), "unknown_parameter", "did you mean 'p'?")
  for (key in c("regr.mlp", "regr.tabm", "regr.ft_transformer", "classif.tab_resnet", "classif.torch_model")) {
    expect_disjunct(other_settings(), names(lrn(key)))
  }
})

test_that("stages of other tools stand for stages that exist", {
  expect_subset(unname(other_stages), stage_names())
  known = c(on_train_begin = "on_begin", on_validation_epoch_end = "on_valid_end", on_fit_start = "on_begin",
    on_train_batch_before_step = "on_after_backward", on_btach_end = "on_batch_end")
  expect_identical(map_chr(names(known), nearest_stage), unname(known))
})
