test_that("mistakes that users make are errors or warnings that say so", {
  mistakes = read_mistakes("mistakes.R")
  environment = new.env()
  eval(parse(text = mistakes$before), environment)
  expect_gte(length(mistakes$mistakes), 30)
  for (mistake in mistakes$mistakes) {
    condition = make_mistake(mistake, environment)
    expect_s3_class(condition, "condition")
    ours = inherits(condition, c("mlr3libtorch_error", "mlr3libtorch_warning"))
    expect_identical(ours, mistake$answered_by == "mlr3libtorch", info = mistake$title)
  }
})
