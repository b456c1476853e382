# Columns that float32 or a network makes nothing of.

test_that("what becomes of a range is said by its size and its spread", {
  low = c(zero = 0, unit = -1, years = 1990, seconds = 1.7e9, huge = 0, few = 0, tiny = 0, constant = 5, noise = 0.3)
  high = c(0, 1, 2026, 1.7e9 + 6000, 1e9, 1e5, 1e-8, 5, 0.1 + 0.2)
  expect_identical(set_names(range_problem(low, high), names(low)), c(zero = "", unit = "", years = "",
    seconds = "lost", huge = "large", few = "", tiny = "small", constant = "", noise = ""))
})

ranged_task = function(n = 150) {
  data = data.table(fine = seq_len(n) / n, time = 1.7e9 + 40 * seq_len(n), income = 1e9 * seq_len(n) / n,
    code = 100000000L + seq_len(n), metres = 1e-9 * seq_len(n), y = 5e7 * seq_len(n))
  as_task_regr(data, target = "y", id = "ranged")
}

test_that("float32 makes what is called lost equal, as rounding to 24 bits does", {
  x = ranged_task()$data()$time
  unit = 2^(floor(log2(x)) - 23)
  expect_identical(as.array(column_tensor(list(x = x)))[, 1], round(x / unit) * unit)
  expect_lt(length(unique(round(x / unit))), 60)
})

test_that("a run names such columns once, with the remedy", {
  learner = lrn("regr.mlp", epochs = 2, batch_size = 50, seed = 1, scale = FALSE)
  learner$validate = 0.2
  warnings = capture_warnings(train_quietly(learner, ranged_task()))
  warnings = grep("float32", warnings, value = TRUE)
  expect_identical(warnings, paste0("Learner 'regr.mlp' on task 'ranged': ",
    "float32 cannot tell the values of 'code', 'time' apart; numbers beyond 1e+06 drown all others ('income', 'y'); ",
    "values that differ by less than 1e-06 teach nothing ('metres'); scale features, as in ",
    "`po(\"scale\") %>>% learner` and scale the target, as in ",
    "`ppl(\"targettrafo\", learner, po(\"targettrafoscalerange\"))`."))
})

test_that("the remedies are remedies, and prediction is silent", {
  task = ranged_task()
  learner = lrn("regr.mlp", epochs = 1, batch_size = 50, seed = 1)
  `%>>%` = mlr3pipelines::`%>>%`
  scaled = as_learner(mlr3pipelines::ppl("targettrafo", mlr3pipelines::po("scale") %>>% learner,
    mlr3pipelines::po("targettrafoscalerange")))
  expect_no_warning(scaled$train(task))
  expect_warning(learner$train(task), class = "mlr3libtorch_warning_ranges")
  expect_no_warning(learner$predict(task))
  expect_no_warning(learner$dataset(task))
})

test_that("every learner looks at its columns", {
  task = ranged_task()$select(c("fine", "time"))
  for (key in c("regr.mlp", "regr.tab_resnet", "regr.ft_transformer", "regr.tabm")) {
    learner = lrn(key, epochs = 1, batch_size = 150)
    warnings = capture_warnings(train_quietly(learner, task))
    expect_match(warnings, "'time'", all = FALSE, info = key)
  }
})
