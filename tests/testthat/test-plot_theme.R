# What all pictures share.

test_that("values are moved apart as little as possible", {
  expect_equal(spread(c(1, 5, 3), 1), c(1, 5, 3))
  expect_equal(spread(c(2, 2), 1), c(1.5, 2.5))
  expect_equal(spread(c(3, 0, 3.2, 2.9), 1), c(3, 0, 4, 2) + c(1, 0, 1, 1) / 30)
  apart = sort(spread(c(1, 1, 1, 1), 0.5))
  expect_equal(diff(apart), rep(0.5, 3))
  expect_equal(mean(apart), 1)
})

test_that("axes of epochs have whole numbers inside the range", {
  expect_equal(whole_breaks(c(1, 3)), 1:3)
  expect_equal(whole_breaks(c(7, 7)), 7)
  for (last in c(2, 5, 17, 36, 1000)) {
    breaks = whole_breaks(c(1, last))
    expect_true(all(breaks == round(breaks) & breaks >= 1 & breaks <= last))
  }
})

test_that("numbers in sentences are short", {
  expect_identical(number_ranges(c(9, 3:7, 1, 2, 11, 12)), "1 to 7, 9, 11 and 12")
  expect_identical(number_ranges(4), "4")
  expect_identical(percent(c(0, 0.0001, 0.012, 0.0996, 0.5)), c("0.0 %", "below 0.1 %", "1.2 %", "10 %", "50 %"))
  expect_identical(big_number(1e6), "1,000,000")
})

test_that("the colours of training and validation differ for people who see few colours", {
  # the lightness of a colour, by which they differ even in grey
  light = function(colour) sum(c(0.2126, 0.7152, 0.0722) * (grDevices::col2rgb(colour) / 255)^2.2)
  expect_gt(abs(light(set_colours()[["train"]]) - light(set_colours()[["valid"]])), 0.05)
  expect_false(set_lines[["train"]] == set_lines[["valid"]])
})
