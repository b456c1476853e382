test_that("the nodes of a network are a table", {
  learner = train_quietly(small_learner(validate = NULL, scale = FALSE))
  table = summary(learner$model$network)
  expect_named(table, c("node", "operation", "shapes", "parameters"))
  expect_equal(sum(table$parameters), sum(map_dbl(learner$model$network$parameters, function(x) prod(x$shape))))
  expect_identical(table$shapes[[1L]], "4 x 4, 4")
  expect_true("dropout" %in% table[table$parameters == 0, ]$operation)
})

test_that("the callback prints it once, before the first epoch", {
  output = capture.output(train_quietly(small_learner(t_clbk("model_summary"))))
  expect_match(output[[1L]], "Network of 35 parameters", fixed = TRUE)
  expect_length(grep("linear", output), 2L)
})
