# What is printed of a trained learner, without times.
untimed = function(lines) gsub("in (<1|[0-9.]+) m?s", "in <time>", lines)

halted = function() {
  torch_callback("halt", on_epoch_end = function() if (self$ctx$epoch == 2) self$ctx$terminate = TRUE)
}

test_that("a trained learner prints its run", {
  learner = train_quietly(small_learner(epochs = 3))
  lines = untimed(capture.output(print(learner)))
  expect_snapshot(cat(lines[seq(grep("Trained:", lines), length(lines))], sep = "\n"))
})

test_that("the reason why a run ended is printed, and a learner that has not been trained has no run", {
  learner = train_quietly(small_learner(halted(), epochs = 5))
  lines = untimed(capture.output(print(learner)))
  expect_true(any(grepl("Trained: 2 epochs, in <time>: stopped by callback 'halt'", lines, fixed = TRUE)))
  expect_false(any(grepl("Trained:", capture.output(print(small_learner())))))
})

test_that("a plan that was not used is printed with its reasons", {
  learner = train_quietly(small_learner(plan = "off"))
  expect_match(paste(capture.output(print(learner)), collapse = " "), "Step: by autograd", fixed = TRUE)
})

test_that("the best epoch follows the direction of the measure, or the validation loss", {
  best = function(..., validate = 0.4) {
    learner = train_quietly(small_learner(epochs = 4, opt.lr = 0.1, ..., validate = validate))
    c(best_of_run(learner, learner$model), list(history = learner$history))
  }
  found = best()
  expect_identical(found$epoch, which.min(found$history$valid.classif.ce))
  found = best(validate = NULL)
  expect_null(found$epoch)
  learner = small_learner(epochs = 4, opt.lr = 0.1)
  learner$param_set$set_values(measures_valid = msr("classif.acc"))
  train_quietly(learner)
  expect_identical(best_of_run(learner, learner$model)$epoch, which.max(learner$history$valid.classif.acc))
  learner$param_set$set_values(measures_valid = list())
  expect_identical(best_of_run(learner, learner$model)$name, "valid.loss")
})

test_that("a summary has the layers, the run and where its time went", {
  learner = train_quietly(small_learner(t_clbk("history"), epochs = 3))
  found = summary(learner)
  lines = untimed(capture.output(print(found)))
  time = grep("^\\* Time:", lines)
  expect_snapshot(cat(lines[seq_len(time - 1L)], sep = "\n"))
  expect_match(lines[[time]], "^\\* Time: [a-z' ]+ [0-9]+%")
  expect_identical(found$layers$node, c("x", "standardize", "linear1", "activation1", "dropout1", "head"))
  expect_identical(found$layers$parameters, c(0, 0, 4 * 4 + 4, 0, 0, 4 * 3 + 3))
  expect_identical(found$layers$output, c(rep("(NA, 4)", 5L), "(NA, 3)"))
  expect_identical(found$parameters, 35)
  expect_identical(found$run$stopped, learner$model$stopped)
  expect_identical(found$history, learner$history)
})

test_that("a graph has the summary of its learner, and an untrained learner has none", {
  po = mlr3pipelines::po
  graph = train_quietly(as_learner(mlr3pipelines::`%>>%`(po("scale"), small_learner(validate = NULL))))
  expect_identical(summary(graph)$layers, summary(torch_learner(graph))$layers)
  expect_error(summary(small_learner()), "has not been trained", class = "mlr3libtorch_error_config")
})
