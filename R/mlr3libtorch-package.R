#' @importFrom Rcpp evalCpp
#' @import R6
#' @import checkmate
#' @import data.table
#' @import mlr3misc
#' @import paradox
#' @import mlr3
#' @useDynLib mlr3libtorch, .registration = TRUE
"_PACKAGE"
