#' @importFrom Rcpp evalCpp
#' @import R6
#' @import checkmate
#' @import data.table
#' @import mlr3misc
#' @import paradox
#' @import mlr3
#' @useDynLib mlr3libtorch, .registration = TRUE
"_PACKAGE"

# What methods of R6 classes and modules see: R CMD check would miss them in functions that become methods later.
utils::globalVariables(c("private", "self", "super"))
