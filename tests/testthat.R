library(testthat)
library(mlr3libtorch)
test_check("mlr3libtorch")
