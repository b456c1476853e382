# A measure that is a number in the first `n` evaluations only.
fading = function(n) {
  count = 0L
  score = function(prediction, ...) {
    count <<- count + 1L
    if (count <= n) 1 / count else NaN
  }
  Fading = R6::R6Class("MeasureFading", inherit = mlr3::MeasureClassif, private = list(.score = score))
  Fading$new(id = "fading", minimize = TRUE, range = c(0, 1))
}

run = function(n, ...) {
  learner = lrn("classif.mlp", epochs = 6, batch_size = 60, validate = 0.3, measures_valid = fading(n), seed = 1, ...)
  condition = expect_warning(train_quietly(learner), class = "mlr3libtorch_warning_undefined_score")
  list(words = conditionMessage(condition), learner = learner)
}

test_that("a score that is not a number is told once, with its measure and what became of early stopping", {
  never = run(0L, patience = 3)
  expect_match(never$words, "'fading' was not a number in 3 of 3 evaluations of the validation rows", fixed = TRUE)
  expect_match(never$words, "ended after epoch 3, and no best number of epochs is known", fixed = TRUE)
  expect_identical(never$learner$internal_tuned_values, named_list())
  at_first = run(2L, patience = 3)
  expect_match(at_first$words, "in 3 of 5 evaluations", fixed = TRUE)
  expect_match(at_first$words, "the best epoch it saw is 2.", fixed = TRUE)
  expect_false(grepl("Early stopping", run(1L)$words))
})
