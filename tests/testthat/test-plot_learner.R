# `autoplot(learner, type = )`.

po = mlr3pipelines::po
`%>>%` = mlr3pipelines::`%>>%`

drawn_learner = function(..., plan = "auto") {
  callbacks = list(t_clbk("norms"), t_clbk("throughput"))
  train_quietly(small_learner(callbacks, epochs = 4, plan = plan, ...))
}

test_that("every type is a picture, of a learner and of a graph learner, and plot() draws it", {
  learner = drawn_learner()
  graph = as_learner(po("scale") %>>% small_learner(list(t_clbk("norms"),
    t_clbk("throughput")), validate = NULL))
  train_quietly(graph)
  withr::local_pdf(withr::local_tempfile())
  for (type in c(names(model_pictures), "prediction")) {
    for (object in list(learner, graph)) {
      expect_s3_class(ggplot2::autoplot(object, type = type, task = tsk("iris")), "ggplot")
      expect_silent(plot(object, type = type, task = tsk("iris")))
    }
  }
})

test_that("pictures of a learner are those of what it keeps", {
  learner = drawn_learner()
  expect_identical(ggplot2::autoplot(learner)$data,
    ggplot2::autoplot(learner$history, best_epoch = generics::glance(learner)$best_epoch)$data)
  expect_identical(ggplot2::autoplot(learner, "norms")$data, ggplot2::autoplot(learner$model$callbacks$norms)$data)
  expect_equal(layer_of(ggplot2::autoplot(learner, "lr"), "GeomLine")$y, learner$history$lr)
})

test_that("early stopping's best epoch is the one that is marked", {
  learner = drawn_learner(patience = 2)
  plot = ggplot2::autoplot(learner)
  best = learner$model$callbacks$early_stopping$best_epochs
  expect_equal(layer_of(plot, "GeomVline")$xintercept[[1L]], best)
  expect_match(plot$labels$subtitle, "the best epoch")
})

test_that("the network has the shapes and the parameters of the trained one, and says what ran", {
  learner = drawn_learner()
  plot = ggplot2::autoplot(learner, type = "network")
  sizes = map_dbl(learner$network$parameters, function(parameter) prod(parameter$shape))
  expect_equal(sum(plot$data$parameters), sum(sizes))
  expect_match(plot$labels$subtitle, "compiled step")
  expect_match(plot$data$shape[[1L]], "(NA, 4)", fixed = TRUE)
})

test_that("nodes that the compiled step cannot take are coloured", {
  learner = train_quietly(small_learner(neurons = c(4, 4), activation = nn_rrelu))
  plot = ggplot2::autoplot(learner, type = "network")
  hindering = as.character(plot$data$id[plot$data$kind == "not compiled"])
  expect_setequal(hindering, sub("^node '(.*)' \\(.*", "\\1", grep("^node", learner$model$plan$reasons, value = TRUE)))
  expect_gt(length(hindering), 0L)
  expect_match(plot$labels$subtitle, "compiled step, except for the nodes")
  other = train_quietly(small_learner(plan = "off"))
  expect_identical(ggplot2::autoplot(other, type = "network")$labels$subtitle, "Trained by autograd.")
})

test_that("predictions are those of the rows that are asked for", {
  learner = drawn_learner()
  plot = ggplot2::autoplot(learner, type = "prediction", task = tsk("iris"), row_ids = 1:60)
  expect_match(plot$labels$subtitle, "of 60 rows")
})

test_that("mistakes are named", {
  learner = drawn_learner()
  expect_config_error(ggplot2::autoplot(learner, type = "histroy"), "unknown_name", "did you mean 'history'?")
  expect_config_error(plot(learner, type = "norm"), "unknown_name", "did you mean 'norms'?")
  expect_config_error(ggplot2::autoplot(learner, type = 1), "unknown_name", "no type of picture with the key '1'")
  expect_config_error(ggplot2::autoplot(learner, type = "prediction"), "argument", "needs a task")
  expect_config_error(ggplot2::autoplot(small_learner()), "model", "has not been trained")
  plain = train_quietly(small_learner())
  expect_config_error(ggplot2::autoplot(plain, type = "norms"), "config", "t_clbk(\"norms\")")
  other = as_learner(po("scale") %>>% lrn("classif.featureless"))$train(tsk("iris"))
  expect_config_error(ggplot2::autoplot(other), "argument", "must have a learner of this package in it")
})

test_that("a run without epochs says why there is nothing to draw", {
  learner = train_quietly(small_learner(epochs = 0, validate = NULL))
  expect_config_error(ggplot2::autoplot(learner), "config", "no scores to draw")
  expect_config_error(ggplot2::autoplot(learner, type = "lr"), "config", "no learning rate to draw")
  expect_drawn(ggplot2::autoplot(learner, type = "network"))
})

test_that("a marshaled learner can be drawn", {
  learner = drawn_learner()
  learner$marshal()
  expect_s3_class(ggplot2::autoplot(learner), "ggplot")
})
