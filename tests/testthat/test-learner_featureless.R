test_that("regression comes to the mean, or the median with the l1 loss", {
  task = tsk("mtcars")
  learner = lrn("regr.torch_featureless", epochs = 300, batch_size = 32, opt.lr = 0.3, seed = 1)
  learner$train(task)
  prediction = learner$predict(task)$response
  expect_equal(prediction, rep(mean(task$truth()), task$nrow), tolerance = 1e-2)
  median = lrn("regr.torch_featureless", loss = "l1", epochs = 300, batch_size = 32, opt.lr = 0.3, seed = 1)
  expect_equal(median$train(task)$predict(task)$response[[1L]], stats::median(task$truth()), tolerance = 5e-2)
})

test_that("probabilities come to the frequencies of the classes", {
  for (task in list(tsk("penguins"), tsk("sonar"))) {
    learner = lrn("classif.torch_featureless", epochs = 200, batch_size = task$nrow, opt.lr = 0.05, seed = 1,
      predict_type = "prob")
    prob = learner$train(task)$predict(task)$prob
    expect_equal(prob[1L, ], c(prop.table(table(task$truth())))[colnames(prob)], tolerance = 2e-2)
  }
})

test_that("it needs no features and takes features of any type", {
  task = tsk("iris")$select(character())
  learner = lrn("classif.torch_featureless", epochs = 1, batch_size = 50)
  expect_length(learner$train(task)$predict(task)$response, 150L)
  expect_set_equal(learner$feature_types, mlr_reflections$task_feature_types)
})
