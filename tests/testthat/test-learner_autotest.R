# mlr3's own test of learners, the contract of its ecosystem. It comes with mlr3 as a set of helpers.
autotest_helpers = function() {
  helpers = new.env(parent = globalenv())
  folder = system.file("testthat", package = "mlr3")
  walk(list.files(folder, pattern = "^helper.*[.][rR]$", full.names = TRUE), sys.source, envir = helpers)
  # it finds the tasks for a learner by mlr3's own base classes
  helpers$generate_tasks.LearnerTorch = function(learner, ...) {
    # and knows no tensors as features
    learner = learner$clone()
    private = get_private(learner)
    private$.feature_types = setdiff(learner$feature_types, "lazy_tensor")
    base = switch(learner$task_type, classif = "LearnerClassif", regr = "LearnerRegr")
    helpers[[paste0("generate_tasks.", base)]](learner, ...)
  }
  helpers
}

test_that("mlr3's autotest passes", {
  suppressMessages({
    helpers = autotest_helpers()
    mlp = function(key) lrn(key, epochs = 30, batch_size = 16, seed = 1, opt.lr = 0.1)
    expect_true(helpers$run_autotest(mlp("classif.mlp"), check_replicable = TRUE))
    expect_true(helpers$run_autotest(mlp("regr.mlp"), check_replicable = TRUE))
    network = nn_sequential(nn("linear", out_features = 10), nn("relu"), nn("head"))
    model = lrn("classif.torch_model", network = network, epochs = 30, batch_size = 16, seed = 1, opt.lr = 0.1)
    expect_true(helpers$run_autotest(model, check_replicable = TRUE))
    module = nn_module("net", function(task) {
      self$hidden = nn("linear", out_features = 10)
      self$output = nn("linear", out_features = output_dim_for(task))
    }, function(x) self$output(self$hidden(x)$relu()))
    for (key in c("classif.module", "regr.module")) {
      learner = lrn(key, module_generator = module, epochs = 30, batch_size = 16, seed = 1, opt.lr = 0.1)
      expect_true(helpers$run_autotest(learner, check_replicable = TRUE))
    }
    drawing = lrn("regr.mlp", neurons = 8, p = 0.1, mc_dropout = 3, epochs = 10, batch_size = 16, seed = 1)
    expect_true(helpers$run_autotest(drawing, check_replicable = TRUE, exclude = "sanity"))
    # a sequence is of texts or of numbers, but the autotest has a task of both
    for (key in grep("[.](mlp|module|sequence|torch_[a-z]+)$", learner_keys(), value = TRUE, invert = TRUE)) {
      epochs = if (endsWith(key, "tabm")) 40 else 20
      learner = table_learner(key, epochs = epochs, batch_size = 15, opt.lr = 0.4 / epochs)
      expect_true(helpers$run_autotest(learner, check_replicable = TRUE))
    }
    for (key in c("classif.torch_featureless", "regr.torch_featureless")) {
      learner = lrn(key, epochs = 2, batch_size = 16, seed = 1)
      expect_true(helpers$run_autotest(learner, exclude = "sanity"))
    }
  })
})
