test_that("the reviews are the same always, with both classes", {
  task = tsk("made_reviews")
  expect_identical(task$nrow, 800L)
  expect_identical(task$positive, "positive")
  set.seed(1)
  expect_identical(tsk("made_reviews")$data(), task$data())
  expect_gt(min(table(task$truth())), 300)
  expect_true(all(nzchar(task$data(cols = "review")[[1L]])))
})

test_that("a review is what its statements say", {
  reviews = made_reviews(800L)
  single = reviews[!grepl("[,.]| and ", review)]
  bad = grepl("bad|stale|awful|cold|bland|burnt|hated|disliked|regretted", single$review)
  turned = grepl("not|never", single$review)
  expect_gt(nrow(single), 50)
  expect_identical(single$sentiment == "positive", bad == turned)
})
