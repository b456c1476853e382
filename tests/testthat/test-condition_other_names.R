# Everything that a name can stand for.
all_known = function() {
  arguments = function(registry) {
    unlist(map(registry_entries(registry), function(entry) map_chr(entry$arguments, "name")))
  }
  learner = lrn("classif.mlp", callbacks = t_clbk("history"))
  registries = c("loss", "optimizer", "callback", "operation")
  c(learner$param_set$ids(), lrn("classif.ft_transformer")$param_set$ids(), names(context_fields()),
    lrn("classif.mlp", optimizer = "sgd")$param_set$ids(), mlr3libtorch_callbacks$keys(),
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
